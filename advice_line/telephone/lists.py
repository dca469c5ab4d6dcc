"""The lists of Twilio: its calls and recordings, page by page, as facts of ours.

A list is taken whole or not at all. Whatever address a page gives for the next one, the request goes to the host of
the settings (rest).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from advice_line.errors import NotNow, OutsideFailed
from advice_line.telephone.listed import ListedCall, ListedRecording

PAGE = 500
MOST = 50_000  # of one number and day: more is no list that we could trust
UNREADABLE = "The telephone network's list cannot be read just now."
ENDLESS = "The telephone network's list for one day has no end."


def calls_of(client: Client, number: str, day: date) -> Sequence[ListedCall]:
    """Connections to or from a number that began on a day in GMT."""
    start, end = _span(day)
    span = {"start_time_after": start, "start_time_before": end}
    found = [*_whole(client.calls, to=number, **span), *_whole(client.calls, from_=number, **span)]
    return [call for each in found if (call := _call(each)) is not None]


def recordings_on(client: Client, day: date) -> Sequence[ListedRecording]:
    """Recordings that began on a day in GMT, also those that were deleted since."""
    start, end = _span(day)
    found = _whole(client.recordings, date_created_after=start, date_created_before=end, include_soft_deleted=True)
    return [recording for each in found if (recording := _recording(each)) is not None]


def seconds(duration: object) -> int | None:
    """A length as the network writes it; None while it says that it does not know."""
    text = str(duration)
    return int(text) if text.isdecimal() else None


def _span(day: date) -> tuple[datetime, datetime]:
    # Up to the midnight that ends the day: the network may take “on or before” a date to mean its first moment.
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def _whole(resource: Any, **asked: Any) -> Iterable[Any]:
    try:
        found: list[Any] = resource.list(limit=MOST, page_size=PAGE, **asked)
    except (TwilioException, AttributeError, KeyError, TypeError, ValueError):
        raise NotNow(UNREADABLE) from None
    if len(found) >= MOST:
        raise OutsideFailed(ENDLESS)
    return found


def _call(each: Any) -> ListedCall | None:
    began = each.start_time or each.date_created
    if began is None:
        return None  # queued, and not dialled: there is nothing to account for yet
    return ListedCall(
        sid=str(each.sid),
        direction=str(each.direction or ""),
        status=str(each.status or ""),
        from_=str(each._from or ""),
        started_at=began,
        changed_at=each.end_time or each.date_updated or began,
        ended_at=each.end_time,
        seconds=seconds(each.duration),
        parent_sid=each.parent_call_sid,
        forwarded_from=str(each.forwarded_from or ""),
    )


def _recording(each: Any) -> ListedRecording | None:
    began = each.start_time or each.date_created
    if began is None or not each.call_sid:
        return None  # of a conference, of which we have none
    return ListedRecording(
        sid=str(each.sid),
        call_sid=str(each.call_sid),
        status=str(each.status or ""),
        created_at=began,
        changed_at=each.date_updated or began,
        seconds=seconds(each.duration),
    )
