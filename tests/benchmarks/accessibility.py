"""axe, Siteimprove Alfa and IBM Equal Access on every kind of page, light and dark, on a phone and on a desk.

    python -m tests.benchmarks.accessibility [--house NAME] [--only WORD] [--anew] [--write]

All three judge at WCAG 2.2 AA: our own look, and each house style that was tried; those are packages of npm that are
fetched and not passed on. What they said is kept in var/bench/judged: a view that shows the same elements under the
same style rules in a later run is not judged again, unless `--anew`. `--write` puts the tables into docs/benchmarks.md.
Ends with 1 when anything is found.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.benchmarks.judges import FOLDER, PACKAGES, Judged, chromium, installed, judged, node
from tests.benchmarks.peers import ROOT
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
# A house style changes no word, so there one language is enough for each look; both see both widths and both schemes.
HALF = {"nl": ["light 360", "dark 1280"], "en": ["light 1280", "dark 360"]}
KEPT = FOLDER.with_name("judged")
PROCESSES = os.cpu_count() or 1
OWN = "our own"
HOUSES: Mapping[str, tuple[str, ...]] = {  # files of packages, and a map of ours
    OWN: (),
    "Voorbeeld": ("@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css",),
    "Mooi & Anders": (  # the one with a dark scheme
        "@nl-design-system-community/ma-design-tokens/dist/theme.css",
        "@nl-design-system-community/ma-design-tokens/dist/color-scheme-dark/theme.css",
    ),
    "Utrecht": ("@utrecht/design-tokens/dist/theme.css",),
    "Den Haag": ("@gemeente-denhaag/design-tokens-components/dist/index.css",),
    "Amsterdam": ("@amsterdam/design-system-tokens/dist/index.css", "theme/static/house-styles/amsterdam.css"),
}
# Of the service: a name, where a reader comes who follows the links, and who is logged in there.
OF_THE_SERVICE = (
    ("log-in", "log-in", ""),
    ("thread", "threads/{talk}", ""),
    ("thread", "threads/{talk}", "reader"),
    ("thread, answering", "threads/{talk}?around={question}&reply={question}", "reader"),
    ("thread, editing", "threads/{talk}?around={own}&edit={own}", "reader"),
    ("thread, reporting", "threads/{talk}?around={question}&report={question}", "reader"),
    ("thread, deleting", "threads/{talk}?around={own}&delete={own}", "reader"),
    ("history of a comment", "threads/{talk}/history/{own}", "reader"),
    ("long thread", "threads/{long}", ""),
    ("person", "people/{person}", ""),
    ("account", "account", "reader"),
    ("answering from elsewhere", "answer?page={talk}", ""),
    ("following from elsewhere", "follow?handle=redactie", ""),
    ("answering and following elsewhere", "authorize_interaction", "reader"),
    ("moderation", "moderation", "moderator"),
    ("moderation, servers", "moderation/servers", "moderator"),
    ("moderation, deliveries", "moderation/deliveries", "moderator"),
    ("moderation, replies", "moderation/replies", "moderator"),
    ("API", "api/v1", ""),
    ("not there", "threads/blogs/404", ""),
)


@dataclass(frozen=True)
class Finding:
    """What one engine says of one page in one look: how many rules or checks pass, and (rule, why, where) of faults.

    `again`: an earlier run saw the same elements and style rules, and this is its verdict.
    """

    house: str
    engine: str
    page: str
    lang: str
    look: str
    again: bool
    passed: int
    faults: tuple[tuple[str, str, str], ...]


def views(site: Judged, house: str) -> Iterator[dict[str, object]]:
    """Every kind of page in both languages and the looks to see it in, for a stranger, a reader or a moderator."""
    cookies = {"": [], "reader": site.world.bert["cookies"], "moderator": site.moderator["cookies"]}
    for lang, prefix in site.prefix.items():
        looks = [look["name"] for look in LOOKS if house == OWN or look["name"] in HALF[lang]]
        common: dict[str, object] = {"lang": lang, "looks": looks}
        for kind, path in site.kinds(lang).items():
            yield common | {"name": kind, "url": site.place.url + path, "cookies": []}
        for name, path, who in OF_THE_SERVICE:
            start = "" if path.startswith("api/") else prefix  # for programs: the browser asks for a language
            url = f"{site.place.url}{start}/{path.format(person=site.person, **vars(site.world))}"
            yield common | {"name": f"{name}{who and f' ({who})'}", "url": url, "cookies": cookies[who]}
        for name, key in (("blog with its thread", site.world.talk), ("blog with a long thread", site.world.long)):
            for who in ("", "reader"):
                url = f"{site.place.page_url(key, lang)}#thread"
                yield common | {"name": f"{name}{who and f' ({who})'}", "url": url, "cookies": cookies[who]}


def house_files(house: str) -> str:
    """The value of PLEIN_HOUSE_STYLE."""
    packages = installed() / "node_modules"
    return os.pathsep.join(str((packages if file.startswith("@") else ROOT) / file) for file in HOUSES[house])


def judge(houses: Sequence[str], only: str = "") -> Iterator[Finding]:
    script = Path(__file__).with_suffix(".mjs")
    KEPT.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium-headless-shell") or chromium()  # the shell opens a page in a third of the time
    with judged() as site:
        for house in houses:
            os.environ["PLEIN_HOUSE_STYLE"] = house_files(house)
            site.wear()
            pages = [view for view in views(site, house) if only in str(view["name"])]
            common = {"looks": LOOKS, "executable": browser, "kept": str(KEPT), "engines": list(ENGINES.values())}
            parts = [json.dumps({"pages": pages[part::PROCESSES], **common}) for part in range(PROCESSES)]
            for answer in node(script, *parts):
                for one in json.loads(answer):
                    finding = Finding(house, **{**one, "faults": tuple(map(tuple, one["faults"]))})
                    if finding.passed == 0:  # an engine that looked at nothing finds nothing
                        raise SystemExit(f"{finding.engine} passed no rule on {finding.page}, so it did not judge it")
                    yield finding


def section(findings: Sequence[Finding]) -> str:
    """What each engine found in all, under each house style, and on each kind of page in our own look."""
    looks = [str(look["name"]) for look in LOOKS]
    kinds = sorted({one.page for one in findings})
    again, of = (len(some) // len(ENGINES) for some in ([one for one in findings if one.again], findings))
    lines = [
        "## Accessibility",
        "",
        f"`inv bench accessibility`, {date.today().isoformat()}: {len(kinds)} kinds of page in both languages, "  # noqa: DTZ011
        f"each {', '.join(looks)} pixels wide, at WCAG 2.2 AA; house styles in one language a look. "
        "*Passed*: rules of axe and Alfa, checks of IBM. "
        f"Of these {of:,} views {again:,} show the elements and style rules of an earlier run, and have its verdicts.",
        "",
        f"| look | pages looked at | {' | '.join(f'{name}: passed | found' for name in ENGINES.values())} |",
        f"| --- | ---: |{' ---: | ---: |' * len(ENGINES)}",
    ]
    for house in dict.fromkeys(one.house for one in findings):
        row = [house, f"{sum(one.house == house for one in findings) // len(ENGINES):,}"]
        for engine in ENGINES:
            by_it = [one for one in findings if (one.house, one.engine) == (house, engine)]
            row += [f"{sum(one.passed for one in by_it):,}", str(sum(len(one.faults) for one in by_it))]
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        "Found on each kind of page, by axe, Alfa and IBM, in all these looks together:",
        "",
        f"| kind of page | {' | '.join(looks)} |",
        f"| --- |{' ---: |' * len(looks)}",
    ]
    for kind in kinds:
        cells = [kind]
        for look in looks:
            here = [one for one in findings if (one.page, one.look) == (kind, look)]
            cells.append(" ".join(str(sum(len(one.faults) for one in here if one.engine == name)) for name in ENGINES))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def said(findings: Sequence[Finding]) -> Iterator[str]:
    """Each fault once, with the pages and looks that have it."""
    where: dict[tuple[str, ...], list[str]] = {}
    for one in findings:
        for fault in one.faults:
            view = f"{one.page} ({one.lang}), {one.look}, {one.house}"
            where.setdefault((one.engine, *fault), []).append(view)
    for (engine, rule, why, place), seen in where.items():
        yield f"{engine} {rule}: {why}\n  {place[:300]}\n  {len(seen)} times, first on {seen[0]}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="inv bench accessibility", description="Let three engines judge the site.")
    parser.add_argument("--house", choices=HOUSES, help="default: all of them, one after the other")
    parser.add_argument("--only", default="", metavar="WORD", help="kinds of page with this in their name")
    parser.add_argument("--anew", action="store_true", help="judge what earlier runs have judged, too")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args(argv)
    if options.anew:
        shutil.rmtree(KEPT, ignore_errors=True)
    findings = list(judge([options.house] if options.house else list(HOUSES), options.only))
    table = section(findings)
    print(table, *said(findings), sep="\n")  # noqa: T201
    if options.write:
        put_in_report(table)
    return 1 if any(one.faults for one in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
