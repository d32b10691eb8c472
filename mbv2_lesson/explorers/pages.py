"""Explorers as files for a post: made by name, with settings given as text, and the lines that embed one in a page."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from urllib.parse import quote

from .. import browser, explorers
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


def settings(explorer: Explorer) -> dict[str, bool | int | float | str]:
    """Every argument of the explorer that is a number, a word or a truth value: controls and what no control moves."""
    return {
        name: value
        for name, value in (explorer.fixed | explorer.values).items()
        if isinstance(value, bool | int | float | str)
    }


def make(name: str, pairs: Iterable[str] = ()) -> Explorer:
    """The explorer of that name with settings such as ``in_channels=64``.

    Raises ValueError or TypeError for an unknown explorer or setting, one that is given twice, or a value that is not
    allowed.
    """
    if name not in EXPLORERS:
        raise ValueError(_unknown("explorer", name, EXPLORERS))
    known = settings(EXPLORERS[name]())
    given: dict[str, bool | int | float | str] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise ValueError(f"a setting is NAME=VALUE, such as {next(iter(known))}=16, got {pair!r}")
        if key not in known:
            raise ValueError(_unknown("setting", key, known))
        if key in given:
            raise ValueError(f"{key} is given twice, as {given[key]} and as {text}")
        given[key] = _read(key, text, known[key])
    return EXPLORERS[name](**given)


def snippet(title: str, file: str) -> str:
    """HTML that shows the page ``file`` within another page, as high as it says it is."""
    return SNIPPET.format(source=quote(file), title=html.escape(title))


def _read(name: str, text: str, example: bool | int | float | str) -> bool | int | float | str:
    """``text`` as a value of the kind that ``example`` is."""
    if isinstance(example, str):
        return text
    if isinstance(example, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(f"{name} must be true or false, got {text!r}")
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise ValueError(f"{name} must be a number, got {text!r}")


def _unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    return f"no {what} {name!r}{meant or ';'} there are {', '.join(known)}"
