"""What files must agree on: known people and groups, slugs and handles used once, translations that say the same."""

from collections.abc import Mapping, Sequence

from theme.plugins import slugs
from theme.plugins.drafts import Draft
from theme.plugins.fields import SHARED_FIELDS, BlogFields
from theme.plugins.front_matter import close_to
from theme.plugins.people_file import NAME, PeopleFile


def check(drafts: Sequence[Draft], people: PeopleFile, reserved: frozenset[str], prefix: str) -> None:
    """Note in each draft what does not agree. `prefix` is the name of the content folder, for naming another file."""
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.kind == "groups":
            groups.setdefault(draft.slug, []).append(draft)
    for draft in drafts:
        _people_and_group(draft, groups, people)
        if isinstance(draft.fields, BlogFields):
            _blog(draft, draft.fields)
    _slugs(drafts, prefix)
    _handles(drafts, people, reserved, prefix)
    _translations(drafts, prefix)


def _people_and_group(draft: Draft, groups: Mapping[str, Sequence[Draft]], people: PeopleFile) -> None:
    values = draft.source.values
    for name in ("authors", "owners", "members"):
        handles = values.get(name)
        may_judge = people.is_whole and draft.kind != "pages"
        for index, handle in enumerate(handles if isinstance(handles, list) and may_judge else ()):
            if isinstance(handle, str) and slugs.is_handle(handle) and handle not in people.handles:
                draft.add("unknown-author", name, index, name=handle, guess=close_to(handle, people.handles))
    group = values.get("group")
    if draft.kind != "blogs" or not isinstance(group, str):
        return
    known = groups.get(group, ())
    if not known:
        public = {slug for slug, texts in groups.items() if not any(text.is_hidden for text in texts)}
        draft.add("unknown-group", "group", name=group, guess=close_to(group, public))
    elif any(other.is_members for other in known) and not draft.is_members:
        draft.add("hidden-group", "group")


def _blog(draft: Draft, fields: BlogFields) -> None:
    if fields.image and not fields.image_alt:
        draft.add("alt-missing", "image")
    if fields.image_alt and not fields.image:
        draft.add("alt-without-image", "image_alt")
    if fields.updated and fields.updated < fields.date:
        draft.add("updated-before-date", "updated")


def _slugs(drafts: Sequence[Draft], prefix: str) -> None:
    """Every slug, earlier ones included, belongs to one page."""
    holders: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        holders.setdefault(draft.key, draft)
    for draft in drafts:
        earlier = draft.source.values.get("was")
        for index, slug in enumerate(earlier if isinstance(earlier, list) and draft.kind != "pages" else ()):
            if not isinstance(slug, str):
                continue
            holder = holders.setdefault((draft.kind, slug), draft)
            if holder.slug != draft.slug or slug == draft.slug:
                draft.add("same-slug", "was", index, **_names(slug, holder, prefix))


def _handles(drafts: Sequence[Draft], people: PeopleFile, reserved: frozenset[str], prefix: str) -> None:
    holders: dict[str, Draft] = {}
    for draft in drafts:
        handle = draft.source.values.get("handle")
        if draft.kind != "groups" or not isinstance(handle, str):
            continue
        holder = holders.setdefault(handle, draft)
        if handle in reserved:
            draft.add("reserved-handle", "handle", name=handle)
        elif handle in people.handles:
            draft.add("same-handle", "handle", name=handle, other=f"{prefix}/{NAME}")
        elif holder.key != draft.key:
            draft.add("same-handle", "handle", **_names(handle, holder, prefix))


def _translations(drafts: Sequence[Draft], prefix: str) -> None:
    """The first language of a page sets what the others must say; a field that is wrong in itself is not compared."""
    originals: dict[tuple[str, str], Draft] = {}
    for draft in drafts:
        original = originals.setdefault(draft.key, draft)
        if original is draft or original.fields is None or draft.fields is None:
            continue
        for name in SHARED_FIELDS[draft.kind]:
            if getattr(original.fields, name) != getattr(draft.fields, name):
                draft.add("translation-differs", name, field=name, other=f"{prefix}/{original.name}")


def _names(name: str, holder: Draft, prefix: str) -> dict[str, str]:
    """What a message calls the other holder of a name; of a hidden one it tells neither."""
    if holder.is_hidden:
        return {"name": "…", "other": "…"}
    return {"name": name, "other": f"{prefix}/{holder.name}"}
