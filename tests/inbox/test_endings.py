"""Every way in which a call of ours can end: where the attempt is then, what the therapist reads, what is suggested."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from advice_line import taxonomy
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import ending as endings
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from tests import factories
from tests.inbox.network import LINE, Event, happens, problems

THERAPIST_LEG, CALLER_LEG = factories.a_sid("CA"), factories.a_sid("CA")
Told = tuple[str, dict[str, str]]


def therapist(status: str) -> Told:
    return "status", {"CallSid": THERAPIST_LEG, "CallStatus": status}


def keys(digits: str) -> Told:
    return "keys", {"CallSid": THERAPIST_LEG, "CallStatus": "in-progress", "Digits": digits}


def caller(status: str, **more: str) -> Told:
    return "caller-status", {"CallSid": CALLER_LEG, "CallStatus": status, **more}


def dialled(status: str, **more: str) -> Told:
    return "done", {"CallSid": THERAPIST_LEG, "DialCallStatus": status, **more}


PICKED_UP: Told = ("answered", {"CallSid": THERAPIST_LEG, "CallStatus": "in-progress"})
ACCEPTED, TALKING, HUNG_UP = keys("1"), caller("in-progress"), therapist("completed")
TALKED = tuple(endings.ANSWERED.suggested)
# The caller was never rung: the callback is owed as before, and nobody has anything to write down.
NOT_RUNG = [
    ("the therapist does not answer", [therapist("no-answer")], endings.NOT_ANSWERED),
    ("the therapist's phone is engaged", [therapist("busy")], endings.PHONE_ENGAGED),
    ("the therapist's phone is out of reach", [therapist("failed")], endings.PHONE_OUT_OF_REACH),
    ("the ring is stopped", [therapist("canceled")], endings.RING_STOPPED),
    ("their voicemail picks up", [PICKED_UP, keys(""), HUNG_UP], endings.NO_KEY),
    ("they press another key", [PICKED_UP, keys("2"), HUNG_UP], endings.OTHER_KEY),
    ("they press two keys", [PICKED_UP, keys("12"), HUNG_UP], endings.OTHER_KEY),
    ("they hang up first", [PICKED_UP, HUNG_UP], endings.HUNG_UP_FIRST),
    ("only the end is told", [HUNG_UP], endings.HUNG_UP_FIRST),
]
# The caller was rung: the attempt waits for the therapist's word. What fits, and whether anybody picked up.
RUNG: list[tuple[str, list[Told], str, tuple[str, ...], bool]] = [
    ("busy", [caller("busy"), dialled("busy")], "engaged, or they declined", ("engaged",), False),
    ("no answer", [caller("no-answer"), dialled("no-answer")], "did not answer", ("no_answer",), False),
    ("failed", [dialled("failed")], "not be reached", ("number_not_valid", "rejected_by_network"), False),
    ("no such number", [caller("failed", SipResponseCode="404")], "not in use", ("number_not_valid",), False),
    ("no such number, told late", [dialled("failed"), caller("failed", SipResponseCode="604")], "not in use",
     ("number_not_valid",), False),
    ("refused", [caller("failed", SipResponseCode="603")], "refused", ("rejected_by_network",), False),
    ("refused as unknown", [caller("busy", SipResponseCode="607"), dialled("busy")], "refused",
     ("rejected_by_network",), False),
    ("the therapist gives up", [caller("canceled"), HUNG_UP], "before the caller answered", ("no_answer",), False),
    ("they talk", [TALKING, caller("completed"), dialled("completed"), HUNG_UP], "Only you know", TALKED, True),
    ("their voicemail answers", [TALKING, caller("completed", AnsweredBy="machine_start")], "Only you know", TALKED,
     True),
    ("the caller's leg drops", [TALKING, caller("completed")], "Only you know", TALKED, True),
    ("the therapist's leg drops", [TALKING, HUNG_UP], "Only you know", TALKED, True),
    ("the therapist's leg fails", [TALKING, therapist("failed")], "Only you know", TALKED, True),
    ("our own next step is lost", [TALKING, HUNG_UP, caller("completed")], "Only you know", TALKED, True),
    ("the answer is told after the end", [HUNG_UP, TALKING], "Only you know", TALKED, True),
    ("only the end of the talk is told", [caller("completed", CallDuration="60")], "Only you know", TALKED, True),
    ("only the bridge is told", [dialled("completed", DialBridged="true", DialCallSid=CALLER_LEG)], "Only you know",
     TALKED, True),
    ("nothing is told of the caller", [HUNG_UP], "not told whether", (), False),
]  # fmt: skip


@pytest.fixture
def enquiry(session: Session, herts: Service, now: datetime) -> Enquiry:
    return factories.a_heard_enquiry(session, herts, now)


@pytest.fixture
def attempt(session: Session, enquiry: Enquiry, sam: Therapist, now: datetime) -> Attempt:
    """Sam's call is being placed."""
    attempt = factories.an_attempt(session, enquiry, sam, now)
    attempts.move(session, attempt, "placing", placed_at=now)
    return attempt


@pytest.fixture
def told(session: Session, herts: Service, attempt: Attempt, now: datetime) -> Callable[..., None]:
    """Tell things of the attempt's call, a second apart."""

    def tell(*all_told: Told) -> None:
        path = f"/webhooks/attempts/{attempt.id}"
        happens(
            session,
            herts,
            [
                Event(f"attempt_{what.replace('-', '_')}", said, path=f"{path}/{what}?line={LINE}")
                for what, said in all_told
            ],
            now,
        )
        assert set(problems(session, herts)) == {None}

    return tell


@pytest.mark.parametrize(("happened", "sentence"), [row[1:] for row in NOT_RUNG], ids=[row[0] for row in NOT_RUNG])
def test_a_call_that_never_reached_the_caller_leaves_the_callback_owed(
    session: Session, told: Callable[..., None], attempt: Attempt, enquiry: Enquiry, happened: list[Told], sentence: str
) -> None:
    told(*happened)
    assert (attempt.state, attempt.problem, attempt.result, attempt.counts) == ("abandoned", sentence, None, False)
    callback = callbacks.open_for(session, enquiry)
    assert callback
    assert (enquiry.status, callback.state, callback.not_before) == ("triaged", "waiting", None)
    assert endings.of(attempt) is None


@pytest.mark.parametrize(
    ("happened", "words", "suggested", "answered"), [row[1:] for row in RUNG], ids=[row[0] for row in RUNG]
)
def test_a_call_that_reached_the_callers_phone_waits_for_the_therapists_word(
    told: Callable[..., None],
    attempt: Attempt,
    enquiry: Enquiry,
    happened: list[Told],
    words: str,
    suggested: tuple[str, ...],
    answered: bool,
) -> None:
    told(PICKED_UP, ACCEPTED, *happened)
    assert (attempt.state, attempt.result, attempt.is_live, enquiry.status) == ("call_over", None, True, "in_call")
    ending = endings.of(attempt)
    assert ending
    assert words in ending.sentence
    assert (ending.suggested, ending.was_answered) == (suggested, answered)
    assert (attempt.answered_at is not None) == answered


def test_every_result_that_is_suggested_exists() -> None:
    suggested = {key for ending in (endings.ANSWERED, *endings.NOT_REACHED.values()) for key in ending.suggested}
    assert suggested <= taxonomy.ATTEMPT_RESULTS.keys()


def test_a_call_that_goes_on_or_was_dialled_by_hand_has_no_ending(told: Callable[..., None], attempt: Attempt) -> None:
    told(PICKED_UP, ACCEPTED, TALKING)
    assert endings.of(attempt) is None
    attempt.self_dialled, attempt.state = True, "call_over"
    assert endings.of(attempt) is None
