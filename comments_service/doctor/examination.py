"""All checks, one after the other, and what is said of them."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from comments_service.doctor import browsers, machine, remedies, servers
from comments_service.doctor.patient import Check, Finding, admit
from comments_service.doctor.remedies import Remedy
from comments_service.network import FetchError
from comments_service.settings import Settings
from comments_service.store.protocol import Store

Say = Callable[[str], object]
WIDTH = 16
CHECKS: dict[str, Check] = {
    "store": machine.store,
    "manifest": machine.manifest,
    "mail": machine.mail,
    "web server": browsers.web_server,
    "clock": machine.clock,
    "paths": browsers.paths,
    "files": browsers.files,
    "log-in": browsers.log_in,
    "other origins": browsers.cross_origin,
    "handles": servers.handles,
    "documents": servers.documents,
    "signatures": servers.signed_requests,
}
OUTSIDE = list(CHECKS)[list(CHECKS).index("web server") :]


async def examine(
    settings: Settings,
    store: Store | None,
    at: str | None,
    say: Say,
    *,
    clock: Callable[[], datetime],
    names: Collection[str] = tuple(CHECKS),
) -> bool:
    """Make the checks of a site, say what was found, and return whether all is well."""
    patient = await admit(settings, store, address_of(at) if at else None, clock)
    is_well, is_reached = True, True
    try:
        for name, check in CHECKS.items():
            if name not in names or (name in OUTSIDE and not is_reached):
                continue
            found = []
            try:
                found = [finding async for finding in check(patient)]
            except FetchError as error:
                is_reached = is_reached and check is not browsers.web_server
                found.append(Finding(str(error), remedies.UNREACHED))
            for line in _lines(name, found):  # which may quote an answer: nothing of it commands the terminal
                say("".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in line))
            is_well = is_well and not any(finding.remedy for finding in found)
    finally:
        await patient.client.close()
    return is_well


def _lines(name: str, found: Iterable[Finding]) -> Iterator[str]:
    """What is said of a check: faults that one remedy mends are told once, with their number."""
    notes = [finding.text for finding in found if finding.remedy is None]
    faults: dict[Remedy, list[str]] = {}
    for finding in found:
        if finding.remedy is not None:
            faults.setdefault(finding.remedy, []).append(finding.text)
    for remedy, texts in faults.items():
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        yield f"{'WRONG':6}{name:{WIDTH}}{texts[0]}{more}"
        yield from (f"{'':{WIDTH + 6}}{line}" for line in remedy.lines())
    if notes or not faults:
        yield f"{'ok' if not faults else '':6}{name:{WIDTH}}{'; '.join(notes)}".rstrip()


def address_of(url: str) -> tuple[str, int]:
    """Host and port of `--from`, which may be a URL, or only host:port."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
