"""Tidying: a sign of life, and what is kept for a while only."""

from datetime import timedelta

from sqlalchemy import text

from advice_line import drafts, troubles, workers
from advice_line.lines.directory import Service
from scheduler.workshop import Workshop

ANSWERS_KEPT = timedelta(hours=24)
TRIES_KEPT = timedelta(hours=24)
REFUSALS_KEPT = timedelta(days=28)
UNFINISHED_KEPT = timedelta(days=1)


def beat(workshop: Workshop) -> int:
    """Say that this worker lives, and look where something fails, in whichever worker it did."""
    with workshop.transaction(None) as session:
        workers.beat(session, workshop.worker, workshop.now())
        workshop.failing = troubles.failing(session)
    return 1


def read_directory(workshop: Workshop) -> int:
    """Take in what was configured since."""
    workshop.read_directory()
    return 1


def forget_answers(workshop: Workshop, service: Service) -> int:
    """Answers to programs' posts are kept for 24 hours, in case they ask again with the same key."""
    old = text("DELETE FROM idempotent_answer WHERE service_id = :service AND asked_at < :before RETURNING 1")
    with workshop.transaction(service) as session:
        before = workshop.now() - ANSWERS_KEPT
        return len(session.execute(old, {"service": service.id, "before": before}).all())


def forget_drafts(workshop: Workshop, service: Service) -> int:
    """Drafts are kept for 14 days after their last word, unless the enquiry ends before that."""
    with workshop.transaction(service) as session:
        return drafts.forget(session, service.id, workshop.now())


def forget_tries(workshop: Workshop) -> int:
    """Failed sign-ins, counts of refused posts, troubles long over, what writers that were killed left in the vault."""
    old = text("DELETE FROM failed_sign_in WHERE at < :before RETURNING 1")
    refused = text("DELETE FROM refused_post WHERE at < :before RETURNING 1")
    with workshop.transaction(None) as session:
        tries = len(session.execute(old, {"before": workshop.now() - TRIES_KEPT}).all())
        tries += len(session.execute(refused, {"before": workshop.now() - REFUSALS_KEPT}).all())
        tries += troubles.forget(session, workshop.now())
    return tries + workshop.vault.clear_unfinished(workshop.now() - UNFINISHED_KEPT)
