"""What every explorer is made of: a slider with a name, numbers in words, a picture with alt text.

They are anywidgets (their few lines of JavaScript are in ``widgets/``) because ipywidgets' own slider has no
accessible name in JupyterLab, its HTML no lasting live region and its Image no alt text.
"""

from __future__ import annotations

import html
import threading
import time
from collections.abc import Mapping, Sequence
from numbers import Number
from pathlib import Path

import anywidget
import ipywidgets
import traitlets
from matplotlib.figure import Figure

from ..figures import output, style
from ..figures.screen import Screen
from ..plans import Cost, Plan

WIDGETS = Path(__file__).parent / "widgets"
CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 512, 1024, 2048, 4096]
SIZES = [8, 14, 16, 28, 32, 56, 64, 96, 112, 128, 160, 192, 224, 256, 384, 512, 1024]
NAME_WIDTH = "9.5em"  # of a menu, as wide as a slider's
SENDING = 0.003  # seconds that the numbers need to be on their way


def size_in_words(shape: tuple[int, ...]) -> str:
    return f"{shape[1]:,} channels of {shape[2]:,}\u00d7{shape[3]:,}"


def check_option(value: object, options: Sequence, name: str) -> object:
    """The option that equals ``value``. Raises ValueError that lists the options, or the first three and the last."""
    if isinstance(value, (Number, str)):  # an array would be compared element by element
        for option in options:
            if option == value and isinstance(option, bool) == isinstance(value, bool):
                return option  # 16.0 and numpy's 16 are 16
    allowed = list(map(repr, options))
    if len(allowed) > 10:
        allowed[3:-1] = ["..."]
    raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


class Slider(anywidget.AnyWidget):
    """Chooses one of ``options``, a range or list of numbers; ``value`` is the number chosen, or the first."""

    _esm = WIDGETS / "slider.js"
    _css = WIDGETS / "style.css"
    options = traitlets.List().tag(sync=True)
    value = traitlets.Any().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)

    def __init__(self, description: str, options: Sequence[float]) -> None:
        super().__init__(description=description, options=list(options), value=options[0])

    @traitlets.validate("value")
    def _is_an_option(self, proposal: dict) -> float:
        return check_option(proposal["value"], self.options, self.description)


def switch(description: str) -> ipywidgets.Checkbox:
    return ipywidgets.Checkbox(description=description, indent=False)


def menu(description: str, options: Sequence[str]) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(description=description, options=options, style={"description_width": NAME_WIDTH})


class Numbers(anywidget.AnyWidget):
    """A sentence that screen readers announce when it changes, and a table; both are HTML."""

    _esm = WIDGETS / "numbers.js"
    _css = WIDGETS / "style.css"
    sentence = traitlets.Unicode().tag(sync=True)
    table = traitlets.Unicode().tag(sync=True)
    height = traitlets.Unicode().tag(sync=True)


class Picture(anywidget.AnyWidget):
    """A PNG with alt text, in a place whose shape does not change. ``pixel_ratio``: what a sharp screen asks for."""

    _esm = WIDGETS / "picture.js"
    _css = WIDGETS / "style.css"
    png = traitlets.Bytes().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    pixel_ratio = traitlets.Float(1, min=1, max=3).tag(sync=True)


class DrawnExplorer:
    """Controls on top, numbers in words, then a figure that the kernel draws. Each says what its controls mean in three
    methods:

    ``make_plan(values)`` -> Plan; ``words(plan, values)`` -> (sentence, table) in HTML;
    ``draw(plan, values, figure)`` -> Figure, the given one redrawn unless it is None.

    ``settings`` are a control and its first value for each name; ``values`` holds the value of each control by name.
    ``explorer.plan``, ``.cost`` and ``.values`` can be read from any cell, ``explorer.set(name=value)`` moves controls
    and ``explorer.save("name.svg")`` exports the figure.
    """

    numbers_height = "7.5em"  # kept free, so that the page below never moves

    def __init__(self, settings: Mapping[str, tuple[ipywidgets.DOMWidget, object]], theme: str = "light") -> None:
        style.theme_of(theme)
        self.theme = theme
        self.controls = {name: control for name, (control, _) in settings.items()}
        self.set(**{name: value for name, (_, value) in settings.items()})
        self.numbers = Numbers(height=self.numbers_height)
        self.picture = Picture()
        self.figure: Figure | None = None
        # JupyterLab runs a control's callback on a second thread, beside the cell that may be using the figure.
        self._lock = threading.RLock()
        self._refresh()
        for control in self.controls.values():
            control.observe(self._changed, "value")
        self.picture.observe(self._changed, "pixel_ratio")
        self.widget = ipywidgets.VBox([*self.controls.values(), self.numbers, self.picture])

    def make_plan(self, values: dict) -> Plan:
        raise NotImplementedError

    def words(self, plan: Plan, values: dict) -> tuple[str, str]:
        raise NotImplementedError

    def draw(self, plan: Plan, values: dict, figure: Figure | None) -> Figure:
        raise NotImplementedError

    @property
    def values(self) -> dict:
        return {name: control.value for name, control in self.controls.items()}

    @property
    def plan(self) -> Plan:
        return self.make_plan(self.values)

    @property
    def cost(self) -> Cost:
        return self.plan.cost

    def set(self, **values: object) -> None:
        """Moves controls, as the reader would. Raises ValueError for an unknown control or a value that is not allowed;
        then no control moves."""
        unknown = [name for name in values if name not in self.controls]
        if unknown:
            raise ValueError(f"no control named {unknown[0]!r}; the controls are {', '.join(self.controls)}")
        for name, value in values.items():  # a checkbox has no options of its own
            values[name] = check_option(value, getattr(self.controls[name], "options", (True, False)), name)
        for name, value in values.items():
            self.controls[name].value = value

    def save(self, path: str, *, overwrite: bool = False) -> Path:
        """Writes the figure as it stands; the name's ending chooses the format. See ``figures.save`` for errors."""
        with self._lock:
            return output.save(self.figure, path, overwrite=overwrite)

    def _changed(self, change: object) -> None:
        try:
            with self._lock:
                self._refresh()
        except Exception as error:
            # Jupyter shows a callback's exception nowhere, so the explorer says it here; tests still see it raised.
            self.numbers.sentence = (
                f'<div class="mbv2-problem">The explorer could not show this setting. '
                f"{type(error).__name__}: {html.escape(str(error))}</div>"
            )
            self.numbers.table = ""
            raise

    def _refresh(self) -> None:
        values = self.values
        plan = self.make_plan(values)
        sentence, numbers = self.words(plan, values)
        with self.numbers.hold_sync():
            self.numbers.sentence, self.numbers.table = sentence, numbers
        # The kernel sends on another thread, which would have to wait for the drawing: so let it go first.
        time.sleep(SENDING)
        with style.redrawing(self.figure):
            figure = self.draw(plan, values, self.figure)
        if figure is not self.figure:
            self.figure, self._screen = figure, Screen(figure)
        width, height = (round(inches * style.PIXELS_PER_INCH) for inches in self.figure.get_size_inches())
        with self.picture.hold_sync():
            self.picture.width, self.picture.height = width, height
            self.picture.alt = output.alt_text(self.figure)
            self.picture.png = self._screen.png(self.picture.pixel_ratio)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        """Live controls where there is a kernel; where there is none (GitHub, a terminal), numbers and a picture."""
        with self._lock:
            view = self.widget._repr_mimebundle_()
            still = f"<div>{self.numbers.sentence}{self.numbers.table}{output.img_tag(self.figure)}</div>"
            settings = ", ".join(f"{name} = {value}" for name, value in self.values.items())
            return {**view, "text/html": still, "text/plain": f"{type(self).__name__}({settings})"}
