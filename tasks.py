"""The tasks of `inv --list`: one line of help each, the work itself is done in theme/commands and comments_service."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.tasks import task

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ROOT = Path(__file__).resolve().parent
CODE = ("comments_service", "theme", "tests", "tasks.py", "pelicanconf.py", "publishconf.py", ".ci")
MADE = (
    "output",
    "preview",
    "var/builds",
    "var/site",
    "var/pictures",
    "var/templates",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
)
# A worker more than there are cores, for tests wait too; each takes whole files, in the order of tests/conftest.py.
PYTEST = ["pytest", f"-n{min(8, (os.cpu_count() or 1) + 1)}", "--dist=loadfile", "--no-loadscope-reorder"]
# Invoke knows no positional argument that may be left out: a title is needed unless a translation is asked for.
TITLE = "" if any(word.startswith("--translate") for word in sys.argv) else None


def application() -> "ASGIApp":
    """The service with the site beside it, as `inv serve` runs it: the environment says where things are."""
    from comments_service import app, settings

    return app.create(settings.load())


def command(name: str, *words: str, **options: object) -> None:
    """Run `main` of theme/commands/<name>.py with these words and `--options`, and end with its status."""
    sys.exit(importlib.import_module(f"theme.commands.{name}").main([*written(**options), *words]))


def written(**options: object) -> list[str]:
    """Write `site_url="x"` as `--site-url=x`; what was not given is left out."""
    words: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        else:
            words += [f"{flag}={item}" for item in (value if isinstance(value, list) else [value]) if item]
    return words


def run(*commands: list[str]) -> None:
    """Run Python modules in the project's folder, one after the other, and end with the status of the first failure."""
    for words in commands:
        status = subprocess.call([sys.executable, "-m", *words], cwd=ROOT)
        if status != 0:
            sys.exit(status)


@task(help={"content": "folder with blogs/ and groups/", "state": "folder for the database and the builds"})
def serve(_context: Context, content: str = "", state: str = "") -> None:
    """Build the site, serve it with its comments on HOST:PORT, and build again on every change."""
    command("serve", content=content, state=state)


@task(
    optional=["with_comments"],
    help={
        "production": "with publishconf.py",
        "output": "default: output",
        "content": "default: content",
        "with_comments": "with the newest comments of the service in the pages, or of another URL or an export file",
    },
)
def build(
    _context: Context,
    production: bool = False,
    output: str = "",
    content: str = "",
    site_url: str = "",
    with_comments: str | None = None,
) -> None:
    """Build the site into a folder."""
    where = written(output=output, content=content, site_url=site_url, with_comments=with_comments)
    command("build", *where, production=production)


@task(help={"format": "text, json or github", "lang": "nl or en", "content": "default: content"})
def check(_context: Context, content: str = "", format: str = "", lang: str = "") -> None:  # noqa: A002
    """Check all content and say, with file and line, what is wrong and how to mend it."""
    command("check", content=content, format=format, lang=lang)


@task(positional=["title"], iterable=["author"], help={"group": "slug of the group", "translate": "blogs/SLUG"})
def new_blog(
    _context: Context,
    author: list[str],
    title: str | None = TITLE,
    group: str = "",
    lang: str = "",
    slug: str = "",
    translate: str = "",
    content: str = "",
) -> None:
    """Start a blog ("Title" --group x --lang nl), or the other language of one (--translate blogs/x)."""
    options = written(group=group, lang=lang, slug=slug, author=author, translate=translate, content=content)
    command("new", "blog", *options, "--", *([title] if title else []))


@task(positional=["name"], iterable=["owner"], help={"handle": "its name on the fediverse", "translate": "groups/SLUG"})
def new_group(
    _context: Context,
    owner: list[str],
    name: str | None = TITLE,
    handle: str = "",
    lang: str = "",
    slug: str = "",
    translate: str = "",
    content: str = "",
) -> None:
    """Start a group ("Name" --lang nl), or the other language of one (--translate groups/x)."""
    options = written(handle=handle, lang=lang, slug=slug, owner=owner, translate=translate, content=content)
    command("new", "group", *options, "--", *([name] if name else []))


@task(help={"output": "default: preview", "published": "file or URL of the published plein.json"})
def preview(_context: Context, output: str = "", content: str = "", published: str = "") -> None:
    """Build a preview of this branch and say what its publication would announce."""
    command("preview", output=output, content=content, published=published)


@task(
    iterable=["withdraw"],
    help={
        "dry_run": "only say what would happen",
        "force": "also when many pages are lost",
        "confirm": "send what waits since a backup was restored",
    },
)
def announce(
    _context: Context, withdraw: list[str], dry_run: bool = False, force: bool = False, confirm: bool = False
) -> None:
    """Let the service of this machine take in the published manifest, and say what it sends."""
    run(["comments_service", "announce", *written(dry_run=dry_run, force=force, confirm=confirm, withdraw=withdraw)])


@task(help={"from_": "ask this web server (URL) instead of the one that the site's name leads to"})
def doctor(_context: Context, from_: str = "") -> None:
    """Look at the running site from outside, and say what is wrong and what mends it."""
    run(["comments_service", "doctor", *([f"--from={from_}"] if from_ else [])])


@task(help={"path": "only the tests in this file or folder", "select": "only tests whose name matches (pytest -k)"})
def test(_context: Context, path: str = "", select: str = "") -> None:
    """Run all tests; browser tests need Chromium and are skipped without it."""
    run(
        ["theme.commands.catalogues"],
        [*PYTEST, *(["-k", select] if select else []), path or "tests"],
    )


@task
def check_code(_context: Context) -> None:
    """Check format, lint, types, imports and tests, as before a pull request."""
    lint_imports = "from importlinter.cli import lint_imports_command as run; run()"
    run(["ruff", "format", "--check", *CODE], ["ruff", "check", *CODE], ["mypy"])
    if subprocess.call([sys.executable, "-c", lint_imports], cwd=ROOT) != 0:
        sys.exit(1)
    run(["theme.commands.catalogues"], PYTEST)


@task(
    positional=["what"],
    help={
        "what": "build, service, federation, lighthouse or accessibility",
        "posts": "of build: posts in each language",
        "part": "of service: reads, writes, time, big, counts, memory, streams; of federation: inbox, fanout",
        "house": "of accessibility: one house style, for example Utrecht",
        "only": "of accessibility: kinds of page with this in their name",
        "anew": "of accessibility: judge what earlier runs have judged, too",
        "full": "of service: a million comments and ten minutes of load",
        "write": "into docs/benchmarks.md",
    },
)
def bench(
    _context: Context,
    what: str,
    posts: int = 0,
    part: str = "",
    house: str = "",
    only: str = "",
    anew: bool = False,
    full: bool = False,
    write: bool = False,
) -> None:
    """Measure time and memory, for example: bench build --posts 1000, or bench service --part reads."""
    options = written(posts=posts, part=part, house=house, only=only, anew=anew, full=full, write=write)
    run([f"tests.benchmarks.{what}", *options])


@task
def lock(_context: Context) -> None:
    """Write requirements/*.txt from the lists in pyproject.toml; dev.txt first, the others follow its versions."""
    uv = [
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-emit-index-url",
    ]
    uv += ["--no-annotate", "--custom-compile-command=inv lock"]
    everything = ["--extra=site", "--extra=service", "--extra=dev", "--output-file=requirements/dev.txt"]
    like_dev = ["--constraint=requirements/dev.txt"]
    run(
        uv + everything,
        *(
            [*uv, *like_dev, f"--extra={part}", f"--output-file=requirements/{part}.txt"]
            for part in ("site", "service")
        ),
        # apart from ours, each in an environment of its own
        *([*uv, f"--extra={part}", f"--output-file=requirements/{part}.txt"] for part in ("bench", "inputs")),
    )


@task
def clean(_context: Context) -> None:
    """Remove what was built and the caches; the database, the keys and .venv stay."""
    for path in (ROOT / name for name in MADE):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)
