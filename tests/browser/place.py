"""One built site and one service process for a test session, as `inv serve` runs them, but without the watching."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from tests.service.running import free_port
from theme.commands import catalogues
from theme.commands.build import ROOT, build

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60.0  # seconds


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


class Mail(TypedDict):
    to: str
    subject: str
    text: str
    html: str


class ManifestTranslation(TypedDict):
    url: str
    title: str


class ManifestPage(TypedDict):
    kind: str
    comments: str
    translations: dict[str, ManifestTranslation]


@dataclass
class Place:
    """The site and the service on one address. `state` holds the database, the keys and the output."""

    state: Path
    port: int
    other_port: int = field(default_factory=free_port)
    more_settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _given: set[str] = field(default_factory=set, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_url(self) -> str:
        """Another site, in the settings: for a browser localhost is not 127.0.0.1."""
        return f"http://localhost:{self.other_port}"

    @property
    def site(self) -> Path:
        return self.state / "site"

    def build(self) -> None:
        catalogues.main()
        status = build(ROOT / "content", self.site, site_url=self.url)
        assert status == 0, "the site could not be built"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "PLEIN_SITE__URL": self.url,
            "PLEIN_SITE__ORIGINS": json.dumps([self.other_url]),
            "PLEIN_SERVICE__SITE_DIR": str(self.site),
            "PLEIN_SERVICE__MANIFEST": str(self.site / "plein.json"),
            "PLEIN_SERVICE__DATABASE": str(self.state / "plein.db"),
            "PLEIN_SERVICE__KEYS_DIR": str(self.state),
            "PLEIN_SERVICE__DEVELOPMENT": "true",
            "PLEIN_LOGIN__MAILS_PER_NETWORK_PER_HOUR": "1000",
            "PLEIN_FEDERATION__INTRANET": json.dumps(["127.0.0.4/32"]),  # where tests put another server
            "PLEIN_LIMITS": "off",  # every reader of these tests comes from one address
            **self.more_settings,
        }

    def command(self, *words: str) -> None:
        """Run a command of the service, as a moderator does."""
        subprocess.run([sys.executable, "-m", "comments_service", *words], cwd=ROOT, env=self.environment, check=True)

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "--factory", "tasks:application"]
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"]
        with (self.state / "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(PATIENCE)
            self.process = None

    def forget(self) -> None:
        """Go on with an empty database: every page is fresh again."""
        for file in self.state.glob("plein[.-]*"):
            file.unlink()
        self._given.clear()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + PATIENCE
        page = next(iter(self.pages))
        while time.monotonic() < until:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/v1/threads/{page}", timeout=10):
                    return
            except OSError:
                time.sleep(0.05)  # the interval of asking, not a time that anything is expected to take
        raise AssertionError(f"the service does not answer:\n{(self.state / 'service.log').read_text()[-4000:]}")

    @cached_property
    def pages(self) -> dict[str, ManifestPage]:
        manifest = json.loads((self.site / "plein.json").read_text(encoding="utf-8"))
        pages: dict[str, ManifestPage] = manifest["pages"]
        return pages

    def fresh_page(self) -> str:
        """The key of a page in both languages with an open thread that no other test of this module has used."""
        for key, page in sorted(self.pages.items()):  # blogs first, then groups
            if page["comments"] == "open" and len(page["translations"]) == 2 and key not in self._given:
                self._given.add(key)
                return key
        raise AssertionError("too few bilingual pages for the tests of one module")

    def page_url(self, key: str, lang: str) -> str:
        return self.pages[key]["translations"][lang]["url"]

    def mails(self, to: str) -> Iterator[Mail]:
        """The mails to an address, newest first."""
        with urllib.request.urlopen(f"{self.url}/dev/mail.json", timeout=PATIENCE) as answer:
            mails: list[Mail] = json.load(answer)
        yield from (mail for mail in reversed(mails) if mail["to"] == to)

    def log_in_link(self, to: str, after: int = 0) -> str:
        """The link in the newest mail to an address; waits until there are more than `after` mails to it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            mails = list(self.mails(to))
            if len(mails) > after:
                found = re.search(r"https?://\S+/log-in/link\?\S+", mails[0]["text"])
                assert found, mails[0]["text"]
                return found.group()
            time.sleep(0.05)
        raise AssertionError(f"no mail came for {to}")
