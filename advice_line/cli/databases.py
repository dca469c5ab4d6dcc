"""Which database a command works on: the one of DATABASE_URL, else the embedded one, held while it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import OperationalError

from advice_line import db, embedded
from advice_line.errors import Misconfigured, OutsideFailed
from advice_line.settings import Settings


@dataclass(frozen=True)
class Databases:
    """Addresses of one database: for the role that serves, and for the one that owns and migrates."""

    serving_url: str
    owner_url: str | None

    @property
    def serving_role(self) -> str:
        """The name of the role that serves."""
        return make_url(self.serving_url).username or ""

    @contextmanager
    def as_owner(self) -> Iterator[Engine]:
        """An engine of the owning role, for what an operator does. Misconfigured when its address is not set."""
        if self.owner_url is None:
            raise Misconfigured("DATABASE_OWNER_URL is not set: this command needs the role that owns the tables.")
        with _reached(self.owner_url, "DATABASE_OWNER_URL") as engine:
            yield engine

    @contextmanager
    def as_serving(self) -> Iterator[Engine]:
        """An engine of the serving role."""
        with _reached(self.serving_url, "DATABASE_URL") as engine:
            yield engine


@contextmanager
def databases(settings: Settings) -> Iterator[Databases]:
    """The database of these settings; the embedded one runs for as long as this is open."""
    if settings.database_url is not None:
        owner = settings.database_owner_url
        yield Databases(settings.database_url.get_secret_value(), owner.get_secret_value() if owner else None)
        return
    with embedded.running(settings.advice_line_home) as server:
        yield Databases(server.serving_url, server.owner_url)


@contextmanager
def _reached(url: str, setting: str) -> Iterator[Engine]:
    engine = db.connect(url, pool_size=2)
    try:
        db.refuse_absent(engine, setting)
        yield engine
    except OperationalError as error:
        # One that the database itself tells has a code and leaves the connection as it is.
        if db.sqlstate(error) and not error.connection_invalidated:
            raise
        raise OutsideFailed(
            f"The database was lost in the middle of this command: check {setting} and that PostgreSQL runs, "
            "and what the command did, before you give it again."
        ) from None
    finally:
        engine.dispose()
