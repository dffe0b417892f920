"""The one stylesheet: its order, its name, its size, and colours that can be read in both schemes."""

import gzip
import re
from pathlib import Path

import pytest

from theme.plugins import house_style, stylesheet

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
    assert [path.stem for path in stylesheet.parts()] == ["roles", "base", *stylesheet.COMPONENTS]


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
    (tmp_path / "static" / "base.css").write_text("p { margin: 0 }", encoding="utf-8")
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


def test_the_roles_that_other_stylesheets_read_are_defined() -> None:
    text = stylesheet.load().text
    for name in (*COLOURS, *MEASURES):
        assert f"--{name}:" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_our_own_colours_can_be_told_apart(scheme: str) -> None:
    roles = stylesheet.parts()[0].read_text(encoding="utf-8")
    own = house_style.own_roles(roles, dark=scheme == "dark")
    assert list(house_style.Scheme(own, {}).faults()) == []
    assert list(house_style.Scheme({**own, "--d-mute": own["--d-edge"]}, {}).faults())
    if scheme == "dark":
        assert own["--d-paper"] == "#191714"
