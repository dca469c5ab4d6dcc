"""Lost calls: which call came of a request to ring that the network never answered."""

from datetime import datetime

from advice_line.callbacks import attempt as attempts
from advice_line.lines.directory import Service
from advice_line.live import offer as offers
from scheduler.workshop import Workshop


def placed_call(workshop: Workshop, service: Service, to: str, from_: str, asked_at: datetime) -> str | None:
    """The sid of the call placed nearest to our request that belongs to no attempt and no ring; None without one."""
    calls = workshop.telephone(service).calls_to(to, from_, asked_at)
    sids = [call.sid for call in calls]
    with workshop.transaction(service) as session:
        known = attempts.known_calls(session, service.id, sids) | offers.known_calls(session, service.id, sids)
    ours = [call for call in calls if call.sid not in known]
    nearest = min(ours, key=lambda call: abs(call.at - asked_at), default=None)
    return nearest.sid if nearest else None
