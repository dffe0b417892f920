"""What the service does in a second and what it takes, beside a bare route and Isso, on the machine it runs on.

    python -m tests.benchmarks.service [--part reads,writes] [--full] [--write]

Every part starts its own servers on a fresh database below var/bench and loads them from another process. The texts
are those of comments.json. `--write` puts the table into docs/benchmarks.md; parts that did not run keep their rows.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from tests.benchmarks import service_parts as parts
from tests.benchmarks.peers import ROOT
from tests.benchmarks.report import put_in_report
from tests.benchmarks.service_parts import Row

HEADING = "## The comments service"
Measure = Callable[[Path, bool], list[Row]]
PARTS: dict[str, Measure] = {
    "reads": parts.reads,
    "writes": parts.writes,
    "time": parts.where_time_goes,
    "big": parts.big_thread,
    "counts": parts.counts,
    "memory": parts.memory,
    "streams": parts.streams,
}


def section(part: str, rows: Sequence[Row], name: str) -> str:
    lines = [
        f"### {part.capitalize()}",
        "",
        f"`inv bench {name} --part {part}`, {date.today().isoformat()}, {os.cpu_count()} cores, "  # noqa: DTZ011
        f"Python {platform.python_version()}, load of the machine at the end {os.getloadavg()[0]:.1f}.",
        "",
        "| what | measured | ratio | target |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {row.what} | {row.measured} | {row.ratio} | {row.target} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def main(
    argv: Sequence[str] | None = None,
    *,
    name: str = "service",
    heading: str = HEADING,
    measured: Mapping[str, Measure] = PARTS,
) -> int:
    parser = argparse.ArgumentParser(prog=f"inv bench {name}", description="Measure the service.")
    parser.add_argument("--part", default=",".join(measured), help=f"some of: {','.join(measured)} (default: all)")
    parser.add_argument("--full", action="store_true", help="a million comments, and ten minutes of load")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(argv)
    asked = options.part.split(",")
    unknown = [part for part in asked if part not in measured]
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}; choose from {', '.join(measured)}")
    place = ROOT / "var" / "bench"  # on the disk where a database would be
    place.mkdir(parents=True, exist_ok=True)
    for part in asked:
        with tempfile.TemporaryDirectory(dir=place, prefix=f"{part}-") as folder:
            told = section(part, measured[part](Path(folder), options.full), name)
        print(told, flush=True)  # noqa: T201
        if options.write:
            put_in_report(told, within=heading)
    return 0


if __name__ == "__main__":
    sys.exit(main())
