"""The experiments of notebooks 03 and 04, checked against torch and against simulation."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mbv2_lesson as mbv2
from mbv2_lesson import experiments
from mbv2_lesson.experiments import KERNELS
from mbv2_lesson.explorers import CollapseExplorer, RankExplorer
from mbv2_lesson.figures import alt_text
from mbv2_lesson.figures.gallery.entries import TYPICAL_MATRIX

shapes = st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))


@given(shape=shapes, seed=st.integers(0, 2**32 - 1), data=st.data())
def test_the_error_is_that_of_the_best_separable_module(shape, seed, data):
    """Built as a real DepthwiseSeparableConv from torch's SVD, at the reader's M."""
    c_out, c_in, k_h, k_w = shape
    kernel = torch.tensor(np.random.default_rng(seed).standard_normal(shape))
    errors = experiments.low_rank_errors(kernel.numpy())
    assert errors.shape == (k_h * k_w,)
    assert np.all(np.diff(errors) <= 1e-12)
    assert np.all(errors[min(c_out, k_h * k_w) - 1 :] < 1e-6)

    m = data.draw(st.integers(1, k_h * k_w))
    u, s, vh = torch.linalg.svd(kernel.permute(1, 0, 2, 3).flatten(2), full_matrices=False)
    kept = min(m, s.shape[1])
    module = mbv2.DepthwiseSeparableConv(c_in, c_out, (k_h, k_w), padding=0, depth_multiplier=kept).double()
    with torch.no_grad():
        module.depthwise.weight.copy_(vh[:, :kept].reshape(c_in * kept, 1, k_h, k_w))
        module.pointwise.weight.copy_((u * s[:, None])[:, :, :kept].permute(1, 0, 2).reshape(c_out, -1, 1, 1))
        # What the module makes of single pixels is its merged kernel, turned around.
        impulses = torch.zeros(c_in, c_in, 2 * k_h - 1, 2 * k_w - 1, dtype=torch.float64)
        impulses[range(c_in), range(c_in), k_h - 1, k_w - 1] = 1
        merged = module(impulses).flip(2, 3).transpose(0, 1)
    assert float((merged - kernel).norm() / kernel.norm()) == pytest.approx(errors[m - 1], abs=1e-6)


def test_the_ranks_of_the_example_kernels():
    errors = {name: experiments.low_rank_errors(experiments.example_kernel(name)) for name in experiments.KERNELS}
    assert [int((values > 1e-9).sum()) + 1 for values in errors.values()] == [9, 2, 3]


@pytest.mark.parametrize("kernel_size", [2, 3, 5, 7])
def test_the_rank_dial_only_looks_up_what_it_computed_once(kernel_size, monkeypatch):
    explorer = RankExplorer(kernel_size=kernel_size)
    exact = {
        name: experiments.low_rank_errors(experiments.example_kernel(name, 16, 32, kernel_size)) for name in KERNELS
    }
    monkeypatch.delattr(np.linalg, "svd")
    for kernel in KERNELS:
        np.testing.assert_allclose(explorer.errors[kernel], exact[kernel], rtol=1e-5, atol=1e-9)
        assert [f"{error:.2f}" for error in explorer.errors[kernel]] == [f"{error:.2f}" for error in exact[kernel]]
        for m in {1, kernel_size, kernel_size**2}:
            explorer.set(kernel=kernel, depth_multiplier=m)
            size = explorer.standard.input_shape[2:]
            assert explorer.plan == mbv2.depthwise_separable(16, 32, kernel_size, depth_multiplier=m, size=size)
            assert f"<td>{explorer.cost.params:,}</td>" in explorer.table()
            assert f"{explorer.cost.params:,} weights" in alt_text(explorer.draw())
            assert (explorer.errors[kernel][m - 1] == 0) == (exact[kernel][m - 1] < 1e-9)


def test_the_collapse_explorer_says_what_the_experiment_found():
    explorer = CollapseExplorer()
    for n, seed, activation in [(2, 0, "none"), (3, 19, "ReLU"), (30, 7, "ReLU6")]:
        explorer.set(dimensions=n, seed=seed, activation=activation)
        result = experiments.collapse(n, seed, activation)
        assert explorer.plan.output_shape[1] == n and explorer.result.error == result.error
        assert f"error {result.error:.4f}" in alt_text(explorer.draw())
        assert f"<td>{result.error:.4f}</td><td>{result.lost.mean():.1%}</td>" in explorer.table()
        assert list(explorer.counted["numbers"].values()) == [result.lost.sum()]


@pytest.mark.parametrize("activation", experiments.ACTIVATIONS)
def test_all_collapses_at_once_are_those_one_by_one(activation):
    errors, lost = experiments.all_collapses(activation, 30, 20)
    each = [[experiments.collapse(n, seed, activation) for n in range(2, 31)] for seed in range(20)]
    np.testing.assert_allclose(errors, [[result.error for result in row] for row in each], atol=1e-12)
    np.testing.assert_array_equal(lost, [[result.lost.sum() for result in row] for row in each])


def test_fewer_dimensions_are_the_first_rows_of_more():
    for seed in range(20):
        for n in range(2, 31):
            np.testing.assert_array_equal(experiments.random_matrix(n, seed), experiments.random_matrix(30, seed)[:n])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1 / 3, -2 / 3, 12345.6, 2e-5], [0.3333, -0.6667, 12350, 2e-5]),
        ([1.0, 1e-10, -1e-10, -0.0], [1, 0, 0, 0]),
        ([[1e-16, -1e-17]], [[1e-16, -1e-17]]),  # small beside nothing is not zero
        ([], []),
        (2 / 3, 0.6667),
    ],
)
def test_rounded_keeps_four_digits_and_drops_what_is_zero_within_rounding(values, expected):
    result = experiments.rounded(values)
    np.testing.assert_array_equal(result, expected)
    assert not np.signbit(result[result == 0]).any()
    np.testing.assert_array_equal(experiments.rounded(result), result)
    assert experiments.rounded(1e-16, beside=1) == 0


@pytest.mark.parametrize("n", [2, 3, 5, 15])
def test_the_law_against_simulation(n):
    lost = np.mean([experiments.collapse(n, seed).lost.mean() for seed in range(1000)])
    assert lost == pytest.approx(experiments.chance_lost(n), abs=0.03)


@pytest.mark.parametrize(("n", "median"), [(2, 0.56), (3, 0.42), (5, 0.24), (15, 0.0064), (30, 0.0005)])
def test_the_error_is_what_a_linear_layer_misses_that_reads_the_units(n, median):
    errors = [experiments.collapse(n, seed).error for seed in range(100)]
    assert np.median(errors) == pytest.approx(median, rel=0.1)


def test_the_gallery_draws_a_typical_matrix():
    errors = np.array([[experiments.collapse(n, seed).error for n in (2, 3, 5, 15, 30)] for seed in range(100)])
    ranks = errors.argsort(axis=0).argsort(axis=0)  # of each matrix among the hundred, for each n
    assert np.abs(ranks - 49.5).max(axis=1)[:20].argmin() == TYPICAL_MATRIX


def test_every_read_out_of_the_explorer_fits_into_its_panel():
    explorer = CollapseExplorer()
    axes = explorer.draw().axes[1]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    settings = product(*(explorer.options[name] for name in ("dimensions", "seed", "activation")))
    read_outs = np.concatenate([experiments.collapse(*values).read_out for values in settings])
    assert read_outs.min() > max(left, bottom) and read_outs.max() < min(right, top)


@given(n=st.integers(2, 40), seed=st.integers(0, 1000), activation=st.sampled_from(experiments.ACTIVATIONS))
def test_collapse_with_torch(n, seed, activation):
    """torch applies the activation; no nn.Linear, so no projection, can come closer than the read-out."""
    result = experiments.collapse(n, seed, activation)
    matrix = np.random.default_rng(seed).standard_normal((n, 2))
    np.testing.assert_allclose(experiments.random_matrix(n, seed), matrix, rtol=1e-3)
    inside = torch.tensor(result.before) @ torch.tensor(experiments.random_matrix(n, seed)).T
    apply = {"none": lambda x: x, "ReLU": torch.relu, "ReLU6": torch.nn.functional.relu6}[activation]
    units = apply(inside)
    inputs = torch.cat([units, torch.ones(len(units), 1)], dim=1)
    left = torch.tensor(result.before - result.read_out)
    assert (inputs.T @ left).abs().max() < 1e-8 * inputs.norm() * len(inputs)  # at the least squares
    project = torch.nn.Linear(n, 2).double()
    with torch.no_grad():
        solution = torch.linalg.lstsq(inputs, torch.tensor(result.read_out), driver="gelsd").solution
        project.weight.copy_(solution[:-1].T)
        project.bias.copy_(solution[-1])
        np.testing.assert_allclose(project(units), result.read_out, atol=1e-6)  # it is a linear layer's output
    spread = np.linalg.norm(result.before - result.before.mean(axis=0))
    assert result.error == pytest.approx(float(left.norm()) / spread)
    np.testing.assert_array_equal(result.lost, ((units == inside).sum(dim=1) < 2).numpy())


@given(n=st.integers(2, 40), seed=st.integers(0, 1000))
def test_without_activation_nothing_is_lost(n, seed):
    result = experiments.collapse(n, seed, "none")
    np.testing.assert_allclose(result.read_out, result.before, atol=1e-8)
    assert not result.lost.any() and result.error < 1e-6


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: experiments.collapse(1), ValueError, "at least 2, got 1"),
        (lambda: experiments.collapse(2.5), TypeError, "got 2.5"),
        (lambda: experiments.collapse(3, seed=-1), ValueError, "seed .* got -1"),
        (lambda: experiments.collapse(3, activation="tanh"), ValueError, "'ReLU6', got 'tanh'"),
        (lambda: experiments.chance_lost(0), ValueError, "got 0"),
        (lambda: experiments.spiral(1), ValueError, "points .* got 1"),
        (lambda: experiments.example_kernel("round"), ValueError, "'random', .* got 'round'"),
        (lambda: experiments.example_kernel("random", kernel_size=1), ValueError, "kernel_size .* at least 2, got 1"),
        (lambda: experiments.example_kernel("random", 0), ValueError, "in_channels .* got 0"),
        (lambda: experiments.low_rank_errors(np.zeros((3, 3))), ValueError, r"C_in, k_h, k_w\), got \(3, 3\)"),
        (lambda: experiments.low_rank_errors(np.zeros((2, 2, 3, 3))), ValueError, r"not all zero, got \[0.0, "),
        (lambda: experiments.low_rank_errors(np.full((2, 2, 3, 3), np.nan)), ValueError, r"finite .*, got \[nan, "),
        (lambda: CollapseExplorer(1), ValueError, r"dimensions must be one of 2, 3, 4, \.\.\., 30, got 1"),
        (lambda: CollapseExplorer(theme="sepia"), ValueError, "got 'sepia'"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
