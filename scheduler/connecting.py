"""Connecting: for every caller who waits on a live line, one therapist on duty is rung, exactly once at a time.

A ring is written down, and committed, before it is asked for. Who presses 1 is connected by the network with whoever
waits longest; who does not leaves the turn to the next. When nobody knows what became of a request, the network's list
of calls is looked at before that therapist is rung again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.callbacks import limits
from advice_line.errors import Misconfigured, NotNow, OutsideFailed, Unanswered
from advice_line.inbox import offers as offer_events
from advice_line.lines.directory import Line, Service
from advice_line.live import offer as offers
from advice_line.live import waiting
from advice_line.live.offer import Offer
from advice_line.telephone.calling import ASK_AGAIN, TRY_AGAIN
from scheduler.job import Step
from scheduler.lost_calls import placed_call
from scheduler.placing import DIALLING_AT_MOST, NOT_FOUND_AFTER, PAUSE, UNKNOWN_AT_MOST
from scheduler.workshop import Workshop

log = structlog.get_logger()

RING_SECONDS = 20
AT_A_TIME = 20


@dataclass(frozen=True)
class Ring:
    """One offer as it is dialled: ids and the therapist's number, and the line that is shown."""

    offer_id: int
    therapist_number: str
    line: Line
    at: datetime


def steps(workshop: Workshop) -> Iterator[Step]:
    """Work for those services alone in which somebody waits and somebody is on duty."""
    with workshop.transaction(None) as session:
        stands = waiting.standings(session, workshop.now())
    for service_id in sorted({each.service_id for each in stands if each.waiting and each.on_duty}):
        service = workshop.service(service_id)
        yield service.key, partial(connect, workshop, service)


def steps_of_look_up(workshop: Workshop) -> Iterator[Step]:
    """Work for those services alone in which a ring is under way."""
    return _where_it_rings(workshop, look_up)


def steps_of_stopping(workshop: Workshop) -> Iterator[Step]:
    """The same, as soon as the queue changes."""
    return _where_it_rings(workshop, stop_surplus)


def _where_it_rings(workshop: Workshop, do: Callable[[Workshop, Service], int]) -> Iterator[Step]:
    with workshop.transaction(None) as session:
        stands = waiting.standings(session, workshop.now())
    for service_id in sorted({each.service_id for each in stands if each.offers}):
        service = workshop.service(service_id)
        yield service.key, partial(do, workshop, service)


def connect(workshop: Workshop, service: Service) -> int:
    """Ring a free therapist for each caller for whom nobody is rung yet; returns how many rings were placed."""
    done = 0
    for _ in range(AT_A_TIME):
        resting = workshop.busy_until.get(service.configuration.account)
        if workshop.stopping.is_set() or (resting is not None and workshop.now() < resting):
            break
        ring = _claim(workshop, service)
        if ring is None:
            break
        done += _rung(workshop, service, ring)
    return done


def stop_surplus(workshop: Workshop, service: Service) -> int:
    """Stop rings whose caller has gone, the newest first; returns how many. Who has picked up is left to hear it."""
    with workshop.transaction(service) as session:
        unwanted = [offer for line in service.live_lines for offer in _surplus(session, service, line, workshop.now())]
        for offer in unwanted:
            offer.stop_asked_at = workshop.now()
    for offer in unwanted:
        try:
            workshop.telephone(service).stop_ringing(offer.call_sid or "")
        except OutsideFailed as failure:
            # It rings out by itself within seconds, and who picks up hears that nobody waits.
            log.warning("offer_not_stopped", offer_id=offer.id, problem=str(failure))
        else:
            log.info("offer_stopped", offer_id=offer.id)
    return len(unwanted)


def look_up(workshop: Workshop, service: Service) -> int:
    """Find out about rings of which nobody knows whether they were placed, and end those whose end was never told."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        forgotten = offers.forgotten(session, service.id, now)
        for offer in forgotten:
            offer_events.close(session, offer, offers.NOT_PLACED, now, now)
        unsettled = [_ring(service, offer) for offer in offers.unsettled(session, service.id, now - DIALLING_AT_MOST)]
    return len(forgotten) + sum(_found_out(workshop, service, ring) for ring in unsettled)


def _surplus(session: Session, service: Service, line: Line, now: datetime) -> Sequence[Offer]:
    wanting = waiting.count(session, service.id, line.key, now)
    surplus = offers.on_their_way(session, service.id, line.key) - wanting
    return offers.ringing(session, service.id, line.key, surplus) if surplus > 0 else ()


def _claim(workshop: Workshop, service: Service) -> Ring | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        if not _alone(session, service):
            return None
        for line in service.live_lines:
            wanting = waiting.count(session, service.id, line.key, now)
            if wanting <= offers.on_their_way(session, service.id, line.key):
                continue
            duty = waiting.next_free(session, service, line.key, now)
            if duty is not None and _may_ring(session, service, now):
                return _ring(service, offers.make(session, duty, now))
    return None


def _may_ring(session: Session, service: Service, now: datetime) -> bool:
    """A caller for whom nobody may be rung goes on to leave a message, as when the queue takes too long."""
    refusal = limits.too_many(session, service, None, now)
    if refusal:
        log.warning("offer_over_limit", service=service.key)
    return refusal is None


def _alone(session: Session, service: Service) -> bool:
    """Take the service's queue for this transaction; False while another worker is at it."""
    mine = text("SELECT pg_try_advisory_xact_lock(hashtextextended('queue', :service))")
    return bool(session.scalar(mine, {"service": service.id}))


def _ring(service: Service, offer: Offer) -> Ring:
    return Ring(offer.id, offer.therapist_number, service.line(offer.line_key), offer.at)


def _rung(workshop: Workshop, service: Service, ring: Ring) -> bool:
    if not workshop.still_holds(ring.at):
        log.warning("offer_left_alone", offer_id=ring.offer_id)
        return False
    try:
        sid = _dial(workshop, service, ring)
    except NotNow as busy:
        workshop.busy_until[service.configuration.account] = workshop.now() + (busy.after or PAUSE)
        _give_up(workshop, service, ring, str(busy))
    except Unanswered:
        log.warning("offer_unknown", offer_id=ring.offer_id)
        _move(workshop, service, ring, "unknown")
    except (OutsideFailed, Misconfigured) as failure:
        _give_up(workshop, service, ring, str(failure))
    else:
        _rings(workshop, service, ring, sid)
        return True
    return False


def _dial(workshop: Workshop, service: Service, ring: Ring) -> str:
    base = f"{workshop.settings.public_url}/webhooks/offers/{ring.offer_id}"
    return workshop.telephone(service).ring(
        ring.therapist_number,
        ring.line.number,
        answer_url=f"{base}/answered?line={ring.line.key}{ASK_AGAIN}",
        status_url=f"{base}/status?line={ring.line.key}{TRY_AGAIN}",
        timeout=RING_SECONDS,
    )


def _rings(workshop: Workshop, service: Service, ring: Ring, sid: str) -> None:
    """The ring was placed. Its events may have come before us."""
    with workshop.transaction(service) as session:
        offer = session.get_one(Offer, (service.id, ring.offer_id), with_for_update=True)
        if offer.state in {"placing", "unknown"}:
            offers.move(session, offer, "ringing", call_sid=sid)
        elif offer.call_sid is None:
            offer.call_sid = sid
        wanted = offer.finished_at is None
    log.info("offer_placed", offer_id=ring.offer_id, call_sid=sid)
    if not wanted:
        workshop.telephone(service).hang_up(sid)


def _found_out(workshop: Workshop, service: Service, ring: Ring) -> bool:
    waited = workshop.now() - ring.at
    try:
        sid = placed_call(workshop, service, ring.therapist_number, ring.line.number, ring.at)
    except OutsideFailed as failure:
        log.warning("offer_not_looked_up", offer_id=ring.offer_id, problem=str(failure))
        return waited >= UNKNOWN_AT_MOST and _give_up(workshop, service, ring, str(failure))
    if sid is not None:
        _rings(workshop, service, ring, sid)
        return True
    return waited >= NOT_FOUND_AFTER and _give_up(workshop, service, ring, "The network knows of no such call.")


def _move(workshop: Workshop, service: Service, ring: Ring, to: str) -> None:
    with workshop.transaction(service) as session:
        offer = session.get_one(Offer, (service.id, ring.offer_id), with_for_update=True)
        if offer.state == "placing":
            offers.move(session, offer, to)


def _give_up(workshop: Workshop, service: Service, ring: Ring, problem: str) -> bool:
    """Nobody was rung: the therapist is free again, and the caller's turn with somebody else comes at once."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        offer = session.get_one(Offer, (service.id, ring.offer_id), with_for_update=True)
        if offer.state not in {"placing", "unknown"}:
            return False
        offers.move(session, offer, "over", finished_at=now, problem=offers.NOT_PLACED)
    log.warning("offer_given_up", offer_id=ring.offer_id, problem=problem)
    return True
