"""What readers' browsers see through the public address: the web server, the site's files, origins and cookies."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from comments_service import app, keys
from comments_service.doctor import remedies
from comments_service.doctor.patient import NOBODY, Finding, Findings, Patient, wrong_origin
from comments_service.network import Answer
from comments_service.web import cookies
from comments_service.web.site import media_type_of

LINK = re.compile(r'<(?:link|script|img)\b[^>]*?\s(?:href|src)="([^"]+)"')
SAME_TYPE = {"application/javascript": "text/javascript", "text/xml": "application/xml"}
ELSEWHERE = "https://elsewhere.example"


async def web_server(patient: Patient) -> Findings:
    """The service answers at its address, over TLS."""
    service = patient.settings.service
    if not patient.service.startswith("https://"):
        yield Finding(f"{patient.service} has no TLS", remedies.of_text("set site.url to an address with https://"))
    if not service.trusted_proxies:
        remedy = remedies.of_text('trusted_proxies = ["127.0.0.1"] in [service] of plein.toml')
        yield Finding("no web server is trusted, so the limits take all readers for one", remedy)
    answer = await patient.ask(f"{patient.service}/readyz")
    if (answer.status, answer.content) != (200, b"ok"):
        yield Finding(f"{answer.url} answers {answer.status}", remedies.UPSTREAM)


async def paths(patient: Patient) -> Findings:
    """Every path of the service reaches it, and not the folder of the site."""
    where, own = app.addresses_of(patient.settings), {"development": False, "site_dir": None}
    settings = patient.settings.model_copy(update={"service": patient.settings.service.model_copy(update=own)})
    routes = [str(getattr(route, "path", "")) for route in app.routes(settings, where)]

    async def is_lost(path: str) -> bool:
        return not _is_of_service(await patient.ask(patient.service + re.sub(r"\{[^}]*\}", NOBODY, path)))

    lost = [path for path, lost in zip(routes, await asyncio.gather(*map(is_lost, routes)), strict=True) if lost]
    if lost:
        patterns = sorted({where.base + _pattern(path, where.languages) for path in lost})
        yield Finding(f"not passed on to the service: {', '.join(patterns)}", remedies.pass_on(patterns))


def _is_of_service(answer: Answer) -> bool:
    """Tell who answered: the folder of a site says neither that an answer is private nor that any page may read it."""
    said = answer.headers
    marks = "no-store" in said.get("cache-control", ""), "access-control-allow-origin" in said, "api-version" in said
    return answer.status < 500 and (any(marks) or said.get("content-type", "").startswith("application/atom+xml"))


def _pattern(path: str, languages: Iterable[str]) -> str:
    """What a web server is told of a route: /threads/ for all below it, a path that stands alone as it is."""
    parts = path.split("/")
    depth = 3 if parts[1] in languages else 2
    is_alone = len(parts) == depth or parts[depth - 1] in (".well-known", "comments")
    return path if is_alone else "/".join([*parts[:depth], ""])


async def cross_origin(patient: Patient) -> Findings:
    """Pages of other origins may ask the API, with every method (Fetch, CORS protocol)."""
    answer = await patient.ask(f"{patient.service}/api/v1/openapi.json", headers={"Origin": ELSEWHERE})
    if finding := wrong_origin(answer):
        yield finding
    url = f"{patient.service}/api/v1/comments/{NOBODY}"
    asks = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "PATCH"}
    preflight = await patient.ask(url, "OPTIONS", asks)
    if preflight.status != 204 or "PATCH" not in preflight.headers.get("access-control-allow-methods", ""):
        yield Finding(f"a preflight of {url} is answered with {preflight.status}", remedies.METHODS)
    token = patient.settings.service.announce_token.get_secret_value()
    if token or (patient.settings.service.keys_dir / keys.ANNOUNCE_TOKEN).exists():
        token = token or keys.announce_token(patient.settings.service.keys_dir)
        asked = f"{patient.service}/api/v1/announcements?dryRun={NOBODY}"  # no such value: 400, and nothing is done
        if (await patient.ask(asked, "POST", {"Authorization": f"Bearer {token}"})).status == 401:
            yield Finding("Authorization does not reach the service", remedies.AUTHORIZATION)
    for method in ("PUT", "PATCH", "DELETE"):
        if "api-version" not in (await patient.ask(url, method)).headers:
            yield Finding(f"{method} does not reach the service", remedies.METHODS)


async def log_in(patient: Patient) -> Findings:
    """Cookies pass both ways as they are, forms say where they come from, and no answer to one reader is kept."""
    where = app.addresses_of(patient.settings)
    name = cookies.name(where, patient.settings.site.id)
    form = {"Origin": where.service_origin, "Content-Type": "application/x-www-form-urlencoded"}
    answer = await patient.ask(f"{patient.service}/log-out", "POST", form)
    found = re.search(rf"(?:^|, ){re.escape(name)}=.*?(?=, [^ ;,]+=|$)", answer.headers.get("set-cookie", ""))
    wanted = {f"path={where.base or '/'}", "httponly", "samesite=lax", *(["secure"] if where.is_https else [])}
    said = {part.strip().lower() for part in found[0].split(";")} if found else set()
    if answer.status == 403:
        yield Finding("the Origin of forms does not arrive: nobody can log in without JavaScript", remedies.ORIGIN)
    elif missing := wanted - said:
        yield Finding(f"the cookie {name} arrives without {', '.join(sorted(missing))}", remedies.COOKIES_OUT)
    # a request with our cookie that does not say where it comes from is refused; without one it is only unknown
    url = f"{patient.service}/api/v1/previews"
    if (await patient.ask(url, "POST", {"Cookie": f"{name}={NOBODY}"})).status != 403:
        yield Finding("cookies do not reach the service: whoever logs in is still logged out", remedies.COOKIES_IN)
    mine = await patient.ask(f"{patient.service}/api/v1/me")
    if "no-store" not in mine.headers.get("cache-control", ""):
        yield Finding(f"{mine.url} may be kept and shown to another reader", remedies.PRIVATE)


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
        said = answer.headers.get("content-type", "none").partition(";")[0].strip().lower()
        if answer.status != 200:
            yield Finding(f"{url} answers {answer.status}", remedies.FOLDER)
        elif SAME_TYPE.get(said, said) != kind:
            yield Finding(f"{url} has the content type {said} for {kind}", remedies.type_of(urlsplit(url).path, kind))
        if answer.headers.get("x-content-type-options") != "nosniff":
            yield Finding(f"{url} says nothing of X-Content-Type-Options", remedies.POLICY)
        elif kind == "text/html" and "content-security-policy" not in answer.headers:
            yield Finding(f"{url} says nothing of Content-Security-Policy", remedies.POLICY)
    missing = await patient.ask(f"{site.url}/{NOBODY}/")
    if missing.status != 404:
        yield Finding(f"{missing.url} answers {missing.status} for 404", remedies.MISSING)
