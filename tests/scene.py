"""The scene of most tests: two services with a therapist and tokens each, set up once for each test process.

`session` is a transaction in it that is rolled back afterwards: the cheapest real database there is. `stage` is a copy
that is wiped before each test, for what must commit, what runs in parallel and what is seen through a door. `staged` is
a copy of one's own, for what lasts longer than a test or alters a table.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from advice_line import db, embedded, staff
from advice_line.callbacks.callback import Planning
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.staff import Grant, Person
from tests import factories
from tests.slate import Slate

TEMPLATE = "story_template"
BLANK = "story_blank"
SCENE = "story_scene"
# An ordinary Tuesday, in working hours.
TUESDAY = datetime(2026, 11, 17, 10, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Scene:
    """Hertfordshire with Sam, who is a person and rings back; EPUT with Kim, who is a therapist alone.

    `tokens` are Hertfordshire's by role, with "sam" for one that acts as Sam, and "eput" for EPUT's lead.
    """

    herts: Service
    eput: Service
    sam: Therapist
    sam_as_person: Person
    kim: Therapist
    tokens: Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """A database with the scene in it."""

    scene: Scene
    owner: Engine
    serving: Engine

    def story(self, service: Service | None = None) -> AbstractContextManager[Session]:
        """A transaction as a door opens it: within Hertfordshire unless told otherwise."""
        return db.transaction(self.serving, (service or self.scene.herts).id)


@pytest.fixture(scope="session")
def scene(cluster: embedded.Server) -> Scene:
    """Both services, in a database that is only ever copied."""
    copy(cluster, TEMPLATE, SCENE)
    owner = db.connect(cluster.url_for("owner", SCENE), pool_size=1)
    try:
        return _set(owner, TUESDAY)
    finally:
        owner.dispose()


@pytest.fixture(scope="session")
def rehearsal(cluster: embedded.Server, scene: Scene) -> Iterator[Engine]:
    """The serving role in a copy of the scene in which nobody ever commits."""
    copy(cluster, SCENE, f"{SCENE}_rehearsal")
    engine = db.connect(cluster.url_for("serving", f"{SCENE}_rehearsal"), pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture
def session(rehearsal: Engine, scene: Scene) -> Iterator[Session]:
    """A transaction within Hertfordshire; what is written in it is gone afterwards."""
    with Session(rehearsal, expire_on_commit=False) as session:
        db.enter(session, scene.herts.id)
        yield session
        driver = session.connection().connection.driver_connection
        if driver and driver.info.transaction_status == TransactionStatus.INTRANS:
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # those that are checked at the end
        session.rollback()


def planning_wanted(session: Session) -> datetime:
    """When a plan of Hertfordshire was last asked for: a transaction asks for it at its end."""
    db.conclude(session)
    return session.scalars(select(Planning.wanted_at)).one()


@pytest.fixture(scope="session")
def theatre(cluster: embedded.Server, scene: Scene) -> Iterator[Slate]:
    """A copy of the scene for one test after the other."""
    copy(cluster, SCENE, f"{SCENE}_stage")
    slate = Slate.of(cluster, f"{SCENE}_stage")
    yield slate
    slate.close()


@pytest.fixture
def stage(theatre: Slate, scene: Scene) -> Stage:
    """The scene as it was at first, in which a test may commit."""
    wiped = theatre.wiped()
    return Stage(scene, wiped.owner, wiped.serving)


@contextmanager
def staged(cluster: embedded.Server, scene: Scene) -> Iterator[Stage]:
    """A copy of the scene of one's own."""
    name = f"story_{uuid4().hex[:12]}"
    copy(cluster, SCENE, name)
    owner = db.connect(cluster.url_for("owner", name), pool_size=2)
    serving = db.connect(cluster.url_for("serving", name), pool_size=20)
    try:
        yield Stage(scene, owner, serving)
    finally:
        owner.dispose()
        serving.dispose()


@pytest.fixture
def herts(scene: Scene) -> Service:
    return scene.herts


@pytest.fixture
def eput(scene: Scene) -> Service:
    return scene.eput


@pytest.fixture
def sam(scene: Scene) -> Therapist:
    """Rings back for Hertfordshire, 9am to 5pm every day."""
    return scene.sam


def copy(server: embedded.Server, of: str, name: str) -> None:
    """A new database that is a copy of another one."""
    # By its files: where nothing waits for the disk, that takes half the time of a copy page by page.
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {of} OWNER advice_line_owner STRATEGY file_copy")


def on_server(server: embedded.Server, statement: str) -> None:
    """What only the server's own administrator may do."""
    with psycopg.connect(server.admin_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement.encode())


def _set(owner: Engine, now: datetime) -> Scene:
    herts = factories.a_service(owner, now, rota=[])
    eput = factories.a_service(owner, now, "eput_cot", rota=[])
    with db.transaction(owner, None) as session:
        grants = [Grant("herts_cot", "therapist")]
        staff.add_person(session, "sam@example.nhs.uk", "Sam Sample", grants, now, password="three quiet rivers")
        person = staff.by_email(session, "sam@example.nhs.uk")
        assert person
        tokens = {
            role: staff.add_token(session, f"the {role}", role, "herts_cot", None, now)
            for role in ("therapist", "lead", "admin")
        }
        tokens["sam"] = staff.add_token(session, "Sam's own", "therapist", "herts_cot", "sam@example.nhs.uk", now)
        tokens["eput"] = staff.add_token(session, "EPUT's lead", "lead", "eput_cot", None, now)
    sam = factories.a_therapist(owner, herts, "sam_sample", person_id=person.id, name="Sam Sample")
    kim = factories.a_therapist(owner, eput, "kim_model", name="Kim Model")
    return Scene(herts, eput, sam, person, kim, tokens)
