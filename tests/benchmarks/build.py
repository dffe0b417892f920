"""How long a large site takes to build, how much memory, and where the time goes.

    python -m tests.benchmarks.build --posts 1000 [--write]

Generates posts in both languages in a temporary folder, builds them in a child process as `inv build` does, and prints
a Markdown table; `--write` puts it into docs/benchmarks.md, in the place of the last one.
"""

import argparse
import json
import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests.benchmarks.report import put_in_report

ROOT = Path(__file__).resolve().parents[2]
HEADING = "## Building the site"
WORDS = {
    "nl": "wij leren samen van een open plein met korte zinnen waar iedereen mag meelezen en een reactie schrijft over "
    "werk dat beter kan als u laat zien hoe het ging en wat het kostte",
    "en": "we learn together on an open square with short sentences where everyone may read and write an answer about "
    "work that can be better when you show how it went and what it cost",
}
GROUPS = 20
PEOPLE = 40
TAGS = 60


@dataclass(frozen=True)
class Measurement:
    """The first build: seconds by the clock and of processors, peak memory in bytes, files written, seconds per stage.

    `again` is what the next build takes, of processors: pictures are drawn by then.
    """

    posts: int
    seconds: float
    processor_seconds: float  # of all processes; a busy machine changes these least
    peak: int
    files: int
    stages: Mapping[str, float]
    again: float


def sentence(chance: random.Random, lang: str) -> str:
    words = WORDS[lang].split()
    return " ".join(chance.choice(words) for _ in range(chance.randint(8, 16))).capitalize() + "."


def paragraph(chance: random.Random, lang: str) -> str:
    return " ".join(sentence(chance, lang) for _ in range(5))


def body(chance: random.Random, lang: str, number: int) -> str:
    """About 500 words with all that posts have: headings, a list, a table, code, a quote, a note, links."""
    other = f"[{number}](bericht-{max(1, number - 1)}.{lang}.md)"
    parts = [paragraph(chance, lang) + "[^1]"]
    for heading in range(3):
        parts += [f"## {sentence(chance, lang)[:40]} {heading}", paragraph(chance, lang), paragraph(chance, lang)]
    parts.insert(3, "\n".join(f"- **{chance.choice(WORDS[lang].split())}** {sentence(chance, lang)}" for _ in range(4)))
    parts.insert(5, "| a | b |\n| --- | ---: |\n" + "\n".join(f"| {n} | {n * 7} |" for n in range(5)))
    parts.insert(7, '```python\ndef answer(question: str) -> int:\n    """The usual."""\n    return 42\n```')
    parts.append(f"> {sentence(chance, lang)}\n\n{other}, [groep](../groups/groep-{number % GROUPS}.{lang}.md).")
    parts.append(f"[^1]: {sentence(chance, lang)}")
    return "\n\n".join(parts)


def generate(content: Path, posts: int) -> None:
    """The same content for the same number of posts."""
    chance = random.Random(posts)
    for kind in ("blogs", "groups"):
        (content / kind).mkdir(parents=True)
    people = [f"persoon_{n}:\n  name: {{nl: Persoon {n}, en: Person {n}}}\n" for n in range(PEOPLE)]
    (content / "people.yml").write_text("".join(people), encoding="utf-8")
    for lang in WORDS:
        for n in range(GROUPS):
            head = f"name: {lang} {n}\ntagline: {sentence(chance, lang)}\nhandle: groep_{n}\n"
            owners = f"owners: [persoon_{n}, persoon_{n + 1}]\n"
            text = f"---\n{head}{owners}---\n{paragraph(chance, lang)}\n"
            (content / "groups" / f"groep-{n}.{lang}.md").write_text(text, encoding="utf-8")
        for n in range(1, posts + 1):
            when = date(2026, 1, 1) - timedelta(days=n)
            head = f'title: "{sentence(chance, lang)[:60]}"\ndate: {when}\nauthors: [persoon_{n % PEOPLE}]\n'
            tags = f"tags: [onderwerp {n % TAGS}, onderwerp {(n * 7) % TAGS}]\n"
            head += f"group: groep-{n % GROUPS}\n{tags}summary: {sentence(chance, lang)}\n"
            text = f"---\n{head}---\n{body(chance, lang, n)}\n"
            (content / "blogs" / f"bericht-{n}.{lang}.md").write_text(text, encoding="utf-8")


def measure(folder: Path, posts: int) -> Measurement:
    """Build twice, with nothing drawn before. Raises RuntimeError when a build fails."""
    content, output, timings = folder / "content", folder / "output", folder / "timings.json"
    generate(content, posts)
    (folder / "theme").symlink_to(ROOT / "theme")  # pictures are kept beside it
    command = [sys.executable, "-m", "pelican", str(content), "-s", str(ROOT / "pelicanconf.py"), "-o", str(output)]
    command += ["-t", str(folder / "theme")]
    started = time.perf_counter()
    usage = build(command, timings)
    seconds = time.perf_counter() - started
    stages = json.loads(timings.read_text("utf-8"))
    files = sum(1 for path in output.rglob("*") if path.is_file())
    return Measurement(
        posts, seconds, processor_seconds(usage), usage.ru_maxrss * 1024, files, stages,
        processor_seconds(build(command, timings)),
    )  # fmt: skip


def build(command: list[str], timings: Path) -> resource.struct_rusage:
    """Build in a child process."""
    environment = {**os.environ, "PLEIN_TIMINGS": str(timings)}
    os.chdir(ROOT)
    child = os.spawnve(os.P_NOWAIT, sys.executable, command, environment)  # noqa: S606  wait4 tells the memory of a child
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise RuntimeError(f"the build ended with status {os.waitstatus_to_exitcode(status)}")
    return usage


def processor_seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def table(result: Measurement) -> str:
    """A Markdown section. The rest is what no stage counts: starting Python and Pelican, compiling templates."""
    rest = result.seconds - sum(result.stages.values())
    rows = [*result.stages.items(), ("start and the rest", rest)]
    lines = [
        HEADING,
        "",
        f"`inv bench build --posts {result.posts}`, {date.today().isoformat()}, {os.cpu_count()} cores, "  # noqa: DTZ011
        f"Python {platform.python_version()}.",
        f"{result.posts} posts in two languages, {result.files:,} files written: **{result.seconds:.1f} s, "
        f"{result.peak / 1_000_000:.0f} MB** at most; {result.processor_seconds:.1f} s of processor time, and "
        f"{result.again:.1f} s when it is built again, with all pictures drawn.",
        "",
        "| stage | seconds | share |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {seconds:.2f} | {seconds / result.seconds:.0%} |" for name, seconds in rows if seconds >= 0.005),
    ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv bench build", description="Measure the build of a large site.")
    parser.add_argument("--posts", type=int, default=1000, help="posts in each language (default: 1000)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="plein-bench-") as folder:
        section = table(measure(Path(folder), options.posts))
    print(section)  # noqa: T201
    if options.write:
        put_in_report(section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
