"""Explorers as files for a post: made by name, with settings given as text, and the lines that embed one in a page."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import quote

from .. import browser, explorers
from ..plans.settings import Value, read_settings, unknown
from .explorer import Explorer

EXPLORERS: dict[str, type[Explorer]] = {
    cls.module: cls for cls in vars(explorers).values() if isinstance(cls, type) and issubclass(cls, Explorer)
}
SNIPPET = """\
<iframe class="mbv2-frame" src="{source}" title="{title}" style="width:100%;height:640px;border:0"></iframe>
<script>
  addEventListener("message", ({{ source, data }}) => {{
    const frame = [...document.querySelectorAll(".mbv2-frame")].find((each) => each.contentWindow === source);
    if (frame && data.mbv2Height > 0) frame.style.height = `${{data.mbv2Height}}px`;
  }});
</script>"""


def title(name: str) -> str:
    return browser.words(name)["title"]


def settings(explorer: Explorer) -> dict[str, Value]:
    """Every argument of the explorer that is a number, a string or a bool, whether a control moves it or not."""
    return {name: value for name, value in (explorer.fixed | explorer.values).items() if isinstance(value, Value)}


def make(name: str, pairs: Iterable[str] = ()) -> Explorer:
    """The explorer of that name with settings such as ``in_channels=64``.

    Raises ValueError or TypeError for an unknown explorer or setting, one that is given twice, or a value that is not
    allowed.
    """
    if name not in EXPLORERS:
        raise ValueError(unknown("explorer", name, EXPLORERS))
    return EXPLORERS[name](**read_settings(pairs, settings(EXPLORERS[name]())))


def snippet(title: str, file: str) -> str:
    """HTML that shows the page ``file`` within another page, as high as it says it is."""
    return SNIPPET.format(source=quote(file), title=html.escape(title))
