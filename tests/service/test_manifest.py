"""The manifest: what is refused, with every fault at once."""

import json
from collections.abc import Callable

import pytest

from comments_service import manifest as manifests
from comments_service.errors import Invalid
from comments_service.manifest import parse_manifest
from tests.service.builders import Json, manifest_json, page_json


def content(**changes: object) -> bytes:
    return json.dumps(manifest_json(1, {"blogs/a": page_json("blogs/a")}) | changes).encode()


def test_a_manifest_becomes_values_and_fields_of_a_newer_site_are_ignored() -> None:
    manifest = parse_manifest(content(news="later"))
    assert manifest.pages["blogs/a"].translations["nl"].title == "a nl"
    assert len(manifest.hash) == 64


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (b"", "manifest"),
        (b"<html>", "manifest"),
        (b"\xff\xfe", "manifest"),
        (b"[]", "manifest"),
        (b'{"version":1,"serial":1,"site":{},"pages":{}', "manifest"),
        (b"[" * 100_000, "manifest"),
        (content(version=2), "version"),
        (content(serial="1"), "serial"),
        (content(serial=-1), "serial"),
        (content(site={"name": "x", "url": "javascript:alert(1)", "languages": ["nl"]}), "site.url"),
        (content(pages={"blogs/A": page_json("blogs/a")}), "pages.blogs/A.[key]"),
        (content(pages={"pages/a": page_json("blogs/a")}), "pages.pages/a.[key]"),
        (content(pages={"groups/a": page_json("blogs/a")}), "pages.groups/a.kind"),
        (content(pages={"blogs/a": page_json("blogs/a", language="en")}), "pages.blogs/a.language"),
        (content(pages={"blogs/a": page_json("blogs/a", date="2026-11-25")}), "pages.blogs/a.date"),
        (content(pages={"blogs/a": page_json("blogs/a", comments="maybe")}), "pages.blogs/a.comments"),
        (content(pages={"blogs/a": page_json("blogs/a", was=["../x"])}), "pages.blogs/a.was.0"),
        (
            content(pages={"blogs/a": page_json("blogs/a", base="https://evil.example")}),
            "pages.blogs/a.translations.nl.url",
        ),
        (
            content(pages={"blogs/a": page_json("blogs/a", base="https://plein.example.evil")}),
            "pages.blogs/a.translations.nl.url",
        ),
        (
            content(pages={"blogs/a": page_json("blogs/a"), "blogs/b": page_json("blogs/b", was=["a"])}),
            "pages.blogs/b.was",
        ),
    ],
)
def test_a_wrong_manifest_is_refused_and_the_field_is_named(broken: bytes, field: str) -> None:
    with pytest.raises(Invalid) as error:
        parse_manifest(broken)
    assert field in [fault.field for fault in error.value.faults]


def test_all_faults_come_at_once() -> None:
    entries = {"blogs/a": page_json("blogs/a", comments="maybe"), "blogs/b": page_json("blogs/b", minor="yes")}
    with pytest.raises(Invalid) as error:
        parse_manifest(content(version=3, pages=entries))
    assert {fault.field for fault in error.value.faults} == {"version", "pages.blogs/a.comments", "pages.blogs/b.minor"}


def test_a_key_that_stands_twice_is_refused() -> None:
    page = json.dumps(page_json("blogs/a"))
    twice = content().replace(b'"pages": {', b'"pages": {"blogs/a": ' + page.encode() + b", ")
    with pytest.raises(Invalid, match="'blogs/a' stands twice in one object"):
        parse_manifest(twice)


def test_a_manifest_over_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_BYTES", 100)
    with pytest.raises(Invalid) as error:
        parse_manifest(content())
    assert "larger than" in error.value.faults[0].message_id


@pytest.mark.parametrize("change", [lambda entry: entry.pop("date"), lambda entry: entry.pop("was")])
def test_optional_fields_may_be_absent(change: Callable[[Json], object]) -> None:
    entry = page_json("blogs/a")
    change(entry)
    assert parse_manifest(content(pages={"blogs/a": entry})).pages["blogs/a"].was == ()
