"""Attempts, as the telephone door looks at them: who is at the other end of a callback that still waits."""

from webhooks.context import Bridge
from webhooks.database import Pool, in_time

ENTER = "SELECT set_config('app.service_id', %s, true)"
LIVE = """
    SELECT attempt.caller_number, enquiry.reference
    FROM attempt JOIN enquiry ON enquiry.service_id = attempt.service_id AND enquiry.id = attempt.enquiry_id
    WHERE attempt.service_id = %s AND attempt.id = %s AND attempt.finished_at IS NULL
        AND attempt.caller_number IS NOT NULL
"""


class DatabaseAttempts:
    """Attempts in the database. The pool must be open."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def bridge(self, service_id: int, attempt_id: int) -> Bridge | None:
        """The other end of a live attempt of this service; None when it is over or was never ours."""
        return await in_time(self._bridge(service_id, attempt_id))

    async def _bridge(self, service_id: int, attempt_id: int) -> Bridge | None:
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(ENTER, [str(service_id)])
            row = await (await connection.execute(LIVE, [service_id, attempt_id])).fetchone()
        return Bridge(caller_number=str(row[0]), reference=str(row[1])) if row else None
