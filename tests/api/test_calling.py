"""Calling back for programs: the one live attempt, results and outcomes."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.api.conftest import Api, fields_at_fault, refused

ATTEMPT = {"id", "at", "by", "result", "note", "state", "problem"}
ADVICE = {"outcome": "advice_given", "note": "We spoke about shoes."}
AGREED = {"route": "herts_school_age", "who_will_send": "senco", "phase": "school_age", "agreement": True}

CALLED_TEN_TIMES = text(
    "INSERT INTO attempt (service_id, enquiry_id, opened_by_system, at, state, caller_number, placed_at, finished_at)"
    " SELECT service_id, id, 'tests', :now, 'abandoned', caller_number, :now, :now FROM enquiry, generate_series(1, 10)"
    " WHERE reference = :reference"
)


def shown(api: Api, reference: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/enquiries/{reference}").json()
    return found


def tried(api: Api, reference: str, result: str, **facts: Any) -> httpx.Response:
    return api.post(f"/enquiries/{reference}/attempts", {"result": result, **facts})


def test_calling_opens_a_live_attempt(api: Api) -> None:
    reference = api.enquiry()
    answer = api.post(f"/enquiries/{reference}/call")
    attempt = answer.json()
    assert (answer.status_code, set(attempt)) == (202, ATTEMPT)
    assert (attempt["by"], attempt["result"], datetime.fromisoformat(attempt["at"])) == ("Sam Sample", None, api.now)
    assert shown(api, reference)["status"] == "in_call"


def test_a_second_call_is_refused_while_one_is_live(api: Api) -> None:
    reference = api.enquiry()
    api.post(f"/enquiries/{reference}/call")
    assert "being rung" in refused(api.post(f"/enquiries/{reference}/call"), 409)
    assert len(shown(api, reference)["attempts"]) == 1


def test_calling_needs_a_therapist(api: Api) -> None:
    reference = api.enquiry()
    assert "choose a therapist" in refused(api.post(f"/enquiries/{reference}/call", whose="lead"), 409)
    chosen = {"therapist": api.stage.scene.sam.id}
    assert api.post(f"/enquiries/{reference}/call", chosen, whose="lead").status_code == 202


def test_another_services_therapist_is_not_found(api: Api) -> None:
    refused(api.post(f"/enquiries/{api.enquiry()}/call", {"therapist": api.stage.scene.kim.id}), 404)


def test_calling_needs_a_number(api: Api) -> None:
    assert "no number to ring" in refused(api.post(f"/enquiries/{api.enquiry(caller_number=None)}/call"), 409)


def test_calling_too_often_is_refused_with_a_sentence(api: Api) -> None:
    reference = api.enquiry()
    with api.stage.owner.begin() as owner:
        owner.execute(CALLED_TEN_TIMES, {"now": api.now, "reference": reference})
    answer = api.post(f"/enquiries/{reference}/call")
    assert "as often as we allow (at most 10)" in refused(answer, 409)
    assert shown(api, reference)["status"] != "in_call"


def test_a_result_finishes_the_live_attempt(api: Api) -> None:
    reference = api.enquiry()
    live = api.post(f"/enquiries/{reference}/call").json()
    answer = tried(api, reference, "no_answer", note="It rang out.")
    assert (answer.status_code, answer.json()["id"]) == (201, live["id"])
    assert (answer.json()["result"], answer.json()["note"]) == ("no_answer", "It rang out.")
    assert (shown(api, reference)["status"], shown(api, reference)["attempts_counted"]) == ("retry_due", 1)


def test_a_call_dialled_by_hand_is_logged_at_its_time(api: Api) -> None:
    at = api.now - timedelta(minutes=20)
    answer = tried(api, api.enquiry(), "no_answer", at=at.isoformat())
    assert answer.status_code == 201
    assert datetime.fromisoformat(answer.json()["at"]) == at


@pytest.mark.parametrize("hours", [1, -2])
def test_a_call_is_neither_in_the_future_nor_before_the_message(api: Api, hours: int) -> None:
    reference = api.enquiry()
    answer = tried(api, reference, "no_answer", at=(api.now + timedelta(hours=hours)).isoformat())
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["at"])
    assert shown(api, reference)["attempts"] == []


def test_a_time_without_an_offset_is_refused(api: Api) -> None:
    answer = tried(api, api.enquiry(), "no_answer", at="2026-11-17T10:00:00")
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["at"])


def test_a_result_that_is_not_known_is_refused(api: Api) -> None:
    answer = tried(api, api.enquiry(), "ate_lunch")
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["result"])


def test_a_rebooked_call_needs_its_next_window(api: Api) -> None:
    reference = api.enquiry()
    answer = tried(api, reference, "not_convenient_rebooked")
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["next_window"])
    hours = [(api.now + timedelta(hours=each)).isoformat() for each in (24, 25)]
    window = {"from": hours[0], "to": hours[1]}
    assert tried(api, reference, "not_convenient_rebooked", next_window=window).status_code == 201


def test_an_outcome_without_a_conversation_is_refused(api: Api) -> None:
    reference = api.enquiry()
    tried(api, reference, "no_answer")
    assert "needs a conversation" in refused(api.post(f"/enquiries/{reference}/outcome", ADVICE), 409)
    assert shown(api, reference)["outcome"] is None


def test_an_outcome_finishes_the_live_attempt_as_spoken_to(api: Api) -> None:
    reference = api.enquiry()
    api.post(f"/enquiries/{reference}/call")
    assert api.post(f"/enquiries/{reference}/outcome", ADVICE).status_code == 201
    after = shown(api, reference)
    assert [attempt["result"] for attempt in after["attempts"]] == ["spoke_to_caller"]
    assert (after["status"], after["outcome"], after["due_at"]) == ("closed", "advice_given", None)


def test_an_outcome_has_exactly_its_fields(api: Api) -> None:
    reference = api.enquiry()
    tried(api, reference, "spoke_to_caller")
    given = api.post(f"/enquiries/{reference}/outcome", {"outcome": "convert_to_referral", "referral": AGREED}).json()
    fields = "reference status outcome advice_details topics tier note by_writing at referral"
    assert set(given) == set(fields.split())
    assert {key: given["referral"][key] for key in AGREED} == AGREED
    assert given["referral"]["stage"] == "agreed"


def test_a_second_outcome_is_refused(api: Api) -> None:
    reference = api.enquiry()
    tried(api, reference, "spoke_to_caller")
    assert api.post(f"/enquiries/{reference}/outcome", ADVICE).status_code == 201
    assert "outcome already" in refused(api.post(f"/enquiries/{reference}/outcome", ADVICE), 409)


def test_advice_in_writing_needs_no_conversation(api: Api) -> None:
    answer = api.post(f"/enquiries/{api.enquiry()}/outcome", {**ADVICE, "by_writing": True})
    assert (answer.status_code, answer.json()["by_writing"], answer.json()["referral"]) == (201, True, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "convert_to_referral"}, "referral"),
        ({"outcome": "advice_given", "referral": AGREED}, "referral"),
        ({"outcome": "convert_to_referral", "referral": {**AGREED, "agreement": False}}, "referral.agreement"),
        ({"outcome": "shrug"}, "outcome"),
        ({"outcome": "advice_given", "topics": ["dragons"]}, "topics.0"),
    ],
)
def test_a_wrong_outcome_is_named_and_nothing_is_half_written(api: Api, given: dict[str, Any], field: str) -> None:
    reference = api.enquiry()
    api.post(f"/enquiries/{reference}/call")
    answer = api.post(f"/enquiries/{reference}/outcome", given)
    assert (answer.status_code, fields_at_fault(answer)) == (422, [field])
    assert (shown(api, reference)["status"], shown(api, reference)["attempts"][0]["result"]) == ("in_call", None)


@pytest.mark.parametrize(("keep_open", "status"), [(False, "closed"), (True, "retry_due")])
def test_the_last_attempt_closes_the_enquiry_unless_it_is_kept_open(api: Api, keep_open: bool, status: str) -> None:
    reference = api.enquiry()
    api.post(f"/enquiries/{reference}/triage", {"topics": ["self_care"]})
    with api.stage.owner.begin() as owner:
        days = text("UPDATE enquiry SET received_at = received_at - interval '3 days', last_word_at = NULL")
        owner.execute(days)
    for back in (2, 1, 0):
        at = (api.now - timedelta(days=back)).isoformat()
        assert tried(api, reference, "no_answer", at=at, keep_open=keep_open).status_code == 201
    one = shown(api, reference)
    assert (one["status"], one["attempts_counted"]) == (status, 3)
    assert one["closing_reason"] == (None if keep_open else "unable_to_contact")
