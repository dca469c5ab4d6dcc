"""What a therapist reads beside the button that rings a caller: when the caller can talk, and whether that is now."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from advice_line.lines.directory import Service
from advice_line.pages.arranged import arrangements
from tests import factories

HALF_PAST_THREE = {"from": "15:30", "to": "16:00", "days": []}


@pytest.mark.parametrize(
    ("said", "words", "is_bad_time"),
    [
        ({}, "", False),
        ({"contact_times": ["pref_any_time"]}, "They can talk: Any time in callback hours", False),
        ({"contact_times": [HALF_PAST_THREE]}, "They can talk: 3:30pm to 4pm", True),
        ({"contact_times": [{"from": "00:00", "to": "11:30"}]}, "They can talk: until 11:30am", False),
        ({"contact_times": [{"from": "14:00", "to": "23:59"}]}, "They can talk: from 2pm", True),
        ({"contact_times": [{"days": ["tue"]}]}, "They can talk: only on Tue", False),
        ({"not_before": date(2026, 11, 18)}, "They can talk: not before Wednesday 18 November 2026", True),
        ({"not_before": date(2026, 11, 17)}, "They can talk: not before Tuesday 17 November 2026", False),
    ],
)
def test_when_a_caller_can_talk_is_said_and_whether_it_is_now(
    session: Session, herts: Service, now: datetime, said: dict[str, Any], words: str, is_bad_time: bool
) -> None:
    assert f"{now:%A %H:%M}" == "Tuesday 10:05"
    enquiry = factories.a_heard_enquiry(session, herts, now, **said)
    shown = arrangements(session, herts, [enquiry.id], now).of(enquiry, None)
    assert (shown.when, shown.is_bad_time) == (words, is_bad_time)
