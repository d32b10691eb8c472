"""Counts as tables: every layer with a cost, the right totals, and a word about what is not counted."""

import csv
import io
from dataclasses import replace

import pytest
import torch
from torch import nn

import mbv2_lesson as mbv2
from mbv2_lesson.plans import tables

torch.set_num_threads(1)


class Odd(nn.Module):
    """A product of its own, an LSTM, which gives no tensor, and a layer that does not run."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(6, 6))
        self.lstm = nn.LSTM(6, 4, batch_first=True)
        self.last = nn.Linear(4, 2)
        self.unused = nn.Linear(3, 3, bias=False)

    def forward(self, x):
        sequence, _ = self.lstm(x @ self.scale)
        return torch.softmax(self.last(sequence), dim=-1)


COUNTS = {
    "plan": mbv2.mobilenet_v2(0.35, 64),
    "module": mbv2.count(mbv2.MobileNetV2(0.35), (3, 64, 64)),
    "odd module": mbv2.count(Odd(), (5, 6)),
    "one layer": mbv2.count(nn.Linear(3, 2), (3,)),
}
each_count = pytest.mark.parametrize("count", COUNTS.values(), ids=list(COUNTS))


@each_count
def test_the_rows_add_up_to_the_cost(count):
    total = {key: sum(row[key] for row in count.rows()) for key in count.cost.as_dict()}
    assert total == count.cost.as_dict()


@each_count
def test_csv_can_be_read_back(count):
    lines = list(csv.DictReader(io.StringIO(tables.csv(count))))
    assert [list(line) for line in lines] == [list(row) for row in count.rows()]
    for line, row in zip(lines, count.rows(), strict=True):
        for key, value in row.items():
            assert line[key] == ("\u00d7".join(map(str, value)) if isinstance(value, tuple) else str(value))


@each_count
def test_text_markdown_and_html_say_the_same(count):
    for written in (tables.text(count), tables.markdown(count), tables.html(count)):
        assert f"{count.cost.params:,}" in written and f"{count.cost.macs:,}" in written
        assert f"FLOPs = 2 \u00d7 MACs = {count.cost.flops:,}" in written
        rows = [row for row in count.rows() if row["params"] or row["macs"]]
        assert all(f"{row['macs']:,}" in written and row["name"] in written for row in rows)
        assert all(f"{100 * row['macs'] / count.cost.macs:.1f}" in written for row in rows)
    table = tables.markdown(count).split("\n\n")[0].splitlines()
    assert {line.count("|") for line in table} == {len(tables.HEAD) + 1}
    lines = tables.text(count).split("\n\n")[0].splitlines()
    assert len({len(line) for line in lines}) == 1  # numbers end at one column


def test_a_module_and_its_plan_have_the_same_convolutions():
    plan, module = COUNTS["plan"], COUNTS["module"]
    macs = [row["macs"] for row in module.rows() if row["kind"] in ("Conv2d", "Linear")]
    assert macs == [row["macs"] for row in plan.rows() if row["kind"] != "pool"]


def test_a_plan_prints_and_shows_as_a_table():
    block = mbv2.inverted_residual(16, 24, size=(8, 8))
    assert str(block) == tables.text(block) and block._repr_html_() == tables.html(block)
    assert block.rows()[0] == {
        "name": "expand",
        "kind": "pointwise",
        "input_shape": (1, 16, 8, 8),
        "output_shape": (1, 96, 8, 8),
        "weights": 16 * 96,
        "biases": 0,
        "norm": 2 * 96,
        "params": 16 * 96 + 2 * 96,
        "macs": 16 * 96 * 64,
        "flops": 2 * 16 * 96 * 64,
        "activations": 96 * 64,
    }


def test_a_bar_in_a_name_does_not_break_a_markdown_table():
    block = mbv2.standard_conv(1, 1, size=(1, 1))
    plan = mbv2.Plan("odd", [replace(block[0], name="a|b")])
    assert "| a\\|b |" in tables.markdown(plan)


def test_what_is_not_counted_is_said():
    odd = COUNTS["odd module"]
    assert {"_softmax", "sigmoid_", "tanh"} <= set(odd.not_counted)
    assert all(f"{name} (\u00d7{times})" in str(odd) for name, times in odd.not_counted.items())
    assert COUNTS["module"].not_counted == {"native_batch_norm": 52, "hardtanh_": 35, "add": 10, "mean": 1}
    assert "not counted: nothing" in str(COUNTS["one layer"])


def test_what_is_outside_of_the_layers_has_a_row():
    odd = COUNTS["odd module"]
    lstm = 4 * 4 * (6 + 4) + 2 * 4 * 4
    rows = [(row["name"], row["weights"], row["macs"]) for row in odd.rows()]
    assert rows == [
        ("lstm", lstm, 5 * 16 * 10),
        ("last", 8, 5 * 8),
        ("(model)", 36, 5 * 36),
        ("(outside of these)", 9, 0),
    ]
    assert "(outside of these)" in odd._repr_html_() and "(outside of these)" not in str(COUNTS["module"])
