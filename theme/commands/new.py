"""`inv new-blog` and `inv new-group`: starts a text that passes the check, and says what comes next."""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from theme.commands import check
from theme.plugins import front_matter, people_file
from theme.plugins import settings as site_settings
from theme.plugins.catalogue import N_, terminal_language, translations
from theme.plugins.dates import clock
from theme.plugins.fields import MODELS, SHARED_FIELDS
from theme.plugins.folder import KINDS, walk
from theme.plugins.problems import Finding, Problem, to_problem
from theme.plugins.settings import SiteSettings
from theme.plugins.slugs import HANDLE_LENGTH, is_slug, slugify
from theme.plugins.yaml_tree import Raw

ROOT = Path(__file__).resolve().parents[2]

# Texts of the new file are in the language of the file, all others in the language of the terminal.
SUMMARY = N_("Say here in two sentences what this blog is about.")
TAGLINE = N_("Say here in one line what this group is about.")
BODY = N_("Write your text here.")
EXISTS = N_("{file} is there already; nothing was changed.")
NO_SLUG = N_("No file name can be made of this title. Choose one: --slug my-first-blog")
REFUSED = N_("Nothing was written, because the check would find this:")
NO_ORIGINAL = N_("There is no {key} in another language. Name it as blogs/slug or groups/slug.")
FEW_PEOPLE = N_("people.yml must name at least {number} people first.")
WRITTEN = N_("Wrote {file}.")
NEXT = N_("Next: write the text and the summary, then run “inv check” and look at it with “make serve”.")
NEXT_TRANSLATION = N_("Next: translate title, summary and text, then run “inv check” and look at it with “make serve”.")
CHOSEN = N_("Look whether these are right: {values}.")

_PLAIN = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_NOT_PLAIN = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)  # other YAML readers guess at these


class _Refused(Exception):
    """What was asked cannot be done; the text says why and is ready to print."""


def main(argv: Sequence[str] | None = None) -> int:
    """`blog "Title" --group x`, `blog --translate blogs/x` or `group "Name"`. Returns 1 when nothing was written."""
    try:
        settings = site_settings.load(ROOT / "plein.toml", os.environ)
        parser = _parser(settings)
        options = parser.parse_args(argv)
        if not options.translate and not options.title:
            parser.error("give a title, or --translate blogs/SLUG")
        if options.command == "blog" and not options.translate and not options.group:
            parser.error("give the group of the blog: --group SLUG")
        name, text, chosen = _translation(options, settings) if options.translate else _new(options, settings)
        _write(Path(options.content), name, text)
    except (_Refused, site_settings.SettingsError, ValueError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(_say(WRITTEN, file=Path(options.content) / name))
    if chosen:
        print(_say(CHOSEN, values=", ".join(chosen)))
    print(_say(NEXT_TRANSLATION if options.translate else NEXT))
    return 0


def _new(options: argparse.Namespace, settings: SiteSettings) -> tuple[str, str, list[str]]:
    """A blog or group that there is not yet: path within the content folder, text, what was chosen."""
    title = " ".join((options.title or "").split())
    slug = options.slug or slugify(title)
    if options.slug and not is_slug(slug):
        raise _Refused(_words(Finding("bad-slug", values={"value": slug, "guess": slugify(slug)})))
    if not slug:
        raise _Refused(_say(NO_SLUG))
    text = translations(options.lang).gettext
    people, chosen = options.people, []
    known = _handles(options, settings)
    needed = 1 if options.kind == "blogs" else 2
    _refuse_unknown("unknown-author", people, known)
    if options.kind == "blogs":
        groups = sorted({path.name.partition(".")[0] for path in (Path(options.content) / "groups").glob("*.*.md")})
        _refuse_unknown("unknown-group", [options.group], groups)
    if len(people) < needed:
        people = [*people, *(handle for handle in known if handle not in people)][:needed]
        chosen = [f"{'authors' if needed == 1 else 'owners'}: {', '.join(people)}"]
    if len(people) < needed:
        raise _Refused(_say(FEW_PEOPLE, number=needed))
    values: dict[str, Raw]
    if options.kind == "blogs":
        today = clock(os.environ).astimezone(ZoneInfo(settings.timezone)).date()
        values = {"title": title, "date": today.isoformat(), "authors": people, "group": options.group, "tags": []}
        values["summary"] = text(SUMMARY)
    else:
        handle = options.handle or slug.replace("-", "_")[:HANDLE_LENGTH].strip("_")
        chosen += [] if options.handle else [f"handle: {handle}"]
        values = {"name": title, "tagline": text(TAGLINE), "owners": people, "members": [], "handle": handle}
    other = next(iter(sorted((Path(options.content) / options.kind).glob(f"{slug}.*.md"))), None)
    if other is not None:
        raise _Refused(_say(EXISTS, file=other))
    return f"{options.kind}/{slug}.{options.lang}.md", as_text(values, f"{text(BODY)}\n"), chosen


def _translation(options: argparse.Namespace, settings: SiteSettings) -> tuple[str, str, list[str]]:
    """The same text in another language: shared fields stay, the original text is what the translator begins with."""
    kind, _, slug = options.translate.removeprefix("content/").strip("/").partition("/")
    slug = re.sub(r"(?:\.[a-z]{2,3})?(?:\.md)?$", "", slug)
    folder = Path(options.content)
    there = [lang for lang in settings.languages if (folder / kind / f"{slug}.{lang}.md").is_file()]
    if kind not in KINDS or not is_slug(slug) or not there:
        raise _Refused(_say(NO_ORIGINAL, key=options.translate))
    missing = [lang for lang in settings.languages if lang not in there]
    lang = options.lang if options.lang_given else (missing or there)[0]
    if lang in there:
        raise _Refused(_say(EXISTS, file=folder / kind / f"{slug}.{lang}.md"))
    source = front_matter.read((folder / kind / f"{slug}.{there[0]}.md").read_bytes())
    if not source.is_whole:
        raise _Refused("\n".join(_line(finding, f"{kind}/{slug}.{there[0]}.md") for finding in source.findings))
    shared = set(SHARED_FIELDS[kind])
    own = {"title", "name", "tagline", "summary", "image_alt", "tags", "updated"}
    values = {name: value for name, value in source.values.items() if name in shared | own and value is not None}

    def other_language(found: re.Match[str]) -> str:
        target = f"{found[1]}.{lang}.md"
        return target if (folder / kind / target).is_file() else found[0]

    # A heading has another id in another language, so a link to one keeps its language until the translator mends it.
    body = re.sub(rf"([\w./-]+)\.{there[0]}\.md(?!#)", other_language, source.body)
    return f"{kind}/{slug}.{lang}.md", as_text(values, body.lstrip("\n")), []


def as_text(values: Mapping[str, Raw], body: str) -> str:
    """Front matter and body. JSON's way of quoting is YAML's double-quoted style, so any title survives it."""
    lines = [f"{name}: {_value(value)}" for name, value in values.items()]
    return "\n".join(["---", *lines, "---", "", body])


def _value(value: Raw) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _NOT_PLAIN and not value.isdigit():
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}\S*", value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _write(folder: Path, name: str, text: str) -> None:
    """Write a file that passes the check of its own fields, and never over another one."""
    source = front_matter.read(text.encode("utf-8", "surrogatepass"))
    findings = list(source.findings)
    if source.is_whole:
        _, faults = front_matter.validate(
            MODELS[name.partition("/")[0]], source.values, source.places, zone=ZoneInfo("UTC")
        )
        findings += faults
    if findings:
        raise _Refused("\n".join(_line(finding, name) for finding in findings))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = _errors(folder)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _Refused(_say(EXISTS, file=path)) from None
    known = {(problem.code, problem.message) for problem in before}  # a translation repeats the faults of its original
    if problems := [problem for problem in _errors(folder) if (problem.code, problem.message) not in known]:
        path.unlink()
        raise _Refused("\n".join([_say(REFUSED), *map(check.as_line, problems)]))


def _errors(folder: Path) -> tuple[Problem, ...]:
    """What the check finds wrong in the whole folder: a slug or a handle may be taken by another file."""
    return check.read(folder, terminal_language(os.environ)).errors


def _handles(options: argparse.Namespace, settings: SiteSettings) -> list[str]:
    """Handles of people.yml, in its own order."""
    folder = walk(Path(options.content))
    return list(people_file.read(folder, settings.languages, ZoneInfo("UTC"), frozenset()).people)


def _refuse_unknown(code: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            finding = Finding(code, values={"name": name, "guess": front_matter.close_to(name, known)})
            raise _Refused(_words(finding))


def _words(finding: Finding) -> str:
    problem = to_problem("", finding, terminal_language(os.environ), hidden=False)
    return f"{problem.message} {problem.mend}"


def _line(finding: Finding, name: str) -> str:
    problem = to_problem(name, finding, terminal_language(os.environ), hidden=False)
    return f"{problem.file}: {problem.message} {problem.mend}"


def _say(message: str, **values: object) -> str:
    return translations(terminal_language(os.environ)).gettext(message).format(**values)


class _Given(argparse.Action):
    """Remembers that a language was asked for."""

    def __call__(self, _parser: object, namespace: argparse.Namespace, values: object, _option: object = None) -> None:
        namespace.lang, namespace.lang_given = values, True


def _parser(settings: SiteSettings) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="inv new-…", description="Start a blog or a group.")
    kinds = parser.add_subparsers(dest="command", required=True)
    blog = kinds.add_parser("blog", help="start a blog, or the other language of one")
    group = kinds.add_parser("group", help="start a group, or the other language of one")
    for part, kind, people in ((blog, "blogs", "--author"), (group, "groups", "--owner")):
        part.set_defaults(kind=kind, lang_given=False)
        part.add_argument("title", nargs="?", help="the title or name, as it must be shown")
        part.add_argument("--lang", action=_Given, choices=settings.languages, default=settings.languages[0])
        part.add_argument(people, dest="people", action="append", default=[], help="a handle of people.yml; may repeat")
        part.add_argument("--slug", help="the file name; made from the title when left out")
        part.add_argument("--translate", metavar="blogs/SLUG", help="start the other language of this text")
        part.add_argument("--content", default=str(ROOT / "content"), help="the content folder (default: content)")
    blog.add_argument("--group", help="the slug of the group")
    group.add_argument("--handle", help="the name on the fediverse; made from the name when left out")
    return parser


if __name__ == "__main__":
    sys.exit(main())
