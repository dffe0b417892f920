"""The accessibility statement, after the Dutch model: accessibility.yml becomes a page in every language.

The model: https://www.digitoegankelijk.nl, "toegankelijkheidsverklaring"; the law: Besluit digitale toegankelijkheid
overheid, article 3. A statement that was not looked at for a year, or whose research is over three years old, is named
in a warning at each check and build.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from markupsafe import Markup
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from theme.plugins import criteria, front_matter, yaml_tree
from theme.plugins.addresses import WORDS
from theme.plugins.catalogue import N_
from theme.plugins.fields import Description, Moment, WebAddress
from theme.plugins.languages import long_date
from theme.plugins.markup import render
from theme.plugins.problems import Finding, Problem, in_order, to_problem
from theme.plugins.views import HeadingView, PageView

NAME = "accessibility.yml"
REVIEW, RESEARCH = timedelta(days=366), timedelta(days=36 * 30.5)
_MAIL = re.compile(r"mailto:[^\s@<>()\[\]]+@[^\s@<>()\[\]]+")

Say = Callable[[str], str]
Texts: TypeAlias = dict[str, Description]  # language -> text


def _criterion(value: Any) -> Any:
    if isinstance(value, str) and value not in criteria.URLS:
        raise PydanticCustomError("bad-criterion", "no criterion", {"value": value})
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 5:
        return int(value)
    raise PydanticCustomError("bad-number", "no number", {"value": str(value)})


def _contact(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("https://") and not _MAIL.fullmatch(value):
        raise PydanticCustomError("bad-contact", "nowhere to write to", {"value": value})
    return value


Number: TypeAlias = Annotated[int, BeforeValidator(_number)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agreed(_Part):
    date: Moment
    by: Texts
    """The role of who signed for it."""


class Contact(_Part):
    url: Annotated[str, BeforeValidator(_contact)]
    answer_days: Number
    complaint: Texts
    """Where to go when the answer does not help."""


class Research(_Part):
    title: Texts
    date: Moment
    by: Description
    url: WebAddress


class Automatic(_Part):
    date: Moment
    tools: Description
    found: Number


class Deviation(_Part):
    criterion: Annotated[str, BeforeValidator(_criterion)]
    description: Texts
    cause: Texts
    effect: Texts
    alternative: Texts
    measure: Texts
    planned: Moment


class Statement(_Part):
    organisation: Texts
    scope: Annotated[tuple[WebAddress, ...], Field(min_length=1)]
    status: Literal["A", "B", "C", "D", "E"]
    register_entry: str = Field(default="", alias="register")
    agreed: Agreed
    revised: Moment
    contact: Contact
    expect: dict[str, tuple[Description, ...]] = {}
    research: tuple[Research, ...] = ()
    automatic: Automatic | None = None
    deviations: tuple[Deviation, ...] = ()


STATUS = {
    "A": N_("A: this site meets all requirements."),
    "B": N_("B: this site meets the requirements in part."),
    "C": N_("C: first measures were taken. Research follows within six months."),
    "D": N_("D: measures are planned, none was taken yet."),
    "E": N_("E: this site has no measures yet."),
}


def load(
    path: Path, languages: Sequence[str], *, today: date, zone: ZoneInfo, lang: str
) -> tuple[Statement | None, tuple[Problem, ...]]:
    """Read the statement, and tell in `lang` what is wrong with it or out of date. Without a file there is neither."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None, ()
    tree = front_matter.plain_yaml(raw)
    findings, statement = list(tree.findings), None
    if tree.is_whole:
        statement, faults = front_matter.validate(Statement, tree.values, tree.places, zone=zone)
        findings += faults
    if statement:
        findings += _missing(statement, languages, tree.places)
        findings += _outdated(statement, today, tree.places)
    told = (to_problem(path.name, finding, lang, reference="accessibility") for finding in findings)
    return statement, in_order(told)


def _missing(statement: Statement, languages: Sequence[str], places: yaml_tree.Places) -> Iterator[Finding]:
    """Every text must stand in every language of the site: half a statement helps nobody."""
    texts: dict[yaml_tree.Path, Texts] = {
        ("organisation",): statement.organisation,
        ("agreed", "by"): statement.agreed.by,
        ("contact", "complaint"): statement.contact.complaint,
    }
    texts |= {("research", number, "title"): one.title for number, one in enumerate(statement.research)}
    for number, one in enumerate(statement.deviations):
        for name in ("description", "cause", "effect", "alternative", "measure"):
            texts["deviations", number, name] = getattr(one, name)
    for path, written in texts.items():
        for lang in languages:
            if not written.get(lang):
                place = yaml_tree.place_of(places, path)
                field = ".".join(part for part in path if isinstance(part, str))
                yield Finding("missing-field", place.key_line, place.key_column, {"field": f"{field}: {lang}"})


def _outdated(statement: Statement, today: date, places: yaml_tree.Places) -> Iterator[Finding]:
    if today - statement.revised.date() > REVIEW:
        yield Finding("old-statement", yaml_tree.place_of(places, ("revised",)).line)
    newest = max(((one.date.date(), number) for number, one in enumerate(statement.research)), default=None)
    if newest and today - newest[0] > RESEARCH:
        yield Finding("old-research", yaml_tree.place_of(places, ("research", newest[1], "date")).line)


def page(statement: Statement, lang: str, say: Say, *, url: str, edit_url: str | None) -> PageView:
    """The statement as a page of the site. It is written as Markdown, so it passes what every text passes."""
    rendered = render("\n\n".join(_parts(statement, lang, say)), lang=lang)
    return PageView(
        slug=WORDS["accessibility"]["nl"],
        lang=lang,
        title=say(N_("Accessibility")),
        summary=say(N_("How well everyone can use this site, what is not good yet, and where to report a barrier.")),
        html=Markup(rendered.html),  # noqa: S704  nh3 has passed it
        toc=tuple(HeadingView(heading.id, heading.text, heading.level) for heading in rendered.headings),
        url=url,
        edit_url=edit_url,
    )


def _parts(statement: Statement, lang: str, say: Say) -> Iterator[str]:
    """The sections of the model, in its order."""

    def day(moment: datetime) -> str:
        return long_date(moment.date(), lang)

    yield say(
        N_(
            "{organisation} wants everyone to be able to use this site. We keep to the guidelines of "
            "[WCAG 2.2, level AA](https://www.w3.org/TR/WCAG22/) and to EN 301 549."
        )
    ).format(organisation=statement.organisation[lang])
    yield say(N_("This statement is about:"))
    yield "\n".join(f"- <{url}>" for url in statement.scope)
    yield f"## {say(N_('Status'))}"
    yield f"**{say(STATUS[statement.status])}**"
    if statement.register_entry:
        yield say(N_("The statement stands in the [register]({url}).")).format(url=statement.register_entry)
    else:
        yield say(N_("This statement is in no official register yet."))
    agreed = N_("Agreed on {agreed} by: {by}. Last looked at on {revised}.")
    yield say(agreed).format(
        agreed=day(statement.agreed.date), by=statement.agreed.by[lang], revised=day(statement.revised)
    )
    if expected := statement.expect.get(lang):
        yield f"## {say(N_('What you may expect'))}"
        yield "\n".join(f"- {one}" for one in expected)
    yield f"## {say(N_('Research'))}"
    if statement.research:
        yield "\n".join(f"- [{one.title[lang]}]({one.url}): {one.by}, {day(one.date)}" for one in statement.research)
    else:
        yield say(N_("An independent audit was not done yet."))
    if automatic := statement.automatic:
        found = N_("Automatic checks on {date} with {tools}: {found} faults found.")
        yield say(found).format(date=day(automatic.date), tools=automatic.tools, found=automatic.found)
    yield f"## {say(N_('What is not good yet'))}"
    if not statement.deviations:
        yield say(N_("We know of nothing."))
    for one in statement.deviations:
        yield f"### {one.description[lang]}"
        named = (
            (N_("Criterion"), f"[WCAG {one.criterion}]({criteria.URLS[one.criterion]})"),
            (N_("Cause"), one.cause[lang]),
            (N_("Effect"), one.effect[lang]),
            (N_("Alternative"), one.alternative[lang]),
            (N_("Measure"), one.measure[lang]),
            (N_("Planned"), day(one.planned)),
        )
        yield "\n".join(f"- **{say(name)}**: {text}" for name, text in named)
    yield f"## {say(N_('Reporting a barrier'))}"
    contact = N_(
        "Did something stop you? [Write to us]({url}). Tell us which page it was and what you wanted to do. "
        "You get an answer within {days} working days."
    )
    yield say(contact).format(url=statement.contact.url, days=statement.contact.answer_days)
    yield statement.contact.complaint[lang]
