"""The service's own pages and mails: Jinja templates, one environment per language, with everything escaped."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from comments_service import consent
from comments_service.model import Account, Page
from comments_service.store import pages
from comments_service.store.protocol import utc_text
from comments_service.web import problems, thread_tree
from comments_service.web.state import account_of, state, wording_of
from comments_service.web.wording import NAMES, Wording

TURN_SECONDS = 0.005  # of a page that is made; then others have their turn
TEMPLATES = Path(__file__).parent.parent / "templates"


def environments(wordings: Mapping[str, Wording]) -> dict[str, Environment]:
    return {lang: _environment(wording) for lang, wording in wordings.items()}


def _environment(wording: Wording) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(wording.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {
        "lang": wording.lang,
        "language_name": wording.language,
        "number": wording.number,
        "moment": wording.moment,
        "utc_text": utc_text,
        "initials": thread_tree.initials,
        "lang_of": lang_of,
        "proposed_handle": consent.proposed_handle,
    }
    return environment


async def page(
    request: Request,
    template: str,
    *,
    error: Exception | None = None,
    status: int = 200,
    switch_to: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """Render a page in the language of its path, in the frame of the site.

    `error` is what was wrong with a form, for the error summary.
    `switch_to` is the path, without language, that the language switch leads to: needed where a form was answered.
    """
    here = state(request)
    wording = wording_of(request)
    lang = wording.lang
    site, account = await _known(request)
    headers, fault_heading = {**(headers or {}), "Content-Language": lang}, ""
    if error is not None:
        problem = problems.of(error)
        status, headers = problem.status, {**headers, **problem.headers}
        fault_heading = "" if problem.faults else wording.say(problem.title)
    frame = {
        "site_name": here.settings.site.name,
        "base": here.addresses.base,
        "front": here.addresses.front(lang),
        "stylesheet": here.addresses.near(site.stylesheet) if site and site.stylesheet else None,
        "menu": [(title, here.addresses.near(url), at) for title, url, *at in site.menu.get(lang, ())] if site else [],
        "contact": here.settings.site.contact,
        "repository": here.settings.site.repository,
        "path": partial(here.addresses.path, lang),
        "absolute": partial(here.addresses.absolute, lang),
        "near": here.addresses.near,
        "is_federated": here.following is not None,
        "account": account,
        "language_choices": [(each, NAMES.get(each, each)) for each in here.addresses.languages],
        "switch": lambda other: here.addresses.path(other, switch_to or _asked(request, lang)),
        "log_in_url": here.addresses.path(lang, "/log-in"),
        "faults": problems.lines(error, wording),
        "fault_heading": fault_heading,
    }
    parts, begun = [], time.monotonic()
    for part in here.templates[lang].get_template(template).generate({**frame, **context}):
        parts.append(part)
        if time.monotonic() - begun > TURN_SECONDS:  # a thousand comments take a third of a second
            await asyncio.sleep(0)
            begun = time.monotonic()
    return HTMLResponse("".join(parts), status, headers)


def lang_of(page: Page, wanted: str) -> str:
    """The language in which a page is named: the one that is wanted, else its own, else any that it has."""
    return next(lang for lang in (wanted, page.language, *page.titles) if lang in page.titles)


def _asked(request: Request, lang: str) -> str:
    """The path and query that were asked for, without base and language."""
    addresses = state(request).addresses
    path = str(request.scope["path"]).removeprefix(addresses.base + addresses.prefix(lang))
    return quote(f"/{path.lstrip('/')}") + (f"?{request.url.query}" if request.url.query else "")


async def _known(request: Request) -> tuple[pages.Site | None, Account | None]:
    """The site as the last manifest told it, and who asks."""
    here = state(request)
    try:
        return await here.store.read(pages.site, here.site_id), await account_of(request)
    except Exception:  # a page that tells of a broken store must not need it
        return None, None
