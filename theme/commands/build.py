"""Build the site: one Pelican run into a new folder, which takes the place of the last output only when it is whole."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from theme.commands import catalogues
from theme.commands.compress import compress
from theme.plugins.catalogue import N_, terminal_language, translations

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = "plein.json"  # written last: a folder that has it holds a whole build


NO_FOLDER = N_("There is no folder {folder}. Give the folder that has blogs/ in it: --content DIR.")
STRANGE = N_(
    "{folder} has files in it that are no build of this site, and a build would replace them. "
    "Choose an empty or new folder: --output DIR."
)
BUILT = N_("Built {number} pages in {folder}.")
AS_IT_WAS = N_("The last output is as it was.")


@dataclass(frozen=True)
class Build:
    """One run of Pelican: what it reads, where it writes and which address the pages get (None: that of plein.toml)."""

    content: Path
    output: Path
    production: bool = False
    site_url: str | None = None
    comments: str = ""  # where to read them, as theme/plugins/comments.py takes it

    def command(self) -> list[str]:
        settings = "publishconf.py" if self.production else "pelicanconf.py"
        options = ["--settings", str(ROOT / settings), "--output", str(self.output.absolute())]
        quiet = ["--fatal", "errors", "--log-handler", "plain"]
        return [sys.executable, "-m", "pelican", str(self.content.absolute()), *options, *quiet]

    def environment(self) -> dict[str, str]:
        environment = dict(os.environ) | {"PLEIN_COMMENTS": self.comments}
        if self.site_url:
            environment["PLEIN_SITE__URL"] = self.site_url
        return environment


def is_build(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def put_in_place(new: Path, output: Path) -> None:
    """Let `new` take the place of `output`, which is a former build, empty or absent."""
    if output.exists():
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-old-") as old:
            output.rename(Path(old, "output"))
            new.rename(output)
    else:
        new.rename(output)


def build(
    content: Path, output: Path, *, production: bool = False, site_url: str | None = None, comments: str = ""
) -> int:
    """Build into `output` and return Pelican's exit status; on failure the last output stays as it was."""
    output = output.resolve()
    if not content.is_dir():
        print(_say(NO_FOLDER, folder=content), file=sys.stderr)
        return 1
    if output.exists() and not is_build(output) and (not output.is_dir() or any(output.iterdir())):
        print(_say(STRANGE, folder=output), file=sys.stderr)
        return 1
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-new-") as unfinished:
        run = Build(content, Path(unfinished, "output"), production, site_url, comments)
        status = subprocess.run(run.command(), cwd=ROOT, env=run.environment(), check=False).returncode
        if status == 0:
            if production:
                compress(run.output)
            put_in_place(run.output, output)
            print(_say(BUILT, number=sum(1 for _ in output.rglob("*.html")), folder=output))
        else:
            print(_say(AS_IT_WAS), file=sys.stderr)
    return status


def _say(text: str, **values: object) -> str:
    return translations(terminal_language(os.environ)).gettext(text).format(**values)


def comment_source(text: str) -> str:
    """A URL, or the path of a file made absolute: Pelican runs in the project's folder."""
    if text in ("", "service") or text.startswith(("http://", "https://")):
        return text
    return str(Path(text).absolute())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv build", description="Build the site.")
    parser.add_argument("--production", action="store_true", help="with publishconf.py, for the world to see")
    parser.add_argument("--output", type=Path, default=ROOT / "output", metavar="DIR", help="default: output")
    parser.add_argument("--content", type=Path, default=ROOT / "content", metavar="DIR", help="default: content")
    parser.add_argument("--site-url", metavar="URL", help="default: the url in plein.toml")
    parser.add_argument(
        "--with-comments",
        nargs="?",
        const="service",
        default="",
        metavar="URL|FILE",
        help="with the newest comments in the pages: of the service in plein.toml, of another one, or of an export",
    )
    options = parser.parse_args(argv)
    catalogues.main()
    return build(
        options.content,
        options.output,
        production=options.production,
        site_url=options.site_url,
        comments=comment_source(options.with_comments),
    )


if __name__ == "__main__":
    sys.exit(main())
