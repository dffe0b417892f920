"""What can go wrong, as a small tree. Each error carries what an answer needs; HTTP is mapped in web/problems.py.

PleinError
├── NotFound(noun, key)             there is no such thing, or not for this reader
├── Forbidden(reason)               known, but not allowed; `reason` is a stable code such as "thread-closed"
├── Invalid(faults)                 the input is wrong; one (field, message_id) for every fault found
├── Conflict(reason)                the same key or name with other content
├── TooMany(retry_after)            a limit is reached; seconds until it may be tried again
└── Unavailable(reason)             the store cannot write now (disk full, read-only)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field


class PleinError(Exception):
    """Anything that the service refuses with a reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotFound(PleinError):
    def __init__(self, noun: str, key: str) -> None:
        super().__init__(f"There is no {noun} {key}.")
        self.noun = noun


class Forbidden(PleinError):
    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.values = values  # of the message


@dataclass(frozen=True)
class Fault:
    """One wrong field of an input: its name, the message (an msgid of the catalogue) and the message's values."""

    field: str
    message_id: str
    values: Mapping[str, object] = dataclass_field(default_factory=dict)


class Invalid(PleinError):
    """The input is wrong. All faults that were found are in it (API Design Rules: /core/error-handling/all-errors)."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("invalid")
        self.faults = tuple(faults)

    def __str__(self) -> str:
        """Every fault in a line of its own."""
        return "\n".join(f"{fault.field}: {fault.message_id % fault.values}" for fault in self.faults)


class Conflict(PleinError):
    pass


class TooMany(PleinError):
    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class Unavailable(PleinError):
    pass
