"""The two doors of the store, and what a rule sees of it.

A *use case* is `def verb(tx, who, …, *, now) -> value`: synchronous, its only effect goes through `tx`, and it may be
run again. `Store.write` hands it to the one writer; when the call returns, the value is durable.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from comments_service.errors import PleinError

Value = str | int | float | bytes | None
Row = Mapping[str, Value]
Parameters = Mapping[str, Value] | Sequence[Value]
P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]  # says what time it is; tests have their own
A = TypeVar("A")


class Transaction(Protocol):
    """One unit of work. Parameters are `:name`, or `?` of many rows; rows are mappings of column to value."""

    def run(self, sql: str, parameters: Parameters | None = None) -> int:
        """Execute a statement and return the number of rows it changed."""

    def later(self, sql: str, parameters: Parameters) -> None:
        """As `run`, at any time before the next statement or the end: it needs no turn of whoever waits."""

    def one(self, sql: str, parameters: Parameters | None = None) -> Row | None:
        """Return the first row, or None."""

    def all(self, sql: str, parameters: Parameters | None = None) -> list[Row]:
        """Return all rows."""

    touched: set[tuple[str, str]]  # by `touch`

    def touch(self, site_id: str, page_key: str) -> None:
        """Say that this thread changed; listeners hear of it after COMMIT and before the writer's caller does."""


class Store(Protocol):
    async def read(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query on a reader; it sees every write that was acknowledged before the call."""

    def look(self, query: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query at once, while everybody waits: for one or two rows by their key, each of its own moment.

        The way to another thread and back is most of the price of a `read`.
        """

    async def write(self, use_case: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case in the writer's next batch; return or raise only after COMMIT.

        Raises what the use case raised, or Unavailable when the batch could not be made durable.
        """

    async def write_one(self, use_case: Callable[[Transaction, list[A]], Sequence[T | PleinError]], asked: A) -> T:
        """As `write`, for a use case that takes all that waits for it and returns a value or an error for each.

        It must be short, as everybody may have to wait for it. When it raises, it is run again for each alone.
        """

    def on_commit(self, listener: Callable[[Iterable[tuple[str, str]]], None]) -> None:
        """Call `listener` with the (site id, page key) pairs that a committed batch touched."""

    async def close(self) -> None:
        """Finish what was accepted, then close the files."""


@lru_cache(1024)  # a comment says the same moment four times
def utc_text(moment: datetime) -> str:
    """Return an aware moment as ISO text of fixed width in UTC, e.g. 2026-11-25T09:30:00.000Z; sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_moment(text: str) -> datetime:
    """The inverse of utc_text."""
    return datetime.fromisoformat(text)
