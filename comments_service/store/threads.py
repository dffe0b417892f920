"""SQL of threads: the kept counters, and the pages of a thread as range scans."""

from collections.abc import Sequence

from comments_service.model import Rating
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import number, optional, text

MOST_PEOPLE = 500  # of a thread whose names can be completed and mentioned
ENOUGH_COMMENTS = 5_000  # of a thread to know its people by
MOST_LANGUAGES = 50  # that are told of a thread
FEW = 500  # comments that are quicker looked up one by one than met while reading a thread in order
MOST_OWN = 1000  # of an account's own comments and votes on one page that its reader is told
Position = tuple[str | float, ...]
# Two ways to the roots with a shown comment of a language in their branch. A plus keeps SQLite off the thread's index.
BY_LOOKING_UP = (
    " AND +parent_id IS NULL AND id IN (SELECT root_id FROM comment AS one WHERE one.site_id = :site_id"
    " AND one.page_key = :page_key AND one.lang = :lang AND one.state = 'shown')"
)
BY_READING_ON = (
    " AND parent_id IS NULL AND ((state = 'shown' AND lang = :lang) OR (answer_count > 0 AND EXISTS (SELECT 1"
    " FROM comment AS one WHERE one.root_id = public_comment.id AND one.parent_id IS NOT NULL"
    " AND one.state = 'shown' AND one.lang = :lang)))"
)
# Of comments as JSON: a list of [site, page, language].
PLACE = "json_extract(value, '$[0]') AS site_id, json_extract(value, '$[1]') AS page_key"
CHANGE = (
    "UPDATE thread SET version = version + 1, comment_count = comment_count + here.comments "  # noqa: S608 - of ours
    f"FROM (SELECT {PLACE}, count(*) * :step AS comments FROM json_each(:comments) GROUP BY 1, 2) AS here "
    "WHERE thread.site_id = here.site_id AND thread.page_key = here.page_key "
    "RETURNING thread.site_id, thread.page_key, version"
)
COUNT_LANGUAGE = (
    "INSERT INTO thread_language (site_id, page_key, lang, comments) "  # noqa: S608 - of ours
    f"SELECT {PLACE}, json_extract(value, '$[2]') AS one, count(*) * :step FROM json_each(:comments) "
    "WHERE one IS NOT NULL GROUP BY site_id, page_key, one "
    "ON CONFLICT (site_id, page_key, lang) DO UPDATE SET comments = comments + excluded.comments"
)


def get(tx: Transaction, site_id: str, page_key: str) -> Row | None:
    """Return the counters of a thread, and what of its page decides whether it is open."""
    return tx.one(
        "SELECT thread.*, page.state AS page_state, page.is_open, page.dated_at, page.first_seen_at, "
        "page.kind, page.federates "
        "FROM thread "
        "JOIN page ON page.site_id = thread.site_id AND page.key = thread.page_key "
        "WHERE thread.site_id = :site_id AND thread.page_key = :page_key",
        {"site_id": site_id, "page_key": page_key},
    )


def is_federated(row: Row) -> bool:
    """Tell whether other servers can read the page: as far as its front matter says."""
    return row["kind"] in ("blogs", "groups") and bool(row["federates"])


def version(tx: Transaction, site_id: str, page_key: str) -> int | None:
    sql = "SELECT version FROM thread WHERE site_id = :site_id AND page_key = :page_key"
    row = tx.one(sql, {"site_id": site_id, "page_key": page_key})
    return None if row is None else number(row, "version")


def change(tx: Transaction, site_id: str, page_key: str) -> None:
    """Raise the version, and tell the listeners."""
    _change(tx, [[site_id, page_key]], 0)


def count(tx: Transaction, comments: Sequence[Row], step: int) -> dict[tuple[str, str], int]:
    """Count comments that are shown from now on (+1), or no longer (-1), for their languages too.

    Return the new version of each thread, by site and page.
    """
    told = [[row["site_id"], row["page_key"], row["lang"]] for row in comments]
    if told:
        tx.run(COUNT_LANGUAGE, {"comments": rows.to_json(told), "step": step})
    return _change(tx, told, step)


def reword(tx: Transaction, site_id: str, page_key: str, before: str, after: str) -> None:
    """A comment that is shown says something else, perhaps in another language."""
    for lang, step in ((before, -1), (after, +1)) if before != after else ():
        tx.run(COUNT_LANGUAGE, {"comments": rows.to_json([[site_id, page_key, lang]]), "step": step})
    change(tx, site_id, page_key)


def _change(tx: Transaction, comments: Sequence[Sequence[Value]], step: int) -> dict[tuple[str, str], int]:
    found = tx.all(CHANGE, {"comments": rows.to_json(comments), "step": step})
    versions = {(text(row, "site_id"), text(row, "page_key")): number(row, "version") for row in found}
    for place in versions:
        tx.touch(*place)
    return versions


def languages(tx: Transaction, site_id: str, page_key: str) -> dict[str, int]:
    """Return how many comments are shown in each language, by code; of very many languages the most used."""
    found = tx.all(
        "SELECT lang, comments FROM thread_language WHERE site_id = :site_id AND page_key = :page_key AND comments > 0 "
        "ORDER BY comments DESC, lang LIMIT :limit",
        {"site_id": site_id, "page_key": page_key, "limit": MOST_LANGUAGES},
    )
    return dict(sorted((text(row, "lang"), number(row, "comments")) for row in found))


def _comments_in(tx: Transaction, site_id: str, page_key: str, lang: str) -> int:
    row = rows.find(tx, "thread_language", site_id=site_id, page_key=page_key, lang=lang)
    return 0 if row is None else number(row, "comments")


def newest(tx: Transaction, site_id: str, page_key: str) -> str | None:
    """Return the id of the shown comment that came last: one step into an index for each language."""
    row = tx.one(
        "SELECT max((SELECT max(id) FROM comment WHERE comment.site_id = :site_id AND comment.page_key = :page_key "
        "AND comment.lang = thread_language.lang AND comment.state = 'shown')) AS id "
        "FROM thread_language WHERE site_id = :site_id AND page_key = :page_key",
        {"site_id": site_id, "page_key": page_key},
    )
    return optional(row, "id") if row else None


def people(tx: Transaction, site_id: str, page_key: str) -> list[Row]:
    """Return id and name of who wrote what is shown in a thread, the most talkative first.

    Of very many comments only ENOUGH_COMMENTS are counted, of a language the newest.
    """
    return tx.all(
        "SELECT account.id, account.name FROM (SELECT account_id, count(*) AS comments FROM (SELECT account_id "
        "FROM comment WHERE site_id = :site_id AND page_key = :page_key AND state = 'shown' "
        "ORDER BY lang DESC, id DESC LIMIT :enough) GROUP BY account_id) AS one "
        "JOIN account ON account.id = one.account_id WHERE account.name IS NOT NULL "
        "ORDER BY comments DESC, account.id LIMIT :limit",
        {"site_id": site_id, "page_key": page_key, "enough": ENOUGH_COMMENTS, "limit": MOST_PEOPLE},
    )


def close(tx: Transaction, site_id: str, page_key: str, closed_at: str | None, closed_by: str | None) -> None:
    rows.change(tx, "thread", {"site_id": site_id, "page_key": page_key}, closed_at=closed_at, closed_by=closed_by)


def change_stars(tx: Transaction, site_id: str, page_key: str, before: int | None, after: int | None) -> None:
    """Move one rating from `before` to `after` stars; None is no rating."""
    for stars, step in ((before, -1), (after, +1)):
        if stars is not None:
            column = f"stars_{int(stars)}"
            tx.run(
                f"UPDATE thread SET {column} = {column} + :step "  # noqa: S608 - a number from 1 to 5
                f"WHERE site_id = :site_id AND page_key = :page_key",
                {"site_id": site_id, "page_key": page_key, "step": step},
            )


def add_views(tx: Transaction, site_id: str, page_key: str, views: int) -> None:
    tx.run(
        "UPDATE thread SET view_count = view_count + :views WHERE site_id = :site_id AND page_key = :page_key",
        {"site_id": site_id, "page_key": page_key, "views": views},
    )


def rating(row: Row) -> Rating:
    one, two, three, four, five = (number(row, f"stars_{stars}") for stars in range(1, 6))
    return Rating((one, two, three, four, five))


def roots(
    tx: Transaction,
    site_id: str,
    page_key: str,
    *,
    order: str,
    limit: int,
    is_backwards: bool = False,
    after: Position | None = None,
    with_start: bool = False,
    lang: str | None = None,
) -> list[Row]:
    """Return root comments in order, after a position; also the one at the position when `with_start`.

    With `lang`: those with a shown comment of that language in their branch. Where few are, its comments are looked up
    and not the whole thread.
    """
    parts: tuple[tuple[str, tuple[str, ...]], ...] = (("", ("created_at", "id")),)
    if order == "best":  # the index of votes holds what was voted on; the rest follows, the newest first
        parts = ((" AND score <> 0", ("score", "created_at", "id")), (" AND score = 0", ("created_at", "id")))
    falls = (order != "oldest") != is_backwards
    direction, sign = ("DESC", "<") if falls else ("ASC", ">")
    which = " AND parent_id IS NULL"
    if lang is not None:
        which = BY_LOOKING_UP if _comments_in(tx, site_id, page_key, lang) <= FEW else BY_READING_ON
    found: list[Row] = []
    for condition, columns in parts if falls else reversed(parts):
        if after is not None and order == "best" and (after[0] != 0) is not ("score" in columns):
            continue  # this part is all before
        sql = f"SELECT * FROM public_comment WHERE site_id = :site_id AND page_key = :page_key{condition}{which}"  # noqa: S608
        parameters: dict[str, Value] = {"site_id": site_id, "page_key": page_key, "lang": lang}
        parameters["limit"] = limit - len(found)
        if after is not None:
            sign += "=" if with_start else ""
            sql += f" AND ({', '.join(columns)}) {sign} ({', '.join(f':{name}' for name in columns)})"
            parameters |= zip(columns, after[-len(columns) :], strict=True)
            after = None
        ordered = ", ".join(f"{name} {direction}" for name in columns)
        found += tx.all(f"{sql} ORDER BY {ordered} LIMIT :limit", parameters)
    return found


def replies(
    tx: Transaction,
    root_id: str,
    *,
    limit: int,
    after: Position | None = None,
    until: Position | None = None,
    lang: str | None = None,
) -> list[Row]:
    """Return the descendants of a root, oldest first: a parent always stands before its answers.

    Those after a position; or those up to and with the position `until`, newest first.
    """
    sql = "SELECT * FROM public_comment WHERE root_id = :root_id AND parent_id IS NOT NULL"
    parameters: dict[str, Value] = {"root_id": root_id, "limit": limit}
    if position := after or until:
        sql += f" AND (created_at, id) {'>' if after else '<='} (:created_at, :id)"
        parameters |= {"created_at": position[0], "id": position[1]}
    if lang is not None:
        sql += " AND lang = :lang"
        parameters["lang"] = lang
    direction = "DESC" if until else "ASC"
    return tx.all(f"{sql} ORDER BY created_at {direction}, id {direction} LIMIT :limit", parameters)


def counts(tx: Transaction, site_id: str, names: Sequence[str]) -> dict[str, Row]:
    """Return the counters of the live pages that these lead to, each "<kind>/<slug>"."""
    if not names:
        return {}
    asked = ", ".join(f"(:name_{each}, :kind_{each}, :slug_{each})" for each in range(len(names)))
    parameters: dict[str, Value] = {"site_id": site_id}
    for each, name in enumerate(names):
        kind, _, slug = name.partition("/")
        parameters |= {f"name_{each}": name, f"kind_{each}": kind, f"slug_{each}": slug}
    found = tx.all(
        f"WITH asked (name, kind, slug) AS (VALUES {asked}) "  # noqa: S608 - numbers of ours
        "SELECT asked.name, comment_count, view_count, stars_1, stars_2, stars_3, stars_4, stars_5 FROM asked "
        "JOIN alias ON alias.site_id = :site_id AND alias.kind = asked.kind AND alias.slug = asked.slug "
        "JOIN page ON page.site_id = alias.site_id AND page.key = alias.key AND page.state = 'live' "
        "JOIN thread ON thread.site_id = alias.site_id AND thread.page_key = alias.key",
        parameters,
    )
    return {text(row, "name"): row for row in found}


def own(tx: Transaction, site_id: str, page_key: str, account_id: str) -> list[Row]:
    """Return the ids of the shown comments that an account wrote on a page, oldest first; of very many the newest."""
    found = tx.all(
        "SELECT id FROM comment WHERE account_id = :account_id AND site_id = :site_id AND page_key = :page_key "
        "AND state = 'shown' ORDER BY created_at DESC, id DESC LIMIT :limit",
        {"account_id": account_id, "site_id": site_id, "page_key": page_key, "limit": MOST_OWN},
    )
    return found[::-1]
