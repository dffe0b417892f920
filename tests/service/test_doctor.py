"""The doctor behind the real Caddy and nginx: the examples of deploy/ are well, and each broken thing is named."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from comments_service import app
from comments_service.__main__ import main
from comments_service.doctor import examination
from comments_service.settings import load
from comments_service.store.sqlite import open_store
from tests.service.breaking import CASES, mended
from tests.service.fronts import HOST, INSTALLED, Broken, Place, a_certificate, in_front
from tests.service.running import a_manifest, free_port, serving

URL = f"https://{HOST}"


@dataclass(frozen=True)
class Ward:
    """A running service, and the URLs of the web servers in front of it."""

    settings: Path
    urls: dict[tuple[str, str], str]

    def look(self, program: str, way: str, *checks: str, now: Callable[[], datetime] = app.utc_now) -> list[str]:
        """Let the doctor make some checks, and return the lines that it says."""
        said: list[str] = []

        async def examine() -> bool:
            settings = load(self.settings)
            store = await open_store(settings.service.database)
            try:
                at = self.urls[program, way]
                return await examination.examine(settings, store, at, said.append, clock=now, names=checks)
            finally:
                await store.close()

        assert asyncio.run(examine()) != any(line.startswith("WRONG") for line in said)
        return said


class Box:
    async def handle_RCPT(self, *asked: object) -> str:  # noqa: N802
        envelope, address = asked[2], str(asked[3])
        if "nobody" in address:
            return "550 no such mailbox here"
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("doctor")
    site = folder / "site"
    authority, certificate, key = a_certificate(folder)
    write_site(site)
    mails = Controller(Box(), hostname="127.0.0.1", port=free_port())
    mails.start()
    settings = folder / "plein.toml"
    settings.write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "{URL}"\ncontact = "mailto:redactie@{HOST}"\n'
        '[service]\nmanifest = "site/plein.json"\npoll_seconds = 0\ntrusted_proxies = ["127.0.0.1"]\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mails.port}\nstarttls = false\nsender = "Plein <noreply@{HOST}>"\n',
        "utf-8",
    )
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    place = Place(listening.getsockname()[1], site, certificate, key)
    ways = {"well": Broken(), **{name: case.broken for name, case in CASES.items()}}
    ways |= {f"{name}, mended": mended(case) for name, case in CASES.items() if case.rule_at}
    try:
        with pytest.MonkeyPatch.context() as patch, serving(app.create(load(settings)), listening):
            patch.setenv("SSL_CERT_FILE", str(authority))
            urls: dict[tuple[str, str], str] = {}
            with in_front("caddy", folder, place, ways) as caddy, in_front("nginx", folder, place, ways) as nginx:
                urls |= {("caddy", name): url for name, url in caddy.items()}
                urls |= {("nginx", name): url for name, url in nginx.items()}
                yield Ward(settings, urls)
    finally:
        mails.stop()


def write_site(folder: Path) -> None:
    """A small site with what a web server must know the type of."""
    manifest = json.loads(a_manifest(URL))
    manifest["people"] = {"anna": {"name": {"nl": "Anna"}, "url": {"nl": f"{URL}/authors/anna/"}}}
    manifest["groups"] = {"bouwers": {"page": "groups/bouwers", "name": {"nl": "Bouwers"}}}
    front = (
        '<!doctype html><link rel="stylesheet" href="/theme/plein.abc12345.css">'
        '<link rel="icon" href="/theme/icon.svg">'
        '<link rel="alternate" type="application/atom+xml" href="/feeds/atom.xml">'
        '<script src="/theme/front.js"></script><script type="module" src="/embed/plein.js"></script>'
    )
    files = {
        "index.html": front,
        "en/index.html": front,
        "404.html": "<!doctype html>404",
        "en/404.html": "<!doctype html>404",
        "plein.json": json.dumps(manifest),
        "theme/plein.abc12345.css": "a{}",
        "theme/icon.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
        "theme/front.js": "0",
        "feeds/atom.xml": '<feed xmlns="http://www.w3.org/2005/Atom"/>',
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")


@pytest.mark.parametrize("program", INSTALLED)
def test_the_examples_of_deploy_are_well(ward: Ward, program: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--settings", str(ward.settings), "doctor", "--from", ward.urls[program, "well"]])
    said = capsys.readouterr().out
    assert "WRONG" not in said
    assert status == 0
    assert [line[6:22].strip() for line in said.splitlines() if line.startswith("ok")] == list(examination.CHECKS)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("program", INSTALLED)
def test_the_doctor_names_what_is_broken_and_the_rule_that_mends_it(ward: Ward, program: str, name: str) -> None:
    case = CASES[name]
    said = ward.look(program, name, case.check)
    assert said[0].startswith(f"WRONG {case.check:16}")
    assert case.says in said[0]
    rule = case.remedy.lines()
    assert [line.strip() for line in said[1 : len(rule) + 1]] == rule
    if case.rule_at:
        assert ward.look(program, f"{name}, mended", case.check)[0].startswith("ok")
