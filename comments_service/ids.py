"""Ids: ULIDs, 26 characters that sort by the time they were made (https://github.com/ulid/spec)."""

import secrets
import threading
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)  # of ten bits
RANDOM_BITS = 80


class UlidMaker:
    """Makes ids that only rise: within one millisecond the random part counts up, also when the clock steps back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._random = 0

    def make(self, now: datetime) -> str:
        with self._lock:
            milliseconds = int(now.timestamp() * 1000)
            if milliseconds > self._milliseconds:
                self._milliseconds = milliseconds
                # one bit is left free, so that counting up cannot overflow
                self._random = secrets.randbits(RANDOM_BITS - 1)
            else:
                self._random += 1
            number = self._milliseconds << RANDOM_BITS | self._random
        return _text(number)


# The one piece of state at module level: ids must rise over all threads of a process.
_maker = UlidMaker()


def new_id(now: datetime) -> str:
    """Return a new ULID of the moment `now`; later calls in this process give greater ids."""
    return _maker.make(now)


def first_id(moment: datetime) -> str:
    """Return the least id of a moment: all made since are greater."""
    return _text(int(moment.timestamp() * 1000) << RANDOM_BITS)


def is_id(text: str) -> bool:
    """Tell whether a text of a stranger has the form of an id."""
    return len(text) == 26 and all(character in ALPHABET for character in text)


def _text(number: int) -> str:
    """A number of 130 bits in Crockford's base 32."""
    return "".join([PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
