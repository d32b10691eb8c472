"""Costs as tables: HTML for explorers, and a count as text, HTML, Markdown or CSV; what a clock measured. No torch.

A count is a plan or what ``modules.counter.count`` returns: its rows are layers, with params and MACs.
"""

from __future__ import annotations

import csv as csv_module
import html as html_module
import io
from collections.abc import Mapping, Sequence
from typing import Protocol

from .blocks import Plan
from .costs import Cost


class Count(Protocol):
    """What ``modules.counter`` gives, a later room."""

    cost: Cost
    layers: tuple
    outside: Cost
    not_counted: Mapping[str, int]


def table(head: Sequence[str], *rows: Sequence[object]) -> str:
    """An HTML table; whole numbers get thousands separators, the first cell of a row is its heading."""

    def cell(value: object) -> str:
        return f"{value:,}" if isinstance(value, int) else html_module.escape(str(value))

    top = "".join(f'<th scope="col">{cell(value)}</th>' for value in head)
    body = "".join(
        f'<tr><th scope="row">{cell(first)}</th>{"".join(f"<td>{cell(value)}</td>" for value in rest)}</tr>'
        for first, *rest in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


COST_HEAD = ("", "params", "MACs", "FLOPs = 2 \u00d7 MACs")


def cost_row(name: str, plan: Plan) -> tuple[object, ...]:
    """A plan's row under COST_HEAD."""
    return name, plan.cost.params, plan.cost.macs, plan.cost.flops


def measured(words: str) -> str:
    """Marks words that a clock has a part in, so that the tests of the notebooks leave them out of the comparison."""
    return f"measured here: {words} (end of what was measured)"


HEAD = ("layer", "kind", "output", "params", "MACs")


def rows(count: Plan | Count) -> list[tuple[str, str, str, int, int]]:
    """A row under HEAD for each layer that has a cost, in the order in which they run."""
    if isinstance(count, Plan):
        found = [(step.name, step.kind, step.output_shape, step.cost) for step in count]
    else:
        found = [(layer.name or "(model)", layer.type, layer.output_shape, layer.cost) for layer in count.layers]
        found.append(("(outside of these)", "", (), count.outside))
    return [
        (name, kind, "\u00d7".join(map(str, shape)), cost.params, cost.macs)
        for name, kind, shape, cost in found
        if cost.params or cost.macs
    ]


def notes(count: Plan | Count) -> str:
    """In words: what MACs are, and which operations were not counted."""
    words = f"FLOPs = 2 \u00d7 MACs = {count.cost.flops:,}. One image; convolutions and linear layers are counted."
    if isinstance(count, Plan):
        return words
    others = ", ".join(f"{name} (\u00d7{times})" for name, times in count.not_counted.items())
    return (
        f"FLOPs = 2 \u00d7 MACs = {count.cost.flops:,}. One image; convolutions, matrix products and attention are "
        f"counted, by torch's FlopCounterMode. Ran, but not counted: {others or 'nothing'}."
    )


def text(count: Plan | Count) -> str:
    """An aligned table, with the total and the notes under it."""
    lines = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in [HEAD, *_with_total(count)]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    aligned = [
        "  ".join(
            cell.rjust(width) if column > 2 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([*(line.rstrip() for line in aligned), "", notes(count)])


def html(count: Plan | Count) -> str:
    """The same as a table for a browser."""
    return f"<div>{table(HEAD, *_with_total(count))}<p>{html_module.escape(notes(count))}</p></div>"


def markdown(count: Plan | Count) -> str:
    """The same for a README or a post."""
    lines = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row] for row in _with_total(count)]
    body = [f"| {' | '.join(line)} |" for line in [HEAD, ["---", "---", "---", "---:", "---:"], *lines]]
    return "\n".join([*body, "", notes(count)])


def csv(count: Plan | Count) -> str:
    """Rows and no more, for a spreadsheet or a program: plain numbers, no total, no notes."""
    file = io.StringIO()
    writer = csv_module.writer(file, lineterminator="\n")
    writer.writerows([HEAD, *rows(count)])
    return file.getvalue()


def _with_total(count: Plan | Count) -> list[tuple[str, str, str, int, int]]:
    return [*rows(count), ("total", "", "", count.cost.params, count.cost.macs)]
