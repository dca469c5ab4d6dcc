"""Arranged: what is agreed about one call beside its slot: a held time, the interpreter, the named therapist."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from advice_line.callbacks import interpreting, named
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.interpreting import InterpreterBooking
from advice_line.callbacks.named import NamedOffer
from advice_line.callbacks.record import therapists_by_id
from advice_line.clock import london_date
from advice_line.enquiries.enquiry import INTERPRETER_FLAG, Enquiry
from advice_line.enquiries.said import when_words
from advice_line.enquiries.wishes import wished
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.pages import london
from advice_line.working_time import Calendar

NAMED = {
    "offered": "Offered to {name} as the named therapist, who answers by {by}",
    "accepted": "{name}, the named therapist, has taken it on",
    "declined": "{name}, the named therapist, cannot take it on, so anybody may ring",
    "expired": "{name}, the named therapist, did not answer in time, so anybody may ring",
}


@dataclass(frozen=True)
class Arranged:
    """Sentences without a full stop; empty where there is nothing to say."""

    held: str
    is_promise: bool
    is_broken: bool
    interpreter: str
    is_interpreter_open: bool
    named: str
    when: str
    is_bad_time: bool


@dataclass(frozen=True)
class Arrangements:
    """Those of all calls of a service, read once."""

    therapists: Mapping[int, Therapist]
    interpreters: Mapping[int, InterpreterBooking]
    offers: Mapping[int, NamedOffer]
    calendar: Calendar
    now: datetime

    def of(self, enquiry: Enquiry, callback: Callback | None) -> Arranged:
        """What is arranged for the call of one enquiry."""
        booking, offer = self.interpreters.get(enquiry.id), self.offers.get(enquiry.id)
        promised = callback.promised_from if callback else None
        return Arranged(
            held=self._held(callback) if callback and promised else "",
            is_promise=callback is not None and callback.caller_was_told,
            # Until the planner has looked at a time that was just set, the call is still where it was.
            is_broken=callback is not None and promised is not None and callback.starts_at is None,
            interpreter=interpreting.in_words(enquiry, booking),
            is_interpreter_open=INTERPRETER_FLAG in enquiry.flags and (booking is None or booking.state != "booked"),
            named=self._named(offer) if offer else "",
            when=_when(enquiry),
            is_bad_time=self._is_bad_time(enquiry),
        )

    def name(self, therapist_id: int | None) -> str:
        """A therapist's name; "nobody" for none."""
        found = self.therapists.get(therapist_id or 0)
        return found.name if found else "nobody"

    def _held(self, callback: Callback) -> str:
        when = london.near(callback.promised_from, self.now) if callback.promised_from else ""
        how = "Promised to the caller for" if callback.caller_was_told else "Set to"
        return f"{how} {when} with {self.name(callback.promised_therapist_id)}"

    def _is_bad_time(self, enquiry: Enquiry) -> bool:
        """Whether the caller asked not to be rung just now: who rings outside the plan should know it."""
        if enquiry.not_before is not None and london_date(self.now) < enquiry.not_before:
            return True
        times = wished(enquiry.contact_times, self.calendar, self.now, self.now + timedelta(minutes=1))
        return times is not None and not times

    def _named(self, offer: NamedOffer) -> str:
        words = NAMED.get(offer.state, "")
        return words.format(name=self.name(offer.therapist_id), by=london.near(offer.answer_by, self.now))


def arrangements(session: Session, service: Service, enquiry_ids: list[int], now: datetime) -> Arrangements:
    """What is arranged for the calls of these enquiries, in a fixed number of queries."""
    return Arrangements(
        therapists_by_id(session, service.id),
        interpreting.all_current(session, service.id),
        named.latest_of(session, service.id, enquiry_ids),
        service.calendar,
        now,
    )


def _when(enquiry: Enquiry) -> str:
    """When the caller can be rung, as they said."""
    said_so = [when_words(wish) for wish in enquiry.contact_times]
    if enquiry.not_before is not None:
        said_so.append(f"not before {london.day(enquiry.not_before)}")
    return f"They can talk: {'; '.join(said_so)}" if said_so else ""
