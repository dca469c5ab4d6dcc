"""Telephone numbers of a configuration."""

import pytest

from advice_line.lines.numbers import callable_number, is_reserved, may_be_rung, read_number, read_rung_number


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("01632 960123", "+441632960123"),
        ("+44 (0)1632 960123", "+441632960123"),
        ("07700 900000", "+447700900000"),
        ("07700900999", "+447700900999"),
        ("01923 470680", "+441923470680"),
        ("0300 123 4043", "+443001234043"),
        ("0118 496 0123", "+441184960123"),
        ("07624 123456", "+447624123456"),
    ],
)
def test_a_number_is_kept_in_the_international_form(written: str, kept: str) -> None:
    assert read_number(written) == kept


@pytest.mark.parametrize(
    "written", ["", "999", "+1 202 555 0123", "0800 FLOWERS", "01632 960123 ext 4", "abc", "+", "1" * 40]
)
def test_what_is_no_number_of_the_country_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"must be a United Kingdom|is not a telephone number"):
        read_number(written)


@pytest.mark.parametrize("written", ["07700 901000", "01632 961000", "01000 000000"])
def test_a_number_beyond_the_reserved_ones_must_be_in_use(written: str) -> None:
    with pytest.raises(ValueError, match="is not a telephone number that is in use"):
        read_number(written)


@pytest.mark.parametrize("written", ["0909 8790000", "0871 2345678", "0845 1234567", "070 1234 5678", "076 1234 5678"])
def test_a_number_that_costs_callers_more_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="costs more than a local call"):
        read_number(written)


def test_only_the_reserved_ranges_are_for_examples() -> None:
    assert is_reserved("+447700900500")
    assert is_reserved("+441632960999")
    assert not is_reserved("+441923470680")


@pytest.mark.parametrize("written", ["0800 111 1111", "0808 800 5000", "0800 1111"])
def test_a_free_number_may_be_shown_and_is_not_rung(written: str) -> None:
    assert read_number(written).startswith("+44800") or read_number(written).startswith("+44808")
    with pytest.raises(ValueError, match="because we ring it"):
        read_rung_number(written)


@pytest.mark.parametrize("written", ["01923 470680", "020 7946 0123", "0300 123 4043", "07700 900123", "07624 123456"])
def test_a_number_that_may_be_configured_to_be_rung_may_be_typed_and_dialled_too(written: str) -> None:
    assert read_rung_number(written) == callable_number(written)
    assert may_be_rung(callable_number(written))


@pytest.mark.parametrize("number", ["07700900123", "+447700900123 ", "+447700900123\n", "44 7700 900123", ""])
def test_only_the_international_form_is_dialled(number: str) -> None:
    assert not may_be_rung(number)
