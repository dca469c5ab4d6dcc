"""The addresses that we hand out: the further steps of a call, and where the network tells how things went.

Steps are paths, which the network takes from the document's own address. Status events need the whole address. What
stands in the fragment asks for more tries: by default the network tries only once, and then an event is lost, and a
caller whose answer was lost on the way hears an apology.
"""

import re

from advice_line.telephone.calling import ASK_AGAIN, TRY_AGAIN
from webhooks.take import Take

AFTER_THE_TONE = re.compile(r"/webhooks/voice/[^/?#]+/[^/?#]+/(recorded|more|number)([?#]|$)")


def keys(line: str, node: str, step: int, repeat: int = 0) -> str:
    """Where the key goes that a caller presses in a menu, or that they pressed none."""
    return f"/webhooks/voice/{line}/{node}?n={step}&r={repeat}{ASK_AGAIN}"


def skipped(line: str, node: str, step: int) -> str:
    """Where a key goes that is pressed during a greeting."""
    return f"/webhooks/voice/{line}/{node}/skipped?n={step}{ASK_AGAIN}"


def recorded(line: str, node: str, step: int, take: Take) -> str:
    """Where a call goes on after the recorder."""
    return f"/webhooks/voice/{line}/{node}/recorded?n={step}&{take}{ASK_AGAIN}"


def is_after_the_tone(address: str) -> bool:
    """Whether an address is one of those where a call goes on whose caller may have left a message."""
    return AFTER_THE_TONE.search(address) is not None


def silent(line: str, node: str, step: int, take: Take) -> str:
    """Where the key goes, or none, of a caller who said nothing after the tone."""
    return f"/webhooks/voice/{line}/{node}/silent?n={step}&{take}{ASK_AGAIN}"


def more(line: str, node: str, step: int, take: Take) -> str:
    """Where the key goes, or none, of a caller who had fallen silent."""
    return f"/webhooks/voice/{line}/{node}/more?n={step}&{take}{ASK_AGAIN}"


def number(line: str, node: str, step: int, take: Take, asked: int) -> str:
    """Where the number goes that a hidden caller keys in, or none."""
    return f"/webhooks/voice/{line}/{node}/number?n={step}&{take}&r={asked}{ASK_AGAIN}"


def transferred(line: str, node: str, step: int) -> str:
    """Where a call goes on after it was put through, or could not be."""
    return f"/webhooks/voice/{line}/{node}/transferred?n={step}{ASK_AGAIN}"


def recording_status(public_url: str, line: str) -> str:
    """Where the network tells what became of a recording. It names no number, so the address names the line."""
    return f"{public_url}/webhooks/recording-status?line={line}{TRY_AGAIN}"


def sound(public_url: str, name: str) -> str:
    """Where the network fetches a recorded prompt."""
    return f"{public_url}/webhooks/sounds/{name}"


def accepted(attempt: int, line: str) -> str:
    """Where the key goes with which a therapist takes a callback, or that they pressed none."""
    return f"/webhooks/attempts/{attempt}/keys?line={line}{ASK_AGAIN}"


def done(attempt: int, line: str) -> str:
    """Where a therapist's call goes on after the caller's leg is over."""
    return f"/webhooks/attempts/{attempt}/done?line={line}{ASK_AGAIN}"


def caller_status(public_url: str, attempt: int, line: str) -> str:
    """Where the network tells how the caller's leg goes."""
    return f"{public_url}/webhooks/attempts/{attempt}/caller-status?line={line}{TRY_AGAIN}"


def waiting(line: str, node: str, step: int) -> str:
    """Where the network asks what a caller hears who waits in the queue, again and again."""
    return f"/webhooks/voice/{line}/{node}/waiting?n={step}{ASK_AGAIN}"


def waiting_keys(line: str, node: str, step: int) -> str:
    """Where the key goes that a waiting caller presses."""
    return f"/webhooks/voice/{line}/{node}/waiting/keys?n={step}{ASK_AGAIN}"


def left_queue(line: str, node: str, step: int) -> str:
    """Where a call goes on that left the queue: it gave up waiting, or was connected and the talk is over."""
    return f"/webhooks/voice/{line}/{node}/left?n={step}{ASK_AGAIN}"


def offer_taken(offer: int, line: str) -> str:
    """Where the key goes with which a therapist on duty takes a caller, or that they pressed none."""
    return f"/webhooks/offers/{offer}/keys?line={line}{ASK_AGAIN}"


def offer_connected(offer: int, line: str) -> str:
    """What a caller hears who is about to be connected with a therapist on duty."""
    return f"/webhooks/offers/{offer}/connected?line={line}{ASK_AGAIN}"


def offer_done(offer: int, line: str) -> str:
    """Where a therapist's call goes on after the caller has gone, or when nobody waits any more."""
    return f"/webhooks/offers/{offer}/done?line={line}{ASK_AGAIN}"
