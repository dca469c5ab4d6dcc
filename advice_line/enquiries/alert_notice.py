"""3. Alert notice: one letter or one text to one duty lead about one alert, in one of its rounds.

A round goes to one duty lead more than the one before it; when all of them were told, every lead of the service has a
letter as well, and so from the beginning where no duty lead is configured. Each notice is sent once: it is claimed
before anything is asked of the outside. Of a text nobody can say afterwards whether it went, so one without an answer
is left as `unknown`; the next round is soon enough.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import staff
from advice_line.audit import Actor, record
from advice_line.db import Base, Id, Moment, ServiceId, move_on
from advice_line.enquiries import alert as alerts
from advice_line.enquiries.alert import Alert
from advice_line.enquiries.enquiry import Enquiry, note
from advice_line.lines import duty_leads
from advice_line.lines.directory import Service

MOVES: dict[str, frozenset[str]] = {
    "to_send": frozenset({"sending", "dropped"}),
    "sending": frozenset({"to_send", "sending", "sent", "unknown", "failed"}),
    "sent": frozenset(),
    "unknown": frozenset(),
    "failed": frozenset(),
    "dropped": frozenset(),
}
ENDS = frozenset(state for state, onward in MOVES.items() if not onward)
# How long a worker may take to send one before others take it for dead.
LEASE = timedelta(minutes=2)
ALERTING = Actor.part("alerting")
TAKEN = "It was taken, or over, before this was sent."
NEVER_KNOWN = "Nobody knows whether this text was sent, so it was not sent again."


class AlertNotice(Base):
    """`recipient` is an e-mail address, or a mobile as +447…"""

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


def claim(session: Session, service_id: int, now: datetime) -> AlertNotice | None:
    """The next notice to send, kept from rivals for a while; None when none waits. The caller commits before sending.

    A worker that died while it sent a letter leaves it to be sent again under the same id; a text is left unknown.
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
        return claim(session, service_id, now)
    move(session, notice, "sending", now, send_after=now + LEASE, tries=notice.tries + 1)
    return notice


def move(session: Session, notice: AlertNotice, to: str, now: datetime, **changes: object) -> bool:
    """Make one move of MOVES; False when a rival made another one first, or there is no such move."""
    if to not in MOVES[notice.state]:
        return False
    if to in ENDS:
        changes["ended_at"] = now
    return move_on(session, notice, "state", to, **changes)


def problems(session: Session, service_id: int, alert_id: int) -> list[str]:
    """Why notices of an alert's last round did not go out, each reason once."""
    last = select(Alert.rounds).where(Alert.service_id == service_id, Alert.id == alert_id).scalar_subquery()
    found = session.scalars(
        select(AlertNotice.problem)
        .where(AlertNotice.service_id == service_id, AlertNotice.alert_id == alert_id, AlertNotice.round == last)
        .where(AlertNotice.problem.is_not(None), AlertNotice.state != "dropped")
        .order_by(AlertNotice.id)
    )
    return list(dict.fromkeys(problem for problem in found if problem))


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
