"""What other servers see through the public address: handles, documents, and whether signatures arrive whole."""

import asyncio
import json
from urllib.parse import quote, urlsplit

from comments_service.doctor.patient import NOBODY, Finding, Findings, Patient, as_json, complaint, fault, lost
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

    async def look(row: Row, host: str, resource: str) -> Finding | None:
        name, uri = f"@{text(row, 'handle')}@{host}", patient.uris.actor(text(row, "id"))
        url = f"{patient.hosts[host]}{WEBFINGER}?resource={quote(resource, safe=':@/')}"
        try:
            answer = await patient.get(url, JRD)
        except FetchError as error:
            return lost(patient, f"{name} is not found: {error}", url)
        if answer.status == 400:
            return fault(f"{name} is not found: the query of {answer.url} does not arrive", "query")
        if answer.status != 200:
            return lost(patient, f"{name} is not found: {answer.url} answers {answer.status}", url)
        links = as_json(answer).get("links")
        if isinstance(links, list) and {"rel": "self", "type": ACTIVITY, "href": uri} in links:
            return complaint(answer, JRD)
        return complaint(answer, JRD) or lost(patient, f"{name}: {answer.url} does not lead to {uri}", url)

    async def look_at_actor(row: Row) -> Finding | None:
        uri = patient.uris.actor(text(row, "id"))
        try:
            answer = await patient.get(uri, ACTIVITY)
        except FetchError as error:
            return fault(str(error), "unreached")
        if answer.status != 200 or as_json(answer).get("id") != uri:
            return lost(patient, f"{uri} answers {answer.status} without its actor", uri)
        return complaint(answer, ACTIVITY)

    asked, hosts = [], patient.hosts
    for row in patient.actors:
        for host in hosts:
            handle = f"{text(row, 'handle')}@{host}"
            spellings = (f"acct:{handle}", f"acct:{handle.upper()}", patient.uris.actor(text(row, "id")))
            asked += [look(row, host, resource) for resource in spellings]
        urls = values(row, "profile").get("urls")
        known = map(str, urls.values()) if isinstance(urls, dict) and row["kind"] != "instance" else ()
        asked += [look(row, host, url) for url in known if (host := urlsplit(url).netloc) in hosts]
    for finding in await asyncio.gather(*asked, *map(look_at_actor, patient.actors)):
        if finding is not None:
            yield finding
    if patient.actors:
        yield Finding(f"{len(patient.actors)} on {', '.join(patient.hosts)}")
        host, origin = next(iter(patient.hosts.items()))
        answer = await patient.ask(f"{origin}{WEBFINGER}?resource=acct:{NOBODY}@{host}")
        if answer.status != 404:
            yield lost(patient, f"{answer.url} answers {answer.status} for 404", answer.url)
    elif patient.settings.federation.enabled:
        yield fault("there are none yet", "announce")
    else:
        yield Finding("federation is off")


async def documents(patient: Patient) -> Findings:
    """What other servers read comes with its own content type, and pages of any origin may read it."""
    root = next(iter(patient.hosts.values()))
    wanted = {root + HOST_META: "application/xrd+xml", root + NODEINFO: "application/json"}
    wanted[f"{patient.uris.base}/ap/nodeinfo/2.1"] = "application/json"
    sites = [patient.uris.actor(text(row, "id")) for row in patient.actors if row["kind"] == "site"]
    wanted |= {f"{uri}/outbox": ACTIVITY for uri in sites}
    for url, kind in wanted.items() if patient.actors else ():
        answer = await patient.get(url, kind)
        is_there = answer.status == 200
        finding = complaint(answer, kind) if is_there else lost(patient, f"{url} answers {answer.status}", url)
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
            yield _diagnosis(patient, f"what is signed after {name}", answer, forged)


def _diagnosis(patient: Patient, what: str, answer: Answer, forged: Answer) -> Finding:
    """What the answers to a good and to a forged request tell."""
    reason = str(as_json(answer).get("error", ""))
    if (answer.status, forged.status) == (202, 202):
        return fault(f"{what} arrives unsigned", "signature")
    if reason in ("too-old", "in-the-future"):
        return fault(f"the service's clock is not ours: {reason}", "clock")
    if answer.status == 401:
        return fault(f"{what} arrives changed: {reason}", "signature" if reason in LOST else "host")
    return lost(patient, f"{answer.url} answers a signed POST with {answer.status} {reason}", answer.url)
