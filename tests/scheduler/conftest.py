"""A workshop on a real database and a real vault, with a telephone network in memory and a clock that stands still."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from advice_line import db, embedded
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import promising
from advice_line.callbacks.callback import Callback
from advice_line.callbacks.promising import Given
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.settings import Settings
from advice_line.vault import Vault
from scheduler.planning import plan
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.scene import TEMPLATE, TUESDAY, copy
from tests.slate import Slate

CONFIGURED = "story_of_the_scheduler"
KEY = "a key for the recordings of tests that is long enough"
Opening = Callable[[], AbstractContextManager[Session]]
AT_TWO = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)


@pytest.fixture
def clock(now: datetime) -> MovingClock:
    return MovingClock(now)


@pytest.fixture
def telephone(clock: MovingClock) -> FakeTelephone:
    return FakeTelephone(clock)


@pytest.fixture(scope="session")
def _configured(cluster: embedded.Server) -> Iterator[tuple[Slate, Service]]:
    copy(cluster, TEMPLATE, CONFIGURED)
    owner = db.connect(cluster.url_for("owner", CONFIGURED), pool_size=1)
    service = factories.a_service(owner, TUESDAY, rota=[])
    factories.a_therapist(owner, service)
    owner.dispose()
    slate = Slate.of(cluster, CONFIGURED)
    yield slate, service
    slate.close()


@pytest.fixture(scope="session")
def slate(_configured: tuple[Slate, Service]) -> Slate:
    """Nearly every test here begins with `service`: none has to make it."""
    return _configured[0]


@pytest.fixture
def service(_configured: tuple[Slate, Service], database: str) -> Service:
    """Hertfordshire, with one therapist who rings back all day."""
    return _configured[1]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "recordings", KEY)


@pytest.fixture
def new_workshop(serving: Engine, vault: Vault, telephone: FakeTelephone, clock: MovingClock) -> Callable[[], Workshop]:
    """A further worker beside the others."""
    settings = Settings(public_url="https://advice.example.nhs.uk")
    return lambda: Workshop(serving, settings, vault, lambda _account: telephone, clock)


@pytest.fixture
def workshop(new_workshop: Callable[[], Workshop]) -> Workshop:
    return new_workshop()


@pytest.fixture
def story(serving: Engine, service: Service) -> Opening:
    """A transaction within the service, as a door opens it: `with story() as session`."""
    return lambda: db.transaction(serving, service.id)


@pytest.fixture
def make(story: Opening, service: Service, clock: MovingClock) -> Callable[..., Enquiry]:
    """An enquiry that nobody has heard yet."""

    def make(**changes: Any) -> Enquiry:
        with story() as session:
            return factories.an_enquiry(session, service, clock(), **changes)

    return make


@pytest.fixture
def look(story: Opening) -> Callable[[Enquiry], tuple[Enquiry, Callback]]:
    """The enquiry and its newest callback as they are now."""

    def look(enquiry: Enquiry) -> tuple[Enquiry, Callback]:
        with story() as session:
            found = session.get_one(Enquiry, (enquiry.service_id, enquiry.id))
            callback = callbacks.latest_for(session, found)
            assert callback is not None
            return found, callback

    return look


def history(story: Opening, enquiry: Enquiry) -> list[tuple[str, str | None]]:
    """What the planner wrote into the enquiry's history."""
    with story() as session:
        return [(e.what, e.detail) for e in enquiries.history(session, enquiry) if e.system == "planner"]


class House:
    """One service with a therapist, planned whenever something was done."""

    def __init__(self, workshop: Workshop, service: Service, story: Opening, clock: MovingClock) -> None:
        self.workshop, self.service, self.story, self.clock = workshop, service, story, clock
        with story() as session:
            self.sam = rota.therapists(session)[0]

    def message(self, **changes: object) -> Enquiry:
        with self.story() as session:
            return factories.an_enquiry(session, self.service, self.clock(), **changes)

    def promised(
        self, enquiry: Enquiry, start: datetime = AT_TWO, *, told: bool = True, by: Therapist | None = None
    ) -> None:
        with self.story() as session:
            given = Given(by or self.sam, start, told)
            promising.promise(session, self.service, self.fresh(session, enquiry), given, TESTER, self.clock())
        self.plans()

    def away(self, **length: float) -> None:
        with self.story() as session:
            until = self.clock() + timedelta(**length)
            rota.record_absence(session, TESTER, self.sam, self.clock(), until, "sickness", self.clock())
        self.plans()

    def plans(self) -> None:
        plan(self.workshop, self.service)

    def callback(self, enquiry: Enquiry) -> Callback:
        with self.story() as session:
            found = callbacks.latest_for(session, enquiry)
            assert found is not None
            return found

    def fresh(self, session: Session, enquiry: Enquiry) -> Enquiry:
        return enquiries.by_id(session, self.service.id, enquiry.id, lock=True)

    def history(self, enquiry: Enquiry) -> list[str]:
        with self.story() as session:
            return [event.what for event in enquiries.history(session, enquiry)]


@pytest.fixture
def house(workshop: Workshop, service: Service, story: Opening, clock: MovingClock) -> House:
    return House(workshop, service, story, clock)
