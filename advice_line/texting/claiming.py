"""Claiming: the next text that may go out, taken by one worker alone, or dropped with the reason why it may not.

Whether it may is asked in the very statement that takes it: a STOP, a flag or a moved call counts up to that moment.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from advice_line.clock import london_date, start_of_day
from advice_line.db import notify
from advice_line.lines.directory import Line, Service
from advice_line.lines.texts import Texts
from advice_line.texting.owed import UNSAFE, UNSAFE_PRIORITY
from advice_line.texts.text import TextMessage

LONGEST_VALID = timedelta(hours=4)
SHORTEST_VALID = timedelta(minutes=1)
# One claim at a time in a service, so that two workers never reach a day's limit together.
MY_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('texts', :service))")
TODAY = "s.direction = 'outbound' AND s.claimed_at >= :day AND s.state NOT IN ('to_send', 'dropped')"
# The text is chosen apart, and once: chosen in a join, PostgreSQL may choose again for every row it looks at.
# A caller's text that came in but is not yet applied may be a STOP, so it goes first.
CLAIM = text(f"""
    WITH next AS MATERIALIZED (
        SELECT w.id, CASE
            WHEN EXISTS (SELECT FROM text_stop x
                    WHERE x.service_id = w.service_id AND x.number = w.number AND x.stopped)
                THEN 'The caller asked for no more texts.'
            WHEN q.flags && CAST(:unsafe AS text[]) OR q.priority = :unsafe_priority
                THEN 'A flag says that a text might do harm.'
            WHEN q.caller_number IS DISTINCT FROM w.number
                THEN 'The caller has another number now.'
            WHEN w.purpose <> 'help' AND q.caller_texts IS NOT TRUE
                THEN 'The caller has not agreed to texts.'
            WHEN w.purpose = 'unable_to_contact' AND q.closing_reason IS DISTINCT FROM 'unable_to_contact'
                THEN 'The caller got in touch first.'
            WHEN w.purpose <> 'unable_to_contact' AND q.status = 'closed'
                THEN 'The enquiry was closed first.'
            WHEN w.purpose <> 'help' AND q.sorted_at IS NOT NULL
                THEN 'The caller said that it is sorted.'
            WHEN EXISTS (SELECT FROM attempt a WHERE a.service_id = w.service_id AND a.enquiry_id = w.enquiry_id
                    AND a.result IN ('spoke_wrong_person', 'number_not_valid')
                    AND coalesce(a.caller_number, w.number) = w.number)
                THEN 'A call showed that this is not the caller''s number.'
            WHEN w.slot_at IS NOT NULL AND NOT EXISTS (SELECT FROM callback c WHERE c.service_id = w.service_id
                    AND c.enquiry_id = w.enquiry_id AND c.state = 'planned' AND c.starts_at = w.slot_at)
                THEN 'The call was moved or made first.'
            WHEN w.expires_at <= :now
                THEN 'It would have come too late.'
            WHEN (SELECT count(*) FROM text_message s WHERE s.service_id = w.service_id AND s.number = w.number
                    AND {TODAY}) >= :for_each
                THEN 'This number has had all its texts for one day.'
            END AS problem
        FROM text_message w
        JOIN enquiry q ON q.service_id = w.service_id AND q.id = w.enquiry_id
        WHERE w.service_id = :service AND w.state = 'to_send' AND w.send_after <= :now
            AND NOT EXISTS (SELECT FROM provider_event e
                WHERE e.service_id = :service AND e.kind = 'text' AND e.applied_at IS NULL)
            AND (SELECT count(*) FROM text_message s WHERE s.service_id = :service AND {TODAY}) < :for_all
        ORDER BY w.send_after, w.id
        LIMIT 1
        FOR UPDATE OF w SKIP LOCKED
    )
    UPDATE text_message AS t
    SET state = CASE WHEN next.problem IS NULL THEN 'sending' ELSE 'dropped' END,
        problem = next.problem,
        claimed_at = CASE WHEN next.problem IS NULL THEN :now ELSE t.claimed_at END,
        ended_at = CASE WHEN next.problem IS NOT NULL THEN :now END,
        tries = t.tries + CASE WHEN next.problem IS NULL THEN 1 ELSE 0 END
    FROM next
    WHERE t.service_id = :service AND t.id = next.id AND t.state = 'to_send'
    RETURNING t.id
""")  # noqa: S608 - nothing but a constant of this file goes into the statement


@dataclass(frozen=True)
class Claim:
    """A text that is ours to send, as it was when we took it; it is worth delivering for `valid_seconds`."""

    text_id: int
    line: Line
    claimed_at: datetime
    valid_seconds: int
    tries: int
    number: str = field(repr=False)
    words: str = field(repr=False)


def next_to_send(session: Session, service: Service, configured: Texts, now: datetime) -> Claim | str | None:
    """The text that has waited longest, claimed; the reason when it was dropped instead; None when none is due.

    `configured` are the service's texts. The caller commits before it asks the network for anything.
    """
    session.flush()
    session.execute(MY_TURN, {"service": service.id})
    facts = {
        "service": service.id,
        "now": now,
        "day": start_of_day(london_date(now)),
        "unsafe": list(UNSAFE),
        "unsafe_priority": UNSAFE_PRIORITY,
        "for_each": configured.a_day_for_each_number,
        "for_all": configured.a_day_for_the_service,
    }
    text_id = session.scalar(CLAIM, facts)
    if text_id is None:
        return None
    claimed = session.get_one(TextMessage, (service.id, text_id), populate_existing=True)
    notify(session, f"changed {service.id}")
    return claimed.problem or of(service, claimed, now)


def of(service: Service, claimed: TextMessage, now: datetime) -> Claim:
    """A text as it is sent, or was when nobody knows what became of it."""
    worth = (claimed.expires_at or now) - now
    return Claim(
        claimed.id,
        service.line(claimed.line_key),
        claimed.claimed_at or now,
        round(min(max(worth, SHORTEST_VALID), LONGEST_VALID).total_seconds()),
        claimed.tries,
        claimed.number or "",
        claimed.words,
    )
