"""What holds for every address of the door for programs, whichever it is."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.api.conftest import Api, fields_at_fault, refused
from tests.api.test_idempotency import kept
from tests.properties import THROUGH_THE_DATABASE
from tests.scene import Stage

PERIOD = "from=2026-11-17&to=2026-11-17"
AGREED = {"route": "generic_nhs", "who_will_send": "gp", "phase": "school_age", "agreement": True}
# What may be asked, as promised; {…} stands for something of Hertfordshire's.
CLINICAL = [
    ("GET", "/enquiries"),
    ("GET", "/enquiries/{reference}"),
    ("POST", "/enquiries/{reference}/triage"),
    ("POST", "/enquiries/{reference}/call"),
    ("POST", "/enquiries/{reference}/attempts"),
    ("POST", "/enquiries/{reference}/outcome"),
    ("POST", "/enquiries/{reference}/close"),
    ("GET", "/callbacks"),
    ("GET", "/messages/{message}/audio"),
    ("POST", "/therapists/{therapist}/absences"),
    ("GET", "/referrals"),
]
FIGURES = [("GET", "/reports/volume"), ("GET", "/reports/measures"), ("GET", "/ledger")]
EVERYBODYS = [("GET", "/therapists")]
ROUTES = [*CLINICAL, *FIGURES, *EVERYBODYS]
BODIES: Mapping[str, Any] = {
    "triage": {"caller": {"name": "Alex Example"}, "flags": ["complaint"]},
    "call": {},
    "attempts": {"result": "no_answer"},
    "outcome": {"outcome": "convert_to_referral", "by_writing": True, "referral": AGREED},
    "close": {"reason": "caller_withdrew"},
    "absences": {"start": "2026-11-18T09:00:00Z", "end": "2026-11-18T10:00:00Z", "reason": "Training"},
}
POSTS = [path for method, path in ROUTES if method == "POST"]
NAMES = [
    "caller", "child", "name", "number", "role", "nhs_number", "date_of_birth", "topics", "flags", "priority", "needs",
    "contact_times", "from", "to", "days", "result", "note", "at", "next_window", "therapist", "outcome", "referral",
    "route", "agreement", "by_writing", "reason", "start", "end", "advice_details", "tier",
]  # fmt: skip
WORDS = st.text(max_size=8) | st.sampled_from(
    ["\x00", "\ud800", "2026-11-17T10:05:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31", "pref_lunch", "no_answer"]
)
NUMBERS = st.integers() | st.sampled_from([2**63, -(2**63) - 1, 10**400]) | st.floats()
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | WORDS, inner, max_size=4),
    max_leaves=12,
)
JSON = {"Content-Type": "application/json"}


def asked(api: Api, method: str, path: str, whose: str | None, reference: str, *, service: str = "") -> httpx.Response:
    """Ask a route, with everything that it needs, of things that are there."""
    given = {"reference": reference, "message": "1", "therapist": str(api.stage.scene.sam.id)}
    query = PERIOD + (f"&service={service}" if service else "")
    body = BODIES.get(path.rsplit("/", 1)[-1]) if method == "POST" else None
    headers = api.headers(whose) if whose else {}
    return api.client.request(method, f"/v1{path.format(**given)}?{query}", json=body, headers=headers)


def test_the_routes_are_those_that_were_promised_and_each_is_described(api: Api) -> None:
    described = api.client.get("/openapi.json").json()["paths"]
    routes = {(method.upper(), path) for path, methods in described.items() for method in methods}
    assert routes == {(method, f"/v1{path}") for method, path in ROUTES}
    for methods in described.values():
        for method, route in methods.items():
            named = [parameter["name"].lower() for parameter in route["parameters"]]
            assert (route["security"], bool(route["description"])) == ([{"HTTPBearer": []}], True)
            assert "application/problem+json" in route["responses"]["4XX"]["content"]
            assert "422" not in route["responses"]
            assert ("service" in named, "idempotency-key" in named) == (True, method == "post")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_wants_a_token_of_its_service_and_role(api: Api, method: str, path: str) -> None:
    reference = api.enquiry()
    refused(asked(api, method, path, None, reference), 401)
    refused(asked(api, method, path, "lead", reference, service="eput_cot"), 404)
    if (method, path) not in EVERYBODYS:
        refused(asked(api, method, path, "admin" if (method, path) in CLINICAL else "therapist", reference), 403)
    if "{" in path:
        refused(asked(api, method, path, "eput", reference), 404)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "audio" not in route[1]])
def test_every_route_answers_whoever_may_ask(api: Api, method: str, path: str) -> None:
    whose = "sam" if (method, path) in CLINICAL else "lead"
    answer = asked(api, method, path, whose, api.enquiry(), service="herts_cot")
    assert (answer.is_success, answer.headers["content-type"]) == (True, "application/json"), answer.text


@pytest.mark.parametrize("path", POSTS)
def test_every_post_is_done_once_for_each_key(api: Api, path: str) -> None:
    where = path.format(reference=api.enquiry(), therapist=api.stage.scene.sam.id)
    first, second = (api.post(where, BODIES[path.rsplit("/", 1)[-1]], key="k" * 255) for _ in range(2))
    assert first.is_success
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert kept(api) == 1


def test_a_key_is_good_for_a_day(api: Api) -> None:
    where = f"/enquiries/{api.enquiry()}/attempts"
    first = api.post(where, {"result": "engaged"}, key="k").json()
    api.clock.passes(hours=24)
    assert api.post(where, {"result": "engaged"}, key="k").json() == first
    api.clock.passes(seconds=1)
    assert api.post(where, {"result": "engaged"}, key="k").json()["id"] != first["id"]


def test_a_key_on_a_question_changes_nothing(api: Api) -> None:
    headers = {**api.headers(), "Idempotency-Key": "k"}
    assert api.client.get(f"/v1/enquiries/{api.enquiry()}", headers=headers).status_code == 200
    assert kept(api) == 0


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_of_no_length_or_too_much_is_named(api: Api, key: str) -> None:
    headers = {**api.headers(), "Idempotency-Key": key}
    answer = api.client.post(f"/v1/enquiries/{api.enquiry()}/call", headers=headers)
    assert (answer.status_code, [name.lower() for name in fields_at_fault(answer)]) == (422, ["idempotency-key"])


@THROUGH_THE_DATABASE
@given(path=st.sampled_from(POSTS), body=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4) | VALUES)
def test_no_body_whatsoever_is_a_failure_of_ours(api: Api, path: str, body: object) -> None:
    where = path.format(reference=api.enquiry(), therapist=api.stage.scene.sam.id)
    answer = api.client.post(f"/v1{where}", content=json.dumps(body), headers={**api.headers(), **JSON})
    assert answer.status_code < 500, answer.text
    if not answer.is_success:
        refused(answer, answer.status_code)


@pytest.mark.parametrize("body", ["{", "[1,", "\x00", "[" * 50_000])
def test_what_is_no_json_is_a_fault_of_the_body(api: Api, body: str) -> None:
    answer = api.client.post(f"/v1/enquiries/{api.enquiry()}/close", content=body, headers={**api.headers(), **JSON})
    assert answer.status_code in {400, 422}
    assert set(fields_at_fault(answer)) <= {"body"}


def test_a_failure_of_ours_is_a_problem_too_and_nothing_was_changed(api: Api) -> None:
    reference = api.enquiry()
    with capture_logs() as told, _without_callbacks(api.stage):
        answer = api.post(f"/enquiries/{reference}/triage", {"caller": {"name": "Alex Example"}})
    assert "Nothing was changed" in refused(answer, 500)
    assert [(entry["event"], entry["route"]) for entry in told] == [("api_failed", "/v1/enquiries/{reference}/triage")]
    assert "Alex" not in answer.text
    with api.stage.owner.connect() as connection:
        assert connection.scalar(text("SELECT caller_name FROM enquiry")) is None


def test_a_recording_that_is_not_where_it_was_stored_is_a_problem(api: Api) -> None:
    api.enquiry()
    stored = "state = 'stored', audio_name = 'herts_cot/RE1', audio_bytes = 9, stored_at = now()"
    with api.stage.owner.begin() as connection:
        message = connection.scalar(text(f"UPDATE message SET {stored} RETURNING id"))  # noqa: S608 - a constant
    assert "not where it was stored" in refused(api.get(f"/messages/{message}/audio"), 503)
    assert api.trail("message played") == []


@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"])
def test_the_ends_of_the_calendar_are_no_failure_of_ours(api: Api, day: str) -> None:
    period = {"from": day, "to": day}
    answers = [
        api.get("/callbacks", {"date": day}),
        api.get("/enquiries", {"updated_since": f"{day}T00:00:00+14:00"}),
        api.get("/enquiries", {"updated_since": f"{day}T23:59:59-14:00"}),
        *(api.get(path, period, whose="lead") for path in ("/reports/volume", "/reports/measures", "/ledger")),
    ]
    assert {answer.status_code for answer in answers} <= {200, 422}


@contextmanager
def _without_callbacks(stage: Stage) -> Iterator[None]:
    """The table of callbacks is mislaid for a while."""
    with stage.owner.begin() as connection:
        connection.execute(text("ALTER TABLE callback RENAME TO mislaid"))
    try:
        yield
    finally:
        with stage.owner.begin() as connection:
            connection.execute(text("ALTER TABLE mislaid RENAME TO callback"))
