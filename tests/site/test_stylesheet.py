"""The one stylesheet: its order, its name, its size, and colours that can be read in both schemes."""

import gzip
import re
from pathlib import Path

import pytest

from theme.plugins import stylesheet

COLOURS = ["paper", "soft", "ink", "mute", "line", "edge", "accent", "accent-strong", "on-accent", "error", "mark"]
MEASURES = [
    "serif",
    "sans",
    "mono",
    "t-ui",
    "t-meta",
    "t-voice",
    "s1",
    "s6",
    "measure",
    "indent",
    "radius",
    "target",
    "focus",
    "focus-ink",
]


def test_every_component_has_its_template_and_a_place_in_the_order() -> None:
    folder = stylesheet.THEME / "templates" / "components"
    assert sorted(path.stem for path in folder.glob("*.css")) == sorted(stylesheet.COMPONENTS)
    assert all((folder / f"{name}.html").exists() for name in stylesheet.COMPONENTS)
    assert [path.stem for path in stylesheet.parts()] == ["base", *stylesheet.COMPONENTS]


def test_the_stylesheet_is_small_and_asks_nobody_for_anything() -> None:
    sheet = stylesheet.load()
    assert len(gzip.compress(sheet.text.encode())) < 12_000
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text
    assert "/*" not in sheet.text
    assert sheet.text.count("{") == sheet.text.count("}")


def test_the_name_of_the_stylesheet_follows_its_content(tmp_path: Path) -> None:
    for part in stylesheet.parts():
        copy = tmp_path / part.relative_to(stylesheet.THEME)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(part.read_bytes())
    before = stylesheet.load(tmp_path)
    assert before == stylesheet.load()
    (tmp_path / "static" / "base.css").write_text(":root { --ink: #000; }", encoding="utf-8")
    after = stylesheet.load(tmp_path)
    assert after.name != before.name
    assert re.fullmatch(r"plein\.[0-9a-f]{12}\.css", after.name)
    assert stylesheet.url("https://plein.example/sub", after) == f"/sub/theme/{after.name}"


@pytest.mark.parametrize(
    ("written", "squeezed"),
    [
        ("a:hover  {\n  color: red;\n}\n", "a:hover{color:red}\n"),
        ("p :hover { margin: 0 }", "p :hover{margin:0}\n"),
        ("/* why */ a, b > c + d { width: calc(100% + 1rem) }", "a,b > c + d{width:calc(100% + 1rem)}\n"),
        ('a::after { content: " ( " attr(href) " )  ;"; }', 'a::after{content:" ( " attr(href) " )  ;"}\n'),
        ("@media (min-width: 40em) and (x: y) { a { b: c; } }", "@media (min-width:40em) and (x:y){a{b:c}}\n"),
    ],
)
def test_squeezing_takes_out_only_what_means_nothing(written: str, squeezed: str) -> None:
    assert stylesheet.squeeze(written) == squeezed


def test_the_tokens_that_other_stylesheets_read_are_defined_light_and_dark() -> None:
    text = stylesheet.load().text
    light, dark = text.split("@media (prefers-color-scheme:dark){:root{", 1)
    dark = dark.split("}", 1)[0]
    for name in COLOURS:
        assert f"--{name}:#" in light
        assert f"--{name}:#" in dark
    for name in MEASURES:
        assert f"--{name}:" in light


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme: str) -> None:
    light, dark = stylesheet.load().text.split("@media (prefers-color-scheme:dark){:root{", 1)
    tokens = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", light))
    if scheme == "dark":
        tokens |= dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{6})", dark.split("}", 1)[0]))
    text = [("ink", "paper"), ("mute", "paper"), ("accent", "paper"), ("accent-strong", "paper"), ("error", "paper")]
    text += [
        ("ink", "soft"),
        ("mute", "soft"),
        ("accent", "soft"),
        ("on-accent", "accent"),
        ("ink", "mark"),
        ("focus-ink", "focus"),
    ]
    for front, ground in text:
        assert contrast(tokens[front], tokens[ground]) >= 4.5, (front, ground)
    for front, ground in [("edge", "paper"), ("edge", "soft")]:
        assert contrast(tokens[front], tokens[ground]) >= 3, (front, ground)
