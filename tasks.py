"""The tasks of `inv --list`: one line of help each, the work itself is done in theme/commands and comments_service."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.context import Context
from invoke.tasks import task

if TYPE_CHECKING:
    from starlette.applications import Starlette

ROOT = Path(__file__).resolve().parent
PYTHON = shlex.quote(sys.executable)
CODE = "comments_service theme tests tasks.py pelicanconf.py publishconf.py .ci"


def application() -> "Starlette":
    """The service with the site beside it, as `inv serve` runs it: the environment says where things are."""
    from comments_service import app, settings

    return app.create(settings.load())


def options(**given: object) -> list[str]:
    """Write `site_url="x"` as `--site-url x`; what was not given is left out."""
    arguments: list[str] = []
    for name, value in given.items():
        if value:
            arguments += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return arguments


def run(context: Context, *commands: str) -> None:
    """Run each command in the project's folder; stop at the first that fails, with its status."""
    with context.cd(str(ROOT)):
        for command in commands:
            context.run(command, pty=False)


@task(help={"content": "folder with blogs/ and groups/", "state": "folder for the database and the builds"})
def serve(_context: Context, content: str = "", state: str = "") -> None:
    """Build the site, serve it with its comments on HOST:PORT, and build again on every change."""
    from theme.commands import serve as command

    sys.exit(command.main(options(content=content, state=state)))


@task(help={"production": "with publishconf.py", "output": "default: output", "content": "default: content"})
def build(_context: Context, production: bool = False, output: str = "", content: str = "", site_url: str = "") -> None:
    """Build the site into a folder."""
    from theme.commands import build as command

    sys.exit(command.main(options(production=production, output=output, content=content, site_url=site_url)))


@task(help={"format": "text, json or github", "lang": "nl or en", "content": "default: content"})
def check(_context: Context, content: str = "", format: str = "", lang: str = "") -> None:  # noqa: A002
    """Check all content and say, with file and line, what is wrong and how to mend it."""
    from theme.commands import catalogues
    from theme.commands import check as command

    catalogues.main()
    sys.exit(command.main(options(content=content, format=format, lang=lang)))


@task
def clean(_context: Context) -> None:
    """Remove what was built: output/, the builds in var/ and caches. The database and keys stay."""
    for name in (
        "output",
        "var/builds",
        "var/site",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".import_linter_cache",
    ):
        path = ROOT / name
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path, ignore_errors=True)
