"""Listening and triage: what a person hears, notes down and flags.

A flag of possible safeguarding or an emergency can be raised by one press and is never taken back by a machine
(edge cases E08, E09).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from nhs_number.standardise import standardise_format
from nhs_number.validate import is_valid
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from sqlalchemy.orm import Session

from advice_line import messages, taxonomy
from advice_line.audit import Actor, record
from advice_line.clock import london_date
from advice_line.db import notify
from advice_line.enquiries.enquiry import SAFEGUARDING_FLAG, Enquiry, move, note, raise_priority
from advice_line.errors import Conflict, Fault, Malformed
from advice_line.taxonomy import key_of
from advice_line.telephone import numbers
from advice_line.texts import text as texts

FURTHEST_AHEAD = timedelta(days=365)
RAISED_BY_FLAG = {SAFEGUARDING_FLAG: "safeguarding", "emergency_content": "safeguarding", "child_caller": "urgent"}

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x08\x0b-\x1f]*$")]
Day = Literal["mon", "tue", "wed", "thu", "fri"]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Part(BaseModel):
    """A part of what may be noted down. Fields left out stay as they are; null empties one."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _number(value: str) -> str:
    return numbers.callable_number(value) if value else value


def _nhs_number(value: str) -> str:
    standard: str | None = standardise_format(value)
    if not standard or not is_valid(standard):
        raise ValueError("this is not a valid NHS number: check its 10 digits")
    return standard


class Caller(Part):
    name: Words | None = None
    role: Annotated[str, key_of("caller_roles")] | None = None
    number: Annotated[str, AfterValidator(_number)] | None = None
    language: Annotated[str, key_of("languages")] | None = None
    needs: list[Annotated[str, key_of("communication_needs")]] | None = None
    texts: bool | None = None


class Child(Part):
    name: Words | None = None
    date_of_birth: date | None = None
    school: Words | None = None
    postcode: Words | None = None
    nhs_number: Annotated[str, AfterValidator(_nhs_number)] | None = None
    agreement: bool | None = None


class TimeSpan(Part):
    """When the caller can talk, in local wall time. Days without hours: on these days alone, whatever the hours."""

    from_: Clock | None = None
    to: Clock | None = None
    days: list[Day] = []

    model_config = ConfigDict(extra="forbid", populate_by_name=True, alias_generator=lambda name: name.rstrip("_"))

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_ is None and self.to is None and self.days:
            return self
        if self.from_ is None or self.to is None:
            raise ValueError("give a start and an end, or days alone")
        if self.to <= self.from_:
            raise ValueError("the end must come after the start")
        return self


class Triage(Part):
    """Any of what is noted down after listening (contract: POST …/triage)."""

    caller: Caller | None = None
    child: Child | None = None
    topics: list[Annotated[str, key_of("topics")]] | None = None
    setting: Annotated[str, key_of("settings")] | None = None
    priority: Literal["safeguarding", "urgent", "soon", "routine"] | None = None
    flags: list[Annotated[str, key_of("triage_flags")]] | None = None
    contact_times: list[Annotated[str, key_of("contact_preferences")] | TimeSpan] | None = None
    not_before: date | None = None


def triage(session: Session, enquiry: Enquiry, given: Triage, actor: Actor, now: datetime) -> None:
    """Note down what was heard. Counts as having listened to everything that is there.

    Raises Conflict if closed, Malformed when texts are agreed to that cannot be sent, or the first day on which to ring
    is over a year away; nothing is changed then.
    """
    _refuse_closed(enquiry)
    if SAFEGUARDING_FLAG in enquiry.flags and given.priority not in {None, "safeguarding"}:
        raise Conflict("A possible safeguarding concern stays first on the list, whatever else is known.")
    _refuse_texts_to_a_landline(enquiry, given)
    _refuse_far_days(given, now)
    changed = _apply(session, enquiry, given)
    if given.flags is not None:
        _set_flags(session, enquiry, given.flags, actor, now)
    note(session, enquiry, "triaged", actor, now, detail=", ".join(changed) or None)
    heard(session, enquiry, actor, now)


def heard(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """Everything the caller left has been listened to."""
    _refuse_closed(enquiry)
    with session.no_autoflush:  # the enquiry is changed below, and written once
        for message in messages.of_enquiry(session, enquiry.service_id, enquiry.id):
            messages.hear(message, actor, now)
        texts.hear(session, enquiry.service_id, enquiry.id, actor, now)
    if enquiry.heard_at is None:
        enquiry.heard_at = now
        note(session, enquiry, "heard", actor, now)
    record(session, actor, "enquiry heard", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)
    if enquiry.status == "new":
        move(session, enquiry, "assigned" if enquiry.therapist_id else "triaged", actor, now)


def flag(session: Session, enquiry: Enquiry, key: str, actor: Actor, now: datetime) -> None:
    """Raise one flag by one press. Raising it twice does nothing more."""
    _refuse_closed(enquiry)
    if key not in taxonomy.choices("triage_flags"):
        raise Malformed([Fault("flag", "Choose one of the flags on the page.")])
    _set_flags(session, enquiry, [*enquiry.flags, key], actor, now)


def make_urgent(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """Raise the priority to urgent by one press."""
    _refuse_closed(enquiry)
    if raise_priority(enquiry, "urgent"):
        note(session, enquiry, "priority_raised", actor, now, detail="urgent")
        record(session, actor, "made urgent", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)


def _refuse_closed(enquiry: Enquiry) -> None:
    if not enquiry.is_open:
        raise Conflict("This enquiry is closed. Its record can be added to, but not changed.")


def _apply(session: Session, enquiry: Enquiry, given: Triage) -> list[str]:
    number, changed = enquiry.caller_number, list[str]()
    for part, prefix in ((given.caller, "caller_"), (given.child, "child_"), (given, "")):
        for field in sorted(part.model_fields_set if part else ()):
            if field in {"caller", "child", "flags"}:
                continue
            value = _kept(field, getattr(part, field))
            if field == "priority" and value is None:
                continue
            if (prefix, field) == ("caller_", "number"):
                enquiry.number_given = False  # a person says what the number is
            if getattr(enquiry, prefix + field) != value:
                setattr(enquiry, prefix + field, value)
                changed.append((prefix + field).replace("_", " "))
    if enquiry.caller_number:
        enquiry.caller_withheld = False
    _consider_texts(session, enquiry, given, number)
    return changed


def _refuse_texts_to_a_landline(enquiry: Enquiry, given: Triage) -> None:
    caller = given.caller
    if caller is None or not caller.texts:
        return
    number = caller.number if "number" in caller.model_fields_set else enquiry.caller_number
    if not numbers.can_be_texted(number):
        raise Malformed([Fault("caller.texts", "Texts go only to UK mobile numbers: give one, or choose No.")])


def _refuse_far_days(given: Triage, now: datetime) -> None:
    # A year is mistyped easily, and nobody would notice for as long.
    if given.not_before is not None and given.not_before > london_date(now + FURTHEST_AHEAD):
        raise Malformed([Fault("not_before", "Give a day within a year from now.")])


def _consider_texts(session: Session, enquiry: Enquiry, given: Triage, number_before: str | None) -> None:
    """Whoever agreed to texts, agreed for the number they had; unless they were asked anew."""
    asked_anew = given.caller is not None and "texts" in given.caller.model_fields_set
    if enquiry.caller_number != number_before and not asked_anew:
        enquiry.caller_texts = None
    if enquiry.caller_texts:
        notify(session, "text")


def _kept(field: str, value: object) -> object:
    """The value as the table keeps it: no word is null, nothing in a list is an empty list."""
    if field in {"topics", "needs", "contact_times"}:
        items = value if isinstance(value, list) else []
        return [item.model_dump(by_alias=True) if isinstance(item, BaseModel) else item for item in items]
    return None if value == "" else value


def _set_flags(session: Session, enquiry: Enquiry, flags: Sequence[str], actor: Actor, now: datetime) -> None:
    wanted = list(dict.fromkeys(flags))
    if SAFEGUARDING_FLAG in enquiry.flags and SAFEGUARDING_FLAG not in wanted:
        raise Conflict(
            "A possible safeguarding concern cannot be taken off the list here: "
            "close the enquiry with the reason “safeguarding action taken” when that is done."
        )
    raised = [key for key in wanted if key not in enquiry.flags]
    removed = [key for key in enquiry.flags if key not in wanted]
    for what, keys in (("flagged", raised), ("flag_removed", removed)):
        for key in keys:
            note(session, enquiry, what, actor, now, detail=key)
            subject, detail = f"enquiry {enquiry.id}", {"flag": key}
            record(session, actor, what, subject, now, service_id=enquiry.service_id, detail=detail)
    for key in raised:
        raise_priority(enquiry, RAISED_BY_FLAG.get(key, "routine"))
    enquiry.flags = wanted
