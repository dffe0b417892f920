"""people.yml: who writes and who answers for groups, under handles that are never used twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from theme.plugins import front_matter, slugs, yaml_tree
from theme.plugins.fields import PersonFields
from theme.plugins.folder import Folder
from theme.plugins.problems import Finding
from theme.plugins.yaml_tree import Place, place_of

NAME = "people.yml"


@dataclass(frozen=True)
class Person:
    """A person as the site shows one. `avatar` is a file in content/people/."""

    handle: str
    names: Mapping[str, str]  # language -> name, for every language of the site
    bios: Mapping[str, str]
    avatar: Path | None
    links: tuple[str, ...]


@dataclass
class PeopleFile:
    people: dict[str, Person] = field(default_factory=dict)
    handles: frozenset[str] = frozenset()  # all that are named, faulty entries too
    is_whole: bool = False  # False when it could not be read: then nobody can be called unknown
    places: Mapping[yaml_tree.Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    pictures: dict[str, Place] = field(default_factory=dict)  # path within the content folder -> where it is named


def read(folder: Folder, languages: Sequence[str], zone: ZoneInfo, reserved: frozenset[str]) -> PeopleFile:
    """Read people.yml, every fault at once."""
    people = PeopleFile()
    if NAME not in folder.sizes:
        if not any(name == NAME for name, _ in folder.findings):  # a symbolic link, say: there, but not read
            people.findings.append(Finding("no-people"))
        return people
    raw = folder.read(NAME)
    if raw is None:
        return people
    tree = front_matter.plain_yaml(raw)
    people.findings.extend(tree.findings)
    people.places, people.handles, people.is_whole = tree.places, frozenset(tree.values), tree.is_whole
    for handle, value in tree.values.items():
        _person(people, handle, value, languages, zone, reserved, folder.root)
    return people


def _person(
    people: PeopleFile,
    handle: str,
    value: yaml_tree.Raw,
    languages: Sequence[str],
    zone: ZoneInfo,
    reserved: frozenset[str],
    root: Path,
) -> None:
    place = place_of(people.places, (handle,))

    def note(code: str, **values: str) -> None:
        people.findings.append(Finding(code, place.key_line, place.key_column, values))

    if not slugs.is_handle(handle):
        note("bad-handle", value=handle)
        return
    if handle in reserved:
        note("reserved-handle", name=handle)
    if not isinstance(value, dict):
        note("wrong-type", field=handle)
        return
    fields, findings = front_matter.validate(PersonFields, value, people.places, zone=zone, inside=(handle,))
    people.findings.extend(findings)
    if fields is None:
        return
    for name, texts in (("name", fields.name), ("bio", fields.bio)):
        for lang in texts if isinstance(texts, dict) else ():
            if lang not in languages:
                where = place_of(people.places, (handle, name, lang))
                values = {"name": lang, "guess": "", "field": name}
                people.findings.append(Finding("unknown-field", where.key_line, where.key_column, values))
    if isinstance(fields.name, dict) and not set(languages) <= set(fields.name):
        missing = next(lang for lang in languages if lang not in fields.name)
        where = place_of(people.places, (handle, "name"))
        people.findings.append(
            Finding("missing-field", where.key_line, where.key_column, {"field": f"name: {missing}"})
        )
        return
    names = fields.name if isinstance(fields.name, dict) else dict.fromkeys(languages, fields.name)
    if fields.avatar:
        people.pictures[f"people/{fields.avatar}"] = place_of(people.places, (handle, "avatar"))
    avatar = root / "people" / fields.avatar if fields.avatar else None
    people.people[handle] = Person(handle, names, fields.bio, avatar, fields.links)
