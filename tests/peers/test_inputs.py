"""What other servers write (341 collected inputs) goes through the real inbox: taken, or refused with a reason."""

import json
import os
import re
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from comments_service.federation import signatures
from comments_service.federation.vocabulary import PUBLIC
from comments_service.settings import FederationSettings
from tests.service.running import SITE, Service, a_service, wait_until

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "inputs" / "bin" / "python"
TABLE = ROOT / "docs" / "reference" / "parsing-inputs.md"
ACTIVITY = "application/activity+json"
OURS = f"{SITE}/blogs/drempels/"

Json = dict[str, Any]


@dataclass
class Peer:
    """A server on the loopback with one person, which answers for all that it sent."""

    url: str
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    documents: dict[str, Json] = field(default_factory=dict)

    @property
    def anna(self) -> str:
        return f"{self.url}/actor"

    def know(self, document: object) -> None:
        if isinstance(document, dict) and isinstance(uri := document.get("id"), str):
            self.documents.setdefault(uri.removeprefix(self.url), document)

    def actor(self) -> Json:
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "id": self.anna,
            "type": "Person",
            "preferredUsername": "anna",
            "inbox": f"{self.url}/inbox",
            "publicKey": {"id": f"{self.anna}#main-key", "owner": self.anna, "publicKeyPem": pem},
        }


@contextmanager
def a_peer() -> Iterator[Peer]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = peer.documents.get(self.path)
            content = json.dumps(document).encode()
            self.send_response(200 if document else 404)
            self.send_header("Content-Type", ACTIVITY)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        peer = Peer(f"http://127.0.0.1:{server.server_port}")
        peer.know(peer.actor())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield peer
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def printed() -> str:
    if not PYTHON.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("The inputs are needed: python3 .ci/environment.py inputs")
        pytest.skip("the inputs are not installed: python3 .ci/environment.py inputs")
    command = [str(PYTHON), str(Path(__file__).parent / "print_inputs.py"), "https://sender.example/actor", "RECEIVER"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def activity_of(found: Json, number: int, peer: Peer) -> Json:
    """The activity to send: a fragment becomes a Note in a Create, and what answers nothing answers our post."""
    note = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{peer.url}/notes/{number}",
        "type": "Note",
        "attributedTo": peer.anna,
        "inReplyTo": OURS,
        "content": "<p>hoi</p>",
        "published": "2026-11-25T09:00:00Z",
        "to": [PUBLIC],
        **found.get("fragment", {}),
    }
    create = {
        "id": f"{peer.url}/creates/{number}",
        "type": "Create",
        "actor": peer.anna,
        "object": note,
        "to": [PUBLIC],
    }
    activity: Json = found.get("activity", create)
    inner = activity["object"][0] if isinstance(activity["object"], list) else activity["object"]
    while isinstance(inner, dict):
        peer.know(inner)
        if "object" not in inner:
            inner.setdefault("inReplyTo", OURS)
        inner = inner.get("object")
    return activity


def fate_of(
    service: Service, peer: Peer, activity: Json, rows: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> str:
    """Send an activity signed by its actor: "taken", or why it was refused."""
    body = json.dumps(activity).encode()
    headers = signatures.sign_cavage(
        peer.key, f"{peer.anna}#main-key", "POST", f"{SITE}/ap/inbox", body, now=service.clock()
    )
    caplog.clear()
    answer = service.client.post("/ap/inbox", content=body, headers={**headers, "Content-Type": ACTIVITY})
    if answer.status_code != 202:
        assert 400 <= answer.status_code < 500, answer.text
        assert "error" in answer.json(), answer.text
        return str(answer.json()["error"])
    wait_until(lambda: rows.execute("SELECT count(*) FROM arrival").fetchone() == (0,))
    inner = activity["object"][0] if isinstance(activity["object"], list) else activity["object"]
    uri = inner["object"]["id"] if isinstance(inner.get("object"), dict) else inner.get("id")
    if rows.execute("SELECT 1 FROM comment WHERE origin_uri = ? AND state = 'shown'", [uri]).fetchone():
        return "taken"
    fate = rows.execute("SELECT reason FROM fate WHERE uri = ?", [uri]).fetchone()
    said = fate[0] if fate else next(iter(re.findall(r"means nothing here: (.*)", caplog.text)), "not for us")
    return str(said).partition(":")[0]


def test_every_input_is_taken_or_refused_with_a_reason(
    printed: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    federation = FederationSettings(intranet=["127.0.0.0/8"], hold_first=False, hold_per_minute=0)
    counts: dict[str, Counter[str]] = {}
    with a_peer() as peer, a_service(tmp_path, federation=federation) as service:
        known = {"https://sender.example": peer.url, "http://invalid.example": f"{peer.url}/no"}
        known |= {
            "RECEIVER": f"{SITE}/ap/actors/1",
            "http://pasture-one-actor/assets/note1.jsonap": OURS,
            "http://pasture-one-actor": peer.url,
        }
        text = re.sub("|".join(map(re.escape, known)), lambda name: known[name[0]], printed)
        rows = sqlite3.connect(service.settings.service.database)
        for number, found in enumerate(json.loads(text)):
            fate = fate_of(service, peer, activity_of(found, number, peer), rows, caplog)
            counts.setdefault(f"{found['collection']}: {found['group']}", Counter())[fate] += 1
        rows.close()
    assert not [one for one in caplog.records if one.levelname == "ERROR"]
    assert sum(map(Counter.total, counts.values())) == 341
    for group, fates in counts.items():
        refused = ", ".join(f"{reason} {number}" for reason, number in sorted(fates.items()) if reason != "taken")
        line = f"| {group} | {fates.total()} | {fates['taken']} | {refused} |"
        assert line in TABLE.read_text("utf-8"), line
