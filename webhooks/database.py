"""The telephone door's own connections: few, asynchronous, and apart from all others, so that no slow page or report
can take one away from a caller."""

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import make_url

CONNECTIONS = 4
PATIENCE = 3.0  # seconds for one look or one write; a caller waits as long in silence, and the network 15 at the most

Pool = AsyncConnectionPool[AsyncConnection[tuple[object, ...]]]


def pool(database_url: str) -> Pool:
    """The door's connections; `async with` opens them, and does not wait for a database that is away."""
    return AsyncConnectionPool(
        conninfo(database_url),
        open=False,
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        timeout=PATIENCE,
        # Given up soon, because the next event asks again at once; tries left alone come ever more rarely.
        reconnect_timeout=10.0,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "application_name": "advice-line webhooks",
            "connect_timeout": round(PATIENCE),
            "options": f"-c statement_timeout={PATIENCE * 1000:.0f} -c timezone=UTC",
        },
    )


def conninfo(database_url: str) -> str:
    """The address of the database as the driver itself reads it."""
    return make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
