"""The command line of the service: python -m comments_service COMMAND."""

import argparse
import asyncio
import gc
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import uvicorn
import uvloop

from comments_service import accounts, announcements, app, ledger, moderation, pages, servers
from comments_service.archive import export
from comments_service.doctor import examination
from comments_service.errors import Conflict, PleinError
from comments_service.federation import actors, keys, moving, rooms
from comments_service.model import CommentState
from comments_service.settings import Settings, SettingsError, load
from comments_service.store import sqlite
from comments_service.store.sqlite import SqliteStore
from comments_service.web.packets import OnePacket

# The writer's thread gives its turn away with each SQL statement; by default it waits up to 5 ms to get it back.
THREAD_SECONDS = 0.00005
GARBAGE_OBJECTS = 5_000  # hardly any of ours are circles, so looking for circles can wait
NICE = 5  # how far sending gives way to serving
STOP_SECONDS = 10  # how long a stop waits for requests that are being answered

MODERATION = {
    "hide": ("take a comment out of sight; it can be restored", "The comment is hidden."),
    "restore": ("show a comment that was hidden or held", "The comment is shown again."),
    "remove": ("remove a comment and its text for good", "The comment is removed."),
    "show-pictures": ("show the pictures of a comment from elsewhere", "The service fetches the pictures now."),
    "hide-pictures": ("show no pictures of a comment any more", "The pictures are words and links again."),
}
REFUSALS = {
    "other-site": "it is of another site: {}. Build it with the URL of plein.toml",
    "older": "its serial {} is older than {}, which was taken in",
    "empty": "it holds no pages",
    "loses-pages": "it loses these pages: {}. If that is right, say --force",
    "slug-taken": "these names lead to one page: {}. Give one of them another slug",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        settings = load(asked.settings)
        if asked.command == "serve":
            return serve(settings, asked.host, asked.port)
        if asked.command == "deliver":
            return deliver(settings)
        if asked.command == "migrate":
            return migrate(settings)
        settings = settings.of_site(asked.site)
        if asked.command == "doctor":
            return asyncio.run(_examine(settings, asked.at))
        # with the token in the environment this machine builds the site; the service runs where the settings say
        if asked.command == "announce" and (token := settings.service.announce_token.get_secret_value()):
            intake = asyncio.run(announcements.ask(settings, token, _wishes(asked)))
            return _report(intake, ledger.path_of(settings), is_dry=asked.dry_run)
        return asyncio.run(_run(settings, asked))
    except Conflict:
        return _fail("The comment is in another state: it is hidden, shown or removed already.")
    except (SettingsError, PleinError) as error:
        return _fail(str(error))
    except sqlite3.Error as error:
        return _fail(f"The database cannot be used: {error}")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m comments_service", description="The comments service of a site.")
    parser.add_argument("--settings", type=Path, help="the settings file (default: plein.toml in this folder)")
    parser.add_argument("--site", help="the id of the site, when the file names several (default: the first)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="serve the API, the HTML pages and, when set, the built site")
    serving.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")
    serving.add_argument("--port", type=int, default=8000, help="the port to listen on (default: 8000; 0: any)")
    announcing = commands.add_parser("announce", help="take the site's manifest in and say what would be sent")
    announcing.add_argument("--dry-run", action="store_true", help="only say what would happen")
    announcing.add_argument("--force", action="store_true", help="take in a manifest that loses many pages")
    gone = "withdraw a page that is gone at once (blogs/x)"
    announcing.add_argument("--withdraw", action="append", default=[], metavar="KEY", help=gone)
    announcing.add_argument("--confirm", action="store_true", help="send what waits since a backup was restored")
    followers = "with --dry-run: ask the service that runs how many follow"
    announcing.add_argument("--ask-followers", action="store_true", help=followers)
    looking = commands.add_parser("doctor", help="look at the running site from outside, and say what is wrong")
    instead = "ask this web server instead of the one that the site's name leads to"
    looking.add_argument("--from", dest="at", metavar="URL", type=examination.address, help=instead)
    commands.add_parser("deliver", help="send to other servers, beside a service with federation.deliver_here = false")
    commands.add_parser("migrate", help="bring the database to the form that this version needs")
    for name, (help_text, _) in MODERATION.items():
        commands.add_parser(name, help=help_text).add_argument("comment", metavar="ID", help="the id of the comment")
    commands.add_parser("held", help="list the comments that wait for a moderator; restore shows one")
    for name, help_text in (("close", "take no more comments on a page"), ("reopen", "undo close")):
        commands.add_parser(name, help=help_text).add_argument("page", metavar="KEY", help="the page (blogs/x)")
    deciding = commands.add_parser("servers", help="list what was decided about servers and people, or decide")
    deciding.add_argument("who", nargs="?", metavar="WHO", help="a server, @name@server, or the address of a person")
    choices = (*servers.POLICIES, "none")
    deciding.add_argument("policy", nargs="?", choices=choices, help="what holds from now on; none: as for everyone")
    deciding.add_argument("--reason", default="", help="for moderators")
    deciding.add_argument("--sweep", action="store_true", help="with block: hide their comments that stand here too")
    deciding.add_argument("--import", type=Path, metavar="FILE", dest="list", help="take in a block list of Mastodon")
    asking = commands.add_parser("fate", help="say what became of a reply from elsewhere; fetch one that never came")
    asking.add_argument("url", metavar="URL", help="its address or the address of its page")
    commands.add_parser("deliveries", help="list what other servers have not got yet, and why")
    commands.add_parser("reports", help="list what was reported and is not decided")
    exporting = commands.add_parser("export", help="write all public comments into one JSON file")
    exporting.add_argument("file", type=Path, metavar="FILE", help="it is replaced when it is there")
    keys_ = commands.add_parser("keys", help="rotate: let actors sign with new keys; move: to another host")
    doing = keys_.add_subparsers(dest="do", required=True, metavar="DO")
    whose = doing.add_parser("rotate", help="let actors sign with new keys from now on")
    whose.add_argument("handle", nargs="?", metavar="HANDLE", help="of one actor only (default: all of them)")
    where = doing.add_parser("move", help="let actors live at another address from the next start on")
    where.add_argument("url", metavar="URL", help="the address that handles and ids get")
    administrator = commands.add_parser("administrator", help="make the account of a mail address an administrator")
    administrator.add_argument("email", metavar="EMAIL")
    return parser


def serve(settings: Settings, host: str, port: int) -> int:
    """Serve until a signal stops it; requests that are being answered are finished first."""
    config = uvicorn.Config(
        app.create(settings),
        host=host,
        port=port,
        loop="uvloop",
        http=OnePacket,
        ws="none",
        lifespan="on",
        access_log=False,  # no reader's address is kept
        server_header=False,
        proxy_headers=bool(settings.service.trusted_proxies),
        forwarded_allow_ips=settings.service.trusted_proxies,
        timeout_graceful_shutdown=STOP_SECONDS,
        log_level="warning",
    )
    _settle()
    server = uvicorn.Server(config)
    server.run()
    return 0 if server.started else 1


def deliver(settings: Settings) -> int:
    """Send until a signal stops it; what is under way is tried again later. Who reads goes first."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    _settle()
    os.nice(NICE)
    with suppress(KeyboardInterrupt):
        uvloop.run(app.deliver(settings))
    return 0


def _settle() -> None:
    """Prepare the interpreter for a process that stays."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    sys.setswitchinterval(THREAD_SECONDS)
    gc.freeze()  # what is loaded by now stays
    gc.set_threshold(GARBAGE_OBJECTS)


def migrate(settings: Settings) -> int:
    done = sqlite.migrate(settings.service.database)
    _say(f"Applied: {', '.join(done)}." if done else "Nothing to do.")
    return 0


def _wishes(asked: argparse.Namespace) -> pages.Asked:
    return pages.Asked(asked.force, tuple(asked.withdraw), asked.dry_run, asked.confirm, asked.ask_followers)


async def _examine(settings: Settings, at: tuple[str, int] | None) -> int:
    async with AsyncExitStack() as stack:
        store: SqliteStore | None = None
        with suppress(sqlite3.Error, OSError):  # the doctor says so
            if settings.service.database.exists():
                store = await stack.enter_async_context(app.opened(settings))
        return 0 if await examination.examine(settings, store, at, _say, now=app.utc_now) else 1


async def _run(settings: Settings, asked: argparse.Namespace) -> int:
    now = app.utc_now()
    async with app.opened(settings) as store:
        match asked.command:
            case "announce":
                intake = await announcements.announce(store, settings, _wishes(asked), now=now, after=actors.take_in)
                return _report(intake, ledger.path_of(settings), is_dry=asked.dry_run)
            case "export":
                thread_count, comment_count = await export.export(store, settings, asked.file, now=now)
                _say(f"{asked.file} holds {comment_count} comments in {thread_count} threads.")
            case "administrator":
                account = await store.write(accounts.make_administrator, asked.email, now=now)
                _say(f"{account.email} is an administrator now.")
            case "keys" if asked.do == "move":
                base = await store.write(moving.move, settings.site.id, asked.url, now=now)
                _say(f"Actors live at {base} from the next start of the service on; their followers are told then.")
                _say("Let the web server of the former address pass on what it passes on now, for good.")
            case "keys":
                _say(f"{await keys.rotate(store, settings.site.id, asked.handle, now=now)} keys are new.")
            case action if action in MODERATION:
                await store.write(moderation.move, asked.command, asked.comment, moderation.COMMAND_LINE, now=now)
                _say(MODERATION[asked.command][1])
            case "held":
                for case in await store.read(moderation.cases, settings.site.id, CommentState.HELD):
                    comment = case.comment
                    _say(f"{comment.id} {comment.page_key} {comment.author.name if comment.author else ''}")
                    _say("  " + comment.text.replace("\n", "\n  "))
            case "servers":
                return await _servers(store, asked)
            case "fate":
                federation = await rooms.open_federation(settings, store, app.utc_now)
                try:
                    fate = await federation.checks.where_is(asked.url)
                finally:
                    await federation.client.close()
                _say(f"{fate.fate}: {fate.reason}".removesuffix(": "))
            case "deliveries":
                for one in await store.read(moderation.undelivered, settings.site.id):
                    after = f"next {one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else "no next try"
                    _say(f"{one.server}: {one.number} wait, {one.failed} given up, {one.attempts} tries, {after}")
                    _say(f"  {one.why}")
            case "reports":
                for report in await store.read(moderation.reports, settings.site.id):
                    _say(f"{report.case.comment.id if report.case else '-'} by {report.who}")
                    _say(f"  {report.content}")
            case "close" | "reopen":
                page = await store.read(pages.by_key, settings.site.id, asked.page)
                by = moderation.COMMAND_LINE if asked.command == "close" else None
                await store.write(moderation.close, page, by, now=now)
                _say("The comments are closed." if by else "The comments are open.")
    return 0


async def _servers(store: SqliteStore, asked: argparse.Namespace) -> int:
    """List what was decided about other servers and their people, decide, or take in a list."""
    if asked.list is not None:
        listed = servers.read_list((await asyncio.to_thread(asked.list.read_bytes)).decode("utf-8", "replace"))
        _say(f"{await store.write(servers.import_list, listed)} servers were new.")
    elif asked.who is None:
        for server in await store.read(servers.decided):
            _say(f"{server.policy} {server.host} {server.reason}".rstrip())
        for person in await store.read(servers.people):
            _say(f"{person.policy} {person.uri} {person.handle or ''}".rstrip())
    elif asked.policy is None:
        return _fail(f"Say what holds for {asked.who}: {', '.join(servers.POLICIES)} or none.")
    else:
        decision = asked.who, asked.policy.replace("none", "") or None, asked.reason, moderation.COMMAND_LINE
        number = await store.write(moderation.decide, *decision, is_sweep=asked.sweep, now=app.utc_now())
        _say(f"It holds from now on. {number} comments were hidden.")
    return 0


def _report(intake: pages.Intake, told: Path, *, is_dry: bool) -> int:
    if intake.refused:
        names = intake.named if intake.refused == "older" else [", ".join(intake.named)]
        return _fail(f"The manifest is refused: {REFUSALS[intake.refused].format(*names)}.")
    if not intake.taken:
        _say("This manifest was taken in before; nothing to do.")
        return 0
    _say("This would happen:" if is_dry else "The manifest is taken in.")
    for event in intake.would_send:
        number = "" if event.followers is None else f" to {event.followers} followers"
        _say(f"  {event.activity} {event.page_key} would be sent{number}")
    if intake.waits:
        _say("Nothing is sent: this database knows less than was told. It was restored, or deleted.")
        _say("  Is this list right? Then say announce --confirm.")
        _say(f"  Do you begin anew? Stop the service, delete {told.name} and the database, and start it.")
    for key in intake.missing:
        _say(f"  {key} is missing; it is withdrawn when a newer manifest lacks it too")
    for held in intake.held:
        was = held.page.partition("/")[2]
        _say(f"  {held.name} waits: it looks like {held.page} under another name. Write `was: [{was}]` in its front")
        _say(f"    matter, or, if it is another page, say --withdraw {held.page}")
    for key in intake.named:
        _say(f"  {key} is not withdrawn: the manifest still holds it, or it was never known")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _fail(line: str) -> int:
    sys.stderr.write(line + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
