"""The plan for programs: callbacks, therapists, absences, referrals."""

from datetime import timedelta

import pytest

from advice_line.api.paging import cursor
from advice_line.callbacks import callback as callbacks
from advice_line.enquiries.enquiry import by_reference
from tests.api.conftest import Api, fields_at_fault, refused
from tests.api.test_calling import AGREED


def planned(api: Api, reference: str) -> None:
    """Give the callback of an enquiry a slot of Sam's tomorrow at 10:05."""
    with api.stage.story() as session:
        one = by_reference(session, api.stage.scene.herts.id, reference)
        callback = callbacks.open_for(session, one)
        assert callback
        start = api.now + timedelta(days=1)
        slot = {"therapist_id": api.stage.scene.sam.id, "starts_at": start, "ends_at": start + timedelta(minutes=30)}
        callbacks.move(session, callback, "planned", api.now, **slot)


def test_a_callback_without_a_place_has_no_slot(api: Api) -> None:
    reference = api.enquiry()
    (item,) = api.get("/callbacks").json()["items"]
    assert set(item) == {"reference", "therapist", "slot", "reasons", "due_at", "priority"}
    assert (item["reference"], item["therapist"], item["slot"]) == (reference, None, None)


def test_a_planned_callback_has_its_therapist_and_slot(api: Api) -> None:
    planned(api, api.enquiry())
    (item,) = api.get("/callbacks").json()["items"]
    assert item["therapist"] == {"id": api.stage.scene.sam.id, "name": "Sam Sample"}
    assert set(item["slot"]) == {"start", "end"}


def test_a_date_gives_the_slots_of_that_day_alone(api: Api) -> None:
    reference = api.enquiry()
    api.enquiry()
    planned(api, reference)
    assert [item["reference"] for item in api.get("/callbacks", {"date": "2026-11-18"}).json()["items"]] == [reference]
    assert api.get("/callbacks", {"date": "2026-11-17"}).json()["items"] == []
    assert len(api.get("/callbacks").json()["items"]) == 2


def test_callbacks_can_be_those_of_one_therapist(api: Api) -> None:
    planned(api, api.enquiry())
    sam = api.stage.scene.sam.id
    assert len(api.get("/callbacks", {"therapist": sam}).json()["items"]) == 1
    assert api.get("/callbacks", {"therapist": sam + 1000}).json()["items"] == []


def test_callbacks_come_in_pages(api: Api) -> None:
    references = {api.enquiry() for _ in range(3)}
    first = api.get("/callbacks", {"limit": 2}).json()
    second = api.get("/callbacks", {"limit": 2, "cursor": first["next_cursor"]}).json()
    assert {item["reference"] for item in first["items"] + second["items"]} == references
    assert second["next_cursor"] is None


@pytest.mark.parametrize("given", ["!", cursor("²"), cursor("-1"), cursor("1", "2")])
def test_a_cursor_that_is_not_ours_is_refused(api: Api, given: str) -> None:
    answer = api.get("/callbacks", {"cursor": given})
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["cursor"])


def test_therapists_are_those_of_the_own_service(api: Api) -> None:
    items = api.get("/therapists").json()["items"]
    assert [(set(item), item["name"]) for item in items] == [
        ({"id", "key", "name", "languages", "skills", "sites"}, "Sam Sample")
    ]
    assert [item["name"] for item in api.get("/therapists", whose="eput").json()["items"]] == ["Kim Model"]


def absence(api: Api, hours: int = 4) -> dict[str, str]:
    end = api.now + timedelta(hours=hours)
    return {"start": api.now.isoformat(), "end": end.isoformat(), "reason": "Training"}


def test_an_absence_is_recorded(api: Api) -> None:
    sam = api.stage.scene.sam
    answer = api.post(f"/therapists/{sam.id}/absences", absence(api))
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "therapist", "start", "end", "reason"}
    assert answer.json()["therapist"] == {"id": sam.id, "name": "Sam Sample"}


def test_an_absence_ends_after_its_start(api: Api) -> None:
    answer = api.post(f"/therapists/{api.stage.scene.sam.id}/absences", absence(api, hours=-1))
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["end"])


def test_nobody_sends_another_services_therapist_away(api: Api) -> None:
    refused(api.post(f"/therapists/{api.stage.scene.kim.id}/absences", absence(api)), 404)


def test_referrals_are_listed_with_their_stage(api: Api) -> None:
    reference = api.enquiry()
    given = {"outcome": "convert_to_referral", "referral": AGREED, "by_writing": True}
    assert api.post(f"/enquiries/{reference}/outcome", given).status_code == 201
    (item,) = api.get("/referrals").json()["items"]
    assert set(item) == {"id", "reference", "stage", "agreed_at", *AGREED}
    assert (item["reference"], item["stage"]) == (reference, "agreed")
    assert api.get("/referrals", whose="eput").json()["items"] == []
