"""What readers' browsers see through the public address: the web server, the site's files, origins and cookies."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from starlette.routing import Route

from comments_service import app, pages
from comments_service.doctor.patient import NOBODY, Findings, Patient, as_json, complaint, fault, not_passed_on, type_of
from comments_service.network import Answer, FetchError
from comments_service.web import cookies
from comments_service.web.site import media_type_of

LINK = re.compile(r'<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"')
SAME_TYPE = {"application/javascript": "text/javascript", "text/xml": "application/xml"}
ELSEWHERE = "https://elsewhere.example"
NOBODYS_ADDRESS = "203.0.113.9"  # RFC 5737: of documentation
STREAM_SECONDS = 5.0


async def web_server(patient: Patient) -> Findings:
    """The service answers at its address, over TLS."""
    service = patient.settings.service_url
    if not service.startswith("https://"):
        yield fault(f"{service} has no TLS", "tls")
    if not patient.settings.service.trusted_proxies:
        yield fault("no web server is trusted, so the limits take all readers for one", "trusted-proxies")
    answer = await patient.ask(f"{service}/readyz")
    if (answer.status, answer.content) != (200, b"ok"):
        yield fault(f"{answer.url} answers {answer.status}", "upstream")


async def paths(patient: Patient) -> Findings:
    """Every path of the service reaches it, and not the folder of the site."""
    settings, where = patient.settings, app.addresses_of(patient.settings)

    async def is_lost(path: str) -> bool:
        return not _is_of_service(await patient.ask(settings.service_url + re.sub(r"\{[^}]*\}", NOBODY, path)))

    routes = [route.path for route in app.routes(settings, where) if isinstance(route, Route)]  # the site is no Route
    found = await asyncio.gather(*map(is_lost, routes))
    if lost := {where.base + _pattern(path, where.languages) for path, lost in zip(routes, found, strict=True) if lost}:
        yield not_passed_on(f"not passed on to the service: {', '.join(sorted(lost))}", sorted(lost))


def _is_of_service(answer: Answer) -> bool:
    """Tell who answered: the folder of a site says neither that an answer is private nor that any page may read it."""
    said = answer.headers
    marks = "no-store" in said.get("cache-control", ""), "access-control-allow-origin" in said, "api-version" in said
    return answer.status < 500 and (any(marks) or type_of(answer) == "application/atom+xml")


def _pattern(path: str, languages: Iterable[str]) -> str:
    """What a web server is told of a route: /threads/ for all below it, a path that stands alone as it is."""
    parts = path.split("/")
    depth = 3 if parts[1] in languages else 2
    is_alone = len(parts) == depth or parts[depth - 1] in (".well-known", "comments")
    return path if is_alone else "/".join([*parts[:depth], ""])


async def cross_origin(patient: Patient) -> Findings:
    """Pages of other origins may ask the API, with every method and with a token (Fetch, CORS protocol)."""
    api = f"{patient.settings.service_url}/api/v1"
    answer = await patient.ask(f"{api}/openapi.json", headers={"Origin": ELSEWHERE})
    if finding := complaint(answer, "application/json"):
        yield finding
    url = f"{api}/comments/{NOBODY}"
    preflight = await patient.ask(url, "OPTIONS", {"Origin": ELSEWHERE, "Access-Control-Request-Method": "PATCH"})
    if preflight.status != 204 or "PATCH" not in preflight.headers.get("access-control-allow-methods", ""):
        yield fault(f"a preflight of {url} is answered with {preflight.status}", "methods")
    for method in ("PUT", "PATCH", "DELETE"):
        if "api-version" not in (await patient.ask(url, method)).headers:
            yield fault(f"{method} does not reach the service", "methods")


async def readers(patient: Patient) -> Findings:
    """The web server says from where a reader comes, and no reader can say it: limits go by their networks."""
    if not patient.token:
        return
    headers = {"Authorization": f"Bearer {patient.token}", "X-Forwarded-For": NOBODYS_ADDRESS}
    answer = await patient.ask(f"{patient.settings.service_url}/api/v1/asker", headers=headers)
    said = as_json(answer)
    passed_on = [one.strip() for one in str(said.get("forwardedFor") or "").split(",")]
    if answer.status != 200:
        yield fault(f"Authorization does not reach the service: {answer.url} answers {answer.status}", "authorization")
    elif passed_on == [""]:
        yield fault("their addresses do not arrive, so the limits take all of them for one", "reader")
    elif passed_on[-1] == NOBODYS_ADDRESS:
        yield fault("whoever asks can say from where, and so go round the limits", "reader")
    elif said.get("address") not in passed_on:
        yield fault(f"the web server, {said.get('address')}, is not among trusted_proxies", "trusted-proxies")


async def event_streams(patient: Patient) -> Findings:
    """What happens in a thread is told at once (text/event-stream): a web server must not gather it first."""
    known = await patient.store.read(pages.live, patient.settings.site.id) if patient.store else []
    for page in known[:1]:
        url = f"{patient.settings.service_url}/api/v1/threads/{page.kind}/{page.slug}/events"
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                await patient.client.request("GET", url, {}, most_bytes=0)
        except TimeoutError:
            yield fault(f"{url} says nothing within {STREAM_SECONDS:.0f} s", "stream")
        except FetchError as error:
            if "is larger than" not in str(error):  # then the first words have come
                raise


async def log_in(patient: Patient) -> Findings:
    """Cookies pass both ways as they are, forms say where they come from, and no answer to one reader is kept."""
    where, service = app.addresses_of(patient.settings), patient.settings.service_url
    name = cookies.name(where, patient.settings.site.id)
    form = {"Origin": where.service_origin, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await patient.ask(f"{service}/log-out", "POST", form)
    found = re.search(rf"(?:^|, ){re.escape(name)}=.*?(?=, [^ ;,]+=|$)", answer.headers.get("set-cookie", ""))
    wanted = {f"path={where.base or '/'}", "httponly", "samesite=lax", *(["secure"] if where.is_https else [])}
    said = {part.strip().lower() for part in found[0].split(";")} if found else set()
    if answer.status == 403:
        yield fault("the Origin of forms does not arrive: nobody can log in without JavaScript", "origin")
    elif missing := wanted - said:
        yield fault(f"the cookie {name} arrives without {', '.join(sorted(missing))}", "cookies-out")
    # a request with our cookie that does not say where it comes from is refused; without one it is only unknown
    if (await patient.ask(f"{service}/api/v1/previews", "POST", {"Cookie": f"{name}={NOBODY}"})).status != 403:
        yield fault("cookies do not reach the service: whoever logs in is still logged out", "cookies-in")
    mine = await patient.ask(f"{service}/api/v1/me")
    if "no-store" not in mine.headers.get("cache-control", ""):
        yield fault(f"{mine.url} may be kept and shown to another reader", "private")


async def files(patient: Patient) -> Findings:
    """The site's pages carry their policy, its files their content types, and what is not there is missing."""
    site = patient.settings.site
    pages = [f"{site.url}/", *(f"{site.url}/{lang}/" for lang in site.languages[1:])]
    wanted = {f"{site.url}/plein.json": "application/json", **dict.fromkeys(pages, "text/html")}
    front = await patient.get(pages[0], "text/html")
    for link in LINK.findall(front.content.decode("utf-8", "replace")):
        address = urljoin(front.url, link).partition("#")[0]
        if address.startswith(f"{site.url}/") and not address.endswith("/"):
            wanted.setdefault(address, media_type_of(Path(urlsplit(address).path)))
    for url, kind in wanted.items():
        answer = await patient.get(url, kind)
        said = type_of(answer)
        if answer.status != 200:
            yield fault(f"{url} answers {answer.status}", "folder")
        elif SAME_TYPE.get(said, said) != kind:
            name = "type-of-feed" if url.endswith(".xml") else "type-of-file"
            yield fault(f"{url} has the content type {said} for {kind}", name, PATH=urlsplit(url).path, KIND=kind)
        needed = ["x-content-type-options", *(["content-security-policy"] if kind == "text/html" else [])]
        if missing := [header for header in needed if header not in answer.headers]:
            yield fault(f"{url} says nothing of {', '.join(missing)}", "policy")
    absent = await patient.ask(f"{site.url}/{NOBODY}/")
    if absent.status != 404:
        yield fault(f"{absent.url} answers {absent.status} for 404", "missing")
