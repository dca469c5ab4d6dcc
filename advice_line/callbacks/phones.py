"""Phones: which of a therapist's own telephones we ring today. Nobody but they themselves ever sees the numbers."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.clock import london_date
from advice_line.db import Base, Moment
from advice_line.errors import Conflict
from advice_line.lines.rota import Therapist

Which = Literal["usual", "desk"]
NONE = "This therapist has no phone number set up, so we cannot ring them."


class PhoneChoice(Base):
    """What a therapist chose for one day, London's."""

    __tablename__ = "phone_choice"

    service_id: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    therapist_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    phone: Mapped[str]
    chosen_at: Mapped[Moment]


def to_ring(session: Session, therapist: Therapist, now: datetime) -> str:
    """The number that we ring them on today. Conflict when they have none."""
    number = numbers_of(therapist).get(chosen(session, therapist, now))
    if number is None:
        raise Conflict(NONE)
    return number


def chosen(session: Session, therapist: Therapist, now: datetime) -> Which:
    """Which phone it is today: the chosen one, else the usual one, else the only one that there is."""
    theirs = numbers_of(therapist)
    choice = session.get(PhoneChoice, (therapist.service_id, therapist.id, london_date(now)), populate_existing=True)
    if choice is not None and choice.phone == "desk" and "desk" in theirs:
        return "desk"
    return "usual" if "usual" in theirs or not theirs else "desk"


def choose(session: Session, therapist: Therapist, which: Which, actor: Actor, now: datetime) -> None:
    """Ring this one for the rest of the day. Calls that are under way are left alone."""
    if which not in numbers_of(therapist):
        raise Conflict("You have no such phone on the rota. Your lead can add it.")
    facts = {"service_id": therapist.service_id, "therapist_id": therapist.id, "day": london_date(now)}
    made = insert(PhoneChoice).values(**facts, phone=which, chosen_at=now)
    latest = {"phone": made.excluded.phone, "chosen_at": made.excluded.chosen_at}
    session.execute(made.on_conflict_do_update(index_elements=[*facts], set_=latest))
    subject, detail = f"therapist {therapist.id}", {"phone": which}
    record(session, actor, "phone chosen", subject, now, service_id=therapist.service_id, detail=detail)


def numbers_of(therapist: Therapist) -> dict[Which, str]:
    """Their phones as +44…, those that they have."""
    both: dict[Which, str | None] = {"usual": therapist.phone, "desk": therapist.desk_phone}
    return {which: number for which, number in both.items() if number}
