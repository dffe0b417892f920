"""Dates in front matter: ISO 8601 only, and the readings that another notation could have."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1970, 2199

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?P<zone> ?(?:Z|[+-]\d{2}:\d{2}))?)?",
    re.ASCII,
)
_NUMBERS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})", re.ASCII)
_TIME = re.compile(
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"|T(?P<hours>\d{2})(?P<minutes>\d{2}))"
    r" ?(?P<zone>Z|[+-]\d{1,2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january jan", "februari february feb", "maart march mrt mar", "april apr", "mei may",
            "juni june jun", "juli july jul", "augustus august aug", "september sept sep", "oktober october okt oct",
            "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAY_MONTH = re.compile(r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th|e)? ([a-z]+)\.?,? (\d{4})", re.ASCII)
_MONTH_DAY = re.compile(r"(?:[a-z]+,? )?([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.ASCII)
_NO_DAY = re.compile(
    r"(?P<year>\d{4})(?:[-/. ](?P<month>\d{1,2}))?|(?P<before>\d{1,2})[-/. ](?P<then>\d{4})"
    r"|(?P<name>[a-z]+)\.? (?P<of>\d{4})",
    re.ASCII,
)


class NotADate(ValueError):
    """The text is not one moment. `code` names the fault, `readings` are ISO texts that it could stand for."""

    def __init__(self, code: str, readings: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.readings = readings


def parse(text: str, zone: ZoneInfo) -> datetime:
    """The moment that an ISO text names: local time of `zone` unless it says another, midnight unless it says a time.

    Raises NotADate: `not-iso`, `no-day`, `ambiguous-date`, `impossible-date`, `impossible-time` or `ambiguous-time`.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise _other_notation(text.strip())
    day = _day(int(found["year"]), int(found["month"]), int(found["day"]))
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotADate("impossible-date")
    try:
        moment = datetime.combine(day, datetime.min.time()).replace(
            hour=int(found["hour"] or 0), minute=int(found["minute"] or 0), second=int(found["second"] or 0)
        )
        if found["zone"]:
            return datetime.fromisoformat(moment.isoformat() + found["zone"].strip())
    except ValueError:
        raise NotADate("impossible-time") from None
    return _local(moment, zone) if found["hour"] else moment.replace(tzinfo=zone)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """A wall-clock time in `zone`; the hour that a clock change skips or repeats is refused (PEP 495)."""
    earlier, later = moment.replace(tzinfo=zone, fold=0), moment.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise NotADate("impossible-time")
    raise NotADate("ambiguous-time", (earlier.isoformat(timespec="minutes"), later.isoformat(timespec="minutes")))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _other_notation(text: str) -> NotADate:
    """What a text that is not ISO could mean: every reading that is a day of the calendar, the usual order first."""
    time = ""
    if len(parts := re.split(rf"({_TIME.pattern})$", text, maxsplit=1, flags=_TIME.flags)) > 1:
        text, time = parts[0], _time(parts[1])
        if not time:
            return NotADate("not-iso")
    lower = text.lower()
    if not time and (found := _NO_DAY.fullmatch(lower)) and (span := _span(found)):
        return NotADate("no-day", span)
    days: list[date | None] = []
    if _ISO.fullmatch(text):
        days = [_day(*(int(part) for part in text.split("-")))]
    elif found := _NUMBERS.fullmatch(text):
        days = _orders(*found.groups())
    elif found := _COMPACT.fullmatch(text):
        days = [_day(*(int(part) for part in found.groups()))]
    elif (found := _DAY_MONTH.fullmatch(lower)) and found[2] in _MONTHS:
        days = [_day(int(found[3]), _MONTHS[found[2]], int(found[1]))]
    elif (found := _MONTH_DAY.fullmatch(lower)) and found[1] in _MONTHS:
        days = [_day(int(found[3]), _MONTHS[found[1]], int(found[2]))]
    elif found := re.fullmatch(r"(\d{4})-W(\d{2})-(\d)", text, re.ASCII):
        days = [_week_day(*(int(part) for part in found.groups()))]
    possible = [day for day in days if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR]
    readings = tuple(dict.fromkeys(day.isoformat() + time for day in possible))
    return NotADate("ambiguous-date" if len(readings) > 1 else "not-iso", readings)


def _time(text: str) -> str:
    """A time as it must be written behind a day; "" when there is no such time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return ""
    hour, minute = found["hour"] or found["hours"], found["minute"] or found["minutes"]
    time = f"T{int(hour):02}:{minute}" + (f":{found['second']}" if found["second"] else "")
    zone = (found["zone"] or "").upper().replace(":", "")
    if zone and zone != "Z":
        hours, minutes = (zone[1:-2], zone[-2:]) if len(zone) > 3 else (zone[1:], "00")
        zone = f"{zone[0]}{int(hours):02}:{minutes}"
    try:
        datetime.fromisoformat(f"2000-01-01{time}{zone}")
    except ValueError:
        return ""
    return time + zone


def _span(found: re.Match[str]) -> tuple[str, str] | None:
    """The first and the last day of a year or a month; None when there is no such month."""
    year = int(found["year"] or found["then"] or found["of"])
    number = _MONTHS.get(found["name"], 0) if found["name"] else int(found["month"] or found["before"] or 0)
    has_month = found["name"] or found["month"] or found["before"]
    if not FIRST_YEAR <= year <= LAST_YEAR or (has_month and not 1 <= number <= 12):
        return None
    first, last = (number, number) if has_month else (1, 12)
    return date(year, first, 1).isoformat(), date(year, last, monthrange(year, last)[1]).isoformat()


def _orders(first: str, second: str, third: str) -> list[date | None]:
    one, two, three = int(first), int(second), int(third)
    if len(first) == 4:  # 2026/11/25, or 2026/25/11
        return [_day(one, two, three), _day(one, three, two)]
    if len(third) == 4:  # 25-11-2026, or 11-25-2026
        return [_day(three, two, one), _day(three, one, two)]
    if len(first) > 2 or len(third) > 2:
        return []
    return [_day(2000 + three, two, one), _day(2000 + three, one, two), _day(2000 + one, two, three)]


def _week_day(year: int, week: int, day: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, day)
    except ValueError:
        return None


def clock(environ: Mapping[str, str]) -> datetime:
    """The one clock of check and build: SOURCE_DATE_EPOCH (seconds, reproducible-builds.org) when set, else now.

    It decides nothing but which posts are due. Raises ValueError.
    """
    epoch = environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not epoch:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(epoch))
    except (ValueError, OverflowError):
        raise ValueError(f"SOURCE_DATE_EPOCH is {epoch!r}; it must be a whole number of seconds since 1970") from None
