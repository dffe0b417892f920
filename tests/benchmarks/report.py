"""docs/benchmarks.md: each measurement is a section, which takes the place of the last one under its heading."""

import re
from pathlib import Path

REPORT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def put_in_report(section: str, report: Path = REPORT, *, within: str = "") -> None:
    """Replace the section with the same heading, or add it at the end (of the section `within`)."""
    text = report.read_text("utf-8") if report.exists() else "# Benchmarks\n"
    heading = section.partition("\n")[0]
    level = heading.partition(" ")[0]
    if within and f"\n{within}\n" not in text:
        text = f"{text.rstrip()}\n\n{within}\n"
    old = re.compile(rf"^{re.escape(heading)}\n.*?(?=^#{{1,{len(level)}}} |\Z)", re.DOTALL | re.MULTILINE)
    if old.search(text):
        text = old.sub(lambda _: section + "\n", text)
    else:
        place = re.compile(rf"^{re.escape(within)}\n.*?(?=^## |\Z)" if within else r"\A.*\Z", re.DOTALL | re.MULTILINE)
        text = place.sub(lambda found: f"{found[0].rstrip()}\n\n{section}\n", text, count=1)
    report.parent.mkdir(exist_ok=True)
    report.write_text(text.rstrip() + "\n", encoding="utf-8")
