"""Figures for programs: volume, measures and the ledger."""

import pytest

from tests.api.conftest import Api, fields_at_fault, refused

TODAY = {"from": "2026-11-17", "to": "2026-11-17"}


def test_volume_has_a_row_for_every_key(api: Api) -> None:
    api.enquiry()
    rows = api.get("/reports/volume", {**TODAY, "by": "hour"}, whose="lead").json()["rows"]
    assert {frozenset(row) for row in rows} == {frozenset({"key", "label", "calls", "messages", "enquiries"})}
    assert [row["key"] for row in rows] == [f"{hour:02d}" for hour in range(24)]
    assert sum(row["calls"] for row in rows) == 1


@pytest.mark.parametrize("by", ["day", "week", "month", "weekday", "role", "topic", "setting", "outcome"])
def test_columns_add_up_to_the_same_whatever_they_are_by(api: Api, by: str) -> None:
    api.enquiry()
    rows = api.get("/reports/volume", {**TODAY, "by": by}, whose="admin").json()["rows"]
    assert [sum(row[column] for row in rows) for column in ("calls", "messages", "enquiries")] == [1, 1, 1]


def test_measures_have_exactly_their_fields(api: Api) -> None:
    api.enquiry()
    measures = api.get("/reports/measures", TODAY, whose="lead").json()["measures"]
    fields = {"key", "label", "definition", "numerator", "denominator", "value", "unit"}
    assert {frozenset(measure) for measure in measures} == {frozenset(fields)}
    assert measures[0]["key"] == "k01"


def test_the_ledger_has_every_call_and_recording(api: Api) -> None:
    reference = api.enquiry()
    ledger = api.get("/ledger", TODAY, whose="lead").json()
    assert set(ledger) == {"items", "unaccounted", "next_cursor"}
    assert {frozenset(item) for item in ledger["items"]} == {frozenset({"sid", "kind", "at", "end_state", "enquiry"})}
    assert sorted((item["kind"], item["enquiry"]) for item in ledger["items"]) == [
        ("call", reference),
        ("recording", reference),
    ]


def test_the_ledger_comes_in_pages(api: Api) -> None:
    for _ in range(2):
        api.enquiry()
    whole = [item["sid"] for item in api.get("/ledger", TODAY, whose="lead").json()["items"]]
    first = api.get("/ledger", {**TODAY, "limit": 3}, whose="lead").json()
    rest = api.get("/ledger", {**TODAY, "limit": 3, "cursor": first["next_cursor"]}, whose="lead").json()
    assert [item["sid"] for item in first["items"] + rest["items"]] == whole
    assert (len(whole), rest["next_cursor"]) == (4, None)


def test_another_services_calls_are_not_counted(api: Api) -> None:
    api.another_services()
    rows = api.get("/reports/volume", TODAY, whose="lead").json()["rows"]
    assert [row["calls"] for row in rows] == [0]
    assert api.get("/ledger", TODAY, whose="lead").json()["items"] == []


@pytest.mark.parametrize("path", ["/reports/volume", "/reports/measures", "/ledger"])
def test_figures_are_for_leads_and_administrators(api: Api, path: str) -> None:
    refused(api.get(path, TODAY, whose="therapist"), 403)


@pytest.mark.parametrize("path", ["/reports/volume", "/reports/measures", "/ledger"])
@pytest.mark.parametrize(
    ("period", "field"),
    [
        ({"from": "2026-11-17", "to": "2026-11-16"}, "to"),
        ({"from": "1999-01-01", "to": "2026-11-16"}, "from"),
        ({"from": "yesterday", "to": "2026-11-17"}, "from"),
        ({"to": "2026-11-17"}, "from"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "to"),
    ],
)
def test_a_period_that_makes_no_sense_names_its_field(api: Api, path: str, period: dict[str, str], field: str) -> None:
    answer = api.get(path, period, whose="lead")
    assert (answer.status_code, fields_at_fault(answer)) == (422, [field])


def test_a_cursor_of_the_ledger_that_is_not_ours_is_refused(api: Api) -> None:
    answer = api.get("/ledger", {**TODAY, "cursor": "nonsense"}, whose="lead")
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["cursor"])
