"""Trouble: that a job of the clock fails in a place, kept where every process and every page can see it.

A place is the key of a service, or empty for what belongs to none. Kept are the kind of the error, the database's
code for it (SQLSTATE) and counts: nothing of a caller.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Moment

FORGOTTEN_AFTER = timedelta(days=28)
Where = tuple[str, str]
"""A job and its place."""


class Trouble(Base):
    """`failures` in a row since `failing_since`, by whichever worker; the last of all was `at`."""

    __tablename__ = "job_trouble"

    job: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    failing_since: Mapped[Moment | None]
    failed_total: Mapped[int] = mapped_column(BigInteger)
    retried_total: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Moment]
    worker: Mapped[str]
    error: Mapped[str]
    sqlstate: Mapped[str]

    def failed_lately(self, since: datetime) -> bool:
        """Whether it fails now, or failed since then; what was put right by trying again at once does not count."""
        return self.failures > 0 or (self.failed_total > 0 and self.at >= since)


@dataclass(frozen=True)
class Failure:
    """What went wrong once: in which worker and when, which kind of error, and the database's code for it or empty."""

    worker: str
    at: datetime
    error: str
    sqlstate: str


def failed(session: Session, where: Where, failure: Failure) -> None:
    """The job failed there, for the first time or once more."""
    first = {"failures": 1, "failing_since": failure.at, "failed_total": 1, "retried_total": 0}
    more = {
        "failures": Trouble.failures + 1,
        "failing_since": func.coalesce(Trouble.failing_since, failure.at),
        "failed_total": Trouble.failed_total + 1,
    }
    _add(session, where, failure, first, more)


def retried(session: Session, where: Where, failure: Failure) -> None:
    """The job lost a race there, and is tried again at once."""
    first = {"failures": 0, "failing_since": None, "failed_total": 0, "retried_total": 1}
    _add(session, where, failure, first, {"retried_total": Trouble.retried_total + 1})


def recovered(session: Session, where: Where) -> None:
    """The job works there again. What it had stays to be seen for a while."""
    here = update(Trouble).where(Trouble.job == where[0], Trouble.place == where[1])
    session.execute(here.values(failures=0, failing_since=None))


def failing(session: Session) -> frozenset[Where]:
    """Where something fails just now."""
    rows = session.execute(select(Trouble.job, Trouble.place).where(Trouble.failures > 0))
    return frozenset((job, place) for job, place in rows)


def known(session: Session, place: str | None = None) -> Sequence[Trouble]:
    """Every trouble that is not forgotten, by job; with a place, those of that place and of none."""
    rows = select(Trouble).order_by(Trouble.job, Trouble.place)
    return session.scalars(rows if place is None else rows.where(Trouble.place.in_([place, ""]))).all()


def forget(session: Session, now: datetime) -> int:
    """Forget what has worked for long; returns how many."""
    old = delete(Trouble).where(Trouble.failures == 0, Trouble.at < now - FORGOTTEN_AFTER)
    return len(session.scalars(old.returning(Trouble.job)).all())


def _add(session: Session, where: Where, failure: Failure, first: dict[str, Any], more: dict[str, Any]) -> None:
    told = {"at": failure.at, "worker": failure.worker, "error": failure.error, "sqlstate": failure.sqlstate}
    row = insert(Trouble).values(job=where[0], place=where[1], **first, **told)
    session.execute(row.on_conflict_do_update(index_elements=["job", "place"], set_={**told, **more}))
