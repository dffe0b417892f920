"""Every page of the built site, baked comments included, judged by the Nu HTML checker of the W3C."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from theme.commands import catalogues
from theme.commands.build import ROOT, build

JAR = ROOT / ".venv" / "node" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
SECONDS = 200


@pytest.fixture(scope="module")
def java() -> str:
    found = shutil.which("java")
    if found and JAR.exists():
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("Java and the Nu HTML checker are needed: python3 .ci/environment.py checker")
    pytest.skip("the Nu HTML checker or Java is not installed: python3 .ci/environment.py checker")


def faults(java: str, folder: Path) -> list[str]:
    """What the checker finds wrong, each with its file and line."""
    command = [
        java,
        "-XX:TieredStopAtLevel=1",  # compiling better takes longer than the whole check
        "-Xss8m",  # the depth that the checker needs depends on how far Java has compiled it
        "-jar",
        str(JAR),
        "--skip-non-html",
        "--format",
        "json",
        "--exit-zero-always",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS)
    messages = json.loads(done.stderr)["messages"]
    return [
        f"{found.get('url')}:{found.get('lastLine')}: {found['message']}"
        for found in messages
        if found["type"] == "error"
    ]


def an_export() -> dict[str, object]:
    author = {"name": "Anna", "url": "https://plein.example/people/1"}
    html = '<p>Voor <a class="mention" href="/people/1">@Anna</a></p><ol start="3"><li>x</li></ol>'
    comment = {"html": html, "author": author, "createdAt": "2026-11-20T10:00:00Z", "votes": 2, "state": "shown"}
    reply = {**comment, "id": "reply", "lang": "en", "inReplyTo": "root", "editedAt": "2026-11-20T11:00:00Z"}
    stub = {**comment, "id": "root", "lang": "nl", "inReplyTo": None, "editedAt": None, "html": "", "state": "removed"}
    items = [{**stub, "replies": [reply]}]
    thread = {"page": "blogs/een-dag-zonder-muis", "version": 1, "commentCount": 1, "items": items}
    return {"version": 1, "service": "https://plein.example", "threads": [thread]}


def test_no_page_has_a_fault(java: str, tmp_path: Path) -> None:
    export = tmp_path / "comments.json"
    export.write_text(json.dumps(an_export()), "utf-8")
    catalogues.main()
    assert build(ROOT / "content", tmp_path / "site", comments=str(export)) == 0
    shutil.rmtree(tmp_path / "site" / "bodies")  # texts that the service sends on, no pages
    assert faults(java, tmp_path / "site") == []


def test_the_checker_finds_what_is_wrong(java: str, tmp_path: Path) -> None:
    page = "<!doctype html><html lang=nl><title>x</title><p id=a>a<p id=a>b"
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert any("Duplicate ID" in fault for fault in faults(java, tmp_path))
