"""Our actors, as manifests make them: who owns a page."""

import json

from comments_service import pages
from comments_service.federation import actors
from comments_service.manifest import parse_manifest
from comments_service.store.protocol import Transaction
from tests.service.builders import NOW, SITE, SITE_URL, Json, manifest_json, page_json


def test_a_post_is_of_its_first_author_with_a_handle_else_of_the_site_and_stays_so(tx: Transaction) -> None:
    def owners(serial: int, authors: dict[str, list[str]]) -> dict[str, object]:
        entries: dict[str, Json] = {name: page_json(name, authors=handles) for name, handles in authors.items()}
        entries |= {"groups/buurt": page_json("groups/buurt"), "groups/stil": page_json("groups/stil")}
        people = {handle: {"name": {"nl": handle}} for handle in ("zoe", "anna")}
        groups = {"buurt": {"page": "groups/buurt", "name": {"nl": "Buurt"}}}
        told = {**manifest_json(serial, entries), "people": people, "groups": groups}
        manifest = parse_manifest(json.dumps(told).encode())
        assert pages.take_in(tx, SITE, manifest, site_url=SITE_URL, now=NOW).taken
        actors.take_in(tx, SITE, manifest, now=NOW)
        found = tx.all("SELECT key, handle FROM page LEFT JOIN own_actor ON own_actor.id = owner_id")
        return {str(row["key"]): row["handle"] for row in found}

    first = owners(1, {"blogs/een": ["zoe", "anna"], "blogs/twee": ["bert", "anna"], "blogs/drie": []})
    assert first == {
        "blogs/een": "zoe",
        "blogs/twee": "anna",
        "blogs/drie": SITE,
        "groups/buurt": "buurt",
        "groups/stil": None,
    }
    assert owners(2, {"blogs/een": ["anna"], "blogs/twee": [], "blogs/drie": ["zoe"]}) == first
