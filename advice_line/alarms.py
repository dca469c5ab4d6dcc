"""Alarm: something that a service's lead must know of, from when it begins to hold until it no longer does.

There is one open alarm of a kind (and of a line, where it is about a line). It is told once, by e-mail, and stands on
the lead's page while it is open. Nothing of a caller is in it: a kind, the key of a line, and a count.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.backoff import Backoff
from advice_line.db import Base, Id, Moment, ServiceId

BACKOFF = Backoff(timedelta(minutes=1), timedelta(hours=1))
# How long a worker may take to send one e-mail before others take it for dead.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Words:
    """What an alarm says to a lead, and what to do about it."""

    title: str
    advice: str


WORDS: Mapping[str, Words] = {
    "unaccounted": Words(
        "Calls or recordings are unaccounted for",
        "We do not know what became of them. Look at the list, and ring back whoever may have left a message.",
    ),
    "unheard_late": Words(
        "Messages have not been heard in time",
        "Ask a therapist to listen to them now: a worry about a child’s safety may be in any of them.",
    ),
    "standard_close": Words(
        "Promises are about to be broken, or have been",
        "Look at “Close to breaking a standard” on your page, and ask somebody to ring those callers or to listen.",
    ),
    "line_silent": Words(
        "A line is unusually quiet",
        "Ring the number yourself. If nothing shows up here, ask whoever runs Advice Line to check the number.",
    ),
    "signatures_refused": Words(
        "Many requests with a wrong signature are refused",
        "If callers hear an error, the address or a token is set up wrongly. Ask whoever runs Advice Line to look.",
    ),
    "not_reconciled": Words(
        "Calls cannot be compared with the telephone network",
        "A call that was missed would not be noticed. Ask whoever runs Advice Line to check the telephone account.",
    ),
}

Holding = Mapping[tuple[str, str], int]
"""What holds just now: a kind and its subject (the key of a line, or empty), and how many."""


class Alarm(Base):
    """Its letter is in the hands of `mail_claimed_by` while there is one, and `mail_perhaps_sent` when a worker died or
    the relay fell silent while it was sent.
    """

    __tablename__ = "alarm"

    service_id: Mapped[ServiceId]
    id: Mapped[Id]
    kind: Mapped[str]
    subject: Mapped[str]
    count: Mapped[int]
    since: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    told_at: Mapped[Moment | None]
    mail_after: Mapped[Moment]
    mail_tries: Mapped[int]
    mail_problem: Mapped[str | None]
    mail_claimed_at: Mapped[Moment | None]
    mail_claimed_by: Mapped[str | None]
    mail_perhaps_sent: Mapped[bool] = mapped_column(default=False)

    @property
    def words(self) -> Words:
        return WORDS[self.kind]


@dataclass(frozen=True)
class Changes:
    """The alarms that began and those that ended."""

    raised: Sequence[Alarm]
    ended: Sequence[Alarm]


def settle(
    session: Session, service_id: int, holding: Holding, now: datetime, *, anew: Collection[str] = ()
) -> Changes:
    """Raise what holds and was not raised, end what no longer holds. Two at once take turns.

    The kinds in `anew` have new reasons: they end and begin again, so that they are told again.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('alarms', :id))"), {"id": service_id})
    known = {(alarm.kind, alarm.subject): alarm for alarm in still_open(session, service_id)}
    for place, alarm in known.items():
        if place in holding and alarm.kind not in anew:
            alarm.count = holding[place]
        else:
            alarm.ended_at = now
    session.flush()
    raised = [
        Alarm(
            service_id=service_id, kind=kind, subject=subject, count=count, since=now, mail_after=now, mail_tries=0
        )
        for (kind, subject), count in holding.items()
        if (kind, subject) not in known or kind in anew
    ]  # fmt: skip
    session.add_all(raised)
    session.flush()
    return Changes(raised, [alarm for alarm in known.values() if alarm.ended_at is not None])


def still_open(session: Session, service_id: int) -> Sequence[Alarm]:
    """The alarms that hold, oldest first."""
    return session.scalars(
        select(Alarm).where(Alarm.service_id == service_id, Alarm.ended_at.is_(None)).order_by(Alarm.since, Alarm.id)
    ).all()


def claim_to_tell(session: Session, service_id: int, worker: str, now: datetime) -> Alarm | None:
    """The next alarm that nobody was told of, claimed by this worker; None when there is none, or not yet.

    The caller commits before sending. One that is claimed still, and for too long, was left by a worker that died: its
    letter may have gone.
    """
    alarm = session.scalars(
        select(Alarm)
        .where(Alarm.service_id == service_id, Alarm.told_at.is_(None), Alarm.mail_after <= now)
        .order_by(Alarm.mail_after)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if alarm is not None:
        alarm.mail_perhaps_sent = alarm.mail_perhaps_sent or alarm.mail_claimed_at is not None
        alarm.mail_claimed_at, alarm.mail_claimed_by, alarm.mail_after = now, worker, now + LEASE
    return alarm


def is_claimed(alarm: Alarm, worker: str, at: datetime) -> bool:
    """Whether it is still in the hands of the worker that claimed it then."""
    return (alarm.mail_claimed_by, alarm.mail_claimed_at) == (worker, at)


def told(alarm: Alarm, now: datetime) -> None:
    """The e-mail is on its way."""
    alarm.told_at, alarm.mail_problem = now, None
    alarm.mail_claimed_at = alarm.mail_claimed_by = None


def not_told(alarm: Alarm, problem: str, now: datetime, *, perhaps_sent: bool = False) -> None:
    """It could not be sent, or nobody can say: try again ever more slowly, and keep the reason in sight."""
    alarm.mail_tries += 1
    alarm.mail_problem = problem
    alarm.mail_perhaps_sent = alarm.mail_perhaps_sent or perhaps_sent
    alarm.mail_claimed_at = alarm.mail_claimed_by = None
    alarm.mail_after = now + BACKOFF.after(alarm.mail_tries)
