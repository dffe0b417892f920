"""axe, Siteimprove Alfa and IBM Equal Access on every kind of page, light and dark, on a phone and on a desk.

    python -m tests.benchmarks.accessibility [--write]

All three judge at WCAG 2.2 AA. `--write` puts the table into docs/benchmarks.md. Ends with 1 when anything is found.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.benchmarks.judges import PACKAGES, Judged, chromium, judged, node
from tests.benchmarks.report import put_in_report

ENGINES = {
    "axe": f"axe {PACKAGES['axe-core']}",
    "alfa": f"Siteimprove Alfa {PACKAGES['@siteimprove/alfa-rules']}",
    "ace": f"IBM Equal Access {PACKAGES['accessibility-checker-engine']}",
}
LOOKS = [
    {"name": f"{'dark' if dark else 'light'} {width}", "dark": dark, "width": width}
    for dark in (False, True)
    for width in (360, 1280)
]
OF_THE_SERVICE = {  # where a reader comes who follows the links; a page that is not there is left out
    "log-in": False,
    "account": True,
    "threads/{talk}": True,
    "people/{person}": False,
}


@dataclass(frozen=True)
class Finding:
    """What one engine says of one page in one look: how many rules or checks pass, and (rule, why, where) of faults."""

    engine: str
    page: str
    look: str
    passed: int
    faults: tuple[tuple[str, str, str], ...]


def views(site: Judged) -> Iterator[dict[str, object]]:
    """Every kind of page in both languages; Bert is logged in where a page is for people who are."""
    person = site.person()
    for lang, prefix in site.prefix.items():
        for kind, path in site.kinds(lang).items():
            yield {"name": f"{kind} ({lang})", "lang": lang, "url": site.place.url + path, "cookies": []}
        for path, logged_in in OF_THE_SERVICE.items():
            url = f"{site.place.url}{prefix}/{path.format(talk=site.world.talk, person=person)}"
            cookies = site.world.bert["cookies"] if logged_in else []
            yield {"name": f"{path} ({lang})", "lang": lang, "url": url, "cookies": cookies}
        talk = site.place.page_url(site.world.talk, lang)
        yield {"name": f"a talk ({lang})", "lang": lang, "url": f"{talk}#thread", "cookies": site.world.bert["cookies"]}


def judge() -> list[Finding]:
    with judged() as site:
        asked = {"pages": list(views(site)), "looks": LOOKS, "executable": chromium()}
        said = json.loads(node(Path(__file__).with_suffix(".mjs"), stdin=json.dumps(asked)))
    findings = [Finding(**{**one, "faults": tuple(map(tuple, one["faults"]))}) for one in said]
    for one in findings:
        if one.passed == 0:  # an engine that looked at nothing finds nothing
            raise SystemExit(f"{one.engine} passed no rule on {one.page}, so it did not judge it")
    return findings


def section(findings: Sequence[Finding]) -> str:
    pages = {one.page for one in findings}
    lines = [
        "## Accessibility",
        "",
        f"`inv bench accessibility`, {date.today().isoformat()}: {len(pages)} pages of every kind in both languages, "  # noqa: DTZ011
        f"each {', '.join(str(look['name']) for look in LOOKS)} pixels wide, at WCAG 2.2 AA.",
        "",
        "| engine | pages looked at | passed | found |",
        "| --- | ---: | ---: | ---: |",
    ]
    for engine, name in ENGINES.items():
        of_it = [one for one in findings if one.engine == engine]
        passed, faults = sum(one.passed for one in of_it), sum(len(one.faults) for one in of_it)
        lines.append(f"| {name} | {len(of_it)} | {passed:,} | {faults} |")
    return "\n".join(lines) + "\n"


def said(findings: Sequence[Finding]) -> Iterator[str]:
    """Each fault once, with the pages and looks that have it."""
    where: dict[tuple[str, ...], list[str]] = {}
    for one in findings:
        for fault in one.faults:
            where.setdefault((one.engine, *fault), []).append(f"{one.page}, {one.look}")
    for (engine, rule, why, place), seen in where.items():
        yield f"{engine} {rule}: {why}\n  {place[:300]}\n  {len(seen)} times, first on {seen[0]}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv bench accessibility", description="Let three engines judge the site.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args(argv)
    findings = judge()
    table = section(findings)
    print(table, *said(findings), sep="\n")  # noqa: T201
    if options.write:
        put_in_report(table)
    return 1 if any(one.faults for one in findings) else 0


if __name__ == "__main__":
    raise SystemExit(main())
