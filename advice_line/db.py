"""The database: engines, the one transaction a door opens, and who may serve.

Every transaction names its service first (`SET LOCAL app.service_id`): row-level security then shows that service's
rows and no others. With no service set there are no rows at all.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    ForeignKey,
    Identity,
    SmallInteger,
    Text,
    create_engine,
    inspect,
    make_url,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from advice_line.errors import Misconfigured

OLDEST_MAJOR = 15
# A machine that loses its power says no goodbye. Its half-done transaction, and the locks that it holds, end after so
# long; and who waits for such a machine notices within a minute, and not after the system's own two hours.
IDLE_AT_MOST = "60s"
KEEP_ALIVE: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
OPTIONS = f"-c statement_timeout=30s -c idle_in_transaction_session_timeout={IDLE_AT_MOST} -c timezone=UTC"

LARGEST_ID = 2**63 - 1
LAST = "last"  # what a session has left to do when it commits
NOTICES = "notices"  # what it has to tell then
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
ServiceId = Annotated[int, mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)]
Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]

# Said in every transaction, and so made once: to make them anew would take a third as long again as to run them.
ENTER = text("SELECT set_config('app.service_id', :service, true)")
TELL = text("SELECT pg_notify('advice_line', what) FROM unnest(CAST(:what AS text[])) AS what")


class Base(DeclarativeBase):
    """The parent of every table's class."""

    type_annotation_map: ClassVar = {str: Text()}


def connect(url: str, *, pool_size: int = 20) -> Engine:
    """An engine for one process: connections are checked before use, statements end after 30 seconds.

    A transaction in which nothing was asked for a minute ends, too: whoever began it is taken for dead.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise Misconfigured("DATABASE_URL must be the address of a PostgreSQL database (postgresql://…).")
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # what is stored must not reach a log by way of an error
        connect_args={"application_name": "advice-line", "options": OPTIONS, **KEEP_ALIVE},
    )


@contextmanager
def transaction(engine: Engine, service_id: int | None) -> Iterator[Session]:
    """One transaction within one service (None: within no service); commits on leaving, rolls back on any error."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        enter(session, service_id)
        yield session
        conclude(session)


def enter(session: Session, service_id: int | None) -> None:
    """Set the transaction's service. Must be its first statement."""
    value = "" if service_id is None else str(service_id)
    session.execute(ENTER, {"service": value})


def move_on(session: Session, row: Base, column: str, to: str, **changes: Any) -> bool:
    """Set a row's state, where it is still the one that we saw; False when a rival's earlier move leaves no such row.

    Which moves are allowed, and what is said of one that is not, is the noun's own.
    """
    session.flush()
    mapper = inspect(type(row))
    same = [key == value for key, value in zip(mapper.primary_key, mapper.primary_key_from_instance(row), strict=True)]
    moved = session.scalar(
        update(mapper)
        .where(*same, mapper.columns[column] == getattr(row, column))
        .values({column: to, **changes})
        .returning(type(row))
        # What is returned is what the row is now, whatever else a rival wrote into it since we read it.
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return moved is not None


def do_last(session: Session, what: Hashable, do: Callable[[Session], object]) -> None:
    """Do something when this `transaction` commits, after everything else, and once however often it is asked for.

    For a row that many transactions write: each holds it for a moment only, and none waits for another while it does.
    What was asked for within a savepoint that is taken back is done all the same.
    """
    session.info.setdefault(LAST, {})[what] = do


def sqlstate(error: BaseException) -> str:
    """The database's code for an error, for example 40P01 for a deadlock; empty when it is not the database's."""
    return str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")


def notify(session: Session, what: str) -> None:
    """Tell whoever listens, once this `transaction` commits. A hint of ids alone: polling is the promise.

    What was noted within a savepoint that is taken back is told all the same: a hint too many does no harm.
    """
    session.info.setdefault(NOTICES, {})[what] = None  # once, however often: the database would tell it once as well


def conclude(session: Session) -> None:
    """Do what the session has left for its end (`do_last`), then tell what it has to tell (`notify`).

    For `transaction`, and for whoever keeps a transaction of their own.
    """
    session.flush()
    for do in session.info.pop(LAST, {}).values():
        do(session)
    if what := session.info.pop(NOTICES, None):
        session.execute(TELL, {"what": list(what)})


def refuse_absent(engine: Engine, setting: str) -> None:
    """Raise Misconfigured, naming the setting that holds its address, unless the database can be reached."""
    try:
        engine.connect().close()
    except OperationalError:
        raise Misconfigured(f"The database cannot be reached: check {setting} and that PostgreSQL runs.") from None


def refuse_unsafe_role(engine: Engine) -> None:
    """Raise Misconfigured unless the role may be served with: it owns nothing and row-level security binds it."""
    question = text(
        "SELECT current_setting('server_version_num')::int / 10000 AS major, r.rolsuper OR r.rolbypassrls AS mighty,"
        " EXISTS (SELECT FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner"
        "   WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(o.oid, 'MEMBER')) AS owns"
        " FROM pg_roles r WHERE r.rolname = current_user"
    )
    refuse_absent(engine, "DATABASE_URL")
    with engine.connect() as connection:
        role = connection.execute(question).one()
    if role.major < OLDEST_MAJOR:
        raise Misconfigured(f"PostgreSQL {role.major} is too old: Advice Line needs {OLDEST_MAJOR} or newer.")
    if role.mighty or role.owns:
        raise Misconfigured(
            "DATABASE_URL names a role that owns the tables or can bypass row-level security. "
            "Serve with a role that owns nothing, and give the owner in DATABASE_OWNER_URL."
        )
