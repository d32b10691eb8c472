"""Costs as tables: aligned text, HTML, Markdown or CSV. No torch.

They tabulate a plan, what ``modules.counter.count`` returns, or anything else with ``cost``, ``rows()`` and ``note``.
"""

from __future__ import annotations

import csv as csv_module
import html as html_module
import io
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Protocol

from .costs import Cost


class Costed(Protocol):
    """``rows()`` gives a dict per layer, as ``layer_row`` makes it; ``note`` says what was counted and what was not."""

    @property
    def cost(self) -> Cost: ...

    @property
    def note(self) -> str: ...

    def rows(self) -> list[dict[str, Any]]: ...


def layer_row(
    name: str, kind: str, input_shape: Sequence[int], output_shape: Sequence[int], cost: Cost
) -> dict[str, Any]:
    """One layer's shapes and costs by name, so that a list of these makes a ``pandas.DataFrame``."""
    shapes = {"input_shape": tuple(input_shape), "output_shape": tuple(output_shape)}
    return {"name": name, "kind": kind, **shapes, **cost.as_dict()}


def times(numbers: Sequence[int]) -> str:
    """A shape or a kernel size in print: 3\u00d73."""
    return "\u00d7".join(map(str, numbers))


def ratio(value: float, digits: int = 4) -> str:
    """A ratio in print. Ties are rounded up, as in JavaScript, and there is no -0.

    >>> ratio(656 / 4608), ratio(1.03125), f"{1.03125:.4f}", ratio(-1e-9)
    ('0.1424', '1.0313', '1.0312', '0.0000')
    """
    return f"{Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP) + 0:f}"


def percent(share: float, digits: int = 1) -> str:
    """A share in print. Ties are rounded up.

    >>> percent(656 / 4608), percent(0.03125, 2)
    ('14.2%', '3.13%')
    """
    return f"{ratio(100 * share, digits)}%"


def significant(value: float) -> str:
    """Three significant digits. Ties are rounded up.

    >>> significant(903168 / 807424), significant(24979.4), significant(1.125), significant(0.9999)
    ('1.12', '25,000', '1.13', '1.00')
    """
    rounded = Context(prec=3, rounding=ROUND_HALF_UP).create_decimal_from_float(value)
    return f"{rounded.quantize(Decimal(1).scaleb(rounded.adjusted() - 2)):,f}"


# --- HTML tables, also for explorers. ---


def table(head: Sequence[str], *rows: Sequence[object]) -> str:
    """An HTML table. Whole numbers get thousands separators; the first cell of each row is its heading."""

    def cell(value: object) -> str:
        return f"{value:,}" if isinstance(value, int) else html_module.escape(str(value))

    top = "".join(f'<th scope="col">{cell(value)}</th>' for value in head)
    body = "".join(
        f'<tr><th scope="row">{cell(first)}</th>{"".join(f"<td>{cell(value)}</td>" for value in rest)}</tr>'
        for first, *rest in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


COST_HEAD = ("", "params", "MACs", "FLOPs = 2 \u00d7 MACs")


def cost_row(name: str, plan: Costed) -> tuple[str, int, int, int]:
    """A plan's row below COST_HEAD."""
    return name, plan.cost.params, plan.cost.macs, plan.cost.flops


MEASURED = "mbv2-measured"  # a class: JupyterLab keeps it, and tests/nbval_sanitize.cfg names it


def measured(words: str) -> str:
    """HTML for words that differ from run to run. The tests of the notebooks compare everything except these."""
    return f'<span class="{MEASURED}">{html_module.escape(words)}</span>'


# --- A plan or a count, layer by layer. ---

HEAD = ("layer", "kind", "output", "params", "MACs", "% of MACs")
SEPARABLE = (
    "separable params",
    "separable MACs",
    "% of MACs before",
    "remark",
)  # more columns, if rows have them
LEFT = ("layer", "kind", "output", "remark")  # words start at one column, numbers end at one
Row = tuple[str | int, ...]


def text(costed: Costed) -> str:
    """An aligned table, with the total and the note below it."""
    head, rows = _with_total(costed)
    lines = [head, *map(_printed, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    aligned = [
        "  ".join(
            cell.ljust(width) if title in LEFT else cell.rjust(width)
            for title, cell, width in zip(head, line, widths, strict=True)
        )
        for line in lines
    ]
    return "\n".join([*(line.rstrip() for line in aligned), "", costed.note])


def html(costed: Costed) -> str:
    """The same table in HTML."""
    head, rows = _with_total(costed)
    return f"<div>{table(head, *rows)}<p>{html_module.escape(costed.note)}</p></div>"


def markdown(costed: Costed) -> str:
    """The same table in Markdown, for a README or a post."""
    head, rows = _with_total(costed)
    line = ["---" if title in LEFT else "---:" for title in head]
    cells = [[cell.replace("|", "\\|") for cell in _printed(row)] for row in rows]
    body = [f"| {' | '.join(row)} |" for row in [head, line, *cells]]
    return "\n".join([*body, "", costed.note])


def csv(costed: Costed) -> str:
    """The numbers of each layer and nothing else, for a spreadsheet or a program: no total, no note."""
    file = io.StringIO()
    rows = [{**row, **{key: times(row[key]) for key in ("input_shape", "output_shape")}} for row in costed.rows()]
    head = list(rows[0] if rows else layer_row("", "", (), (), Cost()))
    writer = csv_module.DictWriter(file, head, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _with_total(costed: Costed) -> tuple[tuple[str, ...], list[Row]]:
    """The head; a row for each layer that has a cost, in the order they run, and the total."""
    layers = costed.rows()
    head = HEAD + SEPARABLE if layers and "separable_macs" in layers[0] else HEAD
    numbers = ("params", "macs", "separable_params", "separable_macs")
    total: dict[str, Any] = {"name": "total", "kind": "", "output_shape": (), "remark": ""}
    total |= {key: sum(layer.get(key, 0) for layer in layers) for key in numbers}

    def row(layer: dict[str, Any]) -> Row:
        share = f"{100 * layer['macs'] / total['macs']:.1f}" if total["macs"] else ""
        cells = (layer["name"], layer["kind"], times(layer["output_shape"]), layer["params"], layer["macs"], share)
        if head is HEAD:
            return cells
        rest = f"{100 * layer['separable_macs'] / layer['macs']:.1f}" if layer["macs"] else ""
        return (*cells, layer["separable_params"], layer["separable_macs"], rest, layer["remark"])

    return head, [*(row(layer) for layer in layers if layer["params"] or layer["macs"]), row(total)]


def _printed(row: Row) -> list[str]:
    return [f"{cell:,}" if isinstance(cell, int) else cell for cell in row]
