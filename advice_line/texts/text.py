"""Text: one text message, in or out; its states, and the one function that moves it.

An outgoing text is claimed before it is sent, so that it is sent once. What the network tells of it comes late,
repeated and in any order: it only ever moves a text forwards, and never from an end. Before: calls. After: enquiries.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, SmallInteger, Update, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor
from advice_line.db import Base, Moment, ServiceId, move_on, notify
from advice_line.errors import WrongState
from advice_line.lines.directory import Line
from advice_line.lines.texts import OWN_LINK
from advice_line.telephone.told_text import ToldText

TOLD = frozenset({"queued", "sent", "delivered", "undelivered", "failed"})
# `unknown`: the network never answered our request, so it may have sent the text or not. `dropped` is our own decision
# not to send, `refused` the network's. A text that was put back to be sent again may turn out to be sent after all.
MOVES: dict[str, frozenset[str]] = {
    "received": frozenset(),
    "to_send": frozenset({"sending", "dropped"}) | TOLD,
    "sending": frozenset({"to_send", "unknown", "refused"}) | TOLD,
    "unknown": frozenset({"to_send"}) | TOLD,
    "queued": TOLD - {"queued"},
    "sent": TOLD - {"queued", "sent"},
    "delivered": frozenset(),
    "undelivered": frozenset(),
    "failed": frozenset(),
    "refused": frozenset(),
    "dropped": frozenset(),
}
FROM_PAGE = "page "
ENDS = frozenset(state for state, onward in MOVES.items() if not onward) - {"received"}


class TextMessage(Base):
    __tablename__ = "text_message"

    service_id: Mapped[ServiceId]
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, server_default=func.nextval("message_id_seq"))
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    line_key: Mapped[str]
    direction: Mapped[str]
    purpose: Mapped[str | None]
    about: Mapped[str]
    number: Mapped[str | None]
    words: Mapped[str]
    state: Mapped[str]
    at: Mapped[Moment]
    sid: Mapped[str | None]
    slot_at: Mapped[Moment | None]
    send_after: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    tries: Mapped[int]
    claimed_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    problem: Mapped[str | None]
    needs_reply: Mapped[bool]
    heard_at: Mapped[Moment | None]
    heard_by: Mapped[int | None] = mapped_column(BigInteger)
    heard_by_system: Mapped[str | None]


class TextStop(Base):
    """Whether a number wants no texts of a service: it wrote STOP, and no START since."""

    __tablename__ = "text_stop"

    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    stopped: Mapped[bool]
    at: Mapped[Moment]


def want(session: Session, service_id: int, enquiry_id: int, about: str, **facts: Any) -> bool:
    """A text is to be sent, once for each thing that it is `about`; False when it was wanted before."""
    wanted = (
        insert(TextMessage)
        .values(
            service_id=service_id,
            enquiry_id=enquiry_id,
            about=about,
            **{"direction": "outbound", "state": "to_send", "tries": 0, "needs_reply": False, **facts},
        )
        .on_conflict_do_nothing(constraint="text_once")
        .returning(TextMessage.id)
    )
    return session.scalar(wanted) is not None


def received(session: Session, line: Line, enquiry_id: int, told: ToldText, at: datetime) -> TextMessage:
    """A caller's text to a line, which somebody is to read and to answer."""
    text = TextMessage(
        service_id=line.service.id,
        enquiry_id=enquiry_id,
        line_key=line.key,
        direction="inbound",
        about=told.sid,
        number=told.number,
        words=told.words,
        state="received",
        at=at,
        sid=told.sid,
        tries=0,
        needs_reply=True,
    )
    session.add(text)
    session.flush()
    return text


def written(session: Session, service_id: int, enquiry_id: int, line_key: str, words: str, at: datetime) -> bool:
    """What a caller wrote on their own page, which somebody is to read; False for the same words once more."""
    about = FROM_PAGE + hashlib.sha256(words.encode()).hexdigest()
    facts = {"line_key": line_key, "words": words, "at": at, "direction": "inbound", "state": "received"}
    return want(session, service_id, enquiry_id, about, **facts)


def move(session: Session, text: TextMessage, to: str, now: datetime, **changes: Any) -> None:
    """Make one move of MOVES, or raise WrongState."""
    if to not in MOVES[text.state]:
        raise WrongState(f"A text that is {text.state.replace('_', ' ')} cannot become {to.replace('_', ' ')}.")
    if to in ENDS:
        changes["ended_at"] = now
    if not move_on(session, text, "state", to, **changes):
        raise WrongState("Something else happened to this text first.")
    notify(session, f"changed {text.service_id}")


def forward(session: Session, text: TextMessage, to: str, now: datetime, **changes: Any) -> None:
    """The same, unless the text has gone past that already."""
    if to in MOVES[text.state]:
        move(session, text, to, now, **changes)


def readable(text: TextMessage) -> str:
    """Its words as anybody but the caller may read them: the address of the caller's page is nobody else's."""
    return (
        text.words.replace(OWN_LINK, "(the address of their own page)") if text.direction == "outbound" else text.words
    )


def is_from_page(text: TextMessage) -> bool:
    """Whether it was written on the caller's own page, and came over no line."""
    return text.about.startswith(FROM_PAGE)


def hear(session: Session, service_id: int, enquiry_id: int, actor: Actor, now: datetime) -> None:
    """Somebody has read what the caller of this enquiry wrote. The first reader stays on record."""
    unread = _of_caller(service_id, enquiry_id).where(TextMessage.heard_at.is_(None))
    session.execute(unread.values(heard_at=now, heard_by=actor.person_id, heard_by_system=actor.system))


def answered(session: Session, service_id: int, enquiry_id: int) -> None:
    """The caller of this enquiry was spoken to or written to, or nothing more is owed to them."""
    session.execute(_of_caller(service_id, enquiry_id).where(TextMessage.needs_reply).values(needs_reply=False))


def of_enquiry(session: Session, service_id: int, enquiry_id: int) -> Sequence[TextMessage]:
    """The texts of one enquiry, in and out, oldest first."""
    return session.scalars(
        select(TextMessage)
        .where(TextMessage.service_id == service_id, TextMessage.enquiry_id == enquiry_id)
        .order_by(TextMessage.at, TextMessage.id)
    ).all()


def by_id(session: Session, service_id: int, text_id: int) -> TextMessage | None:
    """An outgoing text, locked; None when there is none of this id in this service."""
    return session.scalars(
        select(TextMessage)
        .where(TextMessage.service_id == service_id, TextMessage.id == text_id, TextMessage.direction == "outbound")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def by_sid(session: Session, service_id: int, sid: str) -> TextMessage | None:
    """The text of this sid, locked; None when we do not know it."""
    return session.scalars(
        select(TextMessage).where(TextMessage.service_id == service_id, TextMessage.sid == sid).with_for_update()
    ).first()


def known(session: Session, service_id: int, sids: Sequence[str]) -> frozenset[str]:
    """Which of these sids belong to a text already."""
    found = session.scalars(
        select(TextMessage.sid).where(TextMessage.service_id == service_id, TextMessage.sid.in_(sids))
    )
    return frozenset(sid for sid in found if sid is not None)


def unsettled(session: Session, service_id: int, claimed_before: datetime) -> Sequence[TextMessage]:
    """Texts of which nobody knows whether they were sent: no answer came, or a worker died while it asked.

    `claimed_before` leaves time to those who are asking just now.
    """
    asking = and_(TextMessage.state == "sending", TextMessage.claimed_at <= claimed_before)
    return session.scalars(
        select(TextMessage)
        .where(TextMessage.service_id == service_id, or_(TextMessage.state == "unknown", asking))
        .order_by(TextMessage.id)
    ).all()


def stop(session: Session, service_id: int, number: str, at: datetime, *, stopped: bool = True) -> None:
    """This number wants no more texts of this service, or (`stopped` false) wants them again. The later word counts."""
    said = insert(TextStop).values(service_id=service_id, number=number, stopped=stopped, at=at)
    session.execute(
        said.on_conflict_do_update(
            index_elements=["service_id", "number"],
            set_={"stopped": said.excluded.stopped, "at": said.excluded.at},
            where=TextStop.at <= said.excluded.at,
        )
    )


def has_stopped(session: Session, service_id: int, number: str) -> bool:
    """Whether this number wants no texts of this service."""
    kept = session.get(TextStop, (service_id, number), populate_existing=True)
    return kept is not None and kept.stopped


def stopped_among(session: Session, service_id: int, numbers: Collection[str]) -> frozenset[str]:
    """Those of these numbers that want no texts of this service."""
    wanted = select(TextStop.number).where(
        TextStop.service_id == service_id, TextStop.number.in_(numbers), TextStop.stopped
    )
    return frozenset(session.scalars(wanted))


def _of_caller(service_id: int, enquiry_id: int) -> Update:
    return update(TextMessage).where(
        TextMessage.service_id == service_id,
        TextMessage.enquiry_id == enquiry_id,
        TextMessage.direction == "inbound",
    )
