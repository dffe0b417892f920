"""Whole small sites in strings, built by the real Pelican in a child process."""

import multiprocessing
import os
import runpy
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
CLOCK = "1795000000"  # 18 November 2026, after every date in these tests but the ones that are not due

PEOPLE = """
    redactie:
      name: {nl: Redactie, en: Editors}
      bio: {nl: "Wij lezen <alles> & meer.", en: We read everything.}
      links: [https://redactie.example/over]
    tuin_team:
      name: {nl: Team Tuin, en: Garden team}
      bio: {nl: Wij wieden., en: We weed.}
    """
GROUP_NL = """
    ---
    name: Tuin & plein
    tagline: "Groen <overal>"
    handle: tuin
    owners: [redactie, tuin_team]
    ---
    Wij tuinieren. Lees [ons eerste stuk](../blogs/eerste.nl.md#wat-wij-leerden).

    ## Wat wij doen

    Wieden.
    """
GROUP_EN = """
    ---
    name: Garden & square
    tagline: Green everywhere
    handle: tuin
    owners: [redactie, tuin_team]
    ---
    We garden.
    """
GROUP_NL_ONLY = """
    ---
    name: Archief
    tagline: Bewaren
    handle: bewaren
    owners: [redactie, tuin_team]
    members: []
    ---
    Alleen in het Nederlands.
    """
FIRST_NL = """
    ---
    title: "Een <plein> zonder \\"drempels\\" & meer"
    date: 2026-03-01T09:00:00+01:00
    authors: [redactie, tuin_team]
    group: tuin
    tags: [open source, tuinieren]
    summary: "Wat <wij> leerden & u kunt gebruiken."
    image: plein.svg
    image_alt: "Een plein met <bomen>"
    was: [oudste, oud]
    ---
    Zie [de groep](../groups/tuin.nl.md) en [het vervolg](tweede.nl.md), of [elders](https://elders.example/a?b=1&c=2).

    ## Wat wij leerden

    Veel.[^1]

    ![Een schets](eerste/schets.svg)

    [^1]: Een noot.
    """
FIRST_EN = """
    ---
    title: A square without thresholds
    date: 2026-03-01T09:00:00+01:00
    authors: [redactie, tuin_team]
    group: tuin
    tags: [open source]
    summary: What we learned.
    image: plein.svg
    image_alt: A square with trees
    was: [oudste, oud]
    updated: 2026-04-02
    ---
    See [the group](../groups/tuin.en.md).
    """
SECOND_NL = """
    ---
    title: Het vervolg
    date: 2026-05-01
    authors: [tuin_team]
    group: tuin
    tags: [tuinieren]
    summary: Verder in de tuin.
    comments: closed
    ---
    Terug naar [het begin](eerste.nl.md#wat-wij-leerden).
    """
ENGLISH_ONLY = """
    ---
    title: Only in English
    date: 2026-06-01
    authors: [redactie]
    group: bewaren-en-meer
    tags: [open source, licences]
    summary: This one has no translation.
    ---
    Text.
    """
PAGE_NL = """
    ---
    title: Over ons
    summary: Wie wij zijn.
    ---
    Wij zijn [de redactie](../groups/tuin.nl.md).
    """
PAGE_EN = """
    ---
    title: About us
    summary: Who we are.
    ---
    We are.
    """
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 420"><rect width="10" height="10"/></svg>\n'

GARDEN: Mapping[str, str] = {
    "people.yml": PEOPLE,
    "groups/tuin.nl.md": GROUP_NL,
    "groups/tuin.en.md": GROUP_EN,
    "groups/bewaren-en-meer.nl.md": GROUP_NL_ONLY,
    "blogs/eerste.nl.md": FIRST_NL,
    "blogs/eerste.en.md": FIRST_EN,
    "blogs/eerste/plein.svg": PICTURE,
    "blogs/eerste/schets.svg": PICTURE.replace("1200", "600"),
    "blogs/tweede.nl.md": SECOND_NL,
    "blogs/only-english.en.md": ENGLISH_ONLY,
    "pages/over.nl.md": PAGE_NL,
    "pages/over.en.md": PAGE_EN,
}


def a_blog(title: str, *, date: str = "2026-02-01", text: str = "Tekst.", more: str = "") -> str:
    """A correct post in the group of the garden; `more` is further front matter."""
    head = f'title: "{title}"\ndate: {date}\nauthors: [redactie]\ngroup: tuin\nsummary: "Kort: {title}."\n'
    return f"---\n{head}{more}---\n{text}\n"


def write_content(folder: Path, files: Mapping[str, str]) -> Path:
    """Write the files of a content folder and return it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Built:
    """The output of one build, and what the build said."""

    folder: Path
    status: int
    said: str

    def text(self, path: str) -> str:
        """The file that answers a path, without the base of the site."""
        return (self.folder / (path.lstrip("/") + ("index.html" if path.endswith("/") else ""))).read_text("utf-8")

    def xml(self, path: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.text(path))  # noqa: S314  our own output

    def has(self, path: str) -> bool:
        return (self.folder / (path.lstrip("/") + ("index.html" if path.endswith("/") else ""))).is_file()

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def build(
    content: Path,
    output: Path,
    *,
    url: str = "https://plein.example",
    clock: str = CLOCK,
    settings: str = "pelicanconf.py",
    environ: Mapping[str, str] | None = None,
) -> Built:
    """Run `pelican` as `inv build` does, in a process that has imported what it needs: half of the time is that."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PLEIN_")},
        "PLEIN_SITE__URL": url,
        "SOURCE_DATE_EPOCH": clock,
        **(environ or {}),
    }
    words = ["pelican", str(content), "-s", str(ROOT / settings), "-o", str(output)]
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder, "out"), Path(folder, "err")
        process = prepared().Process(target=run_pelican, args=(words, environment, *said))
        process.start()
        process.join()
        assert process.exitcode is not None
        return Built(output, process.exitcode, "".join(path.read_text("utf-8") for path in said))


@cache
def prepared() -> ForkServerContext:
    """Children of this context begin with the imports of a build behind them, and with nothing else."""
    context = multiprocessing.get_context("forkserver")
    plugins = (ROOT / "theme" / "plugins").glob("[a-z]*.py")
    context.set_forkserver_preload(["pelican", *sorted(f"theme.plugins.{path.stem}" for path in plugins)])
    return context


def run_pelican(words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> None:
    """Be the process `pelican …`: its words, environment, folder and two outputs."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    for stream, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), stream)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.argv = list(words)
    runpy.run_module("pelican", run_name="__main__", alter_sys=True)
