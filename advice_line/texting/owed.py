"""Owed: the texts that the story asks for. Each is wanted once, however often one looks.

A confirmation when the caller has agreed, a word before a planned call, one after a call that did not reach them, and
a last one when all attempts were in vain.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from advice_line.audit import Actor
from advice_line.callbacks.attempt import Attempt
from advice_line.callbacks.callback import OPEN, Callback
from advice_line.clock import london_date, to_london
from advice_line.db import notify
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import UNABLE_TO_CONTACT, Enquiry
from advice_line.errors import Conflict
from advice_line.lines.directory import Service
from advice_line.lines.texts import Purpose, Texts
from advice_line.telephone import numbers
from advice_line.telephone.numbers import TEXTABLE
from advice_line.texts import text as texts
from advice_line.texts.text import TextMessage

NO_WORDS = "Your service has no words for this text: add texts.delay to its configuration."
WITHHELD = "Their number is withheld, so they cannot be texted."
NO_NUMBER = "They have no number of their own, so they cannot be texted."
NO_MOBILE = "Their number is not a mobile, so they cannot be texted."
NOT_ASKED = "They have not said that texts are welcome."
NOT_WELCOME = "They do not want texts."
WROTE_STOP = "They wrote STOP, so they get no texts."
NOT_SAFE = "A text might do harm: see the flags. Ring them."
SORTED = "They say that it is sorted."
TOLD_TODAY = "They were told today that we are still going to ring."
TEXTER = Actor.part("texting")
# Flags and a priority with which a text may do harm: it may be read by the wrong person.
UNSAFE = ("do_not_leave_message", "possible_safeguarding", "emergency_content", "child_caller")
UNSAFE_PRIORITY = "safeguarding"
NOT_REACHED = ("no_answer", "engaged", "voicemail_message_left", "voicemail_no_message")
MISSED_LATELY = timedelta(hours=12)
ANSWERED_WITHIN = timedelta(days=3)
# A text that comes less than this before the call is no help.
LATEST_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class Due:
    """A text that the story asks for: to whom, what for, and until when it is of use."""

    enquiry: Enquiry
    purpose: Purpose
    about: str
    expires_at: datetime
    slot_at: datetime | None = None


def owe(session: Session, service: Service, now: datetime) -> int:
    """Want every text that is due and was not wanted before; returns how many."""
    configured = service.configuration.texts
    if configured is None:
        return 0
    due = [
        *_unconfirmed(session, service.id, now),
        *_before_calls(session, service.id, now, timedelta(minutes=configured.minutes_before)),
        *_after_missed_calls(session, service.id, now),
        *(_after_the_last(session, service.id, now) if configured.unable_to_contact else ()),
    ]
    return sum(_want(session, configured, one, now) for one in due)


def help_with(session: Session, configured: Texts, text: TextMessage, enquiry: Enquiry, now: datetime) -> None:
    """Somebody wrote HELP: say what this number is for, if the service does not leave that to the network."""
    if configured.help and numbers.can_be_texted(enquiry.caller_number):
        _want(session, configured, Due(enquiry, "help", f"text {text.id}", now + ANSWERED_WITHIN), now)


def delayed(session: Session, service: Service, waiting: Collection[int], now: datetime) -> int:
    """Tell these enquiries' callers that we are still going to ring; returns how many will be told.

    At most once a day each, and only those who want texts and may have them. Raises Conflict without words for it.
    """
    configured = service.configuration.texts
    if configured is None or configured.delay is None:
        raise Conflict(NO_WORDS)
    welcome = select(Enquiry).where(*_welcome(service.id), Enquiry.id.in_(waiting)).order_by(Enquiry.id)
    found = session.scalars(welcome).all()
    stopped = texts.stopped_among(session, service.id, [one.caller_number or "" for one in found])
    about, until = _delay(now), now + ANSWERED_WITHIN
    due = [Due(enquiry, "delay", about, until) for enquiry in found if enquiry.caller_number not in stopped]
    return sum(_want(session, configured, one, now) for one in due)


def why_not_told(session: Session, service_id: int, waiting: Sequence[Enquiry], now: datetime) -> dict[int, str]:
    """Why `delayed` would not tell the callers of these enquiries just now, by enquiry; the others it would tell."""
    ids = [one.id for one in waiting]
    welcome = set(session.scalars(select(Enquiry.id).where(*_welcome(service_id), Enquiry.id.in_(ids))))
    stopped = texts.stopped_among(session, service_id, [one.caller_number or "" for one in waiting])
    today = select(TextMessage.enquiry_id).where(
        TextMessage.service_id == service_id, TextMessage.enquiry_id.in_(ids), TextMessage.about == _delay(now)
    )
    told = set(session.scalars(today))
    why: dict[int, str] = {}
    for one in waiting:
        if one.caller_number in stopped:
            why[one.id] = WROTE_STOP
        elif one.id not in welcome:
            why[one.id] = _why_not_welcome(one)
        elif one.id in told:
            why[one.id] = TOLD_TODAY
    return why


def spoken_time(moment: datetime, now: datetime) -> str:
    """A time of day in London as a text says it: "2pm", "10:30am on Wednesday" when it is another day."""
    local = to_london(moment)
    clock = local.strftime("%I:%M").lstrip("0").removesuffix(":00") + local.strftime("%p").lower()
    return clock if london_date(moment) == london_date(now) else f"{clock} on {local:%A}"


def _unconfirmed(session: Session, service_id: int, now: datetime) -> Iterator[Due]:
    told = _told(TextMessage.purpose == "confirmation")
    promised = select(Callback.id).where(
        Callback.service_id == Enquiry.service_id, Callback.enquiry_id == Enquiry.id, Callback.state.in_(OPEN)
    )
    # Who was spoken to since needs no word that we shall get back to them.
    wanting = select(Enquiry).where(*_welcome(service_id), promised.exists(), not_(told)).order_by(Enquiry.id)
    for enquiry in session.scalars(wanting).all():
        yield Due(enquiry, "confirmation", "the enquiry", now + ANSWERED_WITHIN)


def _before_calls(session: Session, service_id: int, now: datetime, lead: timedelta) -> Iterator[Due]:
    planned = (
        select(Enquiry, Callback.starts_at)
        .join(Callback, and_(Callback.service_id == Enquiry.service_id, Callback.enquiry_id == Enquiry.id))
        .where(
            *_welcome(service_id),
            Callback.state == "planned",
            Callback.starts_at > now + LATEST_BEFORE,
            Callback.starts_at <= now + lead,
            not_(_told(TextMessage.slot_at == Callback.starts_at)),
        )
        .order_by(Callback.starts_at, Callback.id)
    )
    for enquiry, slot in session.execute(planned).all():
        if slot is not None:
            yield Due(enquiry, "before_callback", f"slot {slot.isoformat()}", slot - LATEST_BEFORE, slot)


def _after_missed_calls(session: Session, service_id: int, now: datetime) -> Iterator[Due]:
    later = aliased(Attempt)
    newer = select(later.id).where(
        later.service_id == service_id, later.enquiry_id == Attempt.enquiry_id, later.id > Attempt.id
    )
    missed = (
        select(Enquiry, Attempt)
        .join(Attempt, and_(Attempt.service_id == Enquiry.service_id, Attempt.enquiry_id == Enquiry.id))
        .where(
            *_welcome(service_id),
            Attempt.result.in_(NOT_REACHED),
            Attempt.finished_at > now - MISSED_LATELY,
            not_(newer.exists()),
            not_(_told(TextMessage.about == func.concat("attempt ", Attempt.id))),
        )
        .order_by(Attempt.id)
    )
    for enquiry, attempt in session.execute(missed).all():
        yield Due(enquiry, "after_missed_call", f"attempt {attempt.id}", now + MISSED_LATELY)


def _after_the_last(session: Session, service_id: int, now: datetime) -> Iterator[Due]:
    """Callers whom nobody could reach, and who do not know that their message was answered."""
    rung = select(Attempt.id).where(
        Attempt.service_id == Enquiry.service_id,
        Attempt.enquiry_id == Enquiry.id,
        Attempt.result.in_(NOT_REACHED),
        Attempt.at >= func.coalesce(Enquiry.last_word_at, Enquiry.received_at),
    )
    ended = (Enquiry.closing_reason == UNABLE_TO_CONTACT, Enquiry.closed_at > now - MISSED_LATELY)
    told = _told(and_(TextMessage.purpose == "unable_to_contact", TextMessage.at >= Enquiry.closed_at))
    wanting = select(Enquiry).where(*_agreed(service_id), *ended, rung.exists(), not_(told)).order_by(Enquiry.id)
    for enquiry in session.scalars(wanting).all():
        end = enquiry.closed_at or now
        yield Due(enquiry, "unable_to_contact", f"end {end.isoformat()}", now + ANSWERED_WITHIN)


def _welcome(service_id: int) -> tuple[ColumnElement[bool], ...]:
    """Open enquiries whose caller wants texts at a mobile, may have them, and has not said that it is sorted."""
    return (*_agreed(service_id), Enquiry.status != "closed", Enquiry.sorted_at.is_(None))


def _why_not_welcome(one: Enquiry) -> str:
    """Which part of `_welcome` an enquiry does not meet, in words."""
    if one.caller_number is None:
        return WITHHELD if one.caller_withheld else NO_NUMBER
    if not numbers.can_be_texted(one.caller_number):
        return NO_MOBILE
    if one.caller_texts is not True:
        return NOT_ASKED if one.caller_texts is None else NOT_WELCOME
    return SORTED if one.sorted_at is not None else NOT_SAFE


def _delay(now: datetime) -> str:
    """What the word about a delay is about: one day's."""
    return f"delay {london_date(now).isoformat()}"


def _agreed(service_id: int) -> tuple[ColumnElement[bool], ...]:
    """The same, be they open or closed."""
    return (
        Enquiry.service_id == service_id,
        Enquiry.caller_texts.is_(True),
        Enquiry.caller_number.regexp_match(TEXTABLE),
        not_(or_(Enquiry.flags.overlap(list(UNSAFE)), Enquiry.priority == UNSAFE_PRIORITY)),
    )


def _told(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the enquiry has such a text already."""
    return (
        select(TextMessage.id)
        .where(TextMessage.service_id == Enquiry.service_id, TextMessage.enquiry_id == Enquiry.id, which)
        .exists()
    )


def _want(session: Session, configured: Texts, due: Due, now: datetime) -> bool:
    enquiry = due.enquiry
    time = spoken_time(due.slot_at, now) if due.slot_at else ""
    wanted = texts.want(
        session,
        enquiry.service_id,
        enquiry.id,
        due.about,
        line_key=enquiry.line_key,
        purpose=due.purpose,
        number=enquiry.caller_number,
        words=configured.words(due.purpose, enquiry.reference, time),
        at=now,
        send_after=now,
        expires_at=due.expires_at,
        slot_at=due.slot_at,
    )
    if wanted:
        enquiries.note(session, enquiry, "text_wanted", TEXTER, now, detail=due.purpose)
        notify(session, "text")
    return wanted
