"""1. Call: what we know of one phone connection to a line. It exists from its first webhook.

Facts arrive repeated, late and in any order. Each is kept so that order cannot matter: a status never goes back from
an end, a start only moves earlier, and the end state is worked out afresh from the facts (`settle`).
Before: lines, telephone. After: messages.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Id, Moment, ServiceId

# The network gives no order for its statuses; this is ours. A terminal status is never left, an unknown one not taken.
NEVER_CONNECTED = frozenset({"busy", "no-answer", "canceled", "failed"})
TERMINAL = 9
RANK = {"queued": 0, "initiated": 1, "ringing": 2, "in-progress": 3} | dict.fromkeys(
    {"completed", *NEVER_CONNECTED}, TERMINAL
)
UNKNOWN = -1


class Call(Base):
    __tablename__ = "call"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    sid: Mapped[str]
    line_key: Mapped[str]
    enquiry_id: Mapped[int | None] = mapped_column(BigInteger)
    from_number: Mapped[str | None]
    withheld: Mapped[bool]
    forwarded: Mapped[bool]
    keys: Mapped[str]
    status: Mapped[str]
    started_at: Mapped[Moment]
    tone_at: Mapped[Moment | None]
    transferred_at: Mapped[Moment | None]
    queued_at: Mapped[Moment | None]
    queue_seen_at: Mapped[Moment | None]
    left_queue_at: Mapped[Moment | None]
    answered_at: Mapped[Moment | None]
    callback_requested_at: Mapped[Moment | None]
    given_number: Mapped[str | None]
    recorders: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[Moment | None]
    seconds: Mapped[int | None]
    end_state: Mapped[str]
    found_at: Mapped[Moment | None]


def seen(session: Session, service_id: int, sid: str, line_key: str, at: datetime) -> Call:
    """The call of this sid, made now if this is the first we hear of it; locked until the transaction ends."""
    known = select(Call).where(Call.service_id == service_id, Call.sid == sid).with_for_update()
    call = session.scalars(known).first() or _made(session, service_id, sid, line_key, at)
    if call is None:  # a rival made it in this very moment
        call = session.scalars(known).one()
    call.started_at = min(call.started_at, at)
    return call


def identify(call: Call, number: str | None, *, withheld: bool, forwarded: bool) -> None:
    """Say who rang, as far as the network told: a number, or that it was withheld."""
    if number:
        call.from_number, call.withheld = number, False
    elif withheld and call.from_number is None:
        call.withheld = True
    call.forwarded = call.forwarded or forwarded


def reach(call: Call, status: str) -> None:
    """Take a status from the network, unless a later one is already known, or it is none."""
    if RANK.get(status, UNKNOWN) > RANK.get(call.status, UNKNOWN):
        call.status = status


def wait(call: Call, began: datetime, seen: datetime) -> None:
    """The caller waits in the queue since `began`, as far as anybody knows at `seen`."""
    call.queued_at = began if call.queued_at is None else min(call.queued_at, began)
    call.queue_seen_at = seen if call.queue_seen_at is None else max(call.queue_seen_at, seen)


def leave_queue(call: Call, at: datetime) -> None:
    """The caller waits no more, whatever ended it."""
    call.left_queue_at = at if call.left_queue_at is None else min(call.left_queue_at, at)


def answer(call: Call, at: datetime) -> None:
    """A therapist on duty and the caller were connected."""
    leave_queue(call, at)
    call.answered_at = at if call.answered_at is None else min(call.answered_at, at)


def end(call: Call, status: str, at: datetime, seconds: int | None) -> None:
    """The connection is over. The first end that we are told stays."""
    reach(call, status)
    if call.ended_at is None:
        call.ended_at = max(at, call.started_at)
    if call.queued_at is not None:
        leave_queue(call, call.ended_at)
    call.seconds = seconds if call.seconds is None else call.seconds


def request_callback(call: Call, at: datetime) -> bool:
    """The caller asked by a key to be called, in the queue or after silence; True the first time that we are told."""
    if call.queued_at is not None:
        leave_queue(call, at)
    first = call.callback_requested_at is None
    call.callback_requested_at = min(call.callback_requested_at or at, at)
    return first


def settle(call: Call, *, message_left: bool, nothing_recorded: bool) -> None:
    """Work out the call's one end state from the facts (contract: `end_state` of a call).

    `message_left`: a recording with sound is known. `nothing_recorded`: the network said that there was none.
    Who asked to be called counts as having asked once there is an enquiry to call them for.
    """
    if call.answered_at is not None:
        call.end_state = "answered_live"
    elif message_left:
        call.end_state = "message"
    elif call.callback_requested_at is not None and call.enquiry_id is not None:
        call.end_state = "callback_requested"
    elif call.ended_at is None:
        call.end_state = "in_progress"
    elif call.status in NEVER_CONNECTED:
        call.end_state = "failed"
    elif call.tone_at is not None:
        call.end_state = "hung_up_tone" if nothing_recorded else "hung_up_greeting"
    elif call.transferred_at is not None:
        call.end_state = "transferred"
    else:
        call.end_state = "hung_up_menu" if call.queued_at is None else "hung_up_queue"


def known(session: Session, service_id: int, sids: Sequence[str]) -> Mapping[str, Call]:
    """Those of these calls that the service has, by sid."""
    wanted = select(Call).where(Call.service_id == service_id, Call.sid.in_(sids))
    return {call.sid: call for call in session.scalars(wanted)}


def silent_before(session: Session, call: Call, since: datetime, until: datetime) -> Sequence[Call]:
    """The other calls of the same number in [since, until) that reached the tone and left nothing, oldest first."""
    return session.scalars(
        select(Call)
        .where(Call.service_id == call.service_id, Call.from_number == call.from_number, Call.id != call.id)
        .where(Call.end_state == "hung_up_tone", Call.started_at >= since, Call.started_at < until)
        .order_by(Call.started_at, Call.id)
    ).all()


def of_enquiry(session: Session, service_id: int, enquiry_id: int) -> Sequence[Call]:
    """The calls of one enquiry, oldest first."""
    return session.scalars(
        select(Call)
        .where(Call.service_id == service_id, Call.enquiry_id == enquiry_id)
        .order_by(Call.started_at, Call.id)
    ).all()


def _made(session: Session, service_id: int, sid: str, line_key: str, at: datetime) -> Call | None:
    return session.scalars(
        insert(Call)
        .values(
            service_id=service_id,
            sid=sid,
            line_key=line_key,
            started_at=at,
            status="queued",
            keys="",
            withheld=False,
            forwarded=False,
            end_state="in_progress",
        )
        .on_conflict_do_nothing(index_elements=["sid"])
        .returning(Call)
    ).first()
