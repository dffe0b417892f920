"""Dates: one text is one moment, on every day and every machine; all else says what it could mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from theme.plugins.dates import NotADate, clock, parse

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

RIGHT = [
    ("2026-11-25", "2026-11-25T00:00:00+01:00"),
    ("2026-07-01", "2026-07-01T00:00:00+02:00"),
    ("2024-02-29", "2024-02-29T00:00:00+01:00"),
    ("2026-11-25T09:30", "2026-11-25T09:30:00+01:00"),
    ("2026-11-25 09:30", "2026-11-25T09:30:00+01:00"),
    ("2026-11-25T09:30:15", "2026-11-25T09:30:15+01:00"),
    ("2026-11-25T09:30Z", "2026-11-25T09:30:00+00:00"),
    ("2026-11-25T09:30:00-05:00", "2026-11-25T09:30:00-05:00"),
    ("2026-11-25 09:30 +02:00", "2026-11-25T09:30:00+02:00"),
]


@pytest.mark.parametrize(("text", "moment"), RIGHT)
def test_an_iso_text_is_one_moment(text: str, moment: str) -> None:
    assert parse(text, AMSTERDAM).isoformat() == moment


WRONG = [
    ("03/04/2026", "ambiguous-date", ("2026-04-03", "2026-03-04")),
    ("3-4-2026", "ambiguous-date", ("2026-04-03", "2026-03-04")),
    ("03.04.26", "ambiguous-date", ("2026-04-03", "2026-03-04", "2003-04-26")),
    ("2026/03/04", "ambiguous-date", ("2026-03-04", "2026-04-03")),
    ("25/11/2026", "not-iso", ("2026-11-25",)),
    ("11/25/2026", "not-iso", ("2026-11-25",)),
    ("05/05/2026", "not-iso", ("2026-05-05",)),
    ("2026-3-4", "ambiguous-date", ("2026-03-04", "2026-04-03")),
    ("25 november 2026", "not-iso", ("2026-11-25",)),
    ("25 nov. 2026", "not-iso", ("2026-11-25",)),
    ("woensdag 25 november 2026", "not-iso", ("2026-11-25",)),
    ("November 25, 2026", "not-iso", ("2026-11-25",)),
    ("1st May 2026", "not-iso", ("2026-05-01",)),
    ("20261125", "not-iso", ("2026-11-25",)),
    ("2026-W48-3", "not-iso", ("2026-11-25",)),
    ("2026", "no-day", ("2026-01-01", "2026-12-31")),
    ("2026-11", "no-day", ("2026-11-01", "2026-11-30")),
    ("november 2026", "no-day", ("2026-11-01", "2026-11-30")),
    ("morgen", "not-iso", ()),
    ("31/31/2026", "not-iso", ()),
    ("2026-11-25T09", "not-iso", ()),
    ("\u0662\u0660\u0662\u0666-11-25", "not-iso", ()),
    ("2026-02-30", "impossible-date", ()),
    ("2026-13-01", "impossible-date", ()),
    ("0026-11-25", "impossible-date", ()),
    ("2026-11-25T24:00", "impossible-time", ()),
    ("2026-11-25T09:60", "impossible-time", ()),
    ("2026-11-25T09:30+25:00", "impossible-time", ()),
    ("2026-03-29T02:30", "impossible-time", ()),
    ("2026-10-25T02:30", "ambiguous-time", ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00")),
]


@pytest.mark.parametrize(("text", "code", "readings"), WRONG)
def test_anything_else_says_what_it_could_mean(text: str, code: str, readings: tuple[str, ...]) -> None:
    with pytest.raises(NotADate) as refused:
        parse(text, AMSTERDAM)
    assert (refused.value.code, refused.value.readings) == (code, readings)


def test_every_reading_is_itself_a_right_date() -> None:
    for text, _, readings in WRONG:
        for reading in readings:
            assert parse(reading, AMSTERDAM), text


def test_the_clock_is_source_date_epoch_when_that_is_set() -> None:
    assert clock({"SOURCE_DATE_EPOCH": "1764061200"}) == datetime(2025, 11, 25, 9, 0, tzinfo=UTC)
    before = datetime.now(UTC)
    assert before <= clock({}) <= datetime.now(UTC)


@pytest.mark.parametrize("epoch", ["gisteren", "1e9", "9" * 30])
def test_a_clock_that_is_no_number_is_refused(epoch: str) -> None:
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH"):
        clock({"SOURCE_DATE_EPOCH": epoch})
