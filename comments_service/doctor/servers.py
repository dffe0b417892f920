"""What other servers see through the public address: handles, documents, and whether signatures arrive whole."""

import asyncio
import json
from urllib.parse import quote, urlsplit

from comments_service.doctor.patient import NOBODY, Finding, Findings, Patient, as_json, complaint, fault, not_passed_on
from comments_service.federation import signatures
from comments_service.federation.keys import OwnKeys
from comments_service.federation.routes import ACTIVITY, JRD
from comments_service.network import Answer, FetchError
from comments_service.store.protocol import Row
from comments_service.store.rows import text, values

WEBFINGER, HOST_META, NODEINFO = (f"/.well-known/{name}" for name in ("webfinger", "host-meta", "nodeinfo"))
BODY_BYTES = 200_000  # others send this much
LOST = ("not-signed", "signed-header-missing", "bad-date", "digest-not-signed", "bad-digest")


async def handles(patient: Patient) -> Findings:
    """WebFinger (RFC 7033) finds every handle on every host that is ours, and leads to its actor."""

    async def look(row: Row, host: str, origin: str, resource: str) -> Finding | None:
        name, uri = f"@{text(row, 'handle')}@{host}", patient.uris.actor(text(row, "id"))
        try:
            answer = await patient.get(f"{origin}{WEBFINGER}?resource={quote(resource, safe=':@/')}", JRD)
        except FetchError as error:
            return _unknown(patient, host, f"{name} is not found: {error}")
        if answer.status == 400:
            return fault(f"{name} is not found: the query of {answer.url} does not arrive", "query")
        if answer.status != 200:
            return _unknown(patient, host, f"{name} is not found: {answer.url} answers {answer.status}")
        links = as_json(answer).get("links")
        is_right = isinstance(links, list) and {"rel": "self", "type": ACTIVITY, "href": uri} in links
        return complaint(answer, JRD) or (
            None if is_right else _unknown(patient, host, f"{name}: {answer.url} does not lead to {uri}")
        )

    async def look_at_actor(row: Row) -> Finding | None:
        uri = patient.uris.actor(text(row, "id"))
        try:
            answer = await patient.get(uri, ACTIVITY)
        except FetchError as error:
            return fault(str(error), "unreached")
        if answer.status != 200 or as_json(answer).get("id") != uri:
            return not_passed_on(f"{uri} answers {answer.status} without its actor", [_place(uri)])
        return complaint(answer, ACTIVITY)

    asked, hosts = [], patient.hosts
    for row in patient.actors:
        for host, origin in hosts.items():
            handle = f"{text(row, 'handle')}@{host}"
            spellings = (f"acct:{handle}", f"acct:{handle.upper()}", patient.uris.actor(text(row, "id")))
            asked += [look(row, host, origin, resource) for resource in spellings]
        urls = values(row, "profile").get("urls")
        known = map(str, urls.values()) if isinstance(urls, dict) and row["kind"] != "instance" else ()
        asked += [look(row, host, patient.hosts[host], url) for url in known if (host := urlsplit(url).netloc) in hosts]
    for finding in await asyncio.gather(*asked, *map(look_at_actor, patient.actors)):
        if finding is not None:
            yield finding
    if patient.actors:
        yield Finding(f"{len(patient.actors)} on {', '.join(patient.hosts)}")
        host, origin = next(iter(patient.hosts.items()))
        answer = await patient.ask(f"{origin}{WEBFINGER}?resource=acct:{NOBODY}@{host}")
        if answer.status != 404:
            yield _unknown(patient, host, f"{answer.url} answers {answer.status} for 404")
    elif patient.settings.federation.enabled:
        yield fault("there are none yet", "announce")
    else:
        yield Finding("federation is off")


def _unknown(patient: Patient, host: str, said: str, path: str = WEBFINGER) -> Finding:
    """A well-known path must reach the service: in its subpath, or from another host of ours."""
    service = urlsplit(patient.settings.service_url)
    if host != service.netloc:
        return fault(said, "send-on", PATH=path, SERVICE=patient.settings.service_url)
    return fault(said, "below", BASE=service.path, PATH=path) if service.path else not_passed_on(said, [path])


def _place(url: str) -> str:
    """The path of all that is for other servers, with the subpath of the service."""
    return urlsplit(url).path.partition("/ap/")[0] + "/ap/"


async def documents(patient: Patient) -> Findings:
    """What other servers read comes with its own content type, and pages of any origin may read it."""
    host, root = next(iter(patient.hosts.items()))
    wanted = {root + HOST_META: "application/xrd+xml", root + NODEINFO: "application/json"}
    wanted[f"{patient.uris.base}/ap/nodeinfo/2.1"] = "application/json"
    sites = [patient.uris.actor(text(row, "id")) for row in patient.actors if row["kind"] == "site"]
    wanted |= {f"{uri}/outbox": ACTIVITY for uri in sites}
    for url, kind in wanted.items() if patient.actors else ():
        answer = await patient.get(url, kind)
        path = urlsplit(url).path
        if answer.status == 200:
            finding = complaint(answer, kind)
        elif path in (HOST_META, NODEINFO):
            finding = _unknown(patient, host, f"{url} answers {answer.status}", path)
        else:
            finding = not_passed_on(f"{url} answers {answer.status}", [_place(url)])
        if finding:
            yield finding


async def signed_requests(patient: Patient) -> Findings:
    """What is signed as other servers sign arrives as it was, and what is forged is refused."""
    row = next((row for row in patient.actors if row["kind"] == "instance"), None)
    if row is None or patient.store is None:
        return
    key = await OwnKeys(patient.store, patient.clock).key(text(row, "id"))
    url, key_id = patient.uris.shared_inbox, patient.uris.key(key.actor_id)
    activity = {"type": "Accept", "actor": patient.uris.actor(key.actor_id), "object": patient.uris.base}
    body = json.dumps({**activity, "summary": "x" * BODY_BYTES}).encode()
    for name, sign in (("draft-cavage-12", signatures.sign_cavage), ("RFC 9421", signatures.sign_rfc9421)):
        headers = {**sign(key.private, key_id, "POST", url, body, now=patient.clock()), "Content-Type": ACTIVITY}
        answer = await patient.ask(url, "POST", headers, body)
        forged = await patient.ask(url, "POST", headers, body.replace(b"xx", b"yy"))
        short = await patient.ask(url, "POST") if answer.status in (413, 502) else answer  # Caddy says 502 of long ones
        if answer.status != short.status:
            yield fault(f"{url} takes no body of {BODY_BYTES} bytes", "body")
        elif (answer.status, forged.status) != (202, 401):
            yield _diagnosis(f"what is signed after {name}", answer, forged)


def _diagnosis(what: str, answer: Answer, forged: Answer) -> Finding:
    """What the answers to a good and to a forged request tell."""
    reason = str(as_json(answer).get("error", ""))
    if (answer.status, forged.status) == (202, 202):
        return fault(f"{what} arrives unsigned", "signature")
    if reason in ("too-old", "in-the-future"):
        return fault(f"the service's clock is not ours: {reason}", "clock")
    if answer.status == 401:
        return fault(f"{what} arrives changed: {reason}", "signature" if reason in LOST else "host")
    return not_passed_on(f"{answer.url} answers a signed POST with {answer.status} {reason}", [_place(answer.url)])
