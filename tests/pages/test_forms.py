"""Forms: values or faults."""

from datetime import time

import pytest

from advice_line.errors import Fault, Malformed
from advice_line.pages.addresses import local, with_next
from advice_line.pages.csrf import Fields
from advice_line.pages.details import DetailsForm
from advice_line.pages.forms import Form


def test_an_empty_form_has_no_faults() -> None:
    form = Form()
    assert form.text("note", missing="Enter a note") == ""
    assert form.choice("topic", ["a"], missing="Choose a topic") == ""
    assert form.summary() == []
    assert form.fault("note") is None


def test_text_comes_without_outer_spaces_and_without_what_cannot_be_kept() -> None:
    form = Form(Fields([("note", "  one\r\ntwo\x00 ")]))
    assert form.text("note") == "one\ntwo"


def test_a_fault_is_shown_at_its_field_and_linked_in_the_summary() -> None:
    form = Form(Fields([("note", "x" * 11)]))
    form.text("note", longest=10)
    assert form.fault("note") == {"text": "Enter 10 characters or fewer"}
    assert form.summary() == [{"text": "Enter 10 characters or fewer", "href": "#note"}]
    assert form.shown("note") == "x" * 11


def test_only_what_was_offered_can_be_chosen() -> None:
    form = Form(Fields([("topic", "z"), ("flags", "b"), ("flags", "z"), ("flags", "a")]))
    assert form.choice("topic", ["a", "b"], missing="Choose a topic") == ""
    assert form.choices("flags", ["a", "b", "c"]) == ["a", "b"]
    assert [fault.sentence for fault in form.faults] == ["Choose a topic"]


def test_the_faults_of_a_rule_are_shown_like_the_forms_own() -> None:
    form = Form(Fields([("at", "soon")]))
    form.take(Malformed([Fault("at", "Enter a time")]))
    assert form.fault("at") == {"text": "Enter a time"}


@pytest.mark.parametrize("wanted", ["/", "/enquiries/AL-7?tab=calls", "/reports?from=2026-11-01&to=2026-11-30"])
def test_a_page_of_ours_is_a_place_to_go_on_to(wanted: str) -> None:
    assert local(wanted) == wanted


@pytest.mark.parametrize(
    "wanted", [None, "", "x", "//x", "///x", "/\\x", "https://x", "/a\nb", "/a b", "\x00/", "http:x"]
)
def test_anything_else_is_the_first_page(wanted: str | None) -> None:
    assert local(wanted) == "/"
    assert with_next("/sign-in", wanted or "") == "/sign-in"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("09:30", time(9, 30)), ("9.30am", time(9, 30)), ("2pm", time(14)), ("12 am", time(0)),
     ("12:15 p.m.", time(12, 15)), ("14.00", time(14)), ("9:30", None), ("13pm", None), ("soon", None)],
)  # fmt: skip
def test_a_time_may_be_written_as_people_write_it(written: str, meant: time | None) -> None:
    form = Form(Fields([("at", written)]))
    assert form.clock("at") == meant
    assert bool(form.faults) == (meant is None)


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [("2pm", "", {"from": "14:00", "to": "23:59"}), ("", "11:30", {"from": "00:00", "to": "11:30"}),
     ("3pm", "4pm", {"from": "15:00", "to": "16:00"})],
)  # fmt: skip
def test_a_caller_may_be_free_from_or_until_a_time(start: str, end: str, kept: dict[str, str]) -> None:
    form = DetailsForm(Fields([("time_from", start), ("time_to", end)]))
    assert not form.faults
    assert form.triage is not None
    assert form.triage.model_dump(by_alias=True)["contact_times"] == [{**kept, "days": []}]


def test_times_in_the_wrong_order_are_told_in_plain_words() -> None:
    form = DetailsForm(Fields([("time_from", "4pm"), ("time_to", "3pm")]))
    assert form.summary() == [{"text": "Enter a later time here than under From", "href": "#time_to"}]
