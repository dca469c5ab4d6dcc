"""A rota of three part-time therapists, in a database in which nothing is committed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import db, embedded
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Change, Offer, Stretch
from tests import factories
from tests.factories import TESTER
from tests.scene import TUESDAY, Scene, staged

THURSDAY = date(2026, 11, 19)
FRIDAY = date(2026, 11, 20)
MORNING = time(9), time(12)
AFTERNOON = time(14), time(17)


@dataclass(frozen=True)
class Trio:
    """Ann works on weekday mornings in the north clinic, Bea on Thursday and Friday afternoons in the south clinic, at
    other times in either, Cal never but for once.
    """

    session: Session
    service: Service
    ann: Therapist
    bea: Therapist
    cal: Therapist

    @property
    def change(self) -> Change:
        return Change(TESTER, self.service.calendar, TUESDAY)

    def anns(self, day: date = THURSDAY, field: str = "session") -> Offer:
        return Offer(self.ann, Stretch(day, *MORNING), field)

    def beas(self, day: date = FRIDAY, field: str = "other_session") -> Offer:
        return Offer(self.bea, Stretch(day, *AFTERNOON), field)


@pytest.fixture(scope="module")
def _three(cluster: embedded.Server, scene: Scene) -> Iterator[tuple[Engine, list[Therapist]]]:
    with staged(cluster, scene) as stage:
        ann = factories.a_therapist(stage.owner, scene.herts, "ann_example", hours=MORNING, sites=["north_clinic"])
        bea = factories.a_therapist(
            stage.owner, scene.herts, "bea_example", days=(3, 4), hours=AFTERNOON, site="south_clinic",
            sites=["north_clinic", "south_clinic"],
        )  # fmt: skip
        cal = factories.a_therapist(stage.owner, scene.herts, "cal_example", days=())
        yield stage.serving, [ann, bea, cal]


@pytest.fixture
def trio(_three: tuple[Engine, list[Therapist]], scene: Scene) -> Iterator[Trio]:
    engine, people = _three
    with Session(engine, expire_on_commit=False) as session:
        db.enter(session, scene.herts.id)
        yield Trio(session, scene.herts, *people)
        session.rollback()
