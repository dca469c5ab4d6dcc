"""Telephone numbers: what the network shows is kept as it came, and only ordinary UK numbers are rung."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.telephone import numbers


@pytest.mark.parametrize("raw", ["+447700900123", "+441632960123", "01632960123", "999", "+3531234567"])
def test_a_number_is_kept_as_it_came(raw: str) -> None:
    assert numbers.shown(f" {raw} ") == raw


@pytest.mark.parametrize(
    "raw",
    ["anonymous", "Anonymous", "ANONYMOUS", "unknown", "Restricted", "Unavailable", "private", "+266696687",
     "+7378742833", "+2562533", "+8656696", "+86282452253", "sip:anonymous@anonymous.invalid", "", " ", "12", "+",
     "Jo Bloggs", "1" * 21],
)  # fmt: skip
def test_a_withheld_number_is_none(raw: str) -> None:
    assert numbers.shown(raw) is None


@given(st.text())
def test_whatever_comes_is_a_number_or_none(raw: str) -> None:
    found = numbers.shown(raw)
    assert found is None or found.removeprefix("+").isdigit()


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("01632 960123", "+441632960123"),
        ("+44 1632 960 123", "+441632960123"),
        ("07700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("020 7946 0123", "+442079460123"),
        ("0303 123 1000", "+443031231000"),
        ("(01632) 960-123", "+441632960123"),
    ],
)
def test_an_ordinary_uk_number_can_be_rung(raw: str, e164: str) -> None:
    assert numbers.callable_number(raw) == e164


@pytest.mark.parametrize(
    "raw",
    ["", "hello", "999", "118 118", "0906 123 4567", "0871 234 5678", "0845 123 4567", "070 1234 5678",
     "076 1234 5678", "0800 123 4567", "0500 123456", "055 1234 5678", "+33 1 23 45 67 89", "+1 202 555 0123",
     "016", "07700 9001234567"],
)  # fmt: skip
def test_a_premium_a_foreign_or_no_number_is_never_rung(raw: str) -> None:
    with pytest.raises(ValueError, match=r"not a phone number|only ordinary UK"):
        numbers.callable_number(raw)


@given(st.text())
def test_whatever_is_typed_is_a_uk_number_or_refused(raw: str) -> None:
    with suppress(ValueError):
        assert numbers.callable_number(raw).startswith("+44")


@pytest.mark.parametrize(
    ("raw", "dialled"), [("01923 470680", "+441923470680"), ("+441923470680", "+441923470680"), ("hello", "hello")]
)
def test_what_somebody_types_becomes_what_is_dialled(raw: str, dialled: str) -> None:
    assert numbers.as_dialled(raw) == dialled


@pytest.mark.parametrize(
    ("number", "shown"), [("+441923470680", "01923 470680"), ("+33123456789", "+33 1 23 45 67 89"), ("odd", "odd")]
)
def test_people_read_numbers_as_they_write_them(number: str, shown: str) -> None:
    assert numbers.display(number) == shown
