"""4. Clock: one standard running on one enquiry, and how much of its working time is left.

Clocks of listening, of safeguarding and of urgent enquiries run in office hours, those of the other callbacks in their
line's callback windows. Nothing stops a clock but what the standard asks for: listening, or a first counted attempt.
Why an enquiry waits is shown beside it. After: `escalation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.standards import Escalation
from advice_line.working_time import Hours, time_left

NOTHING = timedelta()
LABELS = {
    "listen": "Listening",
    "safeguarding": "Possible safeguarding",
    "urgent": "Urgent, first attempt",
    "first_attempt": "First attempt",
    "breach": "Latest first attempt",
}
FIRST_ON_LISTS, LEADS_PAGE, LETTER = 1, 2, 3


@dataclass(frozen=True)
class Clock:
    """A standard of LABELS, due at a moment. `whole` is all the working time that it had; `met_at` when it was met."""

    standard: str
    due_at: datetime
    whole: timedelta
    hours: Hours
    met_at: datetime | None = None

    @property
    def label(self) -> str:
        return LABELS[self.standard]

    def left(self, now: datetime) -> timedelta:
        """The working time until it falls due; none once it has. Never negative, and never more as time goes on."""
        return self.hours.working_between(now, self.due_at)

    def late(self, now: datetime) -> timedelta:
        """The working time since it fell due; none before. Never negative, and never less as time goes on."""
        return self.hours.working_between(self.due_at, self.met_at or now)

    def is_late(self, now: datetime) -> bool:
        """Whether it fell due and was not met by then."""
        return (self.met_at or now) > self.due_at

    def step(self, now: datetime, escalation: Escalation) -> int:
        """How far it has to be escalated: 0 not yet, then FIRST_ON_LISTS, LEADS_PAGE, LETTER. Late is the last."""
        if self.met_at is not None:
            return 0
        if self.is_late(now):
            return LETTER
        share = 100 * (self.left(now) / self.whole) if self.whole else 0.0
        if share <= escalation.letter_percent:
            return LETTER
        if share <= escalation.leads_page_percent:
            return LEADS_PAGE
        return FIRST_ON_LISTS if share <= escalation.first_on_lists_percent else 0

    def words(self, now: datetime) -> str:
        """What a person reads: what is left, by how much it is late, or that it was met."""
        if self.met_at is not None:
            return "first attempt made late" if self.is_late(now) else "first attempt made in time"
        return time_left(self.due_at, now, self.hours)


def of_listening(service: Service, since: datetime) -> Clock:
    """The clock of a message that nobody has heard since it came."""
    due_at, hours = service.listen_by(since), service.office_hours
    return Clock("listen", due_at, hours.working_between(since, due_at), hours)


def of_callback(service: Service, enquiry: Enquiry, callback: Callback, first_attempt: datetime | None) -> Clock:
    """The clock of a promise to ring back: until its first counted attempt."""
    if enquiry.priority in {"safeguarding", "urgent"}:
        standard, hours = enquiry.priority, service.office_hours
    else:
        standard, hours = "first_attempt", service.line(enquiry.line_key).callback_hours
    if standard == "safeguarding":
        whole = timedelta(hours=service.configuration.standards.safeguarding_working_hours)
    else:
        whole = hours.working_between(enquiry.received_at, callback.due_at)
    return Clock(standard, callback.due_at, whole, hours, first_attempt)


def of_breach(service: Service, enquiry: Enquiry, callback: Callback, first_attempt: datetime | None) -> Clock:
    """The clock that runs on from the target, until lateness counts as a breach."""
    hours = service.line(enquiry.line_key).callback_hours
    whole = hours.working_between(callback.due_at, callback.breach_at)
    return Clock("breach", callback.breach_at, whole, hours, first_attempt)


def running(
    service: Service, enquiry: Enquiry, callback: Callback | None, first_attempt: datetime | None, now: datetime
) -> Iterator[Clock]:
    """The clocks of a callback that nothing has stopped: its target, and from then on its breach."""
    if callback is None or first_attempt is not None:
        return
    yield of_callback(service, enquiry, callback, None)
    if callback.due_at < now and callback.due_at < callback.breach_at:
        yield of_breach(service, enquiry, callback, None)


def first_attempts(session: Session, service_id: int, callbacks: Sequence[Callback]) -> Mapping[int, datetime]:
    """When the first counted attempt was made since each of these promises was given, by the callback's id."""
    counting = [key for key, result in taxonomy.ATTEMPT_RESULTS.items() if result.counts_as_attempt]
    found = session.execute(
        select(Callback.id, func.min(Attempt.at))
        .join(Attempt, and_(Attempt.service_id == Callback.service_id, Attempt.enquiry_id == Callback.enquiry_id))
        .where(Callback.service_id == service_id, Callback.id.in_([callback.id for callback in callbacks]))
        .where(Attempt.result.in_(counting), Attempt.at >= Callback.made_at)
        .group_by(Callback.id)
    )
    return dict(found.all())
