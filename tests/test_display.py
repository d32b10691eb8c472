"""What a cell shows whose last value is a widget of ours: the widget, and for pages without scripts its words in HTML.

At the level of messages, with the versions that are installed: those of requirements.txt, or of tests/lowest.txt, where
ipywidgets is the one that Google Colab has.
"""

import sys
from types import ModuleType, SimpleNamespace

import anywidget._util
import pytest
from IPython.core.formatters import DisplayFormatter

from mbv2_lesson.explorers import pages
from mbv2_lesson.explorers.training_panel import Panel
from mbv2_lesson.questions import ask

VIEW = "application/vnd.jupyter.widget-view+json"
MANAGER = "https://example.org/manager.js"


def shown(explorer) -> tuple[dict, dict]:
    """(data, metadata) of the message that a kernel sends."""
    return DisplayFormatter().format(explorer)


@pytest.mark.parametrize("name", pages.EXPLORERS)
def test_a_cells_last_value(name):
    explorer = pages.make(name)
    data, metadata = shown(explorer)
    assert set(data) == {VIEW, "text/html", "text/plain"}
    assert data[VIEW]["model_id"] == explorer.model_id
    assert data["text/plain"] == repr(explorer)
    assert explorer.table() in data["text/html"] and data["text/html"].count('<img alt="') == 1
    assert metadata == {}


@pytest.mark.parametrize("widget", [ask("00-mac-or-flop"), Panel(3)], ids=["a question", "training"])
def test_what_is_no_explorer(widget):
    data, metadata = shown(widget)
    assert set(data) == {VIEW, "text/html", "text/plain"} and metadata == {}
    assert data[VIEW]["model_id"] == widget.model_id and data["text/plain"] == repr(widget)


@pytest.fixture
def colab(monkeypatch):
    """Google Colab as far as anywidget asks for it. Calls of ``enable_custom_widget_manager`` are counted."""
    output = ModuleType("google.colab.output")
    output._widgets = SimpleNamespace(_installed_url=None)
    output.calls = 0

    def enable_custom_widget_manager():
        output.calls += 1
        output._widgets._installed_url = MANAGER

    output.enable_custom_widget_manager = enable_custom_widget_manager
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    anywidget._util.enable_custom_widget_manager_once.cache_clear()
    yield output
    anywidget._util.enable_custom_widget_manager_once.cache_clear()


@pytest.mark.parametrize("name", pages.EXPLORERS)
def test_in_colab_the_message_names_the_manager_that_knows_the_widget(name, colab):
    """Without it, a cell's last value stays blank there."""
    data, metadata = shown(pages.make(name))
    assert colab.calls == 1
    assert metadata == {VIEW: {"colab": {"custom_widget_manager": {"url": MANAGER}}}}
    assert VIEW in data and "<table" in data["text/html"]
