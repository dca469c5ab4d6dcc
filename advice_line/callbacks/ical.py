"""iCalendar: events written as calendars read them (RFC 5545).

Every time is in UTC, so no rules of time zones need to go with it, and a change of the clocks moves nothing. Lines end
with CR LF and are folded at 75 octets, never inside a character.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from advice_line.working_time import Interval

LONGEST_LINE = 75  # octets, without the line's end
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Event:
    """One entry: it is the same as long as its `uid` is. Whoever has it is busy. `location` may be empty."""

    uid: str
    time: Interval
    summary: str
    location: str = ""


def calendar(name: str, events: Iterable[Event], stamp: datetime) -> str:
    """A whole calendar; `stamp` says as of when. Readers are asked to look again every quarter of an hour."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Advice Line//Rota//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        *(line for event in events for line in _event(event, stamp)),
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _event(event: Event, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{_moment(stamp)}"
    yield f"DTSTART:{_moment(event.time.start)}"
    yield f"DTEND:{_moment(event.time.end)}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.location:
        yield f"LOCATION:{_text(event.location)}"
    yield "TRANSP:OPAQUE"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    return CONTROLS.sub("", words.translate(ESCAPED))


def _folded(line: str) -> Iterator[str]:
    """The line in pieces that fit; every piece but the first begins with a space, which readers take away."""
    piece = ""
    for character in line:
        if len((piece + character).encode()) > LONGEST_LINE:
            yield piece
            piece = " "
        piece += character
    yield piece
