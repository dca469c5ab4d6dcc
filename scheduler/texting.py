"""Texting: what is owed is wanted, what may go out is sent, each exactly once.

The network has no way to be asked twice and to send once. So a text is marked `sending`, and that is committed, before
the request; and when nobody knows what became of a request, the network's list of texts is looked at before it is ever
sent again.
"""

from datetime import datetime, timedelta

import structlog

from advice_line.backoff import Backoff
from advice_line.errors import Misconfigured, NotNow, OptedOut, OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from advice_line.lines.texts import Texts
from advice_line.telephone.calling import TRY_AGAIN, SentText
from advice_line.telephone.told_text import STATES
from advice_line.texting import claiming, link, owed
from advice_line.texting.claiming import Claim
from advice_line.texts import text as texts
from scheduler.workshop import Workshop

log = structlog.get_logger()

AT_A_TIME = 50
BACKOFF = Backoff(timedelta(seconds=5), timedelta(minutes=10))
# After so long a worker that was sending is taken for dead: a request ends after at most 20 seconds.
SENDING_AT_MOST = timedelta(minutes=1)
NOT_FOUND_AFTER = timedelta(minutes=2)
UNKNOWN_AT_MOST = timedelta(hours=1)
MOST_TRIES = 5

NOT_TAKEN = "The telephone network did not send this text."
NEVER_KNOWN = "Nobody knows whether this text was sent, so it was not sent again."


def send(workshop: Workshop, service: Service) -> int:
    """Want what is owed, and send what may go out; returns how many texts were sent or dropped."""
    configured = service.configuration.texts
    if configured is None:
        return 0
    with workshop.transaction(service) as session:
        owed.owe(session, service, workshop.now())
    done = 0
    while done < AT_A_TIME and not _rests(workshop, service, configured):
        claim = _claim(workshop, service, configured)
        if claim is None:
            break
        done += 1 if isinstance(claim, str) else _sent(workshop, service, claim)
    return done


def look_up(workshop: Workshop, service: Service) -> int:
    """Find out about texts of which nobody knows whether they were sent; returns how many were settled."""
    now = workshop.now()
    with workshop.transaction(service) as session:
        unsettled = [
            claiming.of(service, text, now) for text in texts.unsettled(session, service.id, now - SENDING_AT_MOST)
        ]
    return sum(_found_out(workshop, service, claim) for claim in unsettled)


def _rests(workshop: Workshop, service: Service, configured: Texts) -> bool:
    now = workshop.now()
    resting = workshop.busy_until.get(service.configuration.account)
    busy = resting is not None and now < resting
    return workshop.stopping.is_set() or busy or configured.is_silent(now)


def _claim(workshop: Workshop, service: Service, configured: Texts) -> Claim | str | None:
    now = workshop.now()
    with workshop.transaction(service) as session:
        claim = claiming.next_to_send(session, service, configured, now)
        if isinstance(claim, Claim):
            claim = link.fill(session, claim, configured, workshop.settings.public_url, now)
    if isinstance(claim, str):
        log.info("text_dropped", service=service.key, problem=claim)
    return claim


def _sent(workshop: Workshop, service: Service, claim: Claim) -> bool:
    if not workshop.still_holds(claim.claimed_at):
        log.warning("text_left_alone", text_id=claim.text_id)
        return False
    try:
        sid = workshop.telephone(service).text(
            claim.number,
            claim.line.number,
            claim.words,
            status_url=_status_url(workshop, claim),
            valid_seconds=claim.valid_seconds,
        )
    except NotNow as busy:
        _wait(workshop, service, claim, busy)
    except Unanswered:
        log.warning("text_unknown", text_id=claim.text_id)
        _move(workshop, service, claim, "unknown")
    except (OutsideFailed, Misconfigured) as failure:
        _refused(workshop, service, claim, failure)
    else:
        _goes(workshop, service, claim, sid, "queued")
        return True
    return False


def _status_url(workshop: Workshop, claim: Claim) -> str:
    where = f"{workshop.settings.public_url}/webhooks/message-status"
    return f"{where}?line={claim.line.key}&text={claim.text_id}{TRY_AGAIN}"


def _wait(workshop: Workshop, service: Service, claim: Claim, busy: NotNow) -> None:
    """Nothing was sent: try this text again ever more slowly. Calls wait no longer than the network asked for."""
    now = workshop.now()
    pause = busy.after or BACKOFF.after(claim.tries)
    workshop.busy_until[service.configuration.account] = now + (busy.after or BACKOFF.first)
    log.warning("text_waits", text_id=claim.text_id, problem=str(busy), seconds=pause.total_seconds())
    _move(workshop, service, claim, "to_send", send_after=now + pause)


def _refused(workshop: Workshop, service: Service, claim: Claim, failure: OutsideFailed | Misconfigured) -> None:
    log.warning("text_refused", text_id=claim.text_id, problem=str(failure))
    _move(workshop, service, claim, "refused", problem=str(failure))
    if isinstance(failure, OptedOut):
        with workshop.transaction(service) as session:
            texts.stop(session, service.id, claim.number, workshop.now())


def _goes(workshop: Workshop, service: Service, claim: Claim, sid: str, state: str) -> None:
    """The network has it. Its events may have come before us."""
    with workshop.transaction(service) as session:
        text = texts.by_id(session, service.id, claim.text_id)
        if text is not None:
            text.sid = text.sid or sid
            texts.forward(session, text, state, workshop.now())
    log.info("text_sent", text_id=claim.text_id, message_sid=sid)


def _found_out(workshop: Workshop, service: Service, claim: Claim) -> bool:
    waited = workshop.now() - claim.claimed_at
    try:
        found = _sent_text(workshop, service, claim)
    except OutsideFailed as failure:
        log.warning("text_not_looked_up", text_id=claim.text_id, problem=str(failure))
        return waited >= UNKNOWN_AT_MOST and _move(workshop, service, claim, "failed", problem=NEVER_KNOWN)
    if found is not None:
        _goes(workshop, service, claim, found.sid, STATES.get(found.status, "queued"))
        return True
    return waited >= NOT_FOUND_AFTER and _again(workshop, service, claim)


def _again(workshop: Workshop, service: Service, claim: Claim) -> bool:
    """The network does not know it, so it was never sent."""
    if claim.tries >= MOST_TRIES:
        return _move(workshop, service, claim, "failed", problem=NOT_TAKEN)
    log.warning("text_sent_again", text_id=claim.text_id, tries=claim.tries)
    return _move(workshop, service, claim, "to_send", send_after=workshop.now())


def _sent_text(workshop: Workshop, service: Service, claim: Claim) -> SentText | None:
    """The text as the network lists it: the one with these words nearest to our request that is no other text's."""
    listed = workshop.telephone(service).texts_to(claim.number, claim.line.number, claim.claimed_at)
    with workshop.transaction(service) as session:
        known = texts.known(session, service.id, [each.sid for each in listed])
    ours = [each for each in listed if each.sid not in known and link.is_of(claim.words, each.words)]
    return min(ours, key=lambda each: abs(each.at - claim.claimed_at), default=None)


def _move(workshop: Workshop, service: Service, claim: Claim, to: str, **changes: datetime | str) -> bool:
    """Move a text that is still as we knew it; a status event, or another worker, may have been faster."""
    with workshop.transaction(service) as session:
        text = texts.by_id(session, service.id, claim.text_id)
        if text is None or text.state not in {"sending", "unknown"} or text.claimed_at != claim.claimed_at:
            return False
        texts.move(session, text, to, workshop.now(), **changes)
    return True
