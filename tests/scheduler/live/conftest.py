"""The live line of EPUT while it is open: therapists on duty, callers who wait, and whom we rang."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine

from advice_line import calls, db
from advice_line.calls import Call
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import duty as duties
from advice_line.live import offer as offers
from advice_line.live.offer import Offer
from tests import factories
from tests.factories import TESTER
from tests.fakes import MovingClock
from tests.scheduler.conftest import Opening

LINE, LINE_NUMBER = "eput_support_line", "+441702372250"
KIM, LEE = "+447700900171", "+447700900172"


@pytest.fixture
def now() -> datetime:
    """A Thursday at 13:00 in London: the line of EPUT is open."""
    return datetime.fromisoformat("2026-11-19T13:00:00+00:00")


@pytest.fixture
def service(owner: Engine, now: datetime) -> Service:
    return factories.a_service(owner, now, "eput_cot", rota=[])


@pytest.fixture
def on_duty(owner: Engine, service: Service, clock: MovingClock) -> Callable[[str], Therapist]:
    """Somebody goes on duty with a phone."""

    def go(phone: str) -> Therapist:
        therapist = factories.a_therapist(owner, service, f"of_{phone[-3:]}", phone=phone)
        with db.transaction(owner, service.id) as session:
            duties.go_on(session, service.line(LINE), therapist, phone, TESTER, clock())
        clock.passes(seconds=1)
        return therapist

    return go


@pytest.fixture
def waits(story: Opening, service: Service, clock: MovingClock) -> Callable[[], Call]:
    """A further caller comes into the queue."""

    def come() -> Call:
        with story() as session:
            call = factories.a_call(session, service, clock(), number=factories.a_number())
            calls.wait(call, clock(), clock())
            return call

    return come


@pytest.fixture
def ring(story: Opening) -> Callable[[], list[tuple[str, str, str | None]]]:
    """Whom we rang, and what became of it."""

    def told() -> list[tuple[str, str, str | None]]:
        with story() as session:
            return [(each.therapist_number, each.state, each.problem) for each in session.query(Offer).order_by("id")]

    return told


def ends(story: Opening, service: Service, at: datetime, problem: str = "not_taken") -> None:
    with story() as session:
        for offer in session.query(Offer).filter(Offer.finished_at.is_(None)).all():
            offers.move(session, offer, "over", finished_at=at, problem=problem)
