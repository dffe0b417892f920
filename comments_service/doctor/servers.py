"""What other servers see through the public address: handles, documents, and whether signatures arrive whole."""

import asyncio
import json
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from comments_service.doctor import remedies
from comments_service.doctor.patient import NOBODY, Finding, Findings, Patient, as_json, wrong_origin, wrong_type
from comments_service.doctor.remedies import Remedy
from comments_service.federation import signatures
from comments_service.federation.keys import OwnKeys
from comments_service.federation.routes import ACTIVITY, JRD
from comments_service.network import Answer, FetchError
from comments_service.store.protocol import Row
from comments_service.store.rows import text

WEBFINGER, HOST_META, NODEINFO = (f"/.well-known/{name}" for name in ("webfinger", "host-meta", "nodeinfo"))
BODY_BYTES = 200_000  # others send this much
LOST = ("not-signed", "signed-header-missing", "bad-date", "digest-not-signed", "bad-digest")
CLOCKS = ("too-old", "in-the-future")


async def handles(patient: Patient) -> Findings:
    """WebFinger (RFC 7033) finds every handle on every host that is ours, and leads to its actor."""

    async def look(row: Row, host: str, origin: str, resource: str) -> Finding | None:
        uri = patient.uris.actor(text(row, "id"))
        name = f"@{text(row, 'handle')}@{host}"
        try:
            answer = await patient.get(f"{origin}{WEBFINGER}?resource={quote(resource, safe=':@/')}", JRD)
        except FetchError as error:
            return Finding(f"{name} is not found: {error}", _pass_on(patient, host))
        if answer.status == 400:
            return Finding(f"{name} is not found: the query of {answer.url} does not arrive", remedies.QUERY)
        if answer.status != 200:
            return Finding(f"{name} is not found: {answer.url} answers {answer.status}", _pass_on(patient, host))
        if finding := wrong_type(answer, JRD) or wrong_origin(answer):
            return finding
        links = as_json(answer).get("links")
        if isinstance(links, list) and {"rel": "self", "type": ACTIVITY, "href": uri} in links:
            return None
        return Finding(f"{name}: {answer.url} does not lead to {uri}", _pass_on(patient, host))

    async def look_at_actor(row: Row) -> Finding | None:
        uri = patient.uris.actor(text(row, "id"))
        answer = await patient.get(uri, ACTIVITY)
        if answer.status != 200 or as_json(answer).get("id") != uri:
            return Finding(f"{uri} answers {answer.status} without its actor", remedies.pass_on(["/ap/"]))
        return wrong_type(answer, ACTIVITY) or wrong_origin(answer)

    asked = [
        look(row, host, origin, resource)
        for row in patient.actors
        for host, origin in patient.hosts.items()
        for resource in _spellings(text(row, "handle"), host, patient.uris.actor(text(row, "id")))
    ]
    for finding in await asyncio.gather(*asked, *map(look_at_actor, patient.actors)):
        if finding is not None:
            yield finding
    if patient.actors:
        yield Finding(f"{len(patient.actors)} on {', '.join(patient.hosts)}")
        answer = await patient.ask(f"{patient.root}{WEBFINGER}?resource=acct:{NOBODY}@{urlsplit(patient.root).netloc}")
        if answer.status != 404:
            yield Finding(f"{answer.url} answers {answer.status} for 404", remedies.pass_on([WEBFINGER]))
    elif not patient.settings.federation.enabled:
        yield Finding("federation is off")
    elif patient.store is not None:
        yield Finding("there are none yet", remedies.of_text("let the service take in the manifest: inv announce"))


def _spellings(handle: str, host: str, uri: str) -> Iterable[str]:
    return f"acct:{handle}@{host}", f"acct:{handle.upper()}@{host.upper()}", uri


def _pass_on(patient: Patient, host: str, path: str = WEBFINGER) -> Remedy:
    """Pass a well-known path on to the service, into its subpath, or from another host of ours to its host."""
    service = urlsplit(patient.service)
    if host != service.netloc:
        return remedies.send_on(path, patient.service)
    return remedies.below(path, service.path) if service.path else remedies.pass_on([path])


async def documents(patient: Patient) -> Findings:
    """What other servers read comes with its own content type, and pages of any origin may read it."""
    if not patient.actors:
        return
    outboxes = [patient.uris.outbox(text(row, "id")) for row in patient.actors if row["kind"] == "site"]
    wanted = {
        patient.root + HOST_META: "application/xrd+xml",
        patient.root + NODEINFO: "application/json",
        f"{patient.uris.base}/ap/nodeinfo/2.1": "application/json",
        **dict.fromkeys(outboxes, ACTIVITY),
    }
    for url, kind in wanted.items():
        answer = await patient.get(url, kind)
        path = urlsplit(url).path
        if answer.status == 200:
            finding = wrong_type(answer, kind) or wrong_origin(answer)
        elif url.startswith(f"{patient.root}/.well-known/"):
            finding = Finding(f"{url} answers {answer.status}", _pass_on(patient, urlsplit(url).netloc, path))
        else:
            finding = Finding(f"{url} answers {answer.status}", remedies.pass_on([path[: path.index("/ap/") + 4]]))
        if finding:
            yield finding


async def signed_requests(patient: Patient) -> Findings:
    """What is signed as other servers sign arrives as it was, and what is forged is refused."""
    row = next((row for row in patient.actors if row["kind"] == "instance"), None)
    if row is None or patient.store is None:
        return
    key = await OwnKeys(patient.store, patient.clock).key(text(row, "id"))
    url, key_id = patient.uris.base + "/ap/inbox", patient.uris.key(key.actor_id)
    activity = {"type": "Accept", "actor": patient.uris.actor(key.actor_id), "object": patient.uris.base}
    body = json.dumps({**activity, "summary": "x" * BODY_BYTES}).encode()
    for name, sign in (("draft-cavage-12", signatures.sign_cavage), ("RFC 9421", signatures.sign_rfc9421)):
        headers = {**sign(key.private, key_id, "POST", url, body, now=patient.clock()), "Content-Type": ACTIVITY}
        answer = await patient.ask(url, "POST", headers, body)
        forged = await patient.ask(url, "POST", headers, body.replace(b"xx", b"yy"))
        short = await patient.ask(url, "POST") if answer.status in (413, 502) else answer  # Caddy says 502 of long ones
        if answer.status != short.status:
            yield Finding(f"{url} takes no body of {BODY_BYTES} bytes", remedies.BODY)
        elif (finding := _diagnosis(name, url, answer, forged.status)) is not None:
            yield finding


def _diagnosis(name: str, url: str, answer: Answer, forged: int) -> Finding | None:
    """What the answers to a good and to a forged request tell."""
    reason = str(as_json(answer).get("error", ""))
    if (answer.status, forged) == (202, 401):
        return None
    if (answer.status, forged) == (202, 202):
        return Finding(f"signatures after {name} do not arrive", remedies.SIGNATURE)
    if reason in CLOCKS:
        return Finding(f"the service's clock is not ours: {reason}", remedies.CLOCK)
    if answer.status == 401:
        remedy = remedies.SIGNATURE if reason in LOST else remedies.HOST
        return Finding(f"what is signed after {name} arrives changed: {reason}", remedy)
    return Finding(f"{url} answers a signed POST with {answer.status} {reason}", remedies.pass_on(["/ap/"]))
