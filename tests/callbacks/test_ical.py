"""iCalendar as other people's programs read it: whatever is written comes out of a parser as it went in."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from advice_line.callbacks.ical import Event, calendar
from advice_line.clock import LONDON
from advice_line.working_time import Interval

STAMP = datetime(2026, 11, 17, tzinfo=UTC)
ESCAPES = {"\\n": "\n", "\\N": "\n", "\\\\": "\\", "\\;": ";", "\\,": ","}
words = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
moments = st.integers(0, 10**8).map(lambda seconds: STAMP + timedelta(seconds=seconds))
events = st.lists(
    st.builds(
        lambda start, minutes, summary: (Interval(start, start + timedelta(minutes=minutes)), summary),
        moments,
        st.integers(1, 600),
        words,
    ),
    max_size=5,
)


def read(written: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A reader after RFC 5545: unfold, split at the first colon, take escapes back; the calendar and its events."""
    assert written.endswith("\r\n")
    lines = written.replace("\r\n ", "").split("\r\n")[:-1]
    assert not any("\n" in line or "\r" in line for line in lines)
    whole: dict[str, str] = {}
    found: list[dict[str, str]] = []
    into = whole
    for line in lines:
        name, value = line.split(":", 1)
        if (name, value) == ("BEGIN", "VEVENT"):
            found.append(into := {})
        elif (name, value) == ("END", "VEVENT"):
            into = whole
        else:
            assert name == "BEGIN" or name not in into
            into[name] = re.sub(r"\\[nN\\;,]", lambda match: ESCAPES[match.group()], value)
    return whole, found


def moment(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@given(words, events)
def test_what_is_written_is_read_again(name: str, given: list[tuple[Interval, str]]) -> None:
    written = calendar(name, [Event(f"one-{n}", time, text) for n, (time, text) in enumerate(given)], STAMP)
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))
    whole, found = read(written)
    assert (whole["NAME"], whole["VERSION"], whole["END"]) == (name, "2.0", "VCALENDAR")
    assert [(Interval(moment(one["DTSTART"]), moment(one["DTEND"])), one["SUMMARY"]) for one in found] == given
    assert {one["DTSTAMP"] for one in found} <= {"20261117T000000Z"}


def test_a_session_keeps_its_hour_on_londons_clocks_when_they_change() -> None:
    friday, monday = (datetime(2026, 10, day, 9, tzinfo=LONDON) for day in (23, 26))
    both = [Event(str(at), Interval(at, at + timedelta(hours=3)), "Session") for at in (friday, monday)]
    _, found = read(calendar("Rota", both, STAMP))
    assert [one["DTSTART"] for one in found] == ["20261023T080000Z", "20261026T090000Z"]
    assert {moment(one["DTSTART"]).astimezone(LONDON).hour for one in found} == {9}


def test_control_characters_and_line_ends_break_nothing() -> None:
    _, (one,) = read(
        calendar("x", [Event("1", Interval(STAMP, STAMP + timedelta(hours=1)), "a\r\nEND:\x07b\x00")], STAMP)
    )
    assert one["SUMMARY"] == "a\nEND:b"
