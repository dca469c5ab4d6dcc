"""2. Message: one recording (or text) that a caller left.

It is `expected` from the moment the recorder is handed out, so a message that never arrives is seen to be missing.
Its audio is fetched when the network says it is ready, stored encrypted, verified, and only then deleted at the
provider (records management: instructions to the supplier; domain rule R04). Before: calls. After: enquiries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, SmallInteger, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.backoff import Backoff
from advice_line.calls import Call
from advice_line.db import Base, Id, Moment, ServiceId

# Under two seconds is a hang-up at the tone, not a message (recording limits; edge case E12). Its audio is kept too.
# A line may set another limit.
LEAST_SECONDS = 2
BACKOFF = Backoff(timedelta(seconds=2), timedelta(hours=1))
# The network ends a call after four hours; one that has lasted longer is over, and nobody told us.
LONGEST_CALL = timedelta(hours=4)
# How long a worker may be busy with one message before others take it for dead and begin anew.
LEASE = timedelta(minutes=5)


class Message(Base):
    __tablename__ = "message"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    call_id: Mapped[int] = mapped_column(BigInteger)
    enquiry_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    direction: Mapped[str]
    mailbox: Mapped[str]
    state: Mapped[str]
    at: Mapped[Moment]
    recording_sid: Mapped[str | None]
    seconds: Mapped[int | None]
    quiet_seconds: Mapped[int] = mapped_column(default=0)
    ready_at: Mapped[Moment | None]
    audio_name: Mapped[str | None]
    audio_bytes: Mapped[int | None] = mapped_column(BigInteger)
    stored_at: Mapped[Moment | None]
    provider_deleted_at: Mapped[Moment | None]
    fetch_tries: Mapped[int]
    fetch_after: Mapped[Moment | None]
    fetch_problem: Mapped[str | None]
    heard_at: Mapped[Moment | None]
    heard_by: Mapped[int | None] = mapped_column(BigInteger)
    heard_by_system: Mapped[str | None]
    found_at: Mapped[Moment | None]
    speech_claimed_at: Mapped[Moment | None]
    speech_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    speech_looked_for_at: Mapped[Moment | None]
    speech_seconds: Mapped[float | None]

    def has_sound(self, least: int = LEAST_SECONDS) -> bool:
        """Whether somebody spoke for `least` seconds, as far as we know, not counting the silence that ended it.

        An unknown length counts as sound: better one call too many.
        """
        if self.seconds is None:
            return self.recording_sid is not None
        return self.seconds - (self.quiet_seconds or 0) >= least


def expect(session: Session, call: Call, mailbox: str, at: datetime, *, recorders: int = 1) -> Message:
    """The recorder was handed to the caller, for the `recorders`th time: as many messages are expected.

    Safe to repeat, and in any order with what is told of the recordings.
    """
    call.tone_at = at if call.tone_at is None else min(call.tone_at, at)
    call.recorders = max(recorders, call.recorders or 0)
    known = of_call(session, call)
    for message in known:
        message.mailbox = message.mailbox or mailbox
    waiting = any(message.recording_sid is None for message in known)
    if waiting or len(known) >= recorders:
        return known[-1]
    return _add(session, call, mailbox, at)


def make_up(session: Session, call: Call, at: datetime) -> None:
    """Expect what is still missing of the messages for which recorders were handed out, told in whatever order."""
    if call.recorders < 2:  # with one recorder the first message, whoever told of it, is the only one
        return
    known = of_call(session, call)
    if known and all(message.recording_sid for message in known) and len(known) < call.recorders:
        _add(session, call, known[-1].mailbox, at)


def recorded(
    session: Session, call: Call, recording_sid: str | None, seconds: int | None, at: datetime, *, quiet: int = 0
) -> Message:
    """The network says that a recording was made. The longest length that we are told stays, until we measure it.

    `quiet` of its seconds were the silence that ended it. Without its sid it is the recording that is still expected.
    """
    message = _for_recording(session, call, recording_sid, at)
    message.quiet_seconds = max(quiet, message.quiet_seconds or 0)
    if seconds is not None and message.stored_at is None:
        message.seconds = max(seconds, message.seconds or 0)
    return message


def ready(message: Message, at: datetime) -> None:
    """The audio can be fetched now, even if it was taken for lacking or lost before."""
    if message.ready_at is None:
        message.ready_at = message.fetch_after = at
        message.state = "expected" if message.state in {"absent", "failed"} else message.state


def next_to_look_through(session: Session, service_id: int, now: datetime) -> Message | None:
    """A stored recording in which nobody has looked for speech, locked; None when there is none or others have it.

    One that a worker began with, and did not end, comes after those that nobody has tried.
    """
    left = or_(Message.speech_claimed_at.is_(None), Message.speech_claimed_at <= now - LEASE)
    return session.scalars(
        select(Message)
        .where(Message.service_id == service_id, Message.state == "stored", Message.speech_looked_for_at.is_(None))
        .where(left)
        .order_by(Message.speech_tries, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def lacking(message: Message) -> None:
    """The network says that there is no audio: nothing was said, or it was lost on their side."""
    if message.state == "expected" and message.ready_at is None:
        message.state = "absent"


def lost(message: Message) -> None:
    """The network could not keep the audio, or does not have it. Somebody spoke: the caller is rung all the same."""
    if message.state in {"expected", "absent"} and message.stored_at is None:
        message.state = "failed"


def stored(message: Message, name: str, size: int, seconds: int, at: datetime) -> None:
    """Our own copy is on disk, encrypted and verified."""
    message.state, message.audio_name, message.audio_bytes, message.stored_at = "stored", name, size, at
    message.seconds = seconds
    message.fetch_tries, message.fetch_after, message.fetch_problem = 0, at, None


def provider_copy_gone(message: Message, at: datetime) -> None:
    """The provider confirmed that its copy is deleted."""
    message.provider_deleted_at, message.fetch_after = at, None


def fetch_failed(message: Message, problem: str, now: datetime) -> None:
    """Fetching, storing or deleting did not work: try again later, ever more slowly, and keep the reason in sight."""
    message.fetch_tries += 1
    message.fetch_problem = problem
    message.fetch_after = now + BACKOFF.after(message.fetch_tries)


def claim(message: Message, now: datetime) -> None:
    """Keep rivals off for as long as one step of work may take; a worker that dies only delays it by that."""
    message.fetch_after = now + LEASE


def hear(message: Message, actor: Actor, now: datetime) -> None:
    """Somebody has listened to it. The first listener stays on record."""
    if message.heard_at is None:
        message.heard_at, message.heard_by, message.heard_by_system = now, actor.person_id, actor.system


def next_to_fetch(session: Session, service_id: int, now: datetime) -> Message | None:
    """The message whose audio has waited longest, locked; None when nothing is due. Rivals skip what we hold."""
    return session.scalars(
        select(Message)
        .where(
            Message.service_id == service_id,
            Message.ready_at.is_not(None),
            Message.provider_deleted_at.is_(None),
            Message.state.in_(["expected", "stored"]),
            Message.fetch_after <= now,
        )
        .order_by(Message.fetch_after)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()


def of_call(session: Session, call: Call) -> Sequence[Message]:
    """The messages of one call, in the order in which the recorder was handed out."""
    # Asked several times for each event. What is not written yet changes neither which these are nor their order.
    with session.no_autoflush:
        return session.scalars(
            select(Message)
            .where(Message.service_id == call.service_id, Message.call_id == call.id)
            .order_by(Message.at, Message.id)
        ).all()


def of_enquiry(session: Session, service_id: int, enquiry_id: int) -> Sequence[Message]:
    """The messages of one enquiry, oldest first; of its silent calls, what was recorded, for whoever listens closer."""
    silent = select(Call.id).where(
        Call.service_id == service_id, Call.enquiry_id == enquiry_id, Call.end_state == "hung_up_tone"
    )
    heard_nothing = and_(Message.call_id.in_(silent), Message.stored_at.is_not(None))
    return session.scalars(
        select(Message)
        .where(Message.service_id == service_id, or_(Message.enquiry_id == enquiry_id, heard_nothing))
        .order_by(Message.at, Message.id)
    ).all()


def known(session: Session, service_id: int, recording_sids: Sequence[str]) -> Mapping[str, Message]:
    """Those of these recordings that the service has, by sid."""
    wanted = select(Message).where(Message.service_id == service_id, Message.recording_sid.in_(recording_sids))
    return {message.recording_sid or "": message for message in session.scalars(wanted)}


def next_unexplained(session: Session, service_id: int, now: datetime, grace: timedelta) -> tuple[Message, Call] | None:
    """Of messages whose call ended (or must have) over `grace` ago, and of which nothing was heard since, the one that
    nobody has asked the network about for longest; locked, and rivals skip it.
    """
    row = session.execute(
        select(Message, Call)
        .join(Call, and_(Call.service_id == Message.service_id, Call.id == Message.call_id))
        .where(*_unexplained(service_id, now, grace), or_(Message.fetch_after.is_(None), Message.fetch_after <= now))
        .order_by(Message.fetch_after.asc().nulls_first(), Message.at)
        .limit(1)
        .with_for_update(of=Message, skip_locked=True)
    ).first()
    return (row[0], row[1]) if row else None


def _unexplained(service_id: int, now: datetime, grace: timedelta) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.service_id == service_id,
        Message.state == "expected",
        or_(Message.recording_sid.is_(None), Message.ready_at.is_(None)),
        func.coalesce(Call.ended_at, Call.started_at + LONGEST_CALL) < now - grace,
    )


def _for_recording(session: Session, call: Call, recording_sid: str | None, at: datetime) -> Message:
    known = of_call(session, call)
    for message in known:
        if message.recording_sid == recording_sid:
            return message
    waiting = next((message for message in known if message.recording_sid is None), None)
    mailbox = known[-1].mailbox if known else ""
    message = waiting or _add(session, call, mailbox, at)
    message.recording_sid = recording_sid
    return message


def _add(session: Session, call: Call, mailbox: str, at: datetime) -> Message:
    message = Message(
        service_id=call.service_id,
        call_id=call.id,
        kind="voicemail",
        direction="inbound",
        state="expected",
        mailbox=mailbox,
        at=at,
        fetch_tries=0,
        quiet_seconds=0,
    )
    session.add(message)
    session.flush()
    return message
