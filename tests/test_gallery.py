"""The gallery and its export: every figure, theme and format; what is refused; what is on disk afterward."""

import contextlib
import hashlib
import html
import io
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import matplotlib as mpl
import matplotlib.style
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

import mbv2_lesson as mbv2
from mbv2_lesson import explorers, figures
from mbv2_lesson.__main__ import main
from mbv2_lesson.figures import output, style
from mbv2_lesson.figures.gallery import files as export
from mbv2_lesson.figures.gallery import snippets
from mbv2_lesson.figures.gallery.entries import GALLERY

STILLS = [name for name, entry in GALLERY.items() if not entry.moves]
MOVING = [name for name, entry in GALLERY.items() if entry.moves]
SMALL_STILLS = ("--width", 320, "--scale", 1)
SMALL = {
    "kernel-scans": {"size": 5},
    "separable-steps": {"in_channels": 3, "out_channels": 2},
    "relu-spiral": {"largest": 4},
}


def command(*words: object) -> int:
    return main(["figures", *map(str, words)])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# --- One look ---


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", style.THEMES)
def test_text_has_contrast(theme):
    colors = style.THEMES[theme]
    background = "#ffffff" if colors.background == "none" else colors.background
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast(colors.text, background) >= 4.5 and contrast(colors.text, colors.panel) >= 4.5
    assert contrast(colors.mark, background) >= 3  # a graphic, not text
    for color in style.KIND_COLOR.values():
        assert contrast(style.INK_ON_KIND, color) >= 4.5


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SEEN_BY = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "everybody else": np.eye(3),
}


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear RGB, D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(xyz / [0.9505, 1, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def seen_as(color: str, eyes: str) -> np.ndarray:
    linear = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)])
    return lab(np.clip(np.array(SEEN_BY[eyes]) @ linear, 0, 1))


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_kinds_of_layer_can_be_told_apart(eyes):
    seen = {kind: seen_as(color, eyes) for kind, color in style.KIND_COLOR.items()}
    distances = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)}
    assert min(distances.values()) > 10, distances  # 2.3 is just noticeable
    assert len(set(style.KIND_HATCH.values())) == len(style.KIND_HATCH) == len(style.KIND_COLOR)  # and without color


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_sheets_are_the_themes(theme):
    before = mpl.rcParams.copy()
    with mpl.style.context(f"mbv2_lesson.figures.{theme}"):
        colors, given = style.THEMES[theme], mpl.rcParams
        for name in ("figure.facecolor", "axes.facecolor", "savefig.facecolor"):
            assert to_hex(given[name]) == colors.background
        for name in ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"):
            assert to_hex(given[name]) == colors.text
        cycle = [to_hex(color) for color in given["axes.prop_cycle"].by_key()["color"]]
        assert cycle == list(style.KIND_COLOR.values())
    assert mpl.rcParams.copy() == before


@pytest.mark.parametrize("name", STILLS)
@pytest.mark.pinned
@pytest.mark.mpl_image_compare(tolerance=12, savefig_kwargs={"dpi": 40}, remove_text=False, style="default")
def test_picture(name):
    return GALLERY[name].make("light")[0]


@pytest.mark.pinned
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_readmes_picture_is_the_gallerys(theme):
    (made,) = export.make(export.plan_files(["standard-and-separable"], ["png"], [theme]))["standard-and-separable"]
    root = Path(__file__).parents[1]
    picture = re.search(r"<picture>.+?</picture>", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)[0]
    dark, light, alt = re.search(r'dark\)" srcset="(.+?)".+<img src="(.+?)".+alt="(.+?)"', picture, re.DOTALL).groups()
    path = root / {"light": light, "dark": dark}[theme]
    both = [np.asarray(Image.open(source).convert("L"), float) for source in (path, io.BytesIO(made.content))]
    assert both[0].shape == both[1].shape and np.abs(both[0] - both[1]).mean() < 3  # of 255
    assert all(number in alt for number in re.findall(r"[\d,]{3,}\d", made.caption))


def test_the_readme_shows_the_block_explorer_in_use_or_still_for_those_who_want_no_motion():
    root = Path(__file__).parents[1]
    moves = runpy.run_path(str(root / "notebooks/images/record.py"))["MOVES"]
    picture = re.findall(r"<picture>.+?</picture>", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    sources = re.findall(r'(?:media="(.+?)" srcset|<img src)="(.+?)"', picture)
    dark, still = "(prefers-color-scheme: dark)", "(prefers-reduced-motion: reduce)"
    assert [media for media, _ in sources] == [f"{still} and {dark}", still, dark, ""]  # the first that fits is shown
    images = [Image.open(root / path) for _, path in sources]
    assert [image.n_frames for image in images] == [1, 1, 1 + len(moves), 1 + len(moves)]
    assert len({image.size for image in images}) == 1 and images[0].width >= 640
    assert max((root / path).stat().st_size for _, path in sources) <= 600_000
    darkness = [image.convert("L").getpixel((2, 2)) < 64 for image in images]
    assert darkness == [True, False, True, False]


# --- Every figure, theme and format ---


class Everything(NamedTuple):
    folder: Path
    printed: str
    made: dict[str, export.Made]  # by the file's name


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Everything:
    """All stills, small, as the command line makes them at once."""
    folder, printed, made = tmp_path_factory.mktemp("everything") / "new", io.StringIO(), {}

    def make(*files, real=export.make, **options):
        found = real(*files, **options)
        made.update({file.name: file for files in found.values() for file in files})
        return found

    with contextlib.redirect_stdout(printed), pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "make", make)
        assert command("--all", "--format", "svg", "--format", "png", "--out", folder, *SMALL_STILLS) == 0
    return Everything(folder, printed.getvalue(), made)


@pytest.mark.parametrize("theme", style.THEMES)
@pytest.mark.parametrize("name", STILLS)
def test_a_still_in_every_format(name, theme, everything):
    # A PDF takes longer than all else, since its letters are taken out of a font. So each figure is one in one theme.
    forms = export.STILL if list(style.THEMES)[STILLS.index(name) % 3] == theme else ("svg", "png")
    names = [f"{name}-{theme}.{form}" for form in forms]
    if theme == "dark":
        made = [everything.made[file] for file in names[:2]]
        forms = forms[2:]
    else:
        made = []
    made += export.make(export.plan_files([name], forms, [theme]), width=320, scale=1)[name] if forms else []
    assert [file.name for file in made] == names
    if theme == "light":  # what could differ from time to time, ids and dates, is the same in each: byte for byte
        assert made[:2] == [everything.made[file] for file in names[:2]]
    svg, png, *pdfs = made
    root = ElementTree.fromstring(svg.content)
    assert (root.get("width"), root.get("height")) == ("320", str(svg.height)) and root.get("aria-label") == svg.alt
    assert b"<text" not in svg.content and b"http://www.w3.org" in svg.content  # text as paths: no font is needed
    assert svg.content.startswith(b"<svg ") and b"<style" not in svg.content and b"max-width:100%;" in svg.content[:250]
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    named = re.findall(r'href="#([^"]+)|url\(#([^)]+)', svg.content.decode())
    assert len(ids) == len(set(ids)) and {"".join(pair) for pair in named} <= set(ids)
    image = Image.open(io.BytesIO(png.content))
    assert image.width == 320 and abs(image.height - png.height) <= 1
    corner = {"light": (255, 255, 255, 255), "dark": (21, 25, 31, 255), "transparent": (27, 31, 36, 0)}[theme]
    seen = image.convert("RGBA").getpixel((0, 0))
    assert seen == corner or (theme == "transparent" and seen[3] == 0)
    assert len({file.alt for file in made}) == 1 and svg.alt.endswith(".") and svg.caption.endswith(".")
    assert 30 < len(svg.alt) <= 250
    for pdf in pdfs:
        assert pdf.content.startswith(b"%PDF") and not re.search(rb"/(Creation|Mod)Date|/Producer", pdf.content)
        if theme == "light":
            assert [pdf] == export.make(export.plan_files([name], ["pdf"], [theme]), width=320, scale=1)[name]


@pytest.mark.parametrize("name", MOVING)
def test_an_animation(name):
    files = export.plan_files([name], export.MOVING, ["dark"])
    made = export.make(files, {name: SMALL[name]}, width=320)[name]
    assert made == export.make(files, {name: SMALL[name]}, width=320)[name]
    gif, page = made
    pauses = [pause for *_, pause in GALLERY[name].make("dark", **SMALL[name])]
    image = Image.open(io.BytesIO(gif.content))
    frames = len(pauses)
    assert image.n_frames == frames > 1 and image.width == 320 and image.info["loop"] == 0
    assert image.convert("RGB").getpixel((0, 0)) == (21, 25, 31)
    stands = [image.seek(frame) or image.info["duration"] for frame in range(frames)]
    assert stands == [*pauses[:-1], 3000]
    text = page.content.decode()
    assert f"const pauses = {pauses};" in text
    assert len(set(re.findall(r"data:image/png;base64,[^\"]+", text))) == frames
    assert not re.search(r"https?://|\ssrc=\"(?!data:)|<link|@[A-Z]+@", text)
    assert gif.alt in page.content.decode().replace("&#x27;", "'") and f"{frames} frames" in gif.alt
    assert len(gif.alt) <= 250 and "color-scheme: dark; background: #15191f" in text


def test_full_animations_are_small():
    made = export.make(export.plan_files(MOVING, export.MOVING, ["light"]))
    sizes = {file.name: len(file.content) for files in made.values() for file in files}
    assert max(sizes.values()) < 2_000_000, sizes


def test_settings_change_the_figure_and_the_words():
    (made,) = export.make(export.plan_files(["three-convolutions"], ["svg"], ["light"]))["three-convolutions"]
    assert "4,608 params" in made.alt
    assert "has 4,608 weights, depthwise and pointwise together have 144 + 512 = 656. " in made.caption
    assert made.caption.endswith(" Settings: input channels 16, output channels 32, kernel 3\u00d73, input 56\u00d756.")
    given = export.parse_settings(["three-convolutions"], ["in_channels=64", "kernel_size=5"])
    (other,) = export.make(export.plan_files(["three-convolutions"], ["svg"], ["light"]), given)["three-convolutions"]
    weights = mbv2.standard_conv(64, 32, 5, size=(56, 56)).cost.weights
    assert f"{weights:,} weights" in other.caption and other.content != made.content


def test_an_even_kernel_hands_on_the_size_that_it_gives():
    words = figures.long_description(GALLERY["pointwise"].make(kernel_size=4)[0])
    assert "16 maps of 57×57" in words and "32 maps of 57×57" in words


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("network-profile", {"width_mult": 0.5}, "MobileNetV2 at width 0.5 for 224×224 pixels"),
        ("cost-bars", {"in_channels": 1024, "kernel_size": 5}, "1,024 to 32 channels, 5×5"),
    ],
)
def test_the_alt_text_says_the_setting(name, settings, words):
    assert words in figures.alt_text(GALLERY[name].make(**settings)[0])


@pytest.mark.parametrize("name", ["block-stride-1", "block-stride-2", "resnet-and-inverted"])
def test_blocks_take_a_kernel_size(name):
    entry = GALLERY[name]
    size = (entry.settings["size"],) * 2
    block = mbv2.inverted_residual(
        24, entry.settings.get("out_channels", 24), int(name[-1] == "2") + 1, 6, 5, size=size
    )
    figure, caption = entry.make(kernel_size=5)
    assert f"{block.cost.params:,} params and {block.cost.macs:,} MACs" in caption
    assert "5×5×" in figures.alt_text(figure) and "3×3" not in figures.alt_text(figure)
    assert caption != entry.make()[1] == entry.make(kernel_size=3)[1]
    with pytest.raises(ValueError, match="got 4|shortcut"):
        entry.make(kernel_size=4)


def test_an_explorer_and_the_command_line_make_the_same_file(tmp_path):
    explorer = explorers.BlockExplorer(in_channels=24, out_channels=24)
    explorer.save(tmp_path / "mine.svg")
    assert command("block-stride-1", "--out", tmp_path, "--format", "svg", "--theme", "light") == 0
    assert (tmp_path / "mine.svg").read_bytes() == (tmp_path / "block-stride-1-light.svg").read_bytes()


def test_exporting_leaves_the_readers_settings():
    before = mpl.rcParams.copy()
    with mpl.rc_context({"svg.hashsalt": "mine", "svg.fonttype": "none"}):
        output.render(GALLERY["law-map"].make()[0], "svg")
        assert (mpl.rcParams["svg.hashsalt"], mpl.rcParams["svg.fonttype"]) == ("mine", "none")
    assert mpl.rcParams.copy() == before


# --- The command ---


def test_list_names_all(capsys):
    assert command("--list") == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == list(GALLERY)
    assert "in_channels=16" in out


def test_everything_at_once_then_refused_then_forced(everything, tmp_path, capsys):
    out = shutil.copytree(everything.folder, tmp_path / "new")
    first = contents(out)
    assert len(first) == 5 * len(STILLS) and f"figures: {len(STILLS)}, files: {5 * len(STILLS)}" in everything.printed
    for name in STILLS:
        text = first[f"{name}.md"].decode()
        assert re.search(r'alt="[^"]{30,250}" width="320" height="\d+"', text)
        assert text.count("<figure>") == text.count("<img ") == text.count("![") == 1
        assert re.findall(r'<(?:source|img) .*?src(?:set)?="([^"]+)"', text) == [
            f"{name}-{t}.{f}" for t in ("dark", "light") for f in ("svg", "png")
        ]
        assert text.count("(prefers-color-scheme: dark)") == 2
    assert command("--all", "--out", out) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and f"and {4 * len(STILLS) - 1} more already exist" in error
    assert command("law-map", "--out", out, *SMALL_STILLS, "--force", "--set", "kernel_size=7") == 0
    second = contents(out)
    assert {name for name in first if first[name] != second[name]} == {
        name for name in first if name.startswith("law-map")
    }


LAW = ("law-map", "--format", "svg", "--width", 320)


def test_a_repeated_option_loses_nothing_and_names_may_stand_behind_it(tmp_path, capsys):
    words = ("--width", 320, "--set", "out_channels=64", "law-map", "--theme", "light", "--set", "kernel_size=5")
    assert command(*words, "--format", "png", "rank-dial", "--format", "svg", "--theme", "dark", "--out", tmp_path) == 0
    ends = {f"-{theme}.{form}" for theme in ("light", "dark") for form in ("png", "svg")} | {".md"}
    assert {*contents(tmp_path)} == {name + end for name in ("law-map", "rank-dial") for end in ends}
    text = (tmp_path / "law-map.md").read_text(encoding="utf-8")
    assert "`--set out_channels=64 kernel_size=5 --width 320`" in text.splitlines()
    assert text.count("Settings: output channels 64, kernel 5\u00d75.") == 2  # in HTML and in Markdown


def test_an_animation_has_formats_of_its_own():
    assert export.plan_files(["relu-spiral", "law-map"], themes=["dark"]) == [
        *(("relu-spiral", "dark", form) for form in ("gif", "html")),
        *(("law-map", "dark", form) for form in ("svg", "png")),
    ]


@pytest.mark.parametrize("setting", ["in_channels=64", "kernel_size=4"])
def test_settings_are_judged_before_anything_is_drawn(setting, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(export, "make", lambda *files, **options: pytest.fail("it draws"))
    assert command("--all", "--set", setting, "--format", "svg", "gif", "--out", tmp_path) == 2
    name, value = setting.split("=")
    assert re.search(
        rf" (separable-steps|resnet-and-inverted): {name} must be .+, got {value}\n", capsys.readouterr().err
    )


def test_snippets_are_added_to_and_two_settings_stand_side_by_side(tmp_path, capsys):
    def snippets(name: str = "law-map") -> str:
        return (tmp_path / f"{name}.md").read_text(encoding="utf-8")

    for theme in ("light", "dark"):  # a name that an address must escape
        assert command(*LAW, "--theme", theme, "--out", tmp_path, "--prefix", "\u00e9-") == 0
    assert "%C3%A9-law-map-light.svg" in snippets("\u00e9-law-map") and "-dark.svg" in snippets("\u00e9-law-map")
    assert command(*LAW, "--theme", "light", "--out", tmp_path) == 0
    assert "dark" not in snippets()
    assert command(*LAW, "--theme", "dark", "--out", tmp_path) == 0
    both = snippets()
    assert both.count("<img ") == 1 and re.findall(r'src(?:set)?="(.+?)"', both) == [
        "law-map-dark.svg",
        "law-map-light.svg",
    ]
    assert command(*LAW, "--theme", "dark", "--out", tmp_path, "--force") == 0 and snippets() == both
    before = contents(tmp_path)
    capsys.readouterr()
    for force in ([], ["--force"]):  # one picture must not show two settings
        assert command(*LAW, "--theme", "transparent", "--set", "kernel_size=5", "--out", tmp_path, *force) == 2
        assert "law-map.md' has law-map-dark.svg at another setting; choose a --prefix\n" in capsys.readouterr().err
    assert contents(tmp_path) == before
    assert (
        command(*LAW, "--set", "kernel_size=5", "--out", tmp_path, "--prefix", "img/k5-", "--theme", "transparent") == 0
    )
    assert contents(tmp_path).keys() - before == {"k5-law-map-transparent.svg", "k5-law-map.md"}
    assert 'src="img/k5-law-map-transparent.svg"' in snippets("k5-law-map")
    assert "## For light pages of any color, since its words are dark" in snippets("k5-law-map")
    assert command(*LAW, "--theme", "transparent", "--out", tmp_path) == 0
    assert snippets().startswith(both.partition("```\n")[0]) and "## Or instead, for light pages of any" in snippets()
    (tmp_path / "rank-dial.md").write_text("a post of mine")
    assert command("rank-dial", "--out", tmp_path) == 2
    assert "rank-dial.md' is for another setting; choose a --prefix or use --force" in capsys.readouterr().err
    assert snippets("rank-dial") == "a post of mine"


def test_the_long_description_and_the_player_have_their_place(tmp_path):
    made = export.make(
        [("speed", "light", "pdf"), ("relu-spiral", "dark", "html")], {"relu-spiral": {"largest": 3}}, width=320
    )
    text = snippets.snippets("speed", "`--width 320`", ["light.pdf"], made["speed"][0])
    assert "For print: [light.pdf](speed-light.pdf)" in text
    text = snippets.snippets("speed", "`--width 320`", ["light.svg"], made["speed"][0])
    (details,) = re.findall(r"<details><summary>The figure in words</summary>(.+)</details>", text)
    assert html.unescape(details) == made["speed"][0].long != made["speed"][0].alt
    text = snippets.snippets("relu-spiral", "`--width 320`", ["dark.html"], made["relu-spiral"][0])
    (style,) = re.findall(r'<iframe src="relu-spiral-dark.html" title="[^"]+" style="([^"]+)"></iframe>', text)
    assert style == f"width:100%;max-width:320px;aspect-ratio:320/{made['relu-spiral'][0].height + 48};border:0"
    assert "## For dark pages, with a player" in text


def test_no_two_svgs_share_an_id():
    files = [(name, theme, "svg") for name in ("cost-bars", "groups") for theme in ("light", "dark")]
    made = [export.make(files, {name: {"in_channels": n} for name, *_ in files}) for n in (16, 32)]
    ids = [
        re.findall(r'\bid="([^"]+)', file.content.decode()) for each in made for svgs in each.values() for file in svgs
    ]
    assert len(ids) == 8 and len({name for each in ids for name in each}) == sum(map(len, ids))


def test_an_interrupt_leaves_whole_files_only(tmp_path, monkeypatch, capsys):
    def replace(source, target, real=os.replace):
        if str(target).endswith("dark.svg"):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    assert command(*LAW, "--out", tmp_path) == 130
    assert capsys.readouterr() == ("", "python -m mbv2_lesson figures: interrupted\n")
    assert [*contents(tmp_path)] == ["law-map-light.svg"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense", "--out", "."], "no figure 'nonsense'; there are standard-convolution, "),
        (["law-map", "--out", ".", "--format", "bmp"], "no format 'bmp'; there are svg, png, pdf, gif, html"),
        (["law-map", "--out", ".", "--theme", "pink"], "no theme 'pink'; there are light, dark, transparent"),
        (["law-map", "--out", ".", "--format", "gif"], "'law-map' can be svg or png or pdf, not gif"),
        (["law-map", "relu-spiral", "--out", ".", "--format", "png"], "'relu-spiral' can be gif or html, not png"),
        (["law-map", "--out", ".", "--set", "out_channels=0"], "out_channels must be"),
        (
            ["network-profile", "--out", ".", "--set", "width_mult=1e308"],
            "at most 1000, such as 1.0 or 0.35, got 1e+308",
        ),
        (["law-map", "--out", ".", "--format", "png", "gif"], "'law-map' can be svg or png or pdf, not gif"),
        (["law_map", "--out", "."], "no figure 'law_map', did you mean 'law-map'?"),
        (["--set", "kernel_size=5", "Law_Map", "--out", "."], "no figure 'Law_Map', did you mean 'law-map'?"),
        (["--set", "kernel_size=5", "law", "--out", ".", "--all"], "a setting is NAME=VALUE, such as in_channels="),
        (["law-map", "--out", ".", "--set", "kernel_size=5", "--set", "kernel_size=7"], "given twice, as 5 and as 7"),
        (["law-map", "--out", ".", "--prefix", "a b"], "a prefix has letters, digits, '.', '_' or '-', after a path"),
        (["law-map", "--out", ".", "--width", "10"], "width must be from 160 to 2000 pixels, got 10"),
        (["law-map", "--out", ".", "--scale", "9"], "scale must be from 1 to 4, got 9.0"),
        (["law-map", "--out", ".", "--set", "kernel_size=big"], "kernel_size must be a whole number, got 'big'"),
        (["law-map", "--out", ".", "--set", "stride=2"], "no setting 'stride'; there are out_channels, kernel_size"),
        (
            ["law-map", "--out", ".", "--set", "kernel_size"],
            "a setting is NAME=VALUE, such as out_channels=32, got 'kernel_size'",
        ),
        (["separable", "--out", ".", "--set", "in_channels=0"], "in_channels must be"),
        (["groups", "--out", ".", "--set", "groups=5"], "got"),
        (["trade-off", "--out", ".", "--set", "width_mult=nan"], "width_mult must be above 0 and at most 1000"),
        (["rank-dial", "--out", ".", "--set", "depth_multiplier=10"], "from 1 to 9, got 10"),
        (["law-map"], "--out DIR"),
        (["--out", "."], "name some figures or use --all"),
        (["law-map", "--all", "--out", "."], "name some figures or use --all"),
        (["law-map", "--out", "no/such/folder"], "there is no folder 'no/such'"),
        (["law-map", "--out", "file"], "'file' is a file, not a folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("precious")
    assert command(*words) == 2
    out, error = capsys.readouterr()
    assert out == "" and error.count("\n") == 1 and message in error
    assert contents(tmp_path) == {"file": b"precious"}


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, monkeypatch, capsys):
    def refused(path, mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(output, "open", refused, raising=False)
    assert command("law-map", "--out", tmp_path) == 2
    assert "cannot write: the folder" in capsys.readouterr().err and not list(tmp_path.iterdir())


NO_SIGKILL = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL; its SIGTERM does the same")


@pytest.mark.parametrize("kill", ["SIGTERM", pytest.param("SIGKILL", marks=NO_SIGKILL)])
def test_killed_half_way_it_leaves_no_broken_file(kill, tmp_path):
    """Killed while it writes: each file that is there is the one that a whole run makes."""
    whole, part = tmp_path / "whole", tmp_path / "part"
    arguments = ["law-map", "roofline", "--format", "svg", "--out"]
    assert command(*arguments, whole) == 0
    slow = (  # a pause before each file takes its name, to be killed in
        "import sys, time, os; from mbv2_lesson import __main__; replace = os.replace\n"
        "os.replace = lambda *a: (time.sleep(0.4), replace(*a))\n"
        "sys.exit(__main__.main(sys.argv[1:]))"
    )
    run = subprocess.Popen([sys.executable, "-c", slow, "figures", *arguments, part], stdout=subprocess.DEVNULL)
    while run.poll() is None and not (part.exists() and any(not p.name.startswith(".") for p in part.iterdir())):
        time.sleep(0.02)
    run.send_signal(getattr(signal, kill))
    assert run.wait() != 0
    there = {name: data for name, data in contents(part).items() if not name.startswith(".")}
    assert 0 < len(there) < len(contents(whole))
    for name, data in there.items():
        assert hashlib.sha256(data).digest() == hashlib.sha256((whole / name).read_bytes()).digest()


def test_bad_settings_of_an_entry_are_refused():
    with pytest.raises(ValueError, match="no setting 'stride' for this figure; it has out_channels, kernel_size"):
        GALLERY["law-map"].make(stride=2)
    for name, setting in (("kernel-scans", "size"), ("separable-steps", "in_channels"), ("relu-spiral", "largest")):
        with pytest.raises(ValueError, match=f"{setting} must be from .* got 99"):
            list(GALLERY[name].make(**{setting: 99}))


def test_no_torch_is_needed(tmp_path):
    code = (
        f"import sys; from mbv2_lesson.__main__ import main; main(['figures', 'law-map', '--out', {str(tmp_path)!r}])"
    )
    subprocess.run([sys.executable, "-c", code + "; sys.exit('torch' in sys.modules)"], check=True, capture_output=True)
    assert figures.alt_text(GALLERY["law-map"].make()[0]) in (tmp_path / "law-map.md").read_text(encoding="utf-8")
