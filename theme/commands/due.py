"""When the next post that waits for its date becomes due."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from theme.plugins import dates

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_DATE = re.compile(r"""^date:[ \t]*["']?([^"'#\r\n]+)""", re.MULTILINE)


def moments(content: Path, zone: ZoneInfo) -> Iterator[datetime]:
    """The dates of all posts that can be read; what is wrong with the others is for the check to say."""
    for path in content.glob("blogs/*.md"):
        try:
            found = _FRONT_MATTER.match(path.read_text("utf-8"))
            date = found and _DATE.search(found[1])
            if date:
                yield dates.parse(date[1].strip(), zone)
        except (OSError, ValueError):
            continue


def next_due(content: Path, zone: ZoneInfo, *, now: datetime) -> datetime | None:
    """The first moment after `now` at which a build would find one more post due."""
    return min((moment for moment in moments(content, zone) if moment > now), default=None)
