"""What every test may use: a real PostgreSQL, one cluster for each test process, one fresh database for each test."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import certifi
import pytest
from sqlalchemy import Engine

from advice_line import db, embedded, log
from tests.scene import TEMPLATE, TUESDAY, copy, eput, herts, on_server, rehearsal, sam, scene, session, stage

__all__ = ["TUESDAY", "eput", "herts", "rehearsal", "sam", "scene", "session", "stage"]


def pytest_configure() -> None:
    """Logs as the product writes them: the libraries' own way of telling an error reads every local value aloud."""
    log.configure("json")
    _trust_one_root_alone()


def _trust_one_root_alone() -> None:
    # No test speaks to anybody over TLS, and reading all roots for every HTTP client takes longer than most tests.
    first = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    file = Path(tempfile.gettempdir(), f"advice-line-tests-root-{os.getpid()}.pem")
    file.write_text("".join(first[:2]) + "\n")
    atexit.register(file.unlink, missing_ok=True)
    os.environ["SSL_CERT_FILE"] = str(file)  # noqa: TID251 - the tests' own, and their children's


@pytest.fixture(scope="session")
def cluster() -> Iterator[embedded.Server]:
    """A PostgreSQL server of this test process, with one migrated database to copy from."""
    home = Path(tempfile.mkdtemp(prefix="advice-line-tests-"))
    try:
        with embedded.running(home, fast_and_unsafe=True) as server:
            copy(server, "advice_line", TEMPLATE)
            owner = db.connect(server.url_for("owner", TEMPLATE), pool_size=1)
            db.migrate(owner, "advice_line_app")
            owner.dispose()
            yield server
    finally:
        embedded.remove(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def database(cluster: embedded.Server) -> Iterator[str]:
    """The name of a fresh, migrated database."""
    name = f"story_{uuid4().hex[:12]}"
    copy(cluster, TEMPLATE, name)
    yield name
    on_server(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def owner(cluster: embedded.Server, database: str) -> Iterator[Engine]:
    """The role that migrates and configures; row-level security does not bind it."""
    engine = db.connect(cluster.url_for("owner", database), pool_size=5)
    yield engine
    engine.dispose()


@pytest.fixture
def serving(cluster: embedded.Server, database: str) -> Iterator[Engine]:
    """The role that serves: it owns nothing, and row-level security binds it."""
    engine = db.connect(cluster.url_for("serving", database), pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def now() -> datetime:
    """A fixed moment: Tuesday 17 November 2026, 10:05 in London."""
    return TUESDAY
