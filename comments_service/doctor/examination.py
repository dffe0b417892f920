"""All checks, one after the other, and what is said of them."""

from collections.abc import Callable, Collection, Iterator
from urllib.parse import urlsplit

from comments_service.doctor.browsers import cross_origin, event_streams, files, log_in, paths, readers, web_server
from comments_service.doctor.machine import clock, mail, manifest, store
from comments_service.doctor.patient import At, Check, Finding, admit, fault
from comments_service.doctor.servers import documents, handles, signed_requests
from comments_service.network import FetchError
from comments_service.settings import Settings
from comments_service.store.protocol import Clock, Store

WIDTH = 17
Say = Callable[[str], object]
INSIDE = (store, manifest, mail)
SEEN_BY_READERS = (web_server, clock, paths, files, log_in, cross_origin, readers, event_streams)
OF_STORE = (manifest, event_streams, handles, documents, signed_requests)  # nothing to look at without one
ALL = (*INSIDE, *SEEN_BY_READERS, handles, documents, signed_requests)
CHECKS: dict[str, Check] = {check.__name__.replace("_", " "): check for check in ALL}


def address(text: str) -> tuple[str, int]:
    """Host and port of a URL or of host:port. Raises ValueError."""
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if not parts.hostname:
        raise ValueError(text)
    return parts.hostname, parts.port or (80 if parts.scheme == "http" else 443)


async def examine(
    settings: Settings, opened: Store | None, at: At, say: Say, *, now: Clock, names: Collection[str] = tuple(CHECKS)
) -> bool:
    """Make the checks of a site, say what was found, and return whether all is well."""
    patient = await admit(settings, opened, at, now)
    is_well, is_reached = True, True
    for name in names if opened else [name for name in names if CHECKS[name] not in OF_STORE]:
        try:
            found = [finding async for finding in CHECKS[name](patient)]
        except (FetchError, OSError) as error:
            found = [fault(str(error), "unreached" if isinstance(error, FetchError) else "store")]
            is_reached = CHECKS[name] is not web_server
        for line in _lines(name, found):  # which may quote an answer: nothing of it commands the terminal
            say("".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in line))
        is_well = is_well and not any(finding.remedy for finding in found)
        if not is_reached:
            break  # nobody from outside would be answered
    await patient.client.close()
    return is_well


def _lines(name: str, found: Collection[Finding]) -> Iterator[str]:
    """What is said of a check: faults that one remedy mends are told once, with their number."""
    by_remedy: dict[tuple[str, ...], list[str]] = {}
    for finding in found:
        by_remedy.setdefault(finding.remedy, []).append(finding.text)
    notes = by_remedy.pop((), [])
    for remedy, texts in by_remedy.items():
        more = f" (and {len(texts) - 1} more)" if len(texts) > 1 else ""
        yield f"WRONG  {name:{WIDTH}}{texts[0]}{more}"
        yield from (f"{'':{WIDTH + 7}}{line}" for line in remedy)
    if notes or not by_remedy:
        yield f"{'' if by_remedy else 'ok':7}{name:{WIDTH}}{'; '.join(notes)}".rstrip()
