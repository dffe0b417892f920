"""A house style: which tokens are kept, what is made of them, and which files stop the build."""

import os
from pathlib import Path

import pytest

from tests.site.building import PEOPLE, ROOT, build, write_content
from theme.plugins import colours, house_style, stylesheet
from theme.plugins.house_style import HouseStyleError
from theme.plugins.languages import texts_in

ROLES = stylesheet.parts()[0].read_text(encoding="utf-8")
TOWN = """
/* a town: --utrecht-document-color: red */
.town-theme {
  --town-blue: hsl(211 60% 35%);
  --town-brand: var(--town-blue);
  --utrecht-document-background-color: #fff;
  --utrecht-document-color: #000;
  --utrecht-link-color: var(--town-brand, red);
  --utrecht-button-primary-action-background-color: var(--town-brand);
  --utrecht-page-footer-background-color: #c00;
  --utrecht-page-max-inline-size: 1140px;
  --utrecht-calendar-color: #123456;
  --nl-link-color: var(--nothing);
}
"""
DARK = "{ --utrecht-document-background-color: #111; --utrecht-document-color: #eee; --utrecht-link-color: #9cf; }"


def made(text: str) -> house_style.HouseStyle:
    return house_style.make({"town.css": text}, ROLES)


def test_only_what_the_stylesheet_reaches_is_kept_with_references_followed() -> None:
    style = made(TOWN)
    assert "--utrecht-link-color: hsl(211 60% 35%);" in style.css
    assert "calendar" not in style.css
    assert "town" not in style.css
    assert "--nl-link-color" not in style.css  # it leads nowhere, so the next token of the role counts
    assert (style.roles_set, style.roles) == (6, 51)
    dutch = stylesheet.told(style, texts_in(ROOT / "theme" / "locale", "nl"))
    assert dutch.startswith("town.css vult 6 van de 51 rollen. Er staan geen donkere waarden in")


def test_what_the_file_leaves_open_is_made_of_what_it_gives() -> None:
    css = made(TOWN).css
    for declaration in ("--soft: #f0f0f0;", "--foot-ink: #ffffff;", "--foot-link: #ffffff;", "--on-accent: #ffffff;"):
        assert declaration in css
    assert "--mute: #" in css
    assert "--head:" not in css


def test_what_was_made_for_light_only_does_not_stay_in_the_dark() -> None:
    grounds = ":root { --utrecht-code-background-color: #888; } .dark { --utrecht-code-background-color: #000; }"
    light, dark = made(f"{TOWN} .dark {DARK} {grounds}").css.split("@media")
    assert "--code-accent: #000000;" in light
    assert "--code-accent: var(--accent);" in dark


def test_light_values_only_make_a_site_without_a_dark_scheme(tmp_path: Path) -> None:
    (tmp_path / "light.css").write_text(TOWN, encoding="utf-8")
    (tmp_path / "dark.css").write_text(f".town-theme--dark {DARK}", encoding="utf-8")
    light = stylesheet.load(house=[tmp_path / "light.css"])
    assert "prefers-color-scheme" not in light.text
    assert "color-scheme:light dark" not in light.text
    both = stylesheet.load(house=[tmp_path / "light.css", tmp_path / "dark.css"])
    assert "color-scheme:light dark" in both.text
    assert "--utrecht-link-color:#9cf" in both.text
    assert both.text.count("{") == both.text.count("}")
    assert light.name != both.name != stylesheet.load().name


@pytest.mark.parametrize(
    "dark", [f"@media (prefers-color-scheme: dark) {{ .town-theme {DARK} }}", f".town--color-scheme-dark {DARK}"]
)
def test_dark_values_are_found_and_judged_too(dark: str) -> None:
    assert made(TOWN + dark).has_dark
    assert "--utrecht-document-color: #000" in made(TOWN + dark).css
    with pytest.raises(
        HouseStyleError, match=r"In the dark “accent” on “paper” \(#113355 on #111111\) has a contrast of 1\.\d\d"
    ):
        made(TOWN + dark.replace("#9cf", "#135"))


@pytest.mark.parametrize(
    ("token", "value", "said"),
    [
        (
            "--utrecht-document-color",
            "#888",
            "town.css:16: “ink” on “paper” (#888888 on #ffffff) has a contrast of 3.54; 4.5 is needed. Change "
            "--utrecht-document-color or --utrecht-document-background-color, or name a file of your own after it.",
        ),
        ("--utrecht-page-footer-color", "#d00", "town.css:16: “foot-ink” on “foot”"),
        ("--utrecht-textbox-border-color", "#ddd", "“field-edge” on “field”"),
        ("--nl-data-badge-background-color", "rgba(0, 0, 0, .6)", "town.css:15: “badge-ink” on “badge”"),
        ("--nl-link-color", "oklch(40% .1 200)", "Write --nl-link-color as #rrggbb, rgb() or hsl()."),
    ],
)
def test_a_pair_under_contrast_is_refused_by_name(token: str, value: str, said: str) -> None:
    text = f"{TOWN} :root {{ --nl-data-badge-color: #000;\n{token}: {value}; }}"
    with pytest.raises(HouseStyleError) as refused:
        made(text)
    assert said in str(refused.value)


@pytest.mark.parametrize("rule", ["@media print", "@media (min-width: 64em)", "@media (forced-colors: active)"])
def test_what_is_for_some_screens_only_is_left_out(rule: str) -> None:
    assert made(f"{TOWN} {rule} {{ .town-theme {{ --utrecht-document-color: #eee; }} }}").css == made(TOWN).css


def test_a_name_that_begins_with_dark_is_not_a_dark_scheme() -> None:
    assert not made(TOWN.replace(".town-theme", ".darkwood-theme")).has_dark


def test_the_focus_keeps_one_line_that_stands_out() -> None:
    pale = ":root { --basis-focus-outline-color: #fff; --basis-focus-background-color: #af0; }"
    assert "--focus-ring: #000000;" in made(TOWN + pale).css
    assert "--focus-ring" not in made(TOWN).css
    grey = """:root { --utrecht-focus-outline-color: #767676; --utrecht-focus-background-color: #777;
        --utrecht-page-footer-background-color: #505050; }"""
    with pytest.raises(HouseStyleError, match="On “foot” neither line of the focus has a contrast of 3"):
        made(TOWN + grey)


def test_a_veil_is_judged_with_what_shines_through() -> None:
    assert made(f"{TOWN} :root {{ --nl-data-badge-background-color: #0001; --nl-data-badge-color: #000; }}").css


def test_every_fault_is_told_in_dutch_in_the_order_of_the_lines() -> None:
    with pytest.raises(HouseStyleError) as refused:
        made(TOWN.replace("#000", "#888").replace("hsl(211 60% 35%)", "#ccc"))
    dutch = refused.value.lines("nl")
    assert any("“ink” op “paper” (#888888 op #ffffff) heeft contrast 3,54; er is 4,5 nodig." in line for line in dutch)
    numbers = [int(line.split(":")[1]) for line in dutch]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 1


def test_code_is_in_ink_where_its_colours_do_not_stand_out() -> None:
    grey = ":root { --nl-code-background-color: #ccc; }"
    assert "--code-accent: #000000; --code-mute: #000000;" in made(TOWN + grey.replace("ccc", "aaa")).css
    assert "--code-accent" not in made(TOWN).css


@pytest.mark.parametrize(
    "value",
    [
        "url(https://elders.example/x)",
        "image-set('a.png' 1x)",
        "var(--a)",
        "</style>",
        "\\75rl(x)",
        "var(--utrecht-document-font-family)",
    ],
)
def test_no_value_leads_outside_or_round_in_circles(value: str) -> None:
    css = made(f"{TOWN} :root {{ --utrecht-document-font-family: {value}; --a: var(--b); --b: var(--a); }}").css
    assert "font-family" not in css


@pytest.mark.parametrize("text", ["", "p { color: red }", ":root { --ams-color-text: #202020; }", "{{{{", "}}}}"])
def test_a_file_without_a_token_that_we_know_is_refused(text: str) -> None:
    with pytest.raises(HouseStyleError, match=r"town\.css:1: No token here is one that this site knows"):
        made(text)


def test_a_map_makes_another_design_system_fit() -> None:
    ams = """:root { --ams-color-text: #202020; --ams-color-background-body: #fff; --ams-color-interactive: #004699;
        --ams-links-color: var(--ams-color-interactive); --ams-color-interactive-inverse: #fff; }"""
    mapping = (stylesheet.THEME / "static" / "house-styles" / "amsterdam.css").read_text(encoding="utf-8")
    style = made(ams + mapping)
    assert "--utrecht-link-color: #004699;" in style.css
    assert style.roles_set > 8


@pytest.mark.parametrize(
    ("written", "colour"),
    [
        ("#FFF", "#ffffff"),
        ("#0b5240", "#0b5240"),
        ("#0b524080", "#0b5240"),
        ("rgb(11, 82, 64)", "#0b5240"),
        ("rgb(100% 0% 0% / 50%)", "#ff0000"),
        ("hsl(120deg 100% 50%)", "#00ff00"),
        ("White", "#ffffff"),
        ("red;", None),
        ("#12", None),
        ("rgb(1,2)", None),
        ("rgb(1.2.3 4 5)", None),
        ("currentColor", None),
    ],
)
def test_colours_are_read_as_css_writes_them(written: str, colour: str | None) -> None:
    found = colours.parse(written)
    assert (found and found.text) == colour


def test_every_role_stands_in_the_reference_with_its_tokens() -> None:
    lines = (ROOT / "docs" / "reference" / "house-style.md").read_text(encoding="utf-8").splitlines()
    table = {line.split("`")[1]: line for line in lines if line.startswith("| `--")}
    roles = {
        role: tokens for role, value in house_style.own_roles(ROLES).items() if (tokens := house_style.official(value))
    }
    assert set(table) == set(roles)
    for role, tokens in roles.items():
        assert [name for name in table[role].split("`") if name.startswith("--")][1:] == tokens


def test_a_build_wears_the_house_style_or_stops(tmp_path: Path) -> None:
    tokens = tmp_path / "town.css"
    tokens.write_text(TOWN, encoding="utf-8")
    environ = {"PLEIN_HOUSE_STYLE": str(tokens)}
    write_content(tmp_path / "content", {"people.yml": PEOPLE})
    built = build(tmp_path / "content", tmp_path / "output", environ=environ)
    assert built.status == 0, built.said
    assert "town.css sets 6 of 51 roles. It has no dark values, so the site has no dark scheme." in built.said
    sheet = next((tmp_path / "output" / "theme").glob("plein.*.css"))
    assert "--utrecht-page-footer-background-color:#c00" in sheet.read_text(encoding="utf-8")
    assert f"/theme/{sheet.name}" in built.text("/")
    assert "#0b5240" not in built.text("/theme/icon.svg")
    tokens.write_text(TOWN.replace("#000", "#aaa"), encoding="utf-8")
    refused = build(tmp_path / "content", tmp_path / "other", environ=environ)
    assert refused.status != 0
    assert f"{os.path.relpath(tokens, ROOT)}:7: “ink” on “paper” (#aaaaaa on #ffffff)" in refused.said
    assert "Nothing was built." in refused.said
    assert "Traceback" not in refused.said
