"""One-off sessions: a therapist works on one day only, beside their weekly rota, or in somebody else's place.

Here is what they make of the weekly rota. How they come about, singly and as swaps, is in `swaps`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time

from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.clock import from_london, london_date
from advice_line.db import Base, Id, Moment, ServiceId
from advice_line.working_time import Calendar, Interval, merged, without


class OneOffSession(Base):
    """From `starts` up to `ends` on London's clocks, on one `day`. Whoever it was taken from no longer has it.

    Of two sessions that were exchanged for one another, the second has the id of the first in `in_exchange_for`.
    """

    __tablename__ = "one_off_session"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    therapist_id: Mapped[int] = mapped_column(BigInteger)
    from_therapist_id: Mapped[int | None] = mapped_column(BigInteger)
    day: Mapped[date]
    starts: Mapped[time]
    ends: Mapped[time]
    site: Mapped[str | None]
    in_exchange_for: Mapped[int | None] = mapped_column(BigInteger)
    made_at: Mapped[Moment]
    cancelled_at: Mapped[Moment | None]

    def interval(self) -> Interval:
        """The session in UTC."""
        return Interval(from_london(self.day, self.starts), from_london(self.day, self.ends))


def between(session: Session, start: datetime, end: datetime) -> Sequence[OneOffSession]:
    """Those on the London days from `start` to `end` that nobody cancelled, in the order in which they were made."""
    days = OneOffSession.day.between(london_date(start), london_date(end))
    found = select(OneOffSession).where(days, OneOffSession.cancelled_at.is_(None))
    return session.scalars(found.order_by(OneOffSession.id)).all()


def applied(
    weekly: Mapping[int, Sequence[Interval]],
    one_offs: Iterable[OneOffSession],
    calendar: Calendar,
    start: datetime,
    end: datetime,
) -> dict[int, list[Interval]]:
    """Each therapist's time from `start` up to `end` with one-off sessions taken into account, in the order given.

    The order matters: a session may change hands twice. On a day that became a closure since, nobody works. Therapists
    who are not among the keys of `weekly` have left, and get nothing.
    """
    times = {therapist_id: list(intervals) for therapist_id, intervals in weekly.items()}
    if end <= start:
        return times
    asked = Interval(start, end)
    for one in one_offs:
        part = one.interval().intersection(asked)
        if part is None or not calendar.is_working_day(one.day):
            continue
        if one.from_therapist_id in times:
            times[one.from_therapist_id] = without(times[one.from_therapist_id], [part])
        if one.therapist_id in times:
            times[one.therapist_id] = merged([*times[one.therapist_id], part])
    return times
