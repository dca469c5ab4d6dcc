"""Forms: values or faults."""

import pytest

from advice_line.errors import Fault, Malformed
from advice_line.pages.addresses import local, with_next
from advice_line.pages.csrf import Fields
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
