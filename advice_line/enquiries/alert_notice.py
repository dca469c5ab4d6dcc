"""3. Alert notice: one letter or one text to one duty lead about one alert, in one of its rounds.

A round goes to one duty lead more than the one before it; when all of them were told, every lead of the service has a
letter as well, and so from the beginning where no duty lead is configured. Each notice is claimed before anything is
asked of the outside. A letter of which nobody knows whether it went is sent again, and says so; a text is left as
`unknown`, until the network tells what became of it. When one certainly does not arrive, the next round begins at once,
as long as there is somebody whom it tells for the first time.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, and_, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import staff
from advice_line.audit import Actor, record
from advice_line.db import Base, Id, Moment, ServiceId, move_on, notify
from advice_line.enquiries import alert as alerts
from advice_line.enquiries.alert import Alert
from advice_line.enquiries.enquiry import Enquiry, note
from advice_line.lines import duty_leads
from advice_line.lines.directory import Service

# What the network tells of a text comes late, repeated and in any order: it only ever moves a notice forwards.
ARRIVED_OR_NOT = frozenset({"delivered", "undelivered"})
MOVES: dict[str, frozenset[str]] = {
    "to_send": frozenset({"sending", "dropped"}),
    "sending": frozenset({"to_send", "sending", "sent", "unknown", "failed"}) | ARRIVED_OR_NOT,
    "sent": ARRIVED_OR_NOT,
    "unknown": ARRIVED_OR_NOT | {"sent"},
    "delivered": frozenset(),
    "undelivered": frozenset(),
    "failed": frozenset(),
    "dropped": frozenset(),
}
IN_HAND = frozenset({"to_send", "sending"})
NOT_ARRIVED = frozenset({"failed", "undelivered"})
# The states of a text as the network tells them, as ours.
AS_TOLD = {
    "queued": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
}
# How long a worker may take to send one before others take it for dead.
LEASE = timedelta(minutes=2)
ALERTING = Actor.part("alerting")
TAKEN = "It was taken, or over, before this was sent."
NEVER_KNOWN = "Nobody knows whether a text was sent, so it was not sent again."
NOT_DELIVERED = "A text did not arrive. {why}"


class AlertNotice(Base):
    """`recipient` is an e-mail address, or a mobile as +447…; `claimed_by` is the worker that began to send it last.

    `perhaps_sent`: a worker died, or the relay fell silent, while it was sent.
    """

    __tablename__ = "alert_notice"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    alert_id: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[int]
    channel: Mapped[str]
    recipient: Mapped[str]
    state: Mapped[str]
    at: Mapped[Moment]
    send_after: Mapped[Moment]
    tries: Mapped[int]
    ended_at: Mapped[Moment | None]
    problem: Mapped[str | None]
    claimed_at: Mapped[Moment | None]
    claimed_by: Mapped[str | None]
    perhaps_sent: Mapped[bool] = mapped_column(default=False)


def begin_round(session: Session, service: Service, alert: Alert, enquiry: Enquiry, now: datetime) -> int:
    """Want the notices of an alert's next round; returns how many. The caller holds enquiry and alert."""
    alert.rounds += 1
    alert.tell_after = now + service.configuration.alerts.pause(alert.rounds)
    session.flush()
    wanted = 0
    for channel, recipient in _recipients(session, service.id, alert.rounds):
        wanted += _want(session, alert, channel, recipient, now)
    note(session, enquiry, "alert_told", ALERTING, now, detail=f"{alert.rounds}")
    detail = {"round": alert.rounds, "notices": wanted}
    record(session, ALERTING, "alert told", f"alert {alert.id}", now, service_id=service.id, detail=detail)
    return wanted


def claim(session: Session, service_id: int, worker: str, now: datetime) -> AlertNotice | None:
    """The next notice to send, claimed by this worker; None when none waits. The caller commits before sending.

    A worker that died while it sent a letter leaves it to be sent again, as one that may have gone; a text is unknown.
    """
    _give_up_texts(session, service_id, now)
    left = and_(AlertNotice.state == "sending", AlertNotice.channel == "email")
    due = select(AlertNotice).where(
        AlertNotice.service_id == service_id,
        AlertNotice.send_after <= now,
        or_(AlertNotice.state == "to_send", left),
    )
    # Texts first: they are what wakes somebody up.
    in_turn = due.order_by(AlertNotice.channel.desc(), AlertNotice.send_after, AlertNotice.id).limit(1)
    notice = session.scalars(in_turn.with_for_update(skip_locked=True)).first()
    if notice is None:
        return None
    if notice.state == "to_send" and not alerts.is_standing(session, service_id, notice.alert_id):
        move(session, notice, "dropped", now, problem=TAKEN)
        return claim(session, service_id, worker, now)
    again = notice.perhaps_sent or notice.state == "sending"
    claimed = {"claimed_at": now, "claimed_by": worker, "perhaps_sent": again}
    move(session, notice, "sending", now, send_after=now + LEASE, tries=notice.tries + 1, **claimed)
    return notice


def is_claimed(notice: AlertNotice, worker: str, at: datetime) -> bool:
    """Whether it is still in the hands of the worker that claimed it then."""
    return notice.state == "sending" and (notice.claimed_by, notice.claimed_at) == (worker, at)


def move(session: Session, notice: AlertNotice, to: str, now: datetime, **changes: object) -> bool:
    """Make one move of MOVES; False when a rival made another one first, or there is no such move."""
    if to not in MOVES[notice.state]:
        return False
    if to not in IN_HAND:
        changes["ended_at"] = now
    moved = move_on(session, notice, "state", to, **changes)
    if moved and to in NOT_ARRIVED:
        _tell_others(session, notice, now)
    return moved


def told(session: Session, service_id: int, notice_id: int, state: str | None, now: datetime, *, why: str) -> bool:
    """What the network says of a text: `state` is one of a text's, `why` the reason if it did not arrive.

    Returns whether that was news.
    """
    ours = select(AlertNotice).where(AlertNotice.service_id == service_id, AlertNotice.id == notice_id)
    notice = session.scalars(ours.where(AlertNotice.channel == "text").with_for_update()).first()
    to = AS_TOLD.get(state or "")
    if notice is None or to is None:
        return False
    return move(session, notice, to, now, problem=NOT_DELIVERED.format(why=why) if to == "undelivered" else None)


def problems(session: Session, service_id: int, alert_id: int) -> list[str]:
    """Why people could not be told of an alert, each reason once; not where a later letter went or a text arrived."""
    over = or_(AlertNotice.state == "delivered", and_(AlertNotice.channel == "email", AlertNotice.state == "sent"))
    found = session.scalars(
        select(AlertNotice)
        .ext(distinct_on(AlertNotice.channel, AlertNotice.recipient))
        .where(AlertNotice.service_id == service_id, AlertNotice.alert_id == alert_id)
        .where(AlertNotice.state != "dropped", or_(AlertNotice.problem.is_not(None), over))
        .order_by(AlertNotice.channel, AlertNotice.recipient, AlertNotice.round.desc())
    )
    return list(dict.fromkeys(notice.problem for notice in found if notice.problem))


def _tell_others(session: Session, notice: AlertNotice, now: datetime) -> None:
    """The next round begins at once, if this is the last one so far and the next tells somebody anew."""
    hurried = session.scalar(
        update(Alert)
        .where(Alert.service_id == notice.service_id, Alert.id == notice.alert_id, Alert.taken_at.is_(None))
        .where(Alert.rounds == notice.round, Alert.tell_after > now)
        .where(Alert.rounds <= len(duty_leads.of_service(session, notice.service_id)))
        .values(tell_after=now)
        .returning(Alert.id)
        .execution_options(synchronize_session=False)
    )
    if hurried is not None:
        notify(session, "alert")


def _recipients(session: Session, service_id: int, rounds: int) -> Iterator[tuple[str, str]]:
    configured = duty_leads.of_service(session, service_id)
    letters = [one.email for one in configured[:rounds]]
    if rounds > len(configured):
        letters += staff.addresses_of_leads(session, service_id)
    for address in dict.fromkeys(address.lower() for address in letters):
        yield "email", address
    for one in configured[:rounds]:
        if one.mobile:
            yield "text", one.mobile


def _want(session: Session, alert: Alert, channel: str, recipient: str, now: datetime) -> bool:
    wanted = (
        insert(AlertNotice)
        .values(
            service_id=alert.service_id,
            alert_id=alert.id,
            round=alert.rounds,
            channel=channel,
            recipient=recipient,
            state="to_send",
            at=now,
            send_after=now,
            tries=0,
            perhaps_sent=False,
        )
        .on_conflict_do_nothing(constraint="alert_notice_once")
        .returning(AlertNotice.id)
    )
    return session.scalar(wanted) is not None


def _give_up_texts(session: Session, service_id: int, now: datetime) -> None:
    left = select(AlertNotice).where(
        AlertNotice.service_id == service_id,
        AlertNotice.state == "sending",
        AlertNotice.channel == "text",
        AlertNotice.send_after <= now,
    )
    for notice in session.scalars(left.with_for_update(skip_locked=True)).all():
        move(session, notice, "unknown", now, problem=NEVER_KNOWN)
