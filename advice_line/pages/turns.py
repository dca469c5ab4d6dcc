"""Turns to listen, as therapists and the lead see them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from advice_line.callbacks import turn as turns
from advice_line.callbacks.record import therapists_by_id
from advice_line.callbacks.turn import ListeningTurn
from advice_line.clock import london_date
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist

DAYS_SHOWN = 5


@dataclass(frozen=True)
class Shown:
    """Who listens on a day, and when; nobody where `therapist` is None."""

    day: date
    therapist: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def coming(session: Session, service: Service, now: datetime) -> list[Shown]:
    """The next working days, for the lead."""
    names = {therapist_id: therapist.name for therapist_id, therapist in therapists_by_id(session, service.id).items()}
    days = turns.from_day(session, service, now)[:DAYS_SHOWN]
    return [_shown(turn, names) if turn else Shown(day) for day, turn in days]


def today(session: Session, service: Service, now: datetime) -> Shown | None:
    """Who listens today; None when nobody does."""
    turn = turns.on(session, service.id, london_date(now))
    names = {therapist_id: therapist.name for therapist_id, therapist in therapists_by_id(session, service.id).items()}
    return _shown(turn, names) if turn else None


def mine_today(session: Session, me: Therapist, now: datetime) -> Shown | None:
    """The turn of a therapist today, if it is theirs."""
    turn = turns.on(session, me.service_id, london_date(now))
    return _shown(turn, {me.id: me.name}) if turn is not None and turn.therapist_id == me.id else None


def _shown(turn: ListeningTurn, names: dict[int, str]) -> Shown:
    return Shown(turn.day, names.get(turn.therapist_id), turn.starts_at, turn.ends_at)
