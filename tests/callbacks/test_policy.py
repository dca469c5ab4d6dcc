"""How often a caller is tried, on how many days, and when next: the attempt policy, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from advice_line.callbacks import policy
from advice_line.callbacks.attempt import Attempt
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.configuration import Attempts

POLICY = Attempts()  # three attempts, on two days, two hours apart
TUESDAY = datetime(2026, 11, 17, 10, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 11, 18, 0, 0, tzinfo=UTC)


def tried(*when: datetime, result: str = "no_answer") -> list[Attempt]:
    return [Attempt(at=at, result=result, state="finished") for at in when]


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (tried(), False),
        (tried(TUESDAY, TUESDAY + DAY), False),
        (tried(TUESDAY, TUESDAY + 3 * HOUR, TUESDAY + DAY), True),
        (tried(TUESDAY, TUESDAY + 3 * HOUR, TUESDAY + 6 * HOUR), False),  # all on one day
        (tried(TUESDAY, TUESDAY + DAY) + tried(TUESDAY + 2 * DAY, result="engaged"), False),
        (tried(TUESDAY, TUESDAY + DAY) + tried(TUESDAY + 2 * DAY, result="dropped_before_outcome"), False),
        (tried(TUESDAY, TUESDAY + DAY) + tried(TUESDAY + 2 * DAY, result="voicemail_message_left"), True),
    ],
)
def test_attempts_are_used_up_when_there_are_enough_on_enough_days(attempts: list[Attempt], expected: bool) -> None:
    assert policy.used_up(POLICY, attempts) == expected


@pytest.mark.parametrize(
    ("before", "at", "expected"),
    [
        (tried(TUESDAY), TUESDAY + DAY, False),
        (tried(TUESDAY, TUESDAY + 3 * HOUR), TUESDAY + DAY, True),
        (tried(TUESDAY, TUESDAY + 3 * HOUR), TUESDAY + 6 * HOUR, False),
    ],
)
def test_the_last_attempt_is_known_before_it_is_made(before: list[Attempt], at: datetime, expected: bool) -> None:
    assert policy.is_last(POLICY, before, at) == expected
    assert policy.used_up(POLICY, [*before, *tried(at)]) == expected


@pytest.mark.parametrize(
    ("result", "wait"),
    [
        ("no_answer", 2 * HOUR),
        ("engaged", HOUR / 6),
        ("rejected_by_network", HOUR / 6),
        ("interpreter_failed", HOUR / 6),
    ],
)
def test_the_next_attempt_keeps_its_distance(result: str, wait: timedelta) -> None:
    (last,) = tried(TUESDAY, result=result)
    assert policy.not_before(POLICY, [last], last) == TUESDAY + wait


def test_a_call_that_was_cut_off_is_rung_again_at_once() -> None:
    (last,) = tried(TUESDAY, result="dropped_before_outcome")
    assert policy.not_before(POLICY, [last], last) is None


def test_the_last_attempts_fall_on_days_of_their_own() -> None:
    one_day = tried(TUESDAY, TUESDAY + 3 * HOUR)
    assert policy.not_before(POLICY, one_day, one_day[-1]) == MIDNIGHT
    engaged = tried(TUESDAY + 4 * HOUR, result="engaged")
    assert policy.not_before(POLICY, one_day + engaged, engaged[0]) == MIDNIGHT
    two_days = tried(TUESDAY, TUESDAY + DAY)
    assert policy.not_before(POLICY, two_days, two_days[-1]) == TUESDAY + DAY + 2 * HOUR


def test_days_are_londons() -> None:
    late = datetime(2026, 6, 16, 22, 30, tzinfo=UTC)  # half past eleven at night in London
    assert policy.used_up(POLICY, tried(late, late + HOUR / 3, late + HOUR))
    assert not policy.used_up(POLICY, tried(late - HOUR, late - HOUR / 3, late))


def test_who_gets_in_touch_again_is_tried_afresh() -> None:
    attempts = tried(TUESDAY, TUESDAY + DAY, TUESDAY + 2 * DAY)
    assert policy.since_last_word(Enquiry(last_word_at=None), attempts) == attempts
    assert policy.since_last_word(Enquiry(last_word_at=TUESDAY + DAY), attempts) == attempts[1:]
