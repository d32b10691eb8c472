"""What Python passes to the browser, once, and what the browser makes of it: pictures, marks, sizes."""

import base64
import io
import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.cbook import get_sample_data
from matplotlib.image import imread
from node import Node
from PIL import Image

from mbv2_lesson import browser, experiments
from mbv2_lesson.explorers import CollapseExplorer, RankExplorer, ScanExplorer

RNG = np.random.default_rng(0)
SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
IMAGES = {
    "of 40 x 40": (RNG.random((40, 40)), SOBEL),
    "of 6 x 9, black and white": (np.eye(6, 9), np.ones((2, 3))),
    "of whole gray levels": (RNG.integers(0, 256, (12, 17)), np.full((5, 5), 1 / 25)),
    "with negative values": (RNG.standard_normal((9, 7)), RNG.standard_normal((7, 7))),
    "of one pixel": (np.array([[0.5]]), np.array([[-3.0]])),
    "of nothing but zeros": (np.zeros((4, 4)), np.zeros((2, 2))),
}
every_image = pytest.mark.parametrize("name", IMAGES)


@pytest.fixture(scope="module")
def node():
    node = Node()
    yield node
    node.close()


def ask(node, explorer, settings, body):
    """``body`` is JavaScript of explorer, settings and given, once per setting."""
    load = "const explorer = await load(`${data.folder}/${data.module}.js`); const given = data.given;"
    given = {"folder": str(browser.FOLDER), "module": explorer.module, "settings": settings, "given": explorer.data}
    return node(f"{load} return data.settings.map((settings) => {{ {body} }});", given)


@every_image
def test_what_the_explorer_computes_from_is_what_it_was_given(name):
    """To 16 bits per pixel and four digits per weight; torch does the convolution."""
    image, kernel = IMAGES[name]
    explorer = ScanExplorer(torch.tensor(image), torch.tensor(kernel))
    span = max(1, image.max()) - min(0, image.min())
    np.testing.assert_allclose(explorer.image, image, rtol=0, atol=0.5001 * span / 65535)
    np.testing.assert_array_equal(explorer.kernel, experiments.rounded(kernel))
    expected = F.conv2d(*(torch.tensor(array)[None, None].double() for array in (image, kernel)))[0, 0]
    rounding = np.abs(kernel).sum() * (span / 65535 + 1e-3 * np.abs(image).max())
    np.testing.assert_allclose(explorer.output, expected, rtol=0, atol=rounding)


def test_whole_gray_levels_are_kept_as_they_are():
    image = np.arange(256).reshape(16, 16)
    assert (ScanExplorer(image, SOBEL).image == image).all()
    np.testing.assert_allclose(ScanExplorer(image / 255, SOBEL).image, image / 255, rtol=1e-15)


@every_image
def test_both_pictures_have_a_gray_square_for_each_number(node, name):
    explorer = ScanExplorer(*IMAGES[name])
    (hrefs,) = ask(
        node,
        explorer,
        [explorer.values],
        """
        const images = explorer.draw(settings, given).children.filter(({ tag }) => tag === "image");
        return images.map(({ attributes }) => attributes.href);
        """,
    )
    limit = np.abs(explorer.output).max() or 1
    low, high = min(0, explorer.image.min()), max(1, explorer.image.max())
    greys = [(explorer.image - low) / (high - low), (1 + explorer.output / limit) / 2]
    for href, grey in zip(hrefs, greys, strict=False):  # further ones are a large kernel and its products
        head, data = href.split(",")
        assert head == "data:image/bmp;base64"
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("L"), dtype=float)
        np.testing.assert_allclose(shown, 255 * grey, rtol=0, atol=0.5001)


@every_image
def test_no_number_is_minus_zero_and_no_layout_moves(node, name):
    image, kernel = IMAGES[name]
    explorer = ScanExplorer(image, -kernel)
    settings = [{"row": r, "column": c} for r in explorer.options["row"] for c in explorer.options["column"]]
    shown = ask(
        node,
        explorer,
        settings,
        """
        const { children, attributes } = explorer.draw(settings, given);
        const texts = children.filter(({ tag }) => tag === "text");
        const { headline, alt, table } = explorer.describe(settings, given);
        return {
          words: [headline, alt, ...table.rows.flat(), ...texts.map(({ children }) => children[0])].join(" "),
          places: [attributes.viewBox, ...texts.map(({ attributes: { x, y } }) => [x, y])],
        };
        """,
    )
    words = " ".join(each["words"] for each in shown)
    assert not {"-0.00", "-0"} & set(words.replace(",", " ").replace(". ", " ").split())
    assert all(each["places"] == shown[0]["places"] for each in shown)


def test_numbers_up_to_five_by_five_are_printed(node):
    for k, printed in [(1, True), (3, True), (5, True), (6, False)]:
        explorer = ScanExplorer(RNG.random((9, 9)), RNG.standard_normal((k, k)))
        body = 'return explorer.draw(settings, given).children.filter((each) => each.tag === "text").length;'
        (texts,) = ask(node, explorer, [explorer.values], body)
        assert texts == 2 + 4 + 3 + 1 + printed * 3 * k**2  # titles, names, signs, the sum; patch, kernel, products


@pytest.mark.parametrize(
    ("image", "kernel", "words"),
    [
        (np.zeros(3), SOBEL, r"image must have two dimensions \(H, W\), got shape \(3,\)"),
        (np.zeros((3, 3)), np.zeros((1, 1, 3, 3)), r"kernel must have two dimensions .* got shape \(1, 1, 3, 3\)"),
        (np.zeros((2, 9)), SOBEL, r"the kernel \(3, 3\) must fit into the image \(2, 9\)"),
        (np.zeros((2, 2)), np.zeros((0, 1)), r"the kernel \(0, 1\) must fit"),
        (np.full((3, 3), np.nan), SOBEL, "image must contain only finite numbers, got nan"),
        (np.zeros((3, 3)), np.full((3, 3), -np.inf), "kernel must contain only finite numbers, got -inf"),
    ],
)
def test_bad_input(image, kernel, words):
    with pytest.raises(ValueError, match=words):
        ScanExplorer(image, kernel)


def test_the_points_that_are_lost_are_crosses_in_both_panels(node):
    explorer = CollapseExplorer()
    names = list(explorer.options)
    settings = [dict(zip(names, values, strict=True)) for values in [(2, 0, "ReLU"), (5, 3, "ReLU6"), (9, 1, "none")]]
    body = """
        const lost = explorer.draw(settings, given).children.filter((each) => each.attributes.class === "lost");
        return lost.map(({ attributes: { d } }) => d.split("M").length - 1);
    """
    for values, drawn in zip(settings, ask(node, explorer, settings, body), strict=True):
        lost = 2 * int(experiments.collapse(**values).lost.sum())  # a cross has two lines
        assert drawn == [lost, lost, 2]  # and one in the legend


def test_the_theorem_is_about_relu_and_says_its_number(node):
    explorer = CollapseExplorer()
    for activation in experiments.ACTIVATIONS:
        settings = [{"dimensions": n, "seed": 0, "activation": activation} for n in range(2, 31)]
        said = ask(node, explorer, settings, "return explorer.describe(settings, given).sentence;")
        for n, sentence in enumerate(said, 2):
            theorem = f"(Theorem 1: {experiments.chance_lost(n):.2%} on average)"
            assert ("Theorem" in sentence) == (activation == "ReLU") == (theorem in sentence)


def test_exact_is_said_where_nothing_is_left(node):
    explorer = RankExplorer()
    settings = [{"depth_multiplier": m, "kernel": name} for name in experiments.KERNELS for m in range(1, 10)]
    said = ask(node, explorer, settings, "return explorer.describe(settings, given).headline;")
    exact = [tuple(each.values())[::-1] for each, words in zip(settings, said, strict=True) if "Exact, with " in words]
    ranks = {"random": 9, "oriented edges": 2, "blobs of many widths": 3}
    assert exact == [(name, m) for name, rank in ranks.items() for m in range(rank, 10)]


def test_the_data_are_small():
    explorers = {ScanExplorer(*IMAGES["of 40 x 40"]): 5000, RankExplorer(): 1000, CollapseExplorer(): 35_000}
    for explorer, most in explorers.items():
        assert len(json.dumps(explorer.data)) < most


def test_the_call_names_what_is_too_long_to_print():
    given = ScanExplorer(*IMAGES["of 40 x 40"], row=3)
    assert repr(given) == "ScanExplorer(image=image, kernel=kernel, row=3, column=12)"
    assert repr(ScanExplorer(kernel=SOBEL)) == "ScanExplorer(kernel=kernel, row=12, column=12)"


def test_without_arguments_it_is_the_picture_of_notebook_01():
    photo = torch.tensor(imread(get_sample_data("grace_hopper.jpg", asfileobj=False))) / 255
    image = F.avg_pool2d(photo[20:420, 80:480].mean(dim=2)[None, None], kernel_size=10)[0, 0]
    np.testing.assert_allclose(ScanExplorer().output, ScanExplorer(image, SOBEL).output, atol=2e-4)
