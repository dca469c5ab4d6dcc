"""Said: what a caller tells us on their own page, written into their enquiry as their own word.

It is not listening: nothing counts as heard by it. Words of their own are kept as a text would be, and somebody has to
read them. Machines close nothing: that it is sorted is shown to a therapist, who looks and closes (edge case E19).
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Self

from pydantic import AfterValidator, StringConstraints, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.audit import Actor
from advice_line.enquiries import triage
from advice_line.enquiries.enquiry import INTERPRETER_FLAG, Enquiry, EnquiryEvent, note
from advice_line.enquiries.triage import Part, TimeSpan
from advice_line.enquiries.wishes import END_OF_DAY, START_OF_DAY
from advice_line.errors import Conflict
from advice_line.taxonomy import OUR_LANGUAGE, key_of
from advice_line.telephone import numbers
from advice_line.texts import text as texts
from advice_line.working_time import time_of_day

CALLER = Actor.part("caller's page")
LONGEST_WORDS = 300
INTERPRETER = "spoken_language"
# Who has the link may be a child with a phone: what they send is kept from filling the history.
MOST_A_DAY = 20

Words = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_WORDS, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")
]


class Days(Part):
    """The first and the last London date on which it is of use to ring."""

    not_before: date | None = None
    not_after: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.not_before and self.not_after and self.not_after < self.not_before:
            raise ValueError("the last day must not come before the first")
        return self


class Said(Part):
    """Any of what a caller may tell us. What is None, or empty, leaves what was known as it is."""

    contact_times: list[Annotated[str, key_of("contact_preferences")] | TimeSpan] | None = None
    days: Days | None = None
    language: Annotated[str, key_of("languages")] | None = None
    needs: tuple[Annotated[str, key_of("communication_needs")], ...] = ()
    number: Annotated[str, AfterValidator(numbers.callable_number)] | None = None
    words: Words = ""


def write(session: Session, enquiry: Enquiry, said: Said, now: datetime) -> bool:
    """Write down what was said, with what it was before; whether anything is new. Raises Conflict when closed."""
    _refuse_closed(enquiry)
    before = enquiry.caller_number
    changed = [*_times(enquiry, said), *_support(session, enquiry, said, now), *_number(enquiry, said)]
    if said.words and texts.written(session, enquiry.service_id, enquiry.id, enquiry.line_key, said.words, now):
        enquiry.heard_at = None  # there is something new to read
        changed.append("wrote something")
    if not changed:
        return False
    # Whoever gets in touch is tried afresh (attempt policy).
    enquiry.caller_changed_at = enquiry.last_word_at = now
    note(session, enquiry, "caller_told", CALLER, now, detail="; ".join(changed))
    if enquiry.caller_number != before:
        _point_out_twins(session, enquiry, now)
    return True


def write_sorted(session: Session, enquiry: Enquiry, now: datetime) -> bool:
    """The caller says that it is sorted and we need not ring; False when they said so before."""
    _refuse_closed(enquiry)
    if enquiry.sorted_at is not None:
        return False
    enquiry.sorted_at = enquiry.caller_changed_at = now
    note(session, enquiry, "caller_sorted", CALLER, now)
    return True


def times_today(session: Session, enquiry: Enquiry, now: datetime) -> int:
    """How often something was told on the page of this enquiry within the last 24 hours."""
    told = select(func.count()).where(
        EnquiryEvent.service_id == enquiry.service_id,
        EnquiryEvent.enquiry_id == enquiry.id,
        EnquiryEvent.what == "caller_told",
        EnquiryEvent.at > now - timedelta(days=1),
    )
    return session.scalar(told) or 0


def when_words(wish: object) -> str:
    """One of an enquiry's contact times in words: “3:30pm to 4:15pm on Tue, Thu”, “from 2pm”, or a preference."""
    if not isinstance(wish, dict):
        return taxonomy.label("contact_preferences", str(wish))
    days = ", ".join(str(day).capitalize() for day in wish.get("days") or [])
    if not wish.get("from"):
        return f"only on {days}"
    return _span_in_words(wish) + (f" on {days}" if days else "")


def _span_in_words(wish: dict[str, Any]) -> str:
    """Two times; one where the other is the day's own beginning or end."""
    start, end = (time.fromisoformat(str(wish[key])) for key in ("from", "to"))
    if end == END_OF_DAY:
        return f"from {time_of_day(start)}"
    return f"until {time_of_day(end)}" if start == START_OF_DAY else f"{time_of_day(start)} to {time_of_day(end)}"


def _refuse_closed(enquiry: Enquiry) -> None:
    if not enquiry.is_open:
        raise Conflict("This enquiry is closed, so nothing more can be said on its page.")


def _times(enquiry: Enquiry, said: Said) -> Iterator[str]:
    if said.contact_times is not None:
        times = [wish.model_dump(by_alias=True) if isinstance(wish, TimeSpan) else wish for wish in said.contact_times]
        if times != enquiry.contact_times:
            enquiry.contact_times = times
            yield "when to ring: " + ", ".join(when_words(wish) for wish in times)
    if said.days is not None and (said.days.not_before, said.days.not_after) != (enquiry.not_before, enquiry.not_after):
        enquiry.not_before, enquiry.not_after = said.days.not_before, said.days.not_after
        yield _days_in_words(said.days)


def _days_in_words(days: Days) -> str:
    named = (("not before", days.not_before), ("not after", days.not_after))
    told = [f"{which} {day.day} {day:%B %Y}" for which, day in named if day]
    return ", ".join(told) or "no first or last day any longer"


def _support(session: Session, enquiry: Enquiry, said: Said, now: datetime) -> Iterator[str]:
    if said.language and said.language != enquiry.caller_language:
        enquiry.caller_language = said.language
        yield f"language: {taxonomy.label('languages', said.language)}"
    if said.language and said.language != OUR_LANGUAGE and INTERPRETER_FLAG not in enquiry.flags:
        triage.flag(session, enquiry, INTERPRETER_FLAG, CALLER, now)
    interpreter = [INTERPRETER] if said.language and said.language != OUR_LANGUAGE else []
    needs = [need for need in dict.fromkeys([*said.needs, *interpreter]) if need not in enquiry.caller_needs]
    if not needs:
        return
    enquiry.caller_needs = [*enquiry.caller_needs, *needs]
    if "communication_need" not in enquiry.flags:
        triage.flag(session, enquiry, "communication_need", CALLER, now)
    yield "needs: " + ", ".join(taxonomy.label("communication_needs", need) for need in needs)


def _number(enquiry: Enquiry, said: Said) -> Iterator[str]:
    """Another number to ring. They are still known by their own, and agreed to texts for that one alone."""
    before = enquiry.caller_number
    if said.number is None or said.number == before:
        return
    own = before if before and not enquiry.number_given else enquiry.own_number
    back = said.number == own
    enquiry.caller_number, enquiry.own_number = said.number, None if back else own
    enquiry.number_given, enquiry.caller_withheld, enquiry.caller_texts = not back, False, None
    told = numbers.display(said.number)
    yield f"ring {told} instead of {numbers.display(before)}" if before else f"ring {told}"


def _point_out_twins(session: Session, enquiry: Enquiry, now: datetime) -> None:
    """Another open enquiry with the number that was given is for a person to look at: the two are never joined."""
    same = select(Enquiry.id).where(
        Enquiry.service_id == enquiry.service_id,
        Enquiry.id != enquiry.id,
        Enquiry.caller_number == enquiry.caller_number,
        Enquiry.status != "closed",
    )
    if "possible_duplicate" not in enquiry.flags and session.scalars(same.limit(1)).first() is not None:
        triage.flag(session, enquiry, "possible_duplicate", CALLER, now)
