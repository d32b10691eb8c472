"""Where things are on the page with the four explorers."""

import html
import re

from playwright.sync_api import Locator, Page

from mbv2_lesson import explorers

NAMES = ["convolution", "separable", "groups", "block"]


def shut_down(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def place(page: Page, name: str) -> Locator:
    return page.locator(".jp-CodeCell").nth(1 + NAMES.index(name)).locator(".mbv2")


def slider(page: Page, name: str, label: str) -> Locator:
    return place(page, name).get_by_role("slider", name=label)


def made(name: str, **settings) -> explorers.BlockExplorer:
    return getattr(explorers, f"{name.title()}Explorer")(**settings)


def cells_of(table: str) -> list[list[str]]:
    """The rows of an HTML table below its head."""
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
    return [[html.unescape(cell) for cell in row] for row in rows[1:]]


def read(value: bool | str) -> bool | int:
    return value if isinstance(value, bool) else int(value.replace(",", ""))


def run_cell(page: Page, number: int) -> None:
    page.evaluate(
        """async number => {
            panel().content.activeCellIndex = number;
            panel().content.deselectAll();
            await window.jupyterapp.commands.execute('notebook:run-cell');
        }""",
        number,
    )
