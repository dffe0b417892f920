"""What judges pages from outside: Lighthouse, axe, Alfa and Equal Access, installed apart, and a site for them.

Each package of npm is named by its exact version; scripts of packages never run.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from playwright.sync_api import Browser, StorageState, sync_playwright

from comments_service.ids import new_id
from comments_service.store import interactions
from tests.benchmarks.peers import ROOT
from tests.browser.place import Place
from tests.browser.place import chromium as find_chromium
from tests.browser.reader import Reader
from tests.browser.states import World, settle
from tests.browser.test_moderation import a_busy_day, writing
from tests.service.running import free_port
from tests.service.strangers import a_stranger

FOLDER = ROOT / "var" / "bench" / "judges"
PACKAGES: Mapping[str, str] = {
    "lighthouse": "12.8.2",
    "axe-core": "4.14.1",
    # these three belong together: with other versions every rule would be inapplicable, in silence
    "@siteimprove/alfa-playwright": "0.81.4",
    "@siteimprove/alfa-rules": "0.112.0",
    "@siteimprove/alfa-act": "0.112.0",
    "accessibility-checker-engine": "4.0.34",
    "playwright-core": "1.65.1",
    # house styles to try; those of cities may be looked at, not passed on
    "@nl-design-system-unstable/voorbeeld-design-tokens": "7.4.1",
    "@nl-design-system-community/ma-design-tokens": "2.5.0",
    "@utrecht/design-tokens": "5.0.1",
    "@gemeente-denhaag/design-tokens-components": "4.1.0",
    "@amsterdam/design-system-tokens": "4.4.0",
}
ENGLISH = {"zoeken/": "search/", "stijlgids/": "style-guide/", "toegankelijkheid/": "accessibility/"}
MEMORY = "--max-semi-space-size=128"  # MB for young values: Alfa makes so many that tidying took a third of its time
# Nobody writes thirty comments in a second: each is a minute younger than the one before.
SPREAD = """UPDATE comment SET created_at = strftime('%Y-%m-%dT%H:%M:%f', 'now',
    (SELECT -count(*) FROM comment AS later WHERE later.id >= comment.id) || ' minutes') || 'Z'"""


@dataclass(frozen=True)
class Judged:
    """A running site with a long talk in it; `prefix` is the path of each language."""

    place: Place
    world: World
    moderator: StorageState

    prefix: ClassVar[Mapping[str, str]] = {"nl": "", "en": "/en"}

    def kinds(self, lang: str) -> dict[str, str]:
        """The longest page of every kind that the build has in a language, by an English name of the kind."""
        other = {"en/"} if lang == "nl" else set()
        start = self.prefix[lang].lstrip("/")
        longest: dict[str, tuple[int, str]] = {}
        for file in sorted((self.place.site / start).rglob("*.html")):
            path = file.relative_to(self.place.site).as_posix().removesuffix("index.html")
            if path.startswith(("bodies/", "theme/", *other)) or b'http-equiv="refresh"' in file.read_bytes():
                continue
            inner = path.removeprefix(f"{start}/" if start else "")
            standing = any((ROOT / "content" / "pages").glob(f"{inner.rstrip('/') or '-'}.*.md"))
            shape = "x/" if standing else ENGLISH.get(inner) or re.sub(r"(?<=/)[^/]+", "x", inner) or "front"
            longest[shape] = max(longest.get(shape, (0, "")), (file.stat().st_size, f"/{path}"))
        return {shape: path for shape, (_, path) in sorted(longest.items())}

    def wear(self) -> None:
        """Build again, as the environment says, and let the service see it."""
        self.place.stop()
        self.place.build()
        self.place.start()

    @cached_property
    def person(self) -> str:
        """The id of somebody who wrote in the talk."""
        with urllib.request.urlopen(f"{self.place.url}/api/v1/threads/{self.world.talk}", timeout=10) as answer:
            thread = json.load(answer)
        urls = re.findall(r'/people/([^"/]+)', json.dumps(thread))
        assert urls
        return str(urls[0])

    def pages(self) -> Mapping[str, Mapping[str, str]]:
        """The four pages that Lighthouse judges, by language; a page that the site lacks is left out."""
        manifest = self.place.pages
        group = next(key for key, page in manifest.items() if page["kind"] == "group" and len(page["translations"]) > 1)
        found: dict[str, dict[str, str]] = {}
        for lang, prefix in self.prefix.items():
            found[lang] = {
                "blog": self.place.page_url(self.world.talk, lang),
                "group": self.place.page_url(group, lang),
                "front": f"{self.place.url}{prefix}/",
            }
            if search := self.kinds(lang).get("search/"):
                found[lang]["search"] = self.place.url + search
        return found


def chromium() -> str:
    found = find_chromium()
    if found is None:
        raise SystemExit("This needs Chromium. On Debian: apt-get install chromium.")
    return found


def installed() -> Path:
    """The folder that has node_modules; fills it the first time."""
    key = hashlib.sha256(json.dumps(PACKAGES).encode()).hexdigest()[:16]
    done = FOLDER / f".installed-{key}"
    if not done.exists():
        if shutil.which("npm") is None:
            raise SystemExit("This needs Node.js 18.20 or newer with npm. On Debian: apt-get install nodejs npm.")
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        (FOLDER / "package.json").write_text(json.dumps({"private": True}), "utf-8")
        npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--save-exact"]
        wanted = [f"{name}@{version}" for name, version in PACKAGES.items()]
        subprocess.run([*npm, "--loglevel=error", *wanted], cwd=FOLDER, check=True, stdin=subprocess.DEVNULL)
        done.touch()
    return FOLDER


def node(script: Path, *inputs: str) -> list[str]:
    """What a script of ours prints for each input, all at the same time; it runs in the folder of the packages."""
    copy = installed() / script.name  # Node looks for packages beside the script
    shutil.copy(script, copy)
    environment = os.environ | {"CHROME_PATH": chromium()}

    def printed(stdin: str) -> str:
        words = ["node", MEMORY, str(copy)]
        done = subprocess.run(words, input=stdin, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    with ThreadPoolExecutor(len(inputs)) as at_once:
        return list(at_once.map(printed, inputs))


@contextmanager
def judged() -> Iterator[Judged]:
    """Build the site of this folder, start the service beside it, and let people talk."""
    with tempfile.TemporaryDirectory(prefix="plein-judged-") as folder:
        place = Place(Path(folder), free_port())
        place.build()
        place.start()
        try:
            with sync_playwright() as playwright:
                browser: Browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
                world = settle(browser, place)
                moderator = _a_moderator(browser, place, world)
                browser.close()
            yield Judged(place, world, moderator)
        finally:
            place.stop()


def _a_moderator(browser: Browser, place: Place, world: World) -> StorageState:
    """Somebody with work to do: comments that wait, reports, decisions about servers, failed deliveries."""
    reader = Reader(place, browser.new_context(locale="nl-NL").new_page(), "nl")
    reader.be_logged_in(world.talk, name="Mo Jansen")
    place.command("administrator", reader.email)
    a_busy_day(place, world.talk, "ver")
    _bert_follows(place)
    with closing(sqlite3.connect(place.state / "plein.db", timeout=10)) as database, database:
        database.execute(SPREAD)
    return reader.page.context.storage_state()


def _bert_follows(place: Place) -> None:
    """Bert follows two people of other servers, of whom one answered and published, and blocks a third."""
    now = datetime.now(UTC)
    with writing(place) as tx:
        bert = tx.one("SELECT id FROM account WHERE name = 'Bert Hendriks'")
        assert bert is not None
        for name, kind, answer in (("vera", "Follow", "accepted"), ("wim", "Follow", None), ("luid", "Block", None)):
            who = a_stranger(tx, name)
            uri = f"https://social.example/users/{name}"
            common = {"site_id": "plein", "account_id": str(bert["id"]), "actor_id": who}
            interactions.add(tx, id=new_id(now), kind=kind, uri=uri, answer=answer, made_at=now, **common)
            if answer:
                news = {"uri": f"{uri}/1", "url": f"{uri}/1", "line": "Het plein is weer open", "lang": "nl"}
                interactions.keep_news(
                    tx, most=100, site_id="plein", actor_id=who, author_id=who, published_at=now, **news
                )
