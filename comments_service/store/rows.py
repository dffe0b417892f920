"""Values into a row, and out of one with their types; one of another type is a fault of ours and raises TypeError."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from comments_service.store.protocol import Row, Transaction, Value, utc_moment, utc_text

T = TypeVar("T")
_adapter = cache(TypeAdapter)
AT_ONCE = (32, 8, 2, 1)  # rows of a statement: each number of them is another one, which SQLite keeps prepared


def record(kind: Callable[..., T], row: Row, /, **others: object) -> T:
    """Return a row as a dataclass: each field is what `others` says, or the column of its name, made of its type."""
    made: T = _adapter(kind).validate_python({**row, **others})
    return made


def find(tx: Transaction, table: str, /, **where: Value) -> Row | None:
    """Return the row whose columns have these values."""
    return tx.one(f"SELECT * FROM {table} WHERE {equal(where)}", where)  # noqa: S608 - names of ours


def delete(tx: Transaction, table: str, /, **where: Value | datetime) -> int:
    """Drop the rows whose columns have these values, and return how many."""
    row = _stored(where)
    return tx.run(f"DELETE FROM {table} WHERE {equal(row)}", row)  # noqa: S608 - names of ours


def insert(tx: Transaction, table: str, /, **values: Value | datetime) -> Row:
    """Store a row, and return it as it is stored."""
    return _insert(tx, table, values, "")


def insert_all(tx: Transaction, table: str, several: Sequence[Row]) -> None:
    """Store rows of the same columns, many by one statement, which may be executed later."""
    while several:
        number = next(number for number in AT_ONCE if number <= len(several))
        values = [value for row in several[:number] for value in row.values()]
        tx.later(_insert_sql(table, tuple(several[0]), "", number), values)
        several = several[number:]


def insert_new(tx: Transaction, table: str, /, **values: Value | datetime) -> None:
    """Store a row, unless there is one with its key: that one stays."""
    _insert(tx, table, values, " ON CONFLICT DO NOTHING")


def put(tx: Transaction, table: str, key: tuple[str, ...], /, **values: Value | datetime) -> None:
    """Store a row in place of the one with the same key."""
    others = ", ".join(f"{name} = excluded.{name}" for name in values if name not in key)
    _insert(tx, table, values, f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {others}")


def change(tx: Transaction, table: str, row: str | Mapping[str, Value], /, **values: Value | datetime) -> None:
    """Give columns of a row other values: of the one with this id, or of those that have the values of `row`."""
    where, new = {"id": row} if isinstance(row, str) else row, _stored(values)
    columns = ", ".join(f"{name} = :new_{name}" for name in new)
    tx.run(
        f"UPDATE {table} SET {columns} WHERE {equal(where)}",  # noqa: S608 - names of ours
        {**where, **{f"new_{name}": value for name, value in new.items()}},
    )


def count(tx: Transaction, source: str, /, **values: Value) -> int:
    """Count the rows of "table WHERE condition"."""
    row = tx.one(f"SELECT count(*) AS number FROM {source}", values)  # noqa: S608 - conditions of ours
    return number(row, "number") if row else 0


def write_again(tx: Transaction) -> None:
    """Write what stands there already: whether that can be done is the question."""
    tx.run("UPDATE _sqlite_migrations SET name = name")


def equal(where: Mapping[str, Value]) -> str:
    """Return the condition that columns have these values."""
    return " AND ".join(f"{name} IS NULL" if value is None else f"{name} = :{name}" for name, value in where.items())


def _insert(tx: Transaction, table: str, values: Mapping[str, Value | datetime], conflict: str) -> Row:
    row = _stored(values)
    tx.run(_insert_sql(table, tuple(row), conflict), list(row.values()))
    return row


@cache
def _insert_sql(table: str, names: tuple[str, ...], conflict: str, number: int = 1) -> str:
    places = ", ".join([f"({', '.join('?' * len(names))})"] * number)
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {places}{conflict}"  # noqa: S608 - names of ours


def _stored(values: Mapping[str, Value | datetime]) -> dict[str, Value]:
    return {name: utc_text(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _wrong(column: str, value: Value) -> TypeError:
    return TypeError(f"{column} is {value!r}")


def text(row: Row, column: str) -> str:
    if isinstance(value := row[column], str):
        return value
    raise _wrong(column, value)


def optional(row: Row, column: str) -> str | None:
    if (value := row[column]) is None or isinstance(value, str):
        return value
    raise _wrong(column, value)


def number(row: Row, column: str) -> int:
    if isinstance(value := row[column], int):
        return value
    raise _wrong(column, value)


def real(row: Row, column: str) -> float:
    if isinstance(value := row[column], float):
        return value
    raise _wrong(column, value)


def moment(row: Row, column: str) -> datetime:
    return utc_moment(text(row, column))


def optional_moment(row: Row, column: str) -> datetime | None:
    return None if row[column] is None else moment(row, column)


def mapping(row: Row, column: str) -> Mapping[str, str]:
    """A JSON object of texts."""
    return {key: str(value) for key, value in values(row, column).items()}


def values(row: Row, column: str) -> Mapping[str, object]:
    """A JSON object of anything."""
    found = json.loads(text(row, column))
    if not isinstance(found, dict):
        raise TypeError(f"{column} is {found!r}")
    return found


def texts(row: Row, column: str) -> tuple[str, ...]:
    """A JSON list of texts."""
    return tuple(str(value) for value in json.loads(text(row, column)))


def to_json(value: object) -> str:
    """JSON that is the same for the same value, so that a change can be seen by comparing texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
