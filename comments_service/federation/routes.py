"""URLs for servers: WebFinger, NodeInfo, actors, objects, collections. Documents are prepared bytes with an ETag."""

import hashlib
import html
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from comments_service import pages
from comments_service.errors import NotFound
from comments_service.federation import collections, documents, notes, objects
from comments_service.federation.documents import Document, wrap
from comments_service.federation.house import House
from comments_service.federation.keys import OwnKeys
from comments_service.federation.objects import Spot
from comments_service.federation.uris import Uris
from comments_service.store import comments as comment_rows
from comments_service.store import objects as rows
from comments_service.store import outgoing as outgoing_rows
from comments_service.store import own_actors as own_rows
from comments_service.store import pages as page_rows
from comments_service.store.protocol import Row, Store, Transaction
from comments_service.store.rows import text, values

ACTIVITY = "application/activity+json"
JRD = "application/jrd+json"
NODEINFO = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/2.1#"'
VERSION = "0.1.0"
MOST_KEPT = 2_000
SECONDS = 60  # how long others may keep a document
Kept = tuple[int, bytes, str]  # status, body, ETag


@dataclass
class Documents:
    """Answers GET requests of one site. What was prepared is kept until something is written."""

    store: Store
    house: House
    keys: OwnKeys
    site_id: str
    kept: dict[str, Kept] = field(default_factory=dict)

    def forget(self, touched: Iterable[tuple[str, str]] | None = None) -> None:
        """Drop what was prepared; listens to commits. None: another process wrote, and keys may be new."""
        self.kept = {}  # and who reads now keeps it in the former one: it was read before this write, perhaps
        if touched is None:
            self.keys.forget()

    async def show_actor(self, request: Request) -> Response:
        return await self._kept(request, partial(self._actor, request))

    async def show_page(self, request: Request) -> Response:
        """Lead from a page, which names this address in its head, to its object or, of a group, its actor."""

        def read(tx: Transaction) -> str:
            found = pages.find(tx, self.site_id, request.path_params["kind"], request.path_params["slug"])
            page = page_rows.row_of(tx, self.site_id, found.key)
            if page is None or page["owner_id"] is None or not objects.is_readable(page):
                raise NotFound("page", found.key)
            if found.kind == "groups":
                return self.house.uris.actor(text(page, "owner_id"))
            asked = request.query_params.get("lang", "")
            return self.house.uris.object(documents.post_id(page, asked if asked in found.titles else found.language))

        return RedirectResponse(await self.store.read(read), 302, {"Access-Control-Allow-Origin": "*"})

    async def webfinger(self, request: Request) -> Response:
        """RFC 7033: `resource` is acct:, the address of an actor, or of a page of the site."""
        resource = request.query_params.get("resource", "")
        if not resource:
            return _answer(request, 400, b'{"error":"Say which resource: ?resource=acct:name@host"}', JRD)
        row = await self.store.read(self._resource, resource)
        uri = self.house.uris.actor(text(row, "id"))
        url = documents.in_language(values(row, "profile").get("urls"), self.house.languages)
        page = {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": url}
        answering = f"{self.house.service_url}/authorize_interaction?uri={{uri}}"  # where our people answer others
        subscribe = {"rel": "http://ostatus.org/schema/1.0/subscribe", "template": answering}
        jrd = {
            "subject": f"acct:{text(row, 'handle')}@{self.house.host}",
            "aliases": [uri, *([url] if url else [])],
            "links": [{"rel": "self", "type": ACTIVITY, "href": uri}, *([page] if url else []), subscribe],
        }
        return _answer(request, 200, _bytes(jrd), JRD)

    async def host_meta(self, request: Request) -> Response:
        """RFC 6415: where WebFinger is."""
        template = html.escape(f"{self.house.uris.base}/.well-known/webfinger?resource={{uri}}")
        xrd = (
            '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
            f'<Link rel="lrdd" type="application/jrd+json" template="{template}"/></XRD>\n'
        )
        return _answer(request, 200, xrd.encode(), "application/xrd+xml")

    async def nodeinfo_links(self, request: Request) -> Response:
        schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
        links = [{"rel": schema, "href": f"{self.house.uris.base}/ap/nodeinfo/2.1"}]
        return _answer(request, 200, _bytes({"links": links}), "application/json")

    async def nodeinfo(self, request: Request) -> Response:
        """NodeInfo 2.1. Registrations by mail are open; who reads and writes here is nobody's statistics."""
        counted = await self.store.read(rows.usage, self.site_id)
        shown = {
            "version": "2.1",
            "software": {"name": "plein", "version": VERSION},
            "protocols": ["activitypub"],
            "services": {"inbound": [], "outbound": ["atom1.0"]},
            "openRegistrations": True,
            "usage": {"users": {}, "localPosts": counted[0], "localComments": counted[1]},
            "metadata": {},
        }
        return _answer(request, 200, _bytes(shown), NODEINFO)

    # what each address holds

    async def _actor(self, request: Request) -> tuple[int, Document]:
        row = await self.store.read(self._own, request.path_params["id"])
        key = await self.keys.key(text(row, "id"))
        shown = documents.actor(replace(self.house, uris=self._asked(request)), row, key.public_pem)
        return 410 if row["state"] == "deleted" else 200, shown

    def _actor_part(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        part, before = request.path_params["part"], request.query_params.get("before")
        actor = self._own(tx, request.path_params["id"])
        if actor["state"] == "deleted":
            raise NotFound("actor", text(actor, "id"))
        return 200, collections.of_actor(tx, self._asked(request), actor, part, before)

    def _object(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        uri = self.house.of(tx, request.path_params["id"]).uris.object(request.path_params["id"])
        if (deleted_at := outgoing_rows.deleted_at(tx, uri)) is not None:  # whatever became of what it was
            return 410, documents.tombstone(uri, "Note", deleted_at)
        uri, spot = self._spot(tx, request.path_params["id"])
        page, comment = spot.page, spot.comment
        if comment is None and spot.is_gone:
            former = "Note" if self.house.as_note else "Article"
            return 410, documents.tombstone(uri, former, text(page, "first_seen_at"))
        if comment and comment["state"] in ("removed", "hidden"):
            return 410, documents.tombstone(uri, "Note", text(comment, "created_at"))
        if comment is not None:
            document = notes.of_comment(tx, self.house, comment)
        else:
            document = notes.of_post(tx, self.house, page, spot.language)
        if document is None or not spot.is_seen:
            raise NotFound("object", uri)
        return 200, document

    def _object_part(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        uri, spot = self._spot(tx, request.path_params["id"])
        if not spot.is_seen:
            raise NotFound("object", uri)
        after = request.query_params.get("after")
        return 200, collections.of_object(tx, self.house.uris, uri, spot, request.path_params["part"], after)

    def _thread(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        page = rows.page_of_thread(tx, self.site_id, request.path_params["id"])
        if page is None or not objects.is_readable(page):
            raise NotFound("thread", request.path_params["id"])
        return 200, collections.of_thread(tx, self.house.uris, page, request.query_params.get("after"))

    def _activity(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        activity_id = request.path_params["id"]
        row = self._ours("activity", activity_id, rows.activity(tx, activity_id))
        return 200, dict(values(row, "document"))

    def _quote(self, tx: Transaction, request: Request) -> tuple[int, Document]:
        """The stamp that a quote was approved (FEP-044f, QuoteAuthorization)."""
        quote_id = request.path_params["id"]
        row = self._ours("quote", quote_id, rows.quote(tx, quote_id))
        page = page_rows.row_of(tx, self.site_id, text(row, "page_key"))
        quoted = comment_rows.raw(tx, str(row["comment_id"])) or page
        owner = notes.author_of(tx, self.house, quoted) if quoted is not None else None
        if quoted is None or owner is None or not self.house.may_quote:
            raise NotFound("quote", quote_id)
        stamp: Document = {
            "id": self.house.uris.quote(quote_id),
            "type": "QuoteAuthorization",
            "attributedTo": owner.uri,
            "interactingObject": row["uri"],
            "interactionTarget": notes.uri_of(self.house.uris, quoted),
        }
        return 200, stamp

    def _spot(self, tx: Transaction, object_id: str) -> tuple[str, Spot]:
        spot = objects.by_id(tx, self.site_id, object_id)
        if spot is None:
            raise NotFound("object", object_id)
        return self.house.of(tx, object_id).uris.object(object_id), spot

    def _asked(self, request: Request) -> Uris:
        """Where a request thinks that it is: a former host shows the actors that moved away from it."""
        return self.house.uris.asked_as(request.headers.get("host", ""))

    def _own(self, tx: Transaction, actor_id: str) -> Row:
        return self._ours("actor", actor_id, own_rows.get(tx, actor_id))

    def _ours(self, noun: str, key: str, row: Row | None) -> Row:
        """Return a row if there is one and it is of this site. Raises NotFound."""
        if row is None or row["site_id"] != self.site_id:
            raise NotFound(noun, key)
        return row

    def _resource(self, tx: Transaction, resource: str) -> Row:
        """Raises NotFound for whom we do not have, or not under this host."""
        hosts = {self.house.host, self.house.site_host, *(urlsplit(base).netloc for base in self.house.uris.former)}
        scheme, _, rest = resource.partition(":")
        row: Row | None = None
        if scheme.lower() == "acct":
            handle, _, host = unquote(rest).removeprefix("@").lower().rpartition("@")
            row = own_rows.by_handle(tx, self.site_id, handle) if host in hosts else None
        elif (local := self.house.uris.parse(resource)) is not None:
            row = own_rows.get(tx, local.id) if local.kind == "actors" else None
        elif (key := pages.key_of_url(tx, self.site_id, resource)) is not None:
            page = page_rows.row_of(tx, self.site_id, key)
            row = own_rows.get(tx, str(page["owner_id"])) if page else None
        elif urlsplit(resource).netloc.lower() in {*hosts, urlsplit(self.house.service_url).netloc}:
            row = self._of_site(tx, resource)
        if row is None or row["site_id"] != self.site_id or row["state"] == "deleted":
            raise NotFound("resource", resource)
        return row

    def _of_site(self, tx: Transaction, url: str) -> Row | None:
        """An author's page, the front page, or the page of a commenter."""
        path = urlsplit(url).path.rstrip("/")
        if (person := re.search(r"/people/([0-9A-Z]{26})$", path)) is not None:
            return own_rows.by_subject(tx, self.site_id, "commenter", person[1])
        for row in own_rows.of_site(tx, self.site_id, ("site", "author")):
            urls = values(row, "profile").get("urls")
            if isinstance(urls, dict) and any(urlsplit(str(one)).path.rstrip("/") == path for one in urls.values()):
                return row
        return None

    # how an answer is made

    async def _kept(self, request: Request, ask: Callable[[], Awaitable[tuple[int, Document]]]) -> Response:
        address, kept = f"{self._asked(request).base}{request.url.path}?{request.url.query}", self.kept
        known = kept.get(address)
        if known is None:
            status, document = await ask()
            body = _bytes(wrap(document))
            known = status, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'
            if len(kept) < MOST_KEPT:
                kept[address] = known
        return _answer(request, known[0], known[1], ACTIVITY, etag=known[2])


Handler = Callable[[Request], Awaitable[Response]]


def _by(method: Callable[[Documents, Request], Awaitable[Response]]) -> Handler:
    """Let the documents of the site that was asked answer."""

    async def handle(request: Request) -> Response:
        return await method(request.app.state.federation.documents, request)

    return handle


def _reading(query: Callable[[Documents, Transaction, Request], tuple[int, Document]]) -> Handler:
    """Let them answer with what a query reads."""

    async def method(here: Documents, request: Request) -> Response:
        return await here._kept(request, partial(here.store.read, partial(query, here), request))

    return _by(method)


async def receive(request: Request) -> Response:
    """POST to any inbox."""
    return await request.app.state.federation.inbox.receive(request)  # type: ignore[no-any-return]


TABLE: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/.well-known/webfinger", _by(Documents.webfinger)),
    ("GET", "/.well-known/host-meta", _by(Documents.host_meta)),
    ("GET", "/.well-known/nodeinfo", _by(Documents.nodeinfo_links)),
    ("GET", "/ap/nodeinfo/2.1", _by(Documents.nodeinfo)),
    ("POST", "/ap/inbox", receive),
    ("POST", "/ap/actors/{id}/inbox", receive),
    ("GET", "/ap/actors/{id}", _by(Documents.show_actor)),
    ("GET", "/ap/actors/{id}/{part}", _reading(Documents._actor_part)),
    ("GET", "/ap/objects/{id}", _reading(Documents._object)),
    ("GET", "/ap/objects/{id}/{part}", _reading(Documents._object_part)),
    ("GET", "/ap/pages/{kind}/{slug}", _by(Documents.show_page)),
    ("GET", "/ap/threads/{id}", _reading(Documents._thread)),
    ("GET", "/ap/activities/{id}", _reading(Documents._activity)),
    ("GET", "/ap/quotes/{id}", _reading(Documents._quote)),
)


def _bytes(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _answer(request: Request, status: int, body: bytes, kind: str, *, etag: str | None = None) -> Response:
    """Readable from anywhere, unsigned, for a minute."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={SECONDS}"}
    if etag:
        headers["ETag"] = etag
        if status == 200 and etag in request.headers.get("if-none-match", ""):
            return Response(None, 304, headers)
    return Response(body, status, headers, media_type=kind)
