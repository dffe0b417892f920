"""Values out of a row, with their types; a value of another type is a fault of ours and raises TypeError."""

import json
from collections.abc import Mapping
from datetime import datetime

from comments_service.store.protocol import Row, utc_moment


def text(row: Row, column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise TypeError(f"{column} is {value!r}")
    return value


def optional(row: Row, column: str) -> str | None:
    return None if row[column] is None else text(row, column)


def number(row: Row, column: str) -> int:
    value = row[column]
    if not isinstance(value, int):
        raise TypeError(f"{column} is {value!r}")
    return value


def real(row: Row, column: str) -> float:
    value = row[column]
    if not isinstance(value, float):
        raise TypeError(f"{column} is {value!r}")
    return value


def moment(row: Row, column: str) -> datetime:
    return utc_moment(text(row, column))


def optional_moment(row: Row, column: str) -> datetime | None:
    return None if row[column] is None else moment(row, column)


def mapping(row: Row, column: str) -> Mapping[str, str]:
    """A JSON object of texts."""
    return {str(key): str(value) for key, value in json.loads(text(row, column)).items()}


def texts(row: Row, column: str) -> tuple[str, ...]:
    """A JSON list of texts."""
    return tuple(str(value) for value in json.loads(text(row, column)))


def to_json(value: object) -> str:
    """JSON that is the same for the same value, so that a change can be seen by comparing texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
