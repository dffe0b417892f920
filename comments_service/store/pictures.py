"""SQL of pictures that comments from elsewhere name, and of the bytes of those that a moderator allowed.

A file that no comment shows any more goes by itself (the triggers of the table).
"""

from collections.abc import Iterable

from comments_service.model import Picture
from comments_service.store import rows
from comments_service.store.protocol import Row, Transaction, Value
from comments_service.store.rows import record, text


def offer(tx: Transaction, comment_id: str, pictures: Iterable[Picture], *, is_allowed: bool) -> None:
    """Note what a comment names. About what it named before is decided; what it names no longer goes."""
    named = {picture.url: picture for picture in pictures}
    for row in tx.all("SELECT url FROM picture WHERE comment_id = :id", {"id": comment_id}):
        if named.pop(text(row, "url"), None) is None:
            rows.delete(tx, "picture", comment_id=comment_id, url=row["url"])
    for url, picture in named.items():
        said: dict[str, Value] = {"alt": picture.alt, "is_emoji": picture.is_emoji, "is_allowed": is_allowed}
        rows.insert(tx, "picture", comment_id=comment_id, url=url, **said)


def decide(tx: Transaction, comment_id: str, *, is_allowed: bool) -> int:
    """Allow all pictures of a comment, or none of them; return how many there are."""
    decided: dict[str, Value] = {"id": comment_id, "is_allowed": is_allowed}
    return tx.run("UPDATE picture SET is_allowed = :is_allowed WHERE comment_id = :id", decided)


def missing(tx: Transaction, comment_id: str) -> list[Picture]:
    """Return what a comment may show and does not have yet."""
    asked = "SELECT * FROM picture WHERE comment_id = :id AND is_allowed = 1 AND hash IS NULL"
    return [record(Picture, row) for row in tx.all(asked, {"id": comment_id})]


def shown(tx: Transaction, comment_id: str) -> list[Picture]:
    """Return the pictures of a comment that we have, always in the same order."""
    kept = "SELECT * FROM picture JOIN picture_file USING (hash) WHERE comment_id = :id ORDER BY url"
    return [record(Picture, row) for row in tx.all(kept, {"id": comment_id})]


def keep(tx: Transaction, comment_id: str, url: str, address: str, **file: Value) -> None:
    """Keep a file (hash, content, width, height), and that a comment shows it at an address."""
    rows.insert_new(tx, "picture_file", **file)
    rows.change(tx, "picture", {"comment_id": comment_id, "url": url}, hash=file["hash"], address=address)


def refuse(tx: Transaction, comment_id: str, url: str) -> None:
    """What was found there is no picture that we show."""
    rows.change(tx, "picture", {"comment_id": comment_id, "url": url}, is_allowed=0)


def drop(tx: Transaction, comment_id: str) -> int:
    """Let a comment show none of its pictures; return how many it showed."""
    return tx.run("UPDATE picture SET hash = NULL WHERE comment_id = :id AND hash IS NOT NULL", {"id": comment_id})


def showing(tx: Transaction) -> list[Row]:
    """Return the comments that show pictures, with the server and the policy of who wrote them."""
    return tx.all(
        "SELECT comment.*, actor.server, actor.policy FROM comment JOIN actor ON actor.id = comment.actor_id "
        "WHERE comment.id IN (SELECT comment_id FROM picture WHERE hash IS NOT NULL)"
    )


def content(tx: Transaction, hash_: str) -> bytes | None:
    """Return the bytes of a picture, as long as readers see a comment that shows it."""
    row = tx.one(
        "SELECT content FROM picture_file WHERE hash = :hash AND EXISTS (SELECT 1 FROM picture JOIN public_comment "
        "ON public_comment.id = comment_id WHERE picture.hash = :hash AND state = 'shown')",
        {"hash": hash_},
    )
    found = row["content"] if row else None
    return found if isinstance(found, bytes) else None
