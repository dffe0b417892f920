"""The accessibility statement, after the Dutch model: accessibility.yml becomes a page in every language.

The model: https://www.digitoegankelijk.nl, "toegankelijkheidsverklaring"; the law: Besluit digitale toegankelijkheid
overheid, article 3. A statement that was not looked at for a year, or whose research is over three years old, is named
in a warning at each build.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import yaml
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from theme.plugins.catalogue import N_
from theme.plugins.languages import long_date
from theme.plugins.markup import render
from theme.plugins.views import HeadingView, PageView

NAME = "accessibility.yml"
SLUGS = {"nl": "toegankelijkheid", "en": "accessibility"}
REVIEW, RESEARCH = timedelta(days=366), timedelta(days=36 * 30.5)

Say = Callable[[str], str]
Texts = Mapping[str, str]  # language -> text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agreed(_Part):
    date: date
    by: Texts
    """The role of who signed for it."""


class Contact(_Part):
    url: str
    answer_days: int = Field(ge=1, le=60)
    complaint: Texts
    """Where to go when the answer does not help."""


class Research(_Part):
    title: Texts
    date: date
    by: str
    url: str


class Automatic(_Part):
    date: date
    tools: str
    found: int = Field(ge=0)


class Deviation(_Part):
    criterion: str = Field(pattern=r"^[1-4]\.[1-9]\.[0-9]{1,2}$")
    description: Texts
    cause: Texts
    effect: Texts
    alternative: Texts
    measure: Texts
    planned: date


class Statement(_Part):
    organisation: Texts
    scope: tuple[str, ...] = Field(min_length=1)
    status: Literal["A", "B", "C", "D", "E"]
    register_entry: str = Field(default="", alias="register")
    agreed: Agreed
    revised: date
    contact: Contact
    expect: Mapping[str, tuple[str, ...]] = {}
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


class StatementError(Exception):
    """accessibility.yml says something that no statement can be made of; the text names every fault."""


def load(path: Path, languages: Sequence[str]) -> Statement | None:
    """Read the statement; None when there is no file. Raises StatementError."""
    try:
        values = yaml.load(path.read_bytes(), yaml.CSafeLoader)
        statement = Statement.model_validate(values)
    except FileNotFoundError:
        return None
    except yaml.YAMLError as error:
        raise StatementError(f"{path.name} is no YAML: {error}") from error
    except ValidationError as error:
        named = (f"{path.name}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise StatementError("\n".join(named)) from error
    if faults := [f"{path.name}: {name}: {lang} is missing" for name, lang in _missing(statement, languages)]:
        raise StatementError("\n".join(faults))
    return statement


def _missing(statement: Statement, languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every text must stand in every language of the site: half a statement helps nobody."""
    texts = {"organisation": statement.organisation, "agreed.by": statement.agreed.by}
    texts["contact.complaint"] = statement.contact.complaint
    texts |= {f"research.{number}.title": one.title for number, one in enumerate(statement.research)}
    for number, one in enumerate(statement.deviations):
        for name in ("description", "cause", "effect", "alternative", "measure"):
            texts[f"deviations.{number}.{name}"] = getattr(one, name)
    return ((name, lang) for name, written in texts.items() for lang in languages if not written.get(lang))


def warnings(statement: Statement, today: date) -> Iterator[str]:
    """What is out of date, as a msgid."""
    if today - statement.revised > REVIEW:
        yield N_("accessibility.yml was looked at more than a year ago. Look again, and change `revised`.")
    newest = max((one.date for one in statement.research), default=None)
    if newest and today - newest > RESEARCH:
        yield N_("The research in accessibility.yml is more than three years old. Have it done again.")


def page(statement: Statement, lang: str, say: Say, *, url: str, edit_url: str | None) -> PageView:
    """The statement as a page of the site. It is written as Markdown, so it passes what every text passes."""
    rendered = render("\n\n".join(_parts(statement, lang, say)), lang=lang)
    return PageView(
        slug=SLUGS["nl"],
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

    def day(moment: date) -> str:
        return long_date(moment, lang)

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
            (N_("Criterion"), f"[{one.criterion}](https://www.w3.org/TR/WCAG22/)"),
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
