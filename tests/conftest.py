"""What every test may use: a real PostgreSQL, one cluster for each test process, and a database without a row in it."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import certifi
import hypothesis
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine

from advice_line import db, embedded, log, schema
from advice_line.staff import passwords
from tests.browser import SHARED, shared_browser
from tests.memory import data_home
from tests.scene import BLANK, TEMPLATE, TUESDAY, copy, eput, herts, rehearsal, sam, scene, session, stage, theatre
from tests.slate import Slate

__all__ = ["TUESDAY", "eput", "herts", "rehearsal", "sam", "scene", "session", "shared_browser", "stage", "theatre"]


PRODUCTS_HASHER = passwords.HASHER
TAKE_LONG = {"journeys", "webhooks"}  # folders
DRIVE_A_BROWSER = pytest.StashKey[set[Path]]()  # the files that do

# How many examples a property is tried on, where it does not say so itself. The usual run tries the same ones each
# time, so that what passes does not hang on luck; `make coverage` draws more, and new ones.
hypothesis.settings.register_profile("usual", max_examples=40, derandomize=True, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=200, deadline=None)
hypothesis.settings.load_profile("usual")


def pytest_configure(config: pytest.Config) -> None:
    """Logs as the product writes them: the libraries' own way of telling an error reads every local value aloud."""
    log.configure("json")
    _stay_on_one_core(config)
    _trust_one_root_alone()
    _hash_for_little()
    gc.disable()  # until all tests are found: what is imported stays, and searching it for rubbish finds none


def pytest_collection_finish() -> None:
    """From here on rubbish is looked for in what the tests make, not again and again in what was imported.

    And seldom: at the usual pace a twentieth of all the time of the tests goes by with it.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The files that take longest begin first, so that no worker is left with one of them while the others are done.

    Those that drive a browser, which take longest, follow one another and share it.
    """
    browsing = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (item.path not in browsing, item.path.parent.name not in TAKE_LONG))
    config.stash[DRIVE_A_BROWSER] = browsing


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A shared browser is put away before a file that drives none, which may need an event loop of its own."""
    if item.path not in item.config.stash[DRIVE_A_BROWSER]:
        SHARED.put_away()


def _stay_on_one_core(config: pytest.Config) -> None:
    # Mostly a test asks, and a database or a browser answers: never both at once. Where they share a core nobody has to
    # be woken on another one, which costs a twelfth of the time. So each core has a worker of its own where there are
    # enough of them; who is left over goes wherever a core stands still.
    worker = getattr(config, "workerinput", None)
    if worker is None or not hasattr(os, "sched_setaffinity"):
        return
    cores, nth = sorted(os.sched_getaffinity(0)), int(worker["workerid"].removeprefix("gw"))
    if nth < len(cores) <= worker["workercount"]:
        os.sched_setaffinity(0, {cores[nth]})


def _trust_one_root_alone() -> None:
    # No test speaks to anybody over TLS, and reading all roots for every HTTP client takes longer than most tests.
    first = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    file = Path(tempfile.gettempdir(), f"advice-line-tests-root-{os.getpid()}.pem")
    file.write_text("".join(first[:2]) + "\n")
    atexit.register(file.unlink, missing_ok=True)
    os.environ["SSL_CERT_FILE"] = str(file)  # noqa: TID251 - the tests' own, and their children's


def _hash_for_little() -> None:
    # What a password costs is the subject of tests/staff/test_passwords.py, which works with PRODUCTS_HASHER.
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[embedded.Server]:
    """A PostgreSQL server of this test process, with one migrated database to copy from."""
    home = data_home()
    try:
        with embedded.running(home, fast_and_unsafe=True) as server:
            copy(server, "advice_line", TEMPLATE)
            owner = db.connect(server.url_for("owner", TEMPLATE), pool_size=1)
            schema.migrate(owner, "advice_line_app")
            owner.dispose()
            yield server
    finally:
        embedded.remove(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def blank(cluster: embedded.Server) -> Iterator[Slate]:
    """A migrated database with nothing in it, for one test after the other."""
    copy(cluster, TEMPLATE, BLANK)
    slate = Slate.of(cluster, BLANK)
    yield slate
    slate.close()


@pytest.fixture(scope="session")
def slate(blank: Slate) -> Slate:
    """What a test's own database is wiped to. A folder whose tests all begin with the same may prepare another."""
    return blank


@pytest.fixture
def database(slate: Slate) -> str:
    """The name of a migrated database with nothing in it, or with what the folder has prepared."""
    return slate.wiped().name


@pytest.fixture
def owner(slate: Slate, database: str) -> Engine:
    """The role that migrates and configures; row-level security does not bind it."""
    return slate.owner


@pytest.fixture
def serving(slate: Slate, database: str) -> Engine:
    """The role that serves: it owns nothing, and row-level security binds it."""
    return slate.serving


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday 17 November 2026, 10:05 in London."""
    return TUESDAY
