"""The check finds every planted fault at its file and line, and leaves odd but right files in peace."""

from pathlib import Path

import pytest

from tests.site.content_folder import NOW, SVG, a_blog, a_group, a_page, a_site, checked, found, write
from theme.plugins.faults import FAULTS

MARKER = "Paarse olifanten tellen de kaas"
NOISE = bytes(range(256)) * 2400  # 614 kB

# One fault of a different kind in each file: name -> (content, line, code).
PLANTED: dict[str, tuple[str | bytes, int, str]] = {
    "blogs/f01.nl.md": (a_blog(date="2026-11-18\ntitle: Twee keer"), 4, "duplicate-key"),
    "blogs/f02.nl.md": (a_blog(authors="\n\t- redactie"), 5, "tab"),
    "blogs/f03.nl.md": (
        a_blog(tags="&a [x, x]\na: &b [*a, *a, *a]\nb: &c [*b, *b, *b]\nc: [*c, *c, *c]"),
        6,
        "yaml-alias",
    ),
    "blogs/f04.nl.md": (
        a_blog("Een.\n\n<<<<<<< HEAD\nOns.\n=======\nHun.\n>>>>>>> tak\n"),
        11,
        "merge-conflict",
    ),
    "blogs/f05.nl.md": (a_blog().replace("openbaar.\n---\n", "openbaar.\n\n"), 1, "no-closing-line"),
    "blogs/f06.nl.md": (a_blog("Eén.\n\nIdee en drieëntwintig.\n").encode("cp1252"), 9, "wrong-encoding"),
    "blogs/f07.nl.md": (b"\xef\xbb\xbf" + a_blog().encode(), 1, "byte-order-mark"),
    "blogs/f08.nl.md": (a_blog(sumary="Fout gespeld."), 8, "unknown-field"),
    "blogs/f09.nl.md": (a_blog(summary=None), 1, "missing-field"),
    "blogs/f10.nl.md": (a_blog(title="[een, lijst]"), 2, "wrong-type"),
    "blogs/f11.nl.md": (a_blog(authors="[redactie, redctie]"), 4, "unknown-author"),
    "blogs/f12.nl.md": (a_blog(group="open-werkem"), 5, "unknown-group"),
    "blogs/f13.nl.md": (a_blog(date="03/04/2026"), 3, "ambiguous-date"),
    "blogs/f14.nl.md": (a_blog(date="2026-02-30"), 3, "impossible-date"),
    "blogs/f15.nl.md": (a_blog(date="18 november 2026"), 3, "not-iso"),
    "blogs/f16.nl.md": (a_blog(was="[openbaar]"), 8, "same-slug"),
    "groups/f17.nl.md": (a_group(handle="redactie"), 5, "same-handle"),
    "blogs/f18.nl.md": (a_blog(), 0, ""),
    "blogs/f18.en.md": (a_blog(group="tweede-groep"), 5, "translation-differs"),
    "blogs/f19.nl.md": (a_blog("Zie\n[dit](../groups/weg.nl.md).\n"), 10, "dead-link"),
    "blogs/f20.nl.md": (a_blog("Zie [dit](openbaar.nl.md#wat-wij-vergaten).\n"), 9, "dead-anchor"),
    "blogs/f21.nl.md": (a_blog("Tekst.\n\n![Een deur](f21/deur.svg)\n"), 11, "missing-image"),
    "blogs/f22.nl.md": (a_blog("Tekst.\n\n![](f22/stip.svg)\n"), 11, "missing-alt"),
    "blogs/f22/stip.svg": (SVG, 0, ""),
    "blogs/f23.nl.md": (a_blog("Tekst.\n\n\n![Ruis](f23/ruis.png)\n"), 12, "image-too-big"),
    "blogs/f23/ruis.png": (b"\x89PNG\r\n\x1a\n" + NOISE, 0, ""),
    "blogs/f24.nl.md": (a_blog("## Een\n\nTekst.\n\n#### Drie\n\nTekst.\n"), 13, "skipped-heading"),
    "blogs/f25.nl.md": (a_blog("Tekst.\n\n<script>\nalert(1)\n</script>\n"), 11, "dropped-html"),
    "blogs/f26.nl.md": (a_blog("Zie [dit](../../plein.toml).\n"), 9, "leaves-content"),
    "blogs/f27.nl.md": (a_blog("![Een tekening](f27/kwaad.svg)\n"), 0, ""),
    "blogs/f27/kwaad.svg": (SVG.replace("<path", "\n\n<path onclick='kwaad()'"), 3, "svg-event"),
    "blogs/F28.nl.md": (a_blog(), 1, "bad-file-name"),
    "blogs/f29.nl.md": (a_blog("Zie [de leden](geheim.nl.md).\n"), 9, "hidden-link"),
    "blogs/geheim.nl.md": (a_blog(MARKER, visibility="members"), 0, ""),
    "blogs/f30.nl.md": (a_blog("[" * 6000), 9, "too-slow"),
    "blogs/f31.nl.md": (a_blog(visibility="besloten"), 8, "wrong-value"),
    "blogs/f32.nl.md": (a_blog(image="stip.svg"), 8, "alt-missing"),
    "blogs/f32/stip.svg": (SVG, 0, ""),
    "groups/f33.nl.md": (a_group(owners="[redactie]", handle="f33"), 4, "too-few-owners"),
    "groups/tweede-groep.nl.md": (a_group(handle="tweede"), 0, ""),
}

# Ten files that look odd and are right.
ODD: dict[str, str | bytes] = {
    "blogs/a.nl.md": a_blog(title="\"Nr. 1: 'goed' & *snel* #1\"", date="2026-11-18T09:30:00+01:00").replace(
        "\n", "\r\n"
    ),
    "blogs/b-2026.nl.md": a_blog(title="2026", tags="[no, 010, 12:30]  # geen getallen", updated="2026-11-20"),
    "blogs/c.en.md": "---\r\n# only in English\r\n"
    + a_blog(title="It's 50% off")[4:]
    + "\n---\n\nA rule above this.\n",
    "blogs/d.nl.md": a_blog(
        "```\n<<<<<<< HEAD\n# geen kop\n<script>alert(1)</script> [dood](weg.md)\n=======\n>>>>>>> tak\n```\n\n"
        "In de tekst: `<blink>`, `[x](y.md)` en 3 < 4 & 5 > 2.\n"
    ),
    "blogs/e.nl.md": a_blog(
        "Kop met streep\n---\n\n| a | b |\n|:-:|--:|\n| 1 | 2 |\n\nEen noot[^x] en [een link][ref].\n\n"
        "[^x]: De noot.\n\n"
        "[ref]: ../groups/open-werken.nl.md\n"
    ),
    "blogs/f.nl.md": a_blog("Nog niet.\n\nZie [later](g.nl.md).\n", date="2026-12-01"),
    "blogs/g.nl.md": a_blog("Ook niet, en [terug](a.nl.md).\n", date="2026-11-30"),
    "blogs/h.nl.md": a_blog(
        "Zie [hier](#de-kop), [daar]({filename}/groups/open-werken.nl.md), [de lijst](/blogs/).\n\n"
        "Of schrijf <post@plein.example>.\n\n"
        '## De kop\n\n![Een stip](h/een%20stip.svg "De stip")\n',
        was="[oude-naam]",
        comments="closed",
        federate="false",
    ),
    "blogs/h/een stip.svg": SVG,
    "blogs/i.nl.md": a_blog(
        '<details><summary>Meer</summary>\n\nTekst <abbr title="voluit">v.</abbr> en <kbd>Ctrl</kbd>.\n\n</details>\n',
        summary=">-\n  Een samenvatting\n  op twee regels: met een dubbele punt.",
        visibility="public",
    ),
    "pages/over-ons.nl.md": a_page("Gewoon [tekst](https://plein.example/x?a=1&b=2#c).\n"),
}


def test_all_planted_faults_are_found_with_file_and_line_and_nothing_else(tmp_path: Path) -> None:
    root = a_site(tmp_path, {name: text for name, (text, _, _) in PLANTED.items()})
    expected = sorted((name, line, code) for name, (_, line, code) in PLANTED.items() if code)
    assert len({code for _, _, code in expected}) >= 30
    assert sorted(found(checked(root))) == expected


def test_odd_but_right_files_are_not_reported(tmp_path: Path) -> None:
    content = checked(a_site(tmp_path, ODD))
    assert content.problems == ()
    assert content.hidden == ("not-due", "not-due")
    titles = {document.name: getattr(document.fields, "title", "") for document in content.documents}
    assert titles["blogs/a.nl.md"] == "Nr. 1: 'goed' & *snel* #1"
    assert titles["blogs/b-2026.nl.md"] == "2026"


def test_a_right_site_has_no_problems_and_all_its_documents(tmp_path: Path) -> None:
    content = checked(a_site(tmp_path))
    assert content.problems == ()
    assert [document.name for document in content.documents] == [
        "blogs/openbaar.nl.md",
        "blogs/openbaar.en.md",
        "groups/open-werken.nl.md",
        "groups/open-werken.en.md",
        "pages/over.nl.md",
    ]
    assert content.people["redactie"].names == {"nl": "Redactie", "en": "Editors"}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_planted_fault_has_its_message_in_both_languages(tmp_path: Path, lang: str) -> None:
    root = a_site(tmp_path, {name: text for name, (text, _, _) in PLANTED.items()})
    for problem in checked(root, lang=lang).problems:
        fault = FAULTS[problem.code]
        assert problem.message.endswith((".", "”"))
        assert "{" not in problem.message + problem.mend
        if lang == "nl":
            assert problem.message.split()[:4] != fault.message.split()[:4]


def test_two_checks_say_the_same_in_the_same_order(tmp_path: Path) -> None:
    root = a_site(tmp_path, {name: text for name, (text, _, _) in PLANTED.items()})
    first = checked(root)
    again = a_site(tmp_path / "again", {name: text for name, (text, _, _) in reversed(PLANTED.items())})
    assert first.problems == checked(again).problems
    assert [document.rendered for document in first.documents] == [
        document.rendered for document in checked(again).documents
    ]


def test_nothing_of_a_members_only_text_is_said_of_other_files_or_quoted(tmp_path: Path) -> None:
    secret = "spelonk"
    root = a_site(
        tmp_path,
        {
            f"blogs/{secret}.nl.md": a_blog(
                f"## {MARKER}\n\n[{MARKER}](weg-{MARKER}.md) <blink>{MARKER}</blink>\n\n#### {MARKER}\n",
                title=MARKER,
                visibility="members",
                authors=f"[{MARKER}]",
                tags=f"{MARKER}",
                date=f"{MARKER}",
                onbekend=MARKER,
            ),
            f"blogs/{secret}.en.md": f"---\ntitle: [{MARKER}\nvisibility: members\n---\n{MARKER}\n",
            "blogs/open.nl.md": a_blog(
                f"[a]({secret}.nl.md) [b](/blogs/{secret}/) [c]({secret}.en.md)\n"
                f"![d]({secret}/x.svg) ![e]({secret}/y.svg)\n",
                was=f"[{secret}]",
            ),
            f"blogs/{secret}/x.svg": SVG,
            "blogs/open2.nl.md": a_blog(group="gehiem"),
            "blogs/open3.nl.md": a_blog(group="geheim"),
            "blogs/open4.nl.md": a_blog("[x](spelonc.nl.md)\n"),
            "groups/geheim.nl.md": a_group(MARKER, visibility="members", handle="geheim", name=MARKER),
            "groups/open5.nl.md": a_group(handle="geheim"),
        },
    )
    content = checked(root)
    assert len(content.problems) > 15
    for problem in content.problems:
        said = f"{problem.message} {problem.mend}"
        assert MARKER not in f"{problem.file} {said}"
        assert secret not in said
        assert "geheim" not in said
    assert not [document for document in content.documents if document.slug in (secret, "geheim")]
    assert MARKER not in repr(content)
    assert not [name for name in content.files if secret in name]


def test_what_is_left_out_is_named_by_its_reason_only(tmp_path: Path) -> None:
    root = a_site(
        tmp_path,
        {
            "blogs/later.nl.md": a_blog(date="2026-11-26"),
            "blogs/leden.nl.md": a_blog(visibility="members"),
            "blogs/leden/stip.svg": SVG,
        },
    )
    content = checked(root)
    assert content.hidden == ("members-only", "not-due")
    assert not [document for document in content.documents if document.slug in ("later", "leden")]


def test_a_post_is_due_from_its_own_moment_on(tmp_path: Path) -> None:
    root = a_site(tmp_path, {"blogs/nu.nl.md": a_blog(date="2026-11-25T10:00")})  # 9:00 UTC: the moment of NOW
    assert "blogs/nu.nl.md" in [document.name for document in checked(root).documents]
    earlier = NOW.replace(hour=8, minute=59)
    assert checked(root, now=earlier).hidden == ("not-due",)


def test_a_page_is_closed_in_all_languages_when_it_is_closed_in_one(tmp_path: Path) -> None:
    root = a_site(tmp_path, {"blogs/half.nl.md": a_blog(visibility="members"), "blogs/half.en.md": a_blog()})
    content = checked(root)
    assert not [document for document in content.documents if document.slug == "half"]
    assert found(content) == [("blogs/half.en.md", 1, "translation-differs")]


def test_a_symbolic_link_is_never_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"x.nl.md": a_blog(MARKER), "more/y.nl.md": a_blog(MARKER)})
    root = a_site(tmp_path)
    (root / "blogs" / "x.nl.md").symlink_to(outside / "x.nl.md")
    (root / "pages" / "more").symlink_to(outside / "more")
    content = checked(root)
    assert found(content) == [("blogs/x.nl.md", 1, "symlink"), ("pages/more", 1, "symlink")]
    assert MARKER not in repr(content)


def test_names_that_differ_by_case_or_accents_only_are_refused(tmp_path: Path) -> None:
    root = a_site(
        tmp_path,
        {
            "blogs/Openbaar.nl.md": a_blog(),
            "blogs/openbaar/\u00e9.svg": SVG,
            "blogs/openbaar/e\u0301.svg": SVG,
            "blogs/openbaar.en.md": a_blog("![One](openbaar/%C3%A9.svg)\n", tags="[openness]"),
        },
    )
    assert found(checked(root)) == [
        ("blogs/Openbaar.nl.md", 1, "name-clash"),
        ("blogs/openbaar/e\u0301.svg", 1, "name-clash"),
    ]
