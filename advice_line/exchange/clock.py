"""The exchange's own clock: aware UTC, written the way Twilio writes it."""

from datetime import UTC, datetime
from email.utils import format_datetime


def now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def rfc2822(moment: datetime | None) -> str | None:
    """`Sun, 22 Nov 2026 03:00:00 +0000`, as in REST resources and webhooks; None for a moment that has not come."""
    return None if moment is None else format_datetime(moment)
