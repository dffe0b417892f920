"""Lighthouse on a blog with its thread, a group, the front page and search, in both languages, as a phone sees them.

    python -m tests.benchmarks.lighthouse [--write]

`--write` puts the table into docs/benchmarks.md. Ends with 1 when a score is under 100.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.benchmarks.judges import PACKAGES, judged, node
from tests.benchmarks.report import put_in_report

SCORES = {
    "performance": "performance",
    "accessibility": "accessibility",
    "best-practices": "best practices",
    "seo": "search engines",
}


@dataclass(frozen=True)
class Verdict:
    """What Lighthouse says of one page: scores of 100, times in ms, and the audits that cost points."""

    page: str
    lang: str
    scores: dict[str, int]
    paint: float
    blocked: float
    shift: float
    bytes: int
    requests: int
    lost: tuple[str, ...]


def judge() -> list[Verdict]:
    with judged() as site:
        views = [(page, lang, url) for lang, pages in site.pages().items() for page, url in pages.items()]
        (answer,) = node(Path(__file__).with_suffix(".mjs"), json.dumps([url for *_, url in views]))
    verdicts = []
    for (page, lang, _), found in zip(views, json.loads(answer), strict=True):
        if found["error"]:
            raise SystemExit(f"Lighthouse could not judge {page} ({lang}): {found['error']}")
        del found["url"], found["error"]
        verdicts.append(Verdict(page, lang, **{**found, "lost": tuple(found["lost"])}))
    return verdicts


def section(verdicts: Sequence[Verdict]) -> str:
    names = list(SCORES)
    lines = [
        "## Lighthouse",
        "",
        f"`inv bench lighthouse`, {date.today().isoformat()}, Lighthouse {PACKAGES['lighthouse']}, mobile profile.",  # noqa: DTZ011
        "",
        f"| page | {' | '.join(SCORES.values())} | largest paint | blocked | shift | bytes | requests |",
        f"| --- |{' ---: |' * (len(names) + 5)}",
        *(
            f"| {one.page}, {one.lang} | {' | '.join(str(one.scores[name]) for name in names)} "
            f"| {one.paint / 1000:.1f} s | {one.blocked:.0f} ms | {one.shift:.3f} | {one.bytes:,} | {one.requests} |"
            for one in verdicts
        ),
    ]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv bench lighthouse", description="Let Lighthouse judge the site.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(argv)
    verdicts = judge()
    table = section(verdicts)
    print(table)  # noqa: T201
    for one in verdicts:
        for reason in one.lost:
            print(f"{one.page}, {one.lang}: {reason}")  # noqa: T201
    if options.write:
        put_in_report(table)
    return 0 if all(score == 100 for one in verdicts for score in one.scores.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
