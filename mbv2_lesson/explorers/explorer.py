"""The base of every explorer: an anywidget whose settings are traits. It lives in the browser; Python counts along."""

from __future__ import annotations

import html
import inspect
import json
import os
from collections.abc import Mapping, Sequence
from inspect import Parameter
from numbers import Number
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure

from .. import browser
from ..figures import output, style
from ..plans import Cost, Plan

# What the controls of several explorers offer.
CHANNELS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256, 320, 512, 1024, 2048, 4096]
SIZES = [8, 14, 16, 28, 32, 56, 64, 96, 112, 128, 160, 192, 224, 256, 384, 512, 1024]


def check_option(value: object, options: Sequence, name: str) -> object:
    """The option equal to ``value``. Otherwise raises ValueError with the options, or the first three and the last."""
    if isinstance(value, (Number, str)):  # an array would be compared element by element
        for option in options:
            if option == value and isinstance(option, bool) == isinstance(value, bool):
                return option  # 16.0 and numpy's 16 are 16
    allowed = list(map(repr, options))
    if len(allowed) > 10:
        allowed[3:-1] = ["..."]
    raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


class Setting(traitlets.TraitType):
    """One of ``explorer.options[name]``, synced with the browser.

    ``options`` are given here, or to ``Explorer`` if they depend on an argument; so is the first value, ``default``.

    A value that is not allowed raises ValueError. If a link sets the value, nobody sees the exception, so the explorer
    shows it, too, until an allowed value arrives.
    """

    def __init__(self, options: Sequence = (), default: object = None) -> None:
        super().__init__(default)
        self.options = options
        self.tag(sync=True)

    def validate(self, explorer: Explorer, value: object) -> object:
        try:
            value = check_option(value, explorer.options[self.name], self.name)
        except ValueError as error:
            explorer.problem = f"{error}."
            raise
        explorer.problem = ""
        return value


class Explorer(anywidget.AnyWidget):
    """Settings in, numbers and a moving picture out, in the browser and with or without a kernel.

    Each setting is a synced trait: ``explorer.out_channels = 64``, ``observe`` and ``ipywidgets.link`` work as with any
    widget. ``plan``, ``cost`` and ``values`` can be read from any cell.

    A subclass has a ``module``, a ``Setting`` per control, in their order, a ``plan``, and two methods, ``draw`` and
    ``table``, which make the still version for pages without scripts.
    """

    _css = browser.style()
    _ipython_display_ = None  # that of ipywidgets 7, which Colab has, would send the widget without our bundle
    module: str  # the explorer's name in browser/
    variables: Sequence[str] = ()  # arguments too long to print; the call shows their names
    data = traitlets.Dict().tag(sync=True)
    counted = traitlets.Dict().tag(sync=True)
    problem = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, **arguments: object) -> None:
        if "module" in vars(cls):  # not for the class that anywidget makes for each instance
            cls._esm = browser.esm(cls.module)
            cls._settings = {name: trait for name, trait in vars(cls).items() if isinstance(trait, Setting)}
            # Shift-Tab shows each setting by its name, not **settings.
            signature = inspect.signature(cls.__init__)
            shown = {name: p for name, p in signature.parameters.items() if name not in ("self", "settings")}
            for name, trait in cls._settings.items():
                shown.setdefault(name, Parameter(name, Parameter.KEYWORD_ONLY, default=trait.default_value))
            cls.__signature__ = signature.replace(parameters=shown.values())
        super().__init_subclass__(**arguments)

    def __init__(
        self,
        settings: Mapping[str, object],
        theme: str = "light",
        *,
        options: Mapping[str, Sequence] | None = None,
        fixed: Mapping[str, object] | None = None,
        **data: object,
    ) -> None:
        """``settings`` are first values in place of the defaults, ``options`` those that depend on an argument,
        ``fixed`` the arguments that no control moves, and ``data`` whatever else the browser draws from."""
        style.theme_of(theme)
        self.theme = theme
        if unknown := settings.keys() - self._settings.keys():
            raise TypeError(f"no setting is named {min(unknown)!r}; the settings are {', '.join(self._settings)}")
        offered = options or {}
        self.options = {name: list(offered.get(name, trait.options)) for name, trait in self._settings.items()}
        self.fixed = dict(fixed or {})
        call = {"name": type(self).__name__, "fixed": self.fixed, "variables": list(self.variables)}
        first = {name: trait.default_value for name, trait in self._settings.items()} | settings
        first = {name: check_option(value, self.options[name], name) for name, value in first.items()}
        data = {"options": self.options, "first": first, "call": call, **self.fixed, **data}
        super().__init__(data=data, **first)
        self._count()
        self.observe(self._count, list(self.options))

    @property
    def plan(self) -> Plan:
        """What is built at the current setting."""
        raise NotImplementedError

    def draw(self) -> Figure:
        """The current setting as a figure, for a file or a page without scripts."""
        raise NotImplementedError

    def table(self) -> str:
        """The numbers of the current setting as an HTML table."""
        raise NotImplementedError

    @property
    def values(self) -> dict[str, Any]:
        """The current value of each setting, by name."""
        return {name: getattr(self, name) for name in self.options}

    @property
    def arguments(self) -> dict[str, Any]:
        """The fixed arguments and the current settings as functions of ``plans`` take them, with ``size`` as (H, W)."""
        arguments = self.fixed | self.values
        return arguments | {"size": (arguments["size"], arguments["size"])}

    @property
    def cost(self) -> Cost:
        return self.plan.cost

    def set(self, **values: object) -> None:
        """Moves controls, as the reader would. For an unknown control or a value that is not allowed it raises
        ValueError, and none moves."""
        for name in values:
            if name not in self.options:
                raise ValueError(f"no control named {name!r}; the controls are {', '.join(self.options)}")
        checked = {name: check_option(value, self.options[name], name) for name, value in values.items()}
        with self.hold_sync(), self.hold_trait_notifications():
            for name, value in checked.items():
                setattr(self, name, value)

    def save(self, path: str | os.PathLike, *, overwrite: bool = False) -> Path:
        """Saves the current setting as a picture or, if the name ends in .html, as a page with the live explorer.

        See ``figures.save`` for errors.
        """
        if Path(path).suffix.lower() == ".html":
            output.check_place(Path(path), overwrite)
            return output.write(Path(path), page(self).encode())
        return output.save(self.draw(), path, overwrite=overwrite)

    def numbers(self) -> dict[str, int]:
        """The whole numbers of the current setting by name, counted by ``plans``; the browser compares its own."""
        plan = self.plan
        numbers = {"params": plan.cost.params, "MACs": plan.cost.macs, "FLOPs": plan.cost.flops}
        for step in plan:
            numbers |= {f"{step.name} weights": step.cost.weights, f"{step.name} MACs": step.cost.macs}
        return numbers

    def _count(self, change: object = None) -> None:
        values = self.values
        numbers = self.numbers()
        if self.values == values:  # otherwise another thread has changed them meanwhile, and counts for itself
            self.counted = {"settings": values, "numbers": numbers}

    def still(self) -> str:
        """HTML for places where no script runs."""
        without = f"Without JavaScript, this page shows only the numbers of {html.escape(repr(self))}."
        return f"{self.table()}<p>{without}</p>"

    def _element(self, inside: str) -> str:
        """The element that ``browser/page.js`` brings to life."""
        attributes = {"settings": json.dumps(self.values), "data": json.dumps(self.data | {"first": self.values})}
        given = " ".join(f'data-mbv2-{name}="{html.escape(value)}"' for name, value in attributes.items())
        return f'<div class="mbv2-still" data-mbv2-explorer="{self.module}" {given}>{inside}</div>'

    def __repr__(self) -> str:
        arguments = [f"{name}={name}" for name in self.variables]
        arguments += [f"{name}={value!r}" for name, value in (self.fixed | self.values).items()]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The widget and, for places where no script runs (GitHub, a terminal), a picture and its numbers."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        still = self._element(output.img_tag(self.draw()) + self.table())
        return {**data, "text/html": still, "text/plain": repr(self)}, metadata


def page(explorer: Explorer, theme: str = "auto") -> str:
    """A self-contained page. theme: "light", "dark" or "auto", which follows the reader's."""
    if theme not in ("auto", "light", "dark"):
        raise ValueError(f"theme must be one of 'auto', 'light', 'dark', got {theme!r}")
    words = {name: html.escape(text) for name, text in browser.words(explorer.module).items()}
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return template.format(
        theme="" if theme == "auto" else f' data-theme="{theme}"',
        title=words["title"],
        what_to_try=words["try"],
        style=browser.style(),
        element=explorer._element(explorer.still()),
        script=browser.script(explorer.module),
    )
