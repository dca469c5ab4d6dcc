"""Unreached: a caller whom no attempt reached. After the last one their enquiry ends as *unable to contact*.

Never while a child may be at risk, and never while the caller has said something that nobody has heard.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import policy
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import SAFEGUARDING_FLAG, Enquiry
from advice_line.lines.directory import Service

NEVER = (
    "This enquiry has an open flag of possible safeguarding, so it is never closed because nobody could be reached. "
    "Tell your safeguarding lead that the attempts did not reach the caller."
)
UNHEARD = "The caller left something that nobody has listened to yet, so this enquiry stays open."


def why_kept(enquiry: Enquiry) -> str | None:
    """Why attempts alone never end this enquiry, as a sentence for the therapist; None when they may."""
    if SAFEGUARDING_FLAG in enquiry.flags or enquiry.priority == "safeguarding":
        return NEVER
    return UNHEARD if enquiry.heard_at is None else None


def ends(session: Session, service: Service, enquiry: Enquiry, attempt: Attempt) -> bool:
    """Whether this attempt, which has its result, was the last that was owed."""
    # An engaged line, or a new time that was agreed, ends nothing.
    if not attempt.counts or why_kept(enquiry) is not None or callbacks.look_for(session, enquiry) is None:
        return False
    tried = policy.since_last_word(enquiry, attempts.of_enquiry(session, enquiry))
    return policy.used_up(service.configuration.attempts, tried)


def would_be_last(session: Session, service: Service, enquiry: Enquiry, at: datetime) -> bool:
    """Whether an attempt made at `at` is the last of the policy, or one after it."""
    if callbacks.look_for(session, enquiry) is None:
        return False
    tried = [attempt for attempt in attempts.of_enquiry(session, enquiry) if not attempt.is_live]
    return policy.is_last(service.configuration.attempts, policy.since_last_word(enquiry, tried), at)
