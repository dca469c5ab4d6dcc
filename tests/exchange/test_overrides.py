"""Connection overrides in a URL's fragment."""

from advice_line.exchange.overrides import EVERYTHING, Overrides


def test_without_a_fragment_twilio_s_defaults_hold() -> None:
    assert Overrides.of("") == Overrides(5.0, 15.0, 15.0, 1, frozenset({"ct"}))


def test_a_fragment_sets_retries_policy_and_times() -> None:
    overrides = Overrides.of("rc=3&rp=5xx,rt&ct=2000&rt=500&tt=9000")
    assert overrides == Overrides(2.0, 0.5, 9.0, 3, frozenset({"5xx", "rt"}))


def test_all_stands_for_every_kind_of_failure() -> None:
    assert Overrides.of("rp=all").retried == EVERYTHING


def test_values_out_of_range_leave_the_defaults() -> None:
    assert Overrides.of("rc=9&ct=99&rt=15001&tt=x&rp=never") == Overrides()
