"""The clock: what time it is now, and how moments meet London's wall clock.

Moments are aware datetimes in UTC everywhere in the house; a London time is made here, in working_time and in
templates alone. Rules take `now` as an argument: only a door calls `now()`.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def to_utc(moment: datetime) -> datetime:
    """The same moment in UTC. A time without a zone is a ValueError: it would be read in the machine's own zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone, so it is not a moment.")
    return moment.astimezone(UTC)


def to_london(moment: datetime) -> datetime:
    """The same moment as London's clocks show it, aware. A time without a zone is a ValueError."""
    return to_utc(moment).astimezone(LONDON)


def london_date(moment: datetime) -> date:
    """The date on London's calendars at a moment. A time without a zone is a ValueError."""
    return to_london(moment).date()


def from_london(day: date, wall: time) -> datetime:
    """The moment, in UTC, at which London's clocks show `wall` on `day`.

    A time that comes twice when the clocks go back means its first coming, unless `wall.fold` is 1. A time that is
    skipped when they go forward means the moment of the change.
    """
    moment = datetime.combine(day, wall, tzinfo=LONDON).astimezone(UTC)
    if moment.astimezone(LONDON).time() == wall:
        return moment
    # London's clocks have changed at 01:00 UTC, in spring and in autumn, ever since 1981.
    return datetime.combine(day, time(1), tzinfo=UTC)


def start_of_day(day: date) -> datetime:
    """The moment, in UTC, at which a London day begins: 23:00 the evening before in summer time."""
    return from_london(day, time.min)
