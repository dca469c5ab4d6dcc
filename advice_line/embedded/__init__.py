"""The embedded database: a PostgreSQL server of our own, started by its first user and stopped after its last.

A *user* is any process inside `running()`: it holds a shared lock on one file for as long as it uses the server. The
first user starts the *keeper*, a small process that starts the server and then waits for an exclusive lock on the same
file, which it gets when no user is left, however they ended. It then stops the server and ends itself.

Read on in this order: server (what users call), keeper, cluster (the data folder), roles, programs, account, place,
pointer, lock.
"""

from advice_line.embedded.errors import EmbeddedError
from advice_line.embedded.server import Server, remove, running

__all__ = ["EmbeddedError", "Server", "remove", "running"]
