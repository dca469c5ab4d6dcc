"""What bad requests get: problem documents that name the field, and never a failure of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import Api, fields_at_fault, refused
from tests.properties import THROUGH_THE_DATABASE

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["\x00", "a\x00b", "\x1f", "\ufffe"])
HUGE = 10**30


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
def test_without_a_token_nobody_is_let_in(api: Api, header: dict[str, str]) -> None:
    answer = api.client.get("/v1/enquiries", headers=header)
    refused(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/enquiries", "/enquiries/H-000001", "/callbacks", "/referrals"])
def test_an_administrator_does_not_read_what_families_said(api: Api, path: str) -> None:
    refused(api.get(path, whose="admin"), 403)


def test_another_service_is_not_found(api: Api) -> None:
    refused(api.get("/enquiries", {"service": "eput_cot"}), 404)


@pytest.mark.parametrize("reference", ["H-999999", "nonsense", "H-%00", "%F0%9F%98%80"])
def test_an_enquiry_that_is_not_there_is_not_found(api: Api, reference: str) -> None:
    refused(api.get(f"/enquiries/{reference}"), 404)


def test_a_path_that_is_not_there_and_a_method_that_is_not_allowed_are_problems(api: Api) -> None:
    refused(api.get("/nowhere"), 404)
    answer = api.client.delete("/v1/enquiries", headers=api.headers())
    refused(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b""])
def test_a_body_that_cannot_be_read_is_a_problem(api: Api, body: bytes) -> None:
    where = f"/v1/enquiries/{api.enquiry()}/close"
    headers = {**api.headers(), "Content-Type": "application/json"}
    answer = api.client.post(where, content=body, headers=headers)
    assert answer.status_code in {400, 422}
    refused(answer, answer.status_code)


def test_a_body_that_is_too_large_is_a_problem(api: Api) -> None:
    where, body = f"/v1/enquiries/{api.enquiry()}/close", b'{"reason": "' + b"x" * 70_000 + b'"}'
    refused(api.client.post(where, content=body, headers=api.headers()), 413)
    refused(api.client.post(where, content=iter([body[:100], body[100:]]), headers=api.headers()), 413)


@pytest.mark.parametrize("path", ["/enquiries?assigned_to={}", "/callbacks?therapist={}"])
def test_a_number_larger_than_any_id_finds_nothing(api: Api, path: str) -> None:
    assert api.get(path.format(HUGE)).status_code in {200, 404, 422}


def test_a_therapist_larger_than_any_id_is_not_found(api: Api) -> None:
    refused(api.post(f"/enquiries/{api.enquiry()}/call", {"therapist": HUGE}), 404)
    absence = {"start": "2026-11-18T09:00:00Z", "end": "2026-11-18T10:00:00Z", "reason": "Away"}
    refused(api.post(f"/therapists/{HUGE}/absences", absence), 404)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+14:00", "2026-11-18T09:00:00Z"),
        ("2026-11-18T09:00:00Z", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_time_at_the_ends_of_the_calendar_is_no_failure_of_ours(api: Api, start: str, end: str) -> None:
    absence = {"start": start, "end": end, "reason": "Away"}
    assert api.post(f"/therapists/{api.stage.scene.sam.id}/absences", absence).status_code in {201, 422}


def test_a_nul_byte_is_refused_by_the_name_of_its_field(api: Api) -> None:
    answer = api.post(f"/enquiries/{api.enquiry()}/close", {"reason": "caller_withdrew", "note": "a\x00b"})
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["note"])
    absence = {"start": "2026-11-18T09:00:00Z", "end": "2026-11-18T10:00:00Z", "reason": "a\x00b"}
    answer = api.post(f"/therapists/{api.stage.scene.sam.id}/absences", absence)
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["reason"])


@THROUGH_THE_DATABASE
@given(words=ANY_TEXT)
def test_no_text_is_a_failure_of_ours(api: Api, words: str) -> None:
    where = f"/enquiries/{api.enquiry(heard=False)}"
    person = {"name": words, "postcode": words, "school": words}
    absence = {"start": "2026-11-18T09:00:00Z", "end": "2026-11-18T10:00:00Z", "reason": words}
    answers = [
        api.post(f"{where}/triage", {"child": person, "caller": {"name": words}}),
        api.post(f"{where}/triage", {"caller": {"number": words}, "child": {"nhs_number": words}}),
        api.post(f"{where}/attempts", {"result": "no_answer", "note": words}),
        api.post(f"{where}/close", {"reason": words, "note": words}),
        api.post(f"/therapists/{api.stage.scene.sam.id}/absences", absence),
        api.get("/enquiries", {"cursor": words, "status": words}),
        api.get("/therapists", {"service": words}),
    ]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []


def test_the_description_names_every_route(api: Api) -> None:
    described = api.client.get("/openapi.json").json()["paths"]
    wanted = "/enquiries /enquiries/{reference} /callbacks /messages/{message}/audio /ledger /reports/volume"
    assert {f"/v1{path}" for path in wanted.split()} <= set(described)
