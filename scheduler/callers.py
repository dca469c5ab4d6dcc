"""Callers: each call that is owed, as the planner is asked about it, and what staff are told beside its reasons."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from advice_line.callbacks import interpreting, named, policy
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.interpreting import InterpreterBooking
from advice_line.callbacks.named import NamedOffer
from advice_line.callbacks.plan import Slot
from advice_line.callbacks.reachable import Note, Reachable, reachable
from advice_line.enquiries.enquiry import PRIORITIES, Enquiry
from advice_line.lines import extra_windows
from advice_line.lines.directory import Service
from advice_line.taxonomy import OUR_LANGUAGE
from advice_line.working_time import Interval, shared
from scheduler import planner

NO_NUMBER = "There is no number to ring: the caller withheld it or left none. Listen for one in the message."
USED_UP = "All {most} attempts are used. Ring by hand, or close the enquiry as unable to contact."
AGREED_TIME_PASSED = "The time that was agreed with the caller has passed."


@dataclass(frozen=True)
class Known:
    """What the house knows of all callers: by the line's key, or by the enquiry's id. `ahead` is the planning time."""

    service: Service
    ahead: Interval
    hours: Mapping[str, Sequence[Interval]]
    attempts: Mapping[int, Sequence[Attempt]]
    interpreters: Mapping[int, InterpreterBooking]
    offers: Mapping[int, NamedOffer]

    @classmethod
    def of(cls, session: Session, service: Service, ahead: Interval, enquiry_ids: Sequence[int]) -> Self:
        """All of it, in a fixed number of queries."""
        return cls(
            service,
            ahead,
            extra_windows.ringing_back(session, service, ahead.start, ahead.end),
            _attempts(session, service, enquiry_ids),
            interpreting.all_current(session, service.id),
            named.latest_of(session, service.id, enquiry_ids),
        )


@dataclass(frozen=True, eq=False)
class Caller:
    """One call that is owed."""

    callback: Callback
    enquiry: Enquiry
    known: Known

    @property
    def why_not(self) -> str | None:
        """Why it cannot be planned at all; None when it can."""
        allowed = self.known.service.configuration.attempts
        if self.enquiry.caller_number is None:
            return NO_NUMBER
        # Whoever sets a time for one more try has thought about it.
        used_up = policy.used_up(allowed, self._attempts) and not self.callback.promised
        return USED_UP.format(most=allowed.max_attempts) if used_up else None

    @property
    def named(self) -> int | None:
        """The child's own therapist, while it is theirs to answer or they accepted."""
        offer = self._offer
        return offer.therapist_id if offer is not None and offer.state in named.OPEN else None

    def asked(self) -> planner.Callback:
        """The call as the planner is asked about it."""
        callback, enquiry, language = self.callback, self.enquiry, self.enquiry.caller_language
        return planner.Callback(
            id=callback.id,
            received=enquiry.received_at,
            due=callback.due_at,
            priority=PRIORITIES.index(enquiry.priority),
            minutes=callback.minutes,
            windows=self._windows(),
            language=None if language == OUR_LANGUAGE else language,
            topic=enquiry.topics[0] if enquiry.topics else None,
            named=self.named,
            not_before=self._not_before(),
            # A call in which they were reached, and agreed another time or were cut off, keeps no distance to the next.
            tried=tuple(attempt.at for attempt in self._attempts if attempt.counts and not attempt.made_contact),
            current=self._current(),
            promised=callback.promised,
        )

    def notes(self) -> list[Note]:
        """What staff are told of its time and its therapist, beside the planner's reasons."""
        notes = [self._suits.note] if self._suits.note else []
        agreed = self.callback.wanted_to
        if agreed is not None and agreed <= self.known.ahead.start:
            notes.append(Note(AGREED_TIME_PASSED, agreed))
        offer = self._offer
        if offer is not None and offer.state in named.WHY_ANYBODY:
            notes.append(Note(named.WHY_ANYBODY[offer.state], offer.offered_at))
        return notes

    @property
    def _attempts(self) -> Sequence[Attempt]:
        return self.known.attempts.get(self.enquiry.id, ())

    @property
    def _offer(self) -> NamedOffer | None:
        return self.known.offers.get(self.enquiry.id)

    @cached_property
    def _suits(self) -> Reachable:
        """When this caller can be rung: the time that was agreed while it is to come, else the times they like."""
        callback, known = self.callback, self.known
        if callback.wanted_from and callback.wanted_to and callback.wanted_to > known.ahead.start:
            return Reachable([Interval(callback.wanted_from, callback.wanted_to)])
        return reachable(known.service, self.enquiry, self._hours, callback.due_at, known.ahead)

    @property
    def _hours(self) -> Sequence[Interval]:
        return self.known.hours[self.enquiry.line_key]

    def _windows(self) -> tuple[planner.Span, ...] | None:
        # Whoever was told a time has agreed to it, whatever times they like otherwise.
        times = None if self.callback.caller_was_told else self._suits.times
        if len(self.known.service.lines) > 1:
            times = list(self._hours) if times is None else shared(times, self._hours)
        return None if times is None else tuple(planner.Span(time.start, time.end) for time in times)

    def _not_before(self) -> datetime | None:
        if self.callback.promised:
            return None
        booking = self.known.interpreters.get(self.enquiry.id)
        interpreter = interpreting.earliest(self.known.service, self.enquiry, booking)
        return max(filter(None, (self.callback.not_before, self._suits.not_before, interpreter)), default=None)

    def _current(self) -> planner.Assignment | None:
        """Where it is: for a promise its own time, with whoever covers it, also while it has no slot."""
        callback, slot = self.callback, Slot.of(self.callback)
        start, end = callback.promised_from, callback.promised_to
        if start is None or end is None or callback.promised_therapist_id is None:
            return planner.Assignment(callback.id, slot.therapist_id, slot.starts_at, slot.ends_at) if slot else None
        covered = slot is not None and slot.starts_at == start
        therapist = slot.therapist_id if slot is not None and covered else callback.promised_therapist_id
        return planner.Assignment(callback.id, therapist, start, end)


def _attempts(session: Session, service: Service, enquiry_ids: Sequence[int]) -> Mapping[int, list[Attempt]]:
    """The attempts since the caller last got in touch: who rings again may be tried again from the start."""
    rows = session.scalars(
        select(Attempt)
        .join(Enquiry, and_(Enquiry.service_id == Attempt.service_id, Enquiry.id == Attempt.enquiry_id))
        .where(Attempt.service_id == service.id, Attempt.enquiry_id.in_(enquiry_ids))
        .where(func.coalesce(Attempt.at >= Enquiry.last_word_at, True))
        .order_by(Attempt.at, Attempt.id)
    )
    since: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in rows:
        since[attempt.enquiry_id].append(attempt)
    return since
