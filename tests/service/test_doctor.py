"""The doctor behind the real Caddy and nginx: the examples of deploy/ are well, and each broken thing is named."""

import asyncio
import json
import re
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from comments_service import app
from comments_service.__main__ import main
from comments_service.doctor import browsers, examination, machine
from comments_service.doctor.patient import REMEDIES
from comments_service.federation.documents import KINDS
from comments_service.federation.keys import OwnKeys
from comments_service.settings import Settings, load
from comments_service.store import own_actors
from comments_service.store.sqlite import open_store
from tests.service.breaking import CASES, PASS, answered, apart, mend, mended, rule_of
from tests.service.fronts import HOST, INSTALLED, WWW, Broken, Place, a_certificate, in_front
from tests.service.running import a_manifest, free_port, serving

URL = f"https://{HOST}"
BELOW = mend("below", PATH="/.well-known/webfinger", BASE="/sub")
ONWARD = mend("send-on", PATH="/.well-known/webfinger", SERVICE=f"{URL}/sub")


@dataclass(frozen=True)
class Ward:
    """A running service, and the URLs of the web servers in front of it."""

    settings: Path
    urls: dict[tuple[str, str], str]

    def look(
        self,
        program: str,
        way: str,
        *checks: str,
        now: Callable[[], datetime] = app.utc_now,
        change: Callable[[Settings], Settings] = lambda settings: settings,
    ) -> list[str]:
        """Let the doctor make some checks, and return the lines that it says."""
        said: list[str] = []

        async def examine() -> bool:
            settings = change(load(self.settings))
            store = await open_store(settings.service.database)
            try:
                at = examination.address(self.urls[program, way])
                return await examination.examine(settings, store, at, said.append, now=now, names=checks)
            finally:
                await store.close()

        assert asyncio.run(examine()) != any(line.startswith("WRONG") for line in said)
        return said


class Box:
    async def handle_RCPT(self, *asked: object) -> str:  # noqa: N802
        envelope, address = asked[2], str(asked[3])
        if "nobody" in address:
            return "550 no such mailbox here"
        if "full" in str(envelope.mail_from):  # type: ignore[attr-defined]
            return "550 we send nothing for you"
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
    listening, second = socket.socket(), socket.socket()
    listening.bind(("127.0.0.1", 0))
    second.bind(("127.0.0.1", 0))
    elsewhere = folder / "apart.toml"
    elsewhere.write_text(
        f'[site]\nid = "plein"\nname = "Plein"\nurl = "https://{WWW}"\n'
        f'[service]\nurl = "{URL}/sub"\nmanifest = "apart.json"\npoll_seconds = 0\ndatabase = "apart.db"\n',
        "utf-8",
    )
    (folder / "apart.json").write_bytes(a_manifest(f"https://{WWW}"))
    place = Place(listening.getsockname()[1], site, certificate, key)
    ways = {"well": Broken(), **{name: case.broken for name, case in CASES.items()}}
    ways["a type with an escape"] = answered(
        'header_down Content-Type "text/\x9b[31m"',
        'proxy_hide_header Content-Type; add_header Content-Type "text/\x9b[31m";',
    )
    ways["a stranger in between"] = Broken(nginx=((PASS, f"        proxy_bind 127.0.0.5;\n{PASS}"),))
    ways["apart"] = apart(second.getsockname()[1], (), {"Caddy": "respond 404", "nginx": "return 404;"})
    inward = {"Caddy": "redir * http://10.0.0.1{uri}", "nginx": "return 302 http://10.0.0.1$request_uri;"}
    ways["a redirect inward"] = apart(second.getsockname()[1], BELOW, inward)
    ways["apart, mended"] = apart(
        second.getsockname()[1], BELOW, {program: rule_of(program, ONWARD) for program in ("Caddy", "nginx")}
    )
    ways |= {f"{name}, mended": mended(case) for name, case in CASES.items() if case.rule_at}
    try:
        with (
            pytest.MonkeyPatch.context() as patch,
            serving(app.create(load(settings)), listening),
            serving(app.create(load(elsewhere)), second),
        ):
            patch.setenv("SSL_CERT_FILE", str(authority))
            for each in (settings, elsewhere):
                asyncio.run(make_keys(load(each)))
            urls: dict[tuple[str, str], str] = {}
            with in_front("caddy", folder, place, ways) as caddy, in_front("nginx", folder, place, ways) as nginx:
                urls |= {("caddy", name): url for name, url in caddy.items()}
                urls |= {("nginx", name): url for name, url in nginx.items()}
                yield Ward(settings, urls)
    finally:
        mails.stop()


async def make_keys(settings: Settings) -> None:
    """Make the keys of all actors, which takes longer than a request may on a machine that is busy."""
    store = await open_store(settings.service.database)
    rows = await store.read(own_actors.of_site, "plein", tuple(KINDS))
    keys = OwnKeys(store, app.utc_now)
    for row in rows:
        await keys.key(str(row["id"]))
    await store.close()


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
    assert [line[7:24].strip() for line in said.splitlines() if line.startswith("ok")] == list(examination.CHECKS)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("program", INSTALLED)
def test_the_doctor_names_what_is_broken_and_the_rule_that_mends_it(
    ward: Ward, program: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    with monkeypatch.context() as patch:
        patch.setattr(browsers, "STREAM_SECONDS", 0.5)  # nothing comes, however long one waits
        said = ward.look(program, name, case.check)
    assert said[0].startswith(f"WRONG  {case.check:17}")
    assert fnmatch(said[0], f"*{case.says}*")
    assert tuple(line.strip() for line in said[1 : len(case.remedy) + 1]) == case.remedy
    if case.rule_at:
        assert ward.look(program, f"{name}, mended", case.check)[0].startswith("ok")


def of(section: str, **values: object) -> Callable[[Settings], Settings]:
    """Change some settings of a section."""
    return lambda settings: settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})


ANY = INSTALLED[:1]  # what is no matter of the web server is asked behind one of them


@pytest.mark.parametrize("program", INSTALLED)
def test_handles_are_looked_for_on_every_host_that_is_ours_at_its_root(ward: Ward, program: str) -> None:
    there = replace(ward, settings=ward.settings.parent / "apart.toml")
    said = [line.strip() for line in there.look(program, "apart", "handles")]
    for host, rule, more in ((HOST, BELOW, 5), (WWW, ONWARD, 7)):  # the pages are on WWW
        first = next(i for i, line in enumerate(said) if line.startswith("WRONG") and f"@{host} is not found" in line)
        assert f"https://{host}/.well-known/webfinger?resource=acct:" in said[first]
        assert said[first].endswith(f"answers 404 (and {more} more)")
        assert tuple(said[first + 1 : first + 1 + len(rule)]) == rule
    assert "nginx: location ^~ /sub/ap/ { proxy_pass http://127.0.0.1:8000; }" in [
        line.strip() for line in there.look(program, "well", "signed requests")
    ]
    assert there.look(program, "apart, mended", "handles") == [f"ok     handles          2 on {HOST}, {WWW}"]


def test_a_web_server_that_is_not_trusted_is_named(ward: Ward) -> None:
    said = ward.look("nginx", "a stranger in between", "readers")
    assert said[0] == "WRONG  readers          the web server, 127.0.0.5, is not among trusted_proxies"
    assert "trusted_proxies = " in said[1]


@pytest.mark.parametrize("program", ANY)
@pytest.mark.parametrize(
    ("check", "change", "says", "does"),
    [
        ("web server", of("service", trusted_proxies=[]), "take all readers for one", "trusted_proxies = "),
        ("web server", of("site", url="http://plein.example"), "http://plein.example has no TLS", "set site.url"),
        ("mail", of("mail", host=""), "no mail server is set", "PLEIN_MAIL__HOST"),
        ("mail", of("mail", sender=""), "mails have no sender", "set sender"),
        ("mail", of("mail", port=1), "127.0.0.1:1 takes no mail: ", "mend host, port"),
        ("mail", of("mail", starttls=True), "STARTTLS extension not supported", "starttls"),
        ("mail", of("mail", user="x"), "SMTP AUTH extension not supported", "user"),
        ("mail", of("mail", sender="Plein <\u00e9\u00e9n@plein.example>"), "takes no mail: ", "sender"),
        ("mail", of("site", contact="mailto:nobody@plein.example"), "no such mailbox here", "mend host"),
        ("mail", of("mail", sender="Plein <full@plein.example>"), "we send nothing for you", "sender"),
        ("manifest", of("site", url="https://other.example"), "other-site: https://plein.example", "inv announce"),
        ("manifest", of("service", manifest="/nowhere/plein.json"), "cannot be read", "publish a whole build"),
        ("handles", of("site", id="other"), "there are none yet", "inv announce"),
        (
            "handles",
            of("site", url="https://other.example"),
            "@bouwers@other.example is not found: ",
            "@missed path /.",
        ),
        ("handles", of("federation", enabled=False), "federation is off", ""),
    ],
)
def test_the_doctor_names_what_is_wrong_in_the_settings(
    ward: Ward, program: str, check: str, change: Callable[[Settings], Settings], says: str, does: str
) -> None:
    said = "\n".join(ward.look(program, "well", check, change=change))
    assert says in said
    assert does in said
    assert said.startswith("WRONG" if does else "ok")


@pytest.mark.parametrize("program", ANY)
def test_a_clock_that_is_wrong_is_named_by_the_web_server_and_by_signatures(ward: Ward, program: str) -> None:
    def later() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=10)

    said = ward.look(program, "well", "clock", "signed requests", now=later)
    assert re.search(r"this machine is (599|600|601) s ahead of plein\.example", said[0])
    assert said[1].strip() == "do: let the machine keep time: timedatectl set-ntp true"
    assert "the service's clock is not ours: in-the-future" in said[2]


@pytest.mark.parametrize("program", ANY)
def test_the_clock_is_compared_with_that_of_the_git_host(ward: Ward, program: str) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n") as url:

        def change(settings: Settings) -> Settings:
            near = of("federation", intranet=[ip_network("127.0.0.0/8")])(settings)
            return of("site", repository=f"{url}/plein")(near)

        assert f"s ahead of {url[7:]}" in ward.look(program, "well", "clock", change=change)[0]
    said = ward.look(program, "well", "clock", change=of("site", repository=url))
    assert said == [f"ok     clock            not compared with {url[7:]}: 127.0.0.1 has no public address"]


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that gives one answer to whoever comes first."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), listening.accept()[0] as connection:
            connection.recv(65536)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        thread.join(10)
        listening.close()


@pytest.mark.parametrize("program", ANY)
def test_a_store_that_cannot_be_written_is_named(ward: Ward, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LEAST_FREE", 10**18)
    assert "MB are left beside" in ward.look(program, "well", "store")[0]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))  # as on a disk that is full
    try:
        said = ward.look(program, "well", "store")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "plein.db cannot be written: " in said[0]
    assert "let the user of the service own" in said[1]


@pytest.mark.parametrize("program", ANY)
def test_a_manifest_that_is_not_whole_is_named(ward: Ward, program: str) -> None:
    whole = (manifest := ward.settings.parent / "site" / "plein.json").read_bytes()
    manifest.write_bytes(whole[:100])
    try:
        assert "plein.json is not taken in: manifest: " in ward.look(program, "well", "manifest")[0]
    finally:
        manifest.write_bytes(whole)


@pytest.mark.parametrize("database", [None, b"no database, but text " * 500])
def test_without_a_database_or_a_web_server_the_rest_is_looked_at(
    ward: Ward, tmp_path: Path, capsys: pytest.CaptureFixture[str], database: bytes | None
) -> None:
    settings, path = tmp_path / "plein.toml", tmp_path / "var" / "plein.db"
    settings.write_bytes(ward.settings.read_bytes())
    if database is not None:
        path.parent.mkdir()
        path.write_bytes(database)
    assert main(["--settings", str(settings), "doctor", "--from", f"127.0.0.1:{free_port()}"]) == 1
    said = capsys.readouterr().out
    assert f"WRONG  store            {path} cannot be opened" in said
    assert "WRONG  web server       https://plein.example/readyz cannot be reached" in said
    assert "ok     mail" in said
    assert "manifest" not in said
    assert "paths" not in said
    assert path.exists() == bool(database)


@pytest.mark.parametrize("program", ANY)
def test_nothing_is_said_of_what_only_the_database_could_tell(ward: Ward, program: str) -> None:
    settings, at = load(ward.settings), examination.address(ward.urls[program, "well"])
    names = ("manifest", "event streams", "handles", "documents", "signed requests")
    assert asyncio.run(examination.examine(settings, None, at, pytest.fail, now=app.utc_now, names=names))


@pytest.mark.parametrize("program", ANY)
def test_a_file_that_this_user_may_not_read_ends_nothing(ward: Ward, program: str, tmp_path: Path) -> None:
    (tmp_path / "announce.token").mkdir()
    said = ward.look(program, "well", "readers", "handles", change=of("service", keys_dir=tmp_path))
    assert "announce.token" in said[0]
    assert "call this as its user" in said[1]
    assert said[2].startswith("ok     handles")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://127.0.0.1:8443", ("127.0.0.1", 8443)),
        ("http://web.example/", ("web.example", 80)),
        ("web.example", ("web.example", 443)),
        ("[::1]:8443", ("::1", 8443)),
    ],
)
def test_from_may_be_a_url_or_a_host_with_a_port(said: str, meant: tuple[str, int]) -> None:
    assert examination.address(said) == meant


@pytest.mark.parametrize("said", ["", "https://", "web.example:x", "http://[::1"])
def test_what_is_no_address_is_no_from(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "--from", said])
    assert "--from: invalid address value" in capsys.readouterr().err


def test_every_remedy_is_said_by_a_check() -> None:
    checks = "".join(path.read_text("utf-8") for path in Path(examination.__file__).parent.glob("*.py"))
    assert not REMEDIES.keys() - set(re.findall(r'"([a-z-]+)"', checks))


@pytest.mark.parametrize("program", INSTALLED)
def test_no_redirect_leads_the_doctor_to_a_host_that_is_not_ours(ward: Ward, program: str) -> None:
    there = replace(ward, settings=ward.settings.parent / "apart.toml")
    assert there.look(program, "a redirect inward", "handles")[0].endswith("answers 302 (and 7 more)")


@pytest.mark.parametrize("program", ANY)
def test_what_an_answer_says_does_not_command_the_terminal(ward: Ward, program: str) -> None:
    said = "\n".join(ward.look(program, "a type with an escape", "handles"))
    assert "?[31m" in said
    assert said.replace("\n", "").replace("\t", "").isprintable()
