"""Coming up: whether the demonstration answers, and in words what does not."""

from collections.abc import Sequence

import httpx

PATIENCE = 2.0  # seconds for one answer
GO_ON = "What is there stays: start it again, and it goes on from here."


def missing(pages: str, exchange: str) -> list[str]:
    """What is not up yet, a sentence each; nothing when everything answers."""
    return [sentence for sentence in (_pages(pages), _exchange(exchange)) if sentence]


def problem(missing: Sequence[str], died: Sequence[str]) -> str:
    """What is known when the time is over: what does not answer, and which processes ended by themselves."""
    if died:
        why = f"Ended by themselves: {', '.join(died)}. What they said stands above."
    else:
        why = "No process ended by itself, so this machine may only be slow just now."
    return " ".join(["The product did not become ready within a minute.", *missing, why, GO_ON])


def _pages(url: str) -> str:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=PATIENCE)
    except httpx.TransportError:
        return f"The pages do not answer at {url}."
    if answer.is_success:
        return ""
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return f"The pages answer with HTTP {answer.status_code} at {url}."
    state = answer.json()
    if not state["database"]:
        return "The pages answer, but the database does not."
    return "No scheduler is at work yet." if state["migrated"] else "The database is not at this version."


def _exchange(url: str) -> str:
    try:
        answer = httpx.get(f"{url}/practice/health", timeout=PATIENCE)
    except httpx.TransportError:
        return f"The practice exchange does not answer at {url}."
    return "" if answer.is_success else f"The practice exchange answers with HTTP {answer.status_code} at {url}."
