"""4. Waits: why each of several enquiries waits just now, whoever or whatever says so. No reason stops a clock."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.callbacks.callback import Callback
from advice_line.callbacks.escalation import Close
from advice_line.clock import london_date
from advice_line.enquiries import pause as pauses
from advice_line.enquiries.enquiry import Enquiry
from advice_line.enquiries.pause import Reason


def reasons(
    session: Session, service_id: int, pairs: Iterable[tuple[Enquiry, Callback | None]], now: datetime
) -> Mapping[int, Reason]:
    """Why these enquiries wait, by their ids: what was noted, what a flag says, or a later time that was agreed."""
    known = list(pairs)
    agreed = {
        enquiry.id: Reason("not_before", london_date(callback.wanted_from))
        for enquiry, callback in known
        if callback is not None and callback.wanted_from is not None and callback.wanted_from > now
    }
    return agreed | dict(pauses.reasons(session, service_id, [enquiry for enquiry, _ in known], now))


def late_by_reason(
    session: Session,
    service_id: int,
    close: Iterable[Close],
    open_ones: Iterable[tuple[Callback, Enquiry]],
    now: datetime,
) -> Mapping[str | None, int]:
    """How many callbacks are late, by why they wait (a key of `pause_reasons`); None counts those without a reason."""
    late = {one.enquiry.id for one in close if one.is_late and one.clock.standard not in {"listen", "breach"}}
    pairs = [(enquiry, callback) for callback, enquiry in open_ones if enquiry.id in late]
    found = reasons(session, service_id, pairs, now)
    return Counter(found[enquiry.id].key if enquiry.id in found else None for enquiry, _ in pairs)
