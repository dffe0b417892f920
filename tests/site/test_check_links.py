"""Links and pictures: each leads somewhere that its readers may go; a picture shows and does nothing else."""

from pathlib import Path

import pytest

from tests.site.content_folder import SVG, a_blog, a_group, a_site, checked, found
from theme.plugins import svg

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
BESIDE: dict[str, str | bytes] = {
    "blogs/leden.nl.md": a_blog("## Kop\n\n![x](leden/x.svg)\n", visibility="members"),
    "blogs/leden/x.svg": SVG,
    "blogs/later.nl.md": a_blog("![x](later/x.svg)\n", date="2026-12-24"),
    "blogs/later/x.svg": SVG,
    "blogs/openbaar.nl.md": a_blog("![x](openbaar/x.svg)\n\n## Wat wij leerden\n"),
    "blogs/openbaar/x.svg": SVG,
    "blogs/openbaar/notulen.pdf": b"%PDF-1.7\n",
    "groups/besloten.nl.md": a_group(visibility="members", handle="besloten"),
}

GOOD = [
    "[x](openbaar.nl.md)",
    "[x](openbaar.en.md)",
    "[x](./openbaar.nl.md#wat-wij-leerden)",
    "[x](../blogs/openbaar.nl.md)",
    "[x](../groups/open-werken.nl.md)",
    "[x](../pages/over.nl.md)",
    "[x]({filename}openbaar.nl.md)",
    "[x]({filename}/blogs/openbaar.nl.md#wat-wij-leerden)",
    "[x](probe.nl.md)",
    "[x](#kop)\n\n## Kop",
    "[x](/)",
    "[x](/en/blogs/)",
    "[x](/blogs/openbaar/)",
    "[x](/authors/redactie/)",
    "[x](/tags/openheid/)",
    "[x](https://elders.example/weg.md)",
    "[x](mailto:post@plein.example)",
    "[x](tel:+31201234567)",
    "[notulen](openbaar/notulen.pdf)",
    "![x](openbaar/x.svg)",
    "![x]({static}/blogs/openbaar/x.svg)",
    "[![x](openbaar/x.svg)](openbaar.nl.md)",
]


@pytest.mark.parametrize("body", GOOD)
def test_a_link_that_works_is_not_reported(tmp_path: Path, body: str) -> None:
    content = checked(a_site(tmp_path, {**BESIDE, "blogs/probe.nl.md": a_blog(body + "\n")}))
    assert [problem for problem in found(content) if problem[2] != "stray-file"] == []


BAD = [
    ("[x](weg.nl.md)", "dead-link"),
    ("[x](Openbaar.nl.md)", "dead-link"),
    ("[x](openbaar.md)", "dead-link"),
    ("[x](openbaar)", "dead-link"),
    ("[x](/openbaar.nl.md)", "dead-link"),
    ("[x](/blogs/weg/)", "dead-link"),
    ("[x](/blogs/openbaar)", "dead-link"),
    ("[x](http://[)", "bad-link"),
    ("[x](https://met spatie.example/)", "bad-link"),
    ("[x](//[)", "dead-link"),
    ("[x](openbaar/weg.pdf)", "dead-link"),
    ("[x](openbaar.nl.md#weg)", "dead-anchor"),
    ("[x](#weg)", "dead-anchor"),
    ("[x](leden.nl.md)", "hidden-link"),
    ("[x](leden.nl.md#kop)", "hidden-link"),
    ("[x](later.nl.md)", "hidden-link"),
    ("[x](../groups/besloten.nl.md)", "hidden-link"),
    ("[x](/blogs/leden/)", "hidden-link"),
    ("[x](leden.en.md)", "hidden-link"),
    ("![x](leden/weg.svg)", "hidden-link"),
    ("[x](leden/x.svg)", "hidden-link"),
    ("![x](leden/x.svg)", "hidden-link"),
    ("![x](later/x.svg)", "hidden-link"),
    ("[x](//elders.example/)", "link-without-scheme"),
    ("[x](../../plein.toml)", "leaves-content"),
    ("[x](..%2F..%2Fplein.toml)", "leaves-content"),
    ("[x](x\\y.nl.md)", "leaves-content"),
    ("![x](../../x.svg)", "leaves-content"),
    ("![x](/etc/x.svg)", "missing-image"),
    ("![x](/blogs/openbaar/x.svg)", "missing-image"),
    ("![x](weg.svg)", "missing-image"),
    ("![x](openbaar/X.svg)", "missing-image"),
    ("![x](https://elders.example/x.png)", "external-image"),
    ("![x](//elders.example/x.png)", "external-image"),
    ("![x](openbaar/x.html)", "image-kind"),
    ("![](openbaar/x.svg)", "missing-alt"),
    ("![ ](openbaar/x.svg)", "missing-alt"),
    ('<img src="openbaar/x.svg">', "missing-alt"),
]


@pytest.mark.parametrize(("body", "code"), BAD)
def test_a_link_that_does_not_work_is_found_on_its_line(tmp_path: Path, body: str, code: str) -> None:
    text = a_blog(f"Een regel.\n\n{body}\n")
    content = checked(a_site(tmp_path, {**BESIDE, "blogs/probe.nl.md": text}))
    problems = [problem for problem in found(content) if problem[2] != "stray-file"]
    assert problems == [("blogs/probe.nl.md", 11, code)]


def test_members_may_link_to_everything_and_later_posts_to_earlier_ones(tmp_path: Path) -> None:
    files = {
        **BESIDE,
        "blogs/binnen.nl.md": a_blog("[a](leden.nl.md) [b](later.nl.md) [c](openbaar.nl.md)\n", visibility="members"),
        "blogs/kerst.nl.md": a_blog("[b](later.nl.md)\n", date="2026-12-25"),
        "blogs/advent.nl.md": a_blog("[b](later.nl.md)\n", date="2026-12-01"),
    }
    content = checked(a_site(tmp_path, files))
    assert [p for p in found(content) if p[2] != "stray-file"] == [("blogs/advent.nl.md", 9, "hidden-link")]


def test_the_same_dead_link_is_reported_at_every_place(tmp_path: Path) -> None:
    body = "[a](weg.nl.md)\n\n`[b](weg.nl.md)`\n\n[c](weg.nl.md)\n"
    assert found(checked(a_site(tmp_path, {"blogs/probe.nl.md": a_blog(body)}))) == [
        ("blogs/probe.nl.md", 9, "dead-link"),
        ("blogs/probe.nl.md", 13, "dead-link"),
    ]


def test_only_pictures_that_public_texts_use_are_named(tmp_path: Path) -> None:
    content = checked(a_site(tmp_path, {**BESIDE, "blogs/openbaar/los.png": PNG}))
    assert content.files == ("blogs/openbaar/x.svg",)
    assert ("blogs/openbaar/los.png", 1, "stray-file") in found(content)
    assert not [problem for problem in content.errors if problem.code == "stray-file"]


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("x.png", b"<html><script>alert(1)</script>", "not-an-image"),
        ("x.jpg", PNG, "not-an-image"),
        ("x.webp", b"RIFF\x00\x00\x00\x00WAVE", "not-an-image"),
        ("x.svg", "<html/>", "svg-broken"),
    ],
)
def test_a_picture_that_is_something_else_is_refused(tmp_path: Path, name: str, raw: str | bytes, code: str) -> None:
    files = {f"blogs/probe/{name}": raw, "blogs/probe.nl.md": a_blog(f"![x](probe/{name})\n")}
    assert found(checked(a_site(tmp_path, files))) == [(f"blogs/probe/{name}", 1, code)]


def test_a_cover_and_an_avatar_are_judged_like_other_pictures(tmp_path: Path) -> None:
    heavy = PNG + bytes(600_000)
    files: dict[str, str | bytes] = {
        "blogs/probe.nl.md": a_blog(image="groot.png", image_alt="Iets groots"),
        "blogs/probe/groot.png": heavy,
        "people.yml": "redactie: {name: R}\nbeheer:\n  name: B\n  avatar: groot.png\n",
        "people/groot.png": heavy,
    }
    assert found(checked(a_site(tmp_path, files))) == [
        ("blogs/probe.nl.md", 8, "image-too-big"),
        ("people.yml", 4, "image-too-big"),
    ]


START = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">\n'

REFUSED = [
    ("<script>x()</script>", "svg-script"),
    ("<s:script xmlns:s='http://www.w3.org/2000/svg'/>", "svg-script"),
    ("<h:script xmlns:h='http://www.w3.org/1999/xhtml'/>", "svg-script"),
    ("<g onload='x()'/>", "svg-event"),
    ("<g ONCLICK='x()'/>", "svg-event"),
    ("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>", "svg-foreign"),
    ("<p xmlns='http://www.w3.org/1999/xhtml'>x</p>", "svg-foreign"),
    ("<image href='https://elders.example/x.png'/>", "svg-outside"),
    ("<image xlink:href='x.png'/>", "svg-outside"),
    ("<image href='data:image/svg+xml;base64,AA=='/>", "svg-outside"),
    ("<use href='elders.svg#a'/>", "svg-outside"),
    ("<a href='javascript:x()'><path/></a>", "svg-outside"),
    ("<a href='https://elders.example'><path/></a>", "svg-outside"),
    ("<set attributeName='href' to='javascript:x()'/>", "svg-script"),
    ("<animate attributeName='xlink:href' values='x'/>", "svg-script"),
    ("<animate attributeName='fill' to='java script:x'/>", "svg-script"),
    ("<path style='fill: url(https://elders.example/x)'/>", "svg-outside"),
    ("<path fill='url(\"//elders.example/x\")'/>", "svg-outside"),
    ("<path style='fill: \\75rl(https://elders.example/x)'/>", "svg-outside"),
    ("<style>@import 'x.css';</style>", "svg-outside"),
    ("<style>a { b: u/**/rl(x) }</style>", "svg-outside"),
    ("<style><![CDATA[ a { b: URL( x.png ) } ]]></style>", "svg-outside"),
    ("<?xml-stylesheet href='x.css'?>", "svg-outside"),
    ("<g xml:base='https://elders.example/'/>", "svg-outside"),
    ("<g", "svg-broken"),
    ("&onbekend;", "svg-broken"),
]


@pytest.mark.parametrize(("part", "code"), REFUSED)
def test_an_svg_that_could_do_or_ask_something_is_refused_on_its_line(part: str, code: str) -> None:
    findings = svg.check(f"{START}\n{part}\n</svg>".encode())
    assert findings
    assert (findings[0].code, findings[0].line) in ((code, 3), (code, 4))


def test_an_svg_with_a_doctype_or_entities_is_refused_unread() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n' + START + "&b;</svg>"
    assert [finding.code for finding in svg.check(bomb.encode())] == ["svg-doctype"]
    utf16 = (START + "<script/></svg>").encode("utf-16")
    assert [finding.code for finding in svg.check(utf16)] == ["svg-script"]


def test_an_svg_that_only_draws_is_right() -> None:
    drawing = (
        "<?xml version='1.0' encoding='UTF-8'?>" + START + "<title>De plattegrond</title><desc>on top</desc>"
        "<defs><linearGradient id='g'/><path id='p'/></defs>"
        "<style>.a { fill: url(#g) } .b::before { content: 'x' }</style>"
        "<use href='#p' class='a'/><use xlink:href='#p'/><path fill='url(#g)' style='stroke: url(\"#g\")'/>"
        "<image href='data:image/png;base64,iVBORw0KGgo='/><animate attributeName='opacity' to='1'/></svg>"
    )
    assert svg.check(drawing.encode()) == []
