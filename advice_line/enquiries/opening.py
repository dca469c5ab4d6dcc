"""How a message or a live call opens an enquiry, or joins the one that its caller already has open (edge case E01).

Messages of one number are grouped while the enquiry is open: visibly, reversibly, never to a child by themselves.
A withheld number, a trust's switchboard and a number that says nothing are nobody's identity and are never grouped
(edge cases E05, E05b, E37).
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.orm import Session

from advice_line.audit import Actor
from advice_line.calls import Call
from advice_line.enquiries.enquiry import Enquiry, move, note, raise_priority
from advice_line.enquiries.reopening import reopened
from advice_line.lines.numbers import can_be_rung
from advice_line.lines.rota import want_planning
from advice_line.messages import Message

TELEPHONE = Actor.part("telephone")
THIRD_CONTACT = 3


@dataclass(frozen=True)
class Contact:
    """Somebody's first words to a line, by their own `number` if they have one that they do not hide.

    `given_number` is one that they keyed in: to ring back, never to know them by.
    """

    service_id: int
    line_key: str
    at: datetime
    number: str | None
    withheld: bool
    given_number: str | None = None


def open_or_join(
    session: Session,
    call: Call,
    message: Message,
    *,
    reference: Callable[[int], str],
    shared_numbers: Container[str],
    now: datetime,
) -> tuple[Enquiry, bool]:
    """The enquiry this message belongs to, and whether it was opened just now. Safe to repeat for one message.

    `reference` makes the service's reference of a number; `shared_numbers` are numbers that stand for many people.
    """
    if message.enquiry_id is not None:
        return session.get_one(Enquiry, (message.service_id, message.enquiry_id)), False
    number = _own_number(call, shared_numbers)
    continued = _open_enquiry_of_call(session, call)
    called_before = _enquiry_of(session, _first(call, number), now) if not continued else None
    enquiry = continued or called_before or _open(session, _first(call, number), reference=reference, now=now)
    message.enquiry_id = call.enquiry_id = enquiry.id
    _hear_from(enquiry, call.started_at)
    if called_before:
        _called_again(session, enquiry, now)
    elif continued:
        _anew(enquiry)
        note(session, enquiry, "message_continued", TELEPHONE, now)
    return enquiry, not (continued or called_before)


def open_or_join_live(
    session: Session,
    call: Call,
    *,
    reference: Callable[[int], str],
    shared_numbers: Container[str],
    now: datetime,
) -> tuple[Enquiry, bool]:
    """The same for a call in which nothing is recorded: answered live, or to be rung back. Nothing is left to hear."""
    if call.enquiry_id is not None:
        return session.get_one(Enquiry, (call.service_id, call.enquiry_id)), False
    number = _own_number(call, shared_numbers)
    called_before = _enquiry_of(session, _first(call, number), now)
    enquiry = called_before or _open(session, _first(call, number), reference=reference, now=now)
    call.enquiry_id = enquiry.id
    _hear_from(enquiry, call.started_at)
    if called_before:
        enquiry.sorted_at = None
        note(session, enquiry, "called_again", TELEPHONE, now)
    else:
        enquiry.heard_at = now
    if enquiry.status == "new" and enquiry.heard_at is not None:
        move(session, enquiry, "triaged", TELEPHONE, now)
    session.flush()
    return enquiry, called_before is None


def request(
    session: Session,
    call: Call,
    *,
    reference: Callable[[int], str],
    shared_numbers: Container[str],
    now: datetime,
) -> Enquiry | None:
    """The enquiry of a caller who asked to be called and left no message; None while there is no number to call."""
    number = _own_number(call, shared_numbers)
    if number is None and call.given_number is None:
        return None
    known = _open_enquiry_of_call(session, call) or _enquiry_of(session, _first(call, number), now)
    enquiry = known or _open(session, _first(call, number), reference=reference, now=now)
    call.enquiry_id = enquiry.id
    _hear_from(enquiry, call.started_at)
    _anew(enquiry)
    note(session, enquiry, "asked_to_be_called", TELEPHONE, now)
    session.flush()
    return enquiry


def show_silence(
    session: Session,
    silent: Sequence[Call],
    *,
    reference: Callable[[int], str],
    shared_numbers: Container[str],
    now: datetime,
) -> None:
    """Show a person that somebody called several times and said nothing (edge case E13). No call is promised them.

    `silent` are calls of one number, the newest first.
    """
    newest = silent[0]
    number = _own_number(newest, shared_numbers)
    called_before = _enquiry_of(session, _first(newest, number), now)
    enquiry = called_before or _open(session, _first(newest, number), reference=reference, now=now)
    _hear_from(enquiry, newest.started_at)
    for call in silent:
        call.enquiry_id = call.enquiry_id or enquiry.id
    _anew(enquiry)
    _point_out(session, enquiry, "silent_calls", now)
    session.flush()


def give_number(session: Session, call: Call, number: str, shared_numbers: Container[str], now: datetime) -> None:
    """A caller whose number we cannot see, or may not ring, keyed one in: to ring back, never to know them by."""
    own = _own_number(call, shared_numbers)
    if call.given_number == number or (own is not None and can_be_rung(own)):
        return
    call.given_number = number
    enquiry = _open_enquiry_of_call(session, call)
    if enquiry is None or (enquiry.caller_number not in {None, own} and not enquiry.number_given):
        return
    enquiry.caller_number, enquiry.caller_withheld, enquiry.number_given = number, False, True
    if _same_number(session, enquiry):
        _point_out(session, enquiry, "possible_duplicate", now)
    note(session, enquiry, "number_given", TELEPHONE, now)
    want_planning(session, enquiry.service_id, now)


def open_or_join_by_text(
    session: Session, contact: Contact, *, reference: Callable[[int], str], now: datetime
) -> tuple[Enquiry, bool]:
    """The enquiry to which a text belongs, and whether it was opened just now. Not safe to repeat.

    Without a number of the sender's own it opens one for itself: such texts are never grouped.
    """
    written_before = _enquiry_of(session, contact, now)
    if written_before is None:
        opened = _open(session, contact, reference=reference, now=now)
        if _same_number(session, opened):
            _point_out(session, opened, "possible_duplicate", now)
        return opened, True
    _hear_from(written_before, contact.at)
    _anew(written_before)
    note(session, written_before, "texted", TELEPHONE, now)
    return written_before, False


def identify(session: Session, call: Call, shared_numbers: Container[str], now: datetime) -> None:
    """Say in the call's enquiry who rang, when that is told only after the message. What staff wrote down stays."""
    enquiry = _open_enquiry_of_call(session, call)
    if enquiry is None or enquiry.caller_number is not None or enquiry.caller_withheld:
        return
    if call.withheld:
        enquiry.caller_withheld = True
        _point_out(session, enquiry, "withheld_number", now)
    number = _own_number(call, shared_numbers)
    if number is None:
        return
    # Too late to be joined, which only a person could undo: so a person is told.
    if open_enquiry_of(session, call.service_id, number) is not None:
        _point_out(session, enquiry, "possible_duplicate", now)
    enquiry.caller_number = number
    want_planning(session, enquiry.service_id, now)


def _own_number(call: Call, shared_numbers: Container[str]) -> str | None:
    number = call.from_number
    if number is None or number in shared_numbers:
        return None
    # Of two numbers, the one that they keyed in is to be rung when their own may not be.
    return None if call.given_number is not None and not can_be_rung(number) else number


def _first(call: Call, number: str | None) -> Contact:
    return Contact(call.service_id, call.line_key, call.started_at, number, call.withheld, call.given_number)


def _open_enquiry_of_call(session: Session, call: Call) -> Enquiry | None:
    """The enquiry that an earlier message of the same call opened or joined, while it is open."""
    if call.enquiry_id is None:
        return None
    own = select(Enquiry).where(Enquiry.service_id == call.service_id, Enquiry.id == call.enquiry_id)
    return session.scalars(own.where(Enquiry.status != "closed").with_for_update()).first()


def _point_out(session: Session, enquiry: Enquiry, flag: str, now: datetime) -> None:
    if flag not in enquiry.flags:
        enquiry.flags = [*enquiry.flags, flag]
        note(session, enquiry, "flagged", TELEPHONE, now, detail=flag)


def _enquiry_of(session: Session, contact: Contact, now: datetime) -> Enquiry | None:
    """The enquiry that a contact belongs to by its number: open, or open again; None without one."""
    if contact.number is None:
        return None
    known = open_enquiry_of(session, contact.service_id, contact.number)
    return known or reopened(session, contact.service_id, contact.number, contact.at, now)


def _hear_from(enquiry: Enquiry, at: datetime) -> None:
    """The caller got in touch: from now on they are tried afresh (attempt policy)."""
    enquiry.last_word_at = at if enquiry.last_word_at is None else max(enquiry.last_word_at, at)


def open_enquiry_of(session: Session, service_id: int, number: str) -> Enquiry | None:
    """The open enquiry of a caller's own number, locked; None when they have none."""
    # Two messages of one caller may arrive in the same moment: they take turns, so the second finds the first's.
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:caller, 0))")
    session.execute(lock, {"caller": f"{service_id} {number}"})
    theirs = or_(and_(Enquiry.caller_number == number, Enquiry.number_given.is_(False)), Enquiry.own_number == number)
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.service_id == service_id, theirs, Enquiry.status != "closed")
        .order_by(Enquiry.received_at)
        .limit(1)
        .with_for_update()
    ).first()


def _open(session: Session, contact: Contact, *, reference: Callable[[int], str], now: datetime) -> Enquiry:
    enquiry = Enquiry(
        service_id=contact.service_id,
        id=session.scalar(select(func.nextval(func.pg_get_serial_sequence("enquiry", "id")))),
        line_key=contact.line_key,
        status="new",
        priority="routine",
        flags=["withheld_number"] if contact.withheld else [],
        received_at=contact.at,
        last_word_at=contact.at,
        caller_number=contact.number or contact.given_number,
        caller_withheld=contact.withheld and contact.given_number is None,
        number_given=contact.number is None and contact.given_number is not None,
        caller_needs=[],
        contact_times=[],
        topics=[],
        updated_at=now,
    )
    enquiry.reference = reference(enquiry.id)
    session.add(enquiry)
    session.flush()
    note(session, enquiry, "opened", TELEPHONE, now, to_status="new")
    if _same_number(session, enquiry):
        _point_out(session, enquiry, "possible_duplicate", now)
    return enquiry


def _same_number(session: Session, enquiry: Enquiry) -> bool:
    """Whether another open enquiry has the number, without being joined: one of the two was only keyed in."""
    others = select(Enquiry.id).where(Enquiry.service_id == enquiry.service_id, Enquiry.id != enquiry.id)
    same = others.where(Enquiry.caller_number == enquiry.caller_number, Enquiry.status != "closed")
    return enquiry.caller_number is not None and session.scalars(same.limit(1)).first() is not None


def _anew(enquiry: Enquiry) -> None:
    """There is something new to hear or to read; whoever gets in touch again still wants an answer."""
    enquiry.heard_at = enquiry.sorted_at = None


def _called_again(session: Session, enquiry: Enquiry, now: datetime) -> None:
    _anew(enquiry)
    note(session, enquiry, "called_again", TELEPHONE, now)
    # A long message is two recordings of one call, and one contact.
    contacts = session.scalar(
        select(func.count(Message.call_id.distinct())).where(
            Message.service_id == enquiry.service_id, Message.enquiry_id == enquiry.id
        )
    )
    if (contacts or 0) >= THIRD_CONTACT and raise_priority(enquiry, "soon"):
        note(session, enquiry, "priority_raised", TELEPHONE, now, detail="soon")
