"""Enquiries for programs: exact fields, paging, filters, triage and closing."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from advice_line.api.paging import cursor
from tests.api.conftest import Api, fields_at_fault, refused

ENQUIRY = {
    "reference",
    "service",
    "line",
    "status",
    "priority",
    "flags",
    "received_at",
    "due_at",
    "heard_at",
    "caller",
    "child",
    "topics",
    "assigned_to",
    "slot",
    "attempts_counted",
    "outcome",
    "closing_reason",
    "url",
}
CALLER = {"name", "role", "number", "withheld", "language", "needs", "contact_times", "texts"}
CHILD = {"name", "date_of_birth", "school", "postcode", "nhs_number", "agreement"}
IN_FULL = {"calls", "messages", "attempts", "events"}
MESSAGE = {"id", "kind", "direction", "recording_sid", "seconds", "state", "at", "words", "needs_reply"}


def moments(value: Any) -> list[str]:
    """Everything in an answer that looks like a moment."""
    if isinstance(value, dict):
        return [found for each in value.values() for found in moments(each)]
    if isinstance(value, list):
        return [found for each in value for found in moments(each)]
    return [value] if isinstance(value, str) and value[4:5] == "-" and "T" in value else []


def test_the_list_has_every_listed_field_and_no_other(api: Api) -> None:
    reference = api.enquiry(heard=False)
    page = api.get("/enquiries").json()
    assert set(page) == {"items", "next_cursor"}
    (item,) = page["items"]
    assert set(item) == ENQUIRY
    assert (item["reference"], item["service"], item["status"]) == (reference, "herts_cot", "new")
    assert set(item["caller"]) == CALLER
    assert (item["child"], item["slot"], item["outcome"], item["heard_at"]) == (None, None, None, None)
    assert item["url"].endswith(f"/enquiries/{reference}")


def test_one_enquiry_has_its_calls_messages_attempts_and_events(api: Api) -> None:
    shown = api.get(f"/enquiries/{api.enquiry()}").json()
    assert set(shown) == ENQUIRY | IN_FULL
    assert set(shown["messages"][0]) == MESSAGE
    assert shown["messages"][0]["kind"] == "voicemail"
    assert len(shown["calls"]) == 1
    assert "heard" in [event["what"] for event in shown["events"]]


def test_every_time_carries_an_offset(api: Api) -> None:
    found = moments(api.get(f"/enquiries/{api.enquiry()}").json())
    assert len(found) >= 5
    assert all(datetime.fromisoformat(moment).utcoffset() is not None for moment in found)


def test_seeing_an_enquiry_is_on_the_audit_trail(api: Api) -> None:
    api.get(f"/enquiries/{api.enquiry()}")
    api.get("/enquiries")
    sam = api.stage.scene.sam_as_person.id
    assert [person for _, _, person in api.trail("enquiry seen")] == [sam]
    assert [person for _, _, person in api.trail("enquiries listed")] == [sam]


@pytest.mark.parametrize("path", ["", "/triage", "/close", "/call", "/attempts", "/outcome"])
def test_another_services_enquiry_is_not_found(api: Api, path: str) -> None:
    bodies = {
        "/triage": {},
        "/close": {"reason": "spam"},
        "/attempts": {"result": "no_answer"},
        "/outcome": {"outcome": "advice_given"},
    }
    where = f"/enquiries/{api.another_services()}{path}"
    refused(api.post(where, bodies.get(path)) if path else api.get(where), 404)


def test_another_services_enquiries_are_not_in_the_list(api: Api) -> None:
    api.another_services()
    assert api.get("/enquiries").json() == {"items": [], "next_cursor": None}
    assert len(api.get("/enquiries", whose="eput").json()["items"]) == 1


def test_pages_follow_each_other_without_gap_or_repeat(api: Api) -> None:
    references = [api.enquiry(heard=False) for _ in range(5)]
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 2}
    while len(seen) < 10:
        page = api.get("/enquiries", params).json()
        assert len(page["items"]) <= 2
        seen += [item["reference"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(references)


@pytest.mark.parametrize("given", ["nonsense", "é", cursor("x", "1"), cursor("2026-11-17T10:00:00+00:00", "9" * 30)])
def test_a_cursor_that_is_not_ours_is_refused(api: Api, given: str) -> None:
    answer = api.get("/enquiries", {"cursor": given})
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["cursor"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("limit", "0"),
        ("limit", "201"),
        ("status", "odd"),
        ("updated_since", "2026-11-17T10:00:00"),
        ("assigned_to", "x"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(api: Api, field: str, value: str) -> None:
    answer = api.get("/enquiries", {field: value})
    assert (answer.status_code, fields_at_fault(answer)) == (422, [field])


def test_the_list_is_filtered(api: Api) -> None:
    new, heard = api.enquiry(heard=False), api.enquiry()
    sam = api.stage.scene.sam.id

    def found(**params: str | int) -> set[str]:
        return {item["reference"] for item in api.get("/enquiries", params).json()["items"]}

    assert found(status="new") == {new}
    assert found(status="triaged") == {heard}
    assert found(assigned_to=sam) == set()
    assert found(updated_since=(api.now - timedelta(days=1)).isoformat()) == {new, heard}
    assert found(service="herts_cot") == {new, heard}


def test_triage_is_kept_and_counts_as_having_listened(api: Api) -> None:
    given: dict[str, Any] = {
        "caller": {"name": "Alex Example", "role": "parent_carer"},
        "child": {"name": "Robin Example", "date_of_birth": "2019-03-01"},
        "contact_times": [{"from": "12:00", "to": "13:30", "days": ["mon"]}],
        "flags": ["possible_safeguarding"],
    }
    shown = api.post(f"/enquiries/{api.enquiry(heard=False)}/triage", given).json()
    assert (shown["caller"]["name"], shown["child"]["date_of_birth"]) == ("Alex Example", "2019-03-01")
    assert set(shown["child"]) == CHILD
    assert shown["caller"]["contact_times"] == given["contact_times"]
    assert (shown["status"], shown["priority"]) == ("triaged", "safeguarding")
    assert datetime.fromisoformat(shown["heard_at"]) == api.now


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"caller": {"role": "wizard"}}, "caller.role"),
        ({"child": {"nhs_number": "999"}}, "child.nhs_number"),
        ({"priority": "whenever"}, "priority"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_triage_with_a_wrong_field_names_it_and_writes_nothing(api: Api, given: dict[str, Any], field: str) -> None:
    reference = api.enquiry(heard=False)
    answer = api.post(f"/enquiries/{reference}/triage", {"topics": [], **given})
    assert (answer.status_code, fields_at_fault(answer)) == (422, [field])
    assert api.get(f"/enquiries/{reference}").json()["status"] == "new"


def test_a_wrong_time_to_ring_is_named_by_its_place(api: Api) -> None:
    reference = api.enquiry()
    times = ["whenever", {"from": "noon", "to": "13:00", "days": ["mon"]}]
    named = fields_at_fault(api.post(f"/enquiries/{reference}/triage", {"contact_times": times}))
    assert set(named) == {"contact_times.0", "contact_times.1", "contact_times.1.from"}


def test_closing_gives_the_reason_and_happens_once(api: Api) -> None:
    reference = api.enquiry()
    shown = api.post(f"/enquiries/{reference}/close", {"reason": "caller_withdrew", "note": "All is well."}).json()
    assert (shown["status"], shown["closing_reason"], shown["outcome"]) == ("closed", "caller_withdrew", None)
    assert (shown["due_at"], shown["slot"]) == (None, None)
    assert "closed already" in refused(api.post(f"/enquiries/{reference}/close", {"reason": "caller_withdrew"}), 409)


def test_closing_wants_a_reason_that_is_known(api: Api) -> None:
    answer = api.post(f"/enquiries/{api.enquiry()}/close", {"reason": "bored"})
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["reason"])


def test_a_possible_safeguarding_concern_is_closed_for_that_reason_alone(api: Api) -> None:
    reference = api.enquiry(given={"flags": ["possible_safeguarding"]})
    assert "safeguarding" in refused(api.post(f"/enquiries/{reference}/close", {"reason": "caller_withdrew"}), 409)
    assert api.post(f"/enquiries/{reference}/close", {"reason": "passed_safeguarding"}).status_code == 200


def test_nobody_closes_an_enquiry_that_is_being_rung(api: Api) -> None:
    reference = api.enquiry()
    api.post(f"/enquiries/{reference}/call")
    assert "being rung" in refused(api.post(f"/enquiries/{reference}/close", {"reason": "caller_withdrew"}), 409)
