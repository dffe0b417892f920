"""A server of the fediverse for tests: people with keys, who send signed activities, and a timeline like Mastodon's.

It keeps what Mastodon would keep: nothing that it holds a Tombstone of, nothing older than six hours in a timeline,
nothing that is not addressed to it or written by someone who is followed from here.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from comments_service.federation import signatures
from comments_service.federation.signatures import Signed
from comments_service.federation.vocabulary import PUBLIC
from tests.service.running import answering

Json = dict[str, Any]
ACTIVITY = "application/activity+json"
OLD = timedelta(hours=6)


@dataclass
class Peer:
    """One server. `inbox` holds every activity that came, in order, its signature checked."""

    address: str = "127.0.0.4"
    url: str = ""
    documents: dict[str, Json] = field(default_factory=dict)  # path -> document
    pages: dict[str, str] = field(default_factory=dict)  # path -> HTML for people
    gone: set[str] = field(default_factory=set)
    redirects: dict[str, str] = field(default_factory=dict)  # path -> where it leads
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    inbox: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # paths that were fetched
    status: int = 202  # what the inboxes answer
    following: set[str] = field(default_factory=set)
    statuses: dict[str, Json] = field(default_factory=dict)  # what the timeline shows, by id
    boosts: set[tuple[str, str]] = field(default_factory=set)
    tombstones: set[str] = field(default_factory=set)
    said: str = ""  # the last answer to what was sent
    _number: int = 0

    @contextmanager
    def serving(self) -> Iterator["Peer"]:
        with answering(_handler(self), self.address) as port:
            self.url = f"http://{self.address}:{port}"
            yield self

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    # people

    def person(self, name: str, **fields: object) -> str:
        """Make somebody; return the actor's id."""
        uri = f"{self.url}/users/{name}"
        self.keys[uri] = rsa.generate_private_key(65537, 2048)
        self.documents[f"/users/{name}"] = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "name": name.title(),
            "url": f"{self.url}/@{name}",
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{self.url}/inbox"},
            "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self.pem(uri)},
            **fields,
        }
        return uri

    def pem(self, uri: str) -> str:
        return (
            self.keys[uri]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    # sending

    def send(self, inbox: str, activity: Json, *, key_of: str | None = None, **changes: Any) -> int:
        """POST a signed activity and return the status. `changes` of the request come after it was signed."""
        uri = key_of or activity["actor"]
        body = changes.pop("raw", None) or json.dumps(activity).encode()
        now = changes.pop("now", datetime.now(UTC))
        sign = changes.pop("sign", signatures.sign_cavage)
        key_id = changes.pop("key_id", f"{uri}#main-key")
        headers = {"Content-Type": ACTIVITY, **sign(self.keys[uri], key_id, "POST", inbox, body, now=now)}
        headers |= changes.pop("headers", {})
        answer = httpx2.post(inbox, content=changes.pop("body", body), headers=headers, timeout=60)
        self.said = answer.text
        return answer.status_code

    def activity(self, actor: str, kind: str, told: object, **fields: object) -> Json:
        self._number += 1
        context = "https://www.w3.org/ns/activitystreams"
        return {
            "@context": context,
            "id": f"{self.url}/activities/{self._number}",
            "type": kind,
            "actor": actor,
            "object": told,
            **fields,
        }

    def note(self, author: str, text: str, in_reply_to: str | None = None, **fields: object) -> Json:
        """Make a public note that can be fetched; return it."""
        self._number += 1
        path = f"/notes/{self._number}"
        note = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.url + path,
            "type": "Note",
            "attributedTo": author,
            "content": f"<p>{text}</p>",
            "contentMap": {"nl": f"<p>{text}</p>"},
            "url": f"{self.url}/@note/{self._number}",
            "published": datetime.now(UTC).isoformat(),
            "to": [PUBLIC],
            "cc": [f"{author}/followers"],
            **({"inReplyTo": in_reply_to} if in_reply_to else {}),
            **fields,
        }
        self.documents[path] = note
        return note

    def create(self, inbox: str, note: Json, **changes: Any) -> int:
        addressed = {"to": note.get("to"), "cc": note.get("cc")}
        return self.send(inbox, self.activity(note["attributedTo"], "Create", note, **addressed), **changes)

    def follow(self, inbox: str, actor: str, who: str) -> Json:
        follow = self.activity(actor, "Follow", who)
        assert self.send(inbox, follow) == 202, self.said
        self.following.add(who)
        return follow

    # receiving

    def of_kind(self, kind: str) -> list[Json]:
        return [one for one in self.inbox if one["type"] == kind]

    def receive(self, activity: Json) -> None:
        """Do with an activity what Mastodon would do."""
        self.inbox.append(activity)
        told, actor = activity["object"], activity["actor"]
        uri = told["id"] if isinstance(told, dict) else told
        if activity["type"] == "Create" and uri not in self.tombstones:
            to = [*told["to"], *told["cc"]]
            is_ours = actor in self.following or any(str(one).startswith(self.url) for one in to)
            is_new = datetime.fromisoformat(told["published"]) > datetime.now(UTC) - OLD
            if is_ours and is_new and uri not in self.statuses:
                self.statuses[uri] = told
        elif activity["type"] == "Update" and uri in self.statuses and told.get("attributedTo") == actor:
            self.statuses[uri] = told
        elif activity["type"] == "Delete":
            self.tombstones.add(uri)
            self.statuses.pop(uri, None)
            self.boosts = {one for one in self.boosts if one[1] != uri}
        elif activity["type"] == "Announce" and actor in self.following:
            self.boosts.add((actor, uri))
        elif activity["type"] == "Undo" and isinstance(told, dict) and told.get("type") == "Announce":
            self.boosts.discard((actor, told["object"]))


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            peer.asked.append(self.path)
            if path == "/.well-known/webfinger":
                name = query.rpartition("acct%3A")[2].rpartition("acct:")[2].partition("@")[0].partition("%40")[0]
                link = {"rel": "self", "type": ACTIVITY, "href": f"{peer.url}/users/{name}"}
                known = f"/users/{name}" in peer.documents
                found = {"subject": f"acct:{name}@{peer.host}", "links": [link]} if known else None
                self._answer(200 if found else 404, found or {}, "application/jrd+json")
            elif path in peer.redirects:
                self.send_response(302)
                self.send_header("Location", peer.redirects[path])
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif path in peer.gone:
                self._answer(410, {"id": peer.url + path, "type": "Tombstone"}, ACTIVITY)
            elif path in peer.documents:
                self._answer(200, peer.documents[path], ACTIVITY)
            elif path in peer.pages:
                self._answer(200, peer.pages[path], "text/html; charset=utf-8")
            else:
                self._answer(404, {}, ACTIVITY)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            activity = json.loads(body)
            if 200 <= peer.status < 300:
                signed = Signed("POST", peer.url + self.path, headers, body)
                owner = signatures.key_id(headers).partition("#")[0]
                key = httpx2.get(owner, headers={"Accept": ACTIVITY}, timeout=60).json()["publicKey"]
                signatures.verify(signed, key["publicKeyPem"], now=datetime.now(UTC))
                peer.receive(activity)
            self._answer(peer.status, {}, ACTIVITY)

        def _answer(self, status: int, document: Json | str, kind: str) -> None:
            body = (document if isinstance(document, str) else json.dumps(document)).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
