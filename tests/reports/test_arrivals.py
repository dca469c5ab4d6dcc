"""What is expected compares like with like: term with term, holidays with holidays, a first day back with others."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from advice_line.lines.terms import TermCalendar
from advice_line.pages.week_ahead import NO_HISTORY, based_on
from advice_line.reports.arrivals import Arrivals, Came, learn
from advice_line.reports.seasons import Season, Seasons, monday_of
from advice_line.working_time import Calendar, Nation

ONE_DAY = timedelta(days=1)
WORKED = Calendar(Nation.ENGLAND_AND_WALES)
TERMS = TermCalendar.model_validate(
    {
        "key": "herts",
        "label": "Schools",
        "terms": [
            {"start": "2026-01-05", "end": "2026-02-13"},
            {"start": "2026-02-23", "end": "2026-03-27"},
            {"start": "2026-04-13", "end": "2026-05-22"},
            {"start": "2026-06-01", "end": "2026-07-21"},
            {"start": "2026-09-02", "end": "2026-10-23"},
            {"start": "2026-11-02", "end": "2026-12-18"},
        ],
    }
)
SCHOOLS = Seasons([TERMS])
YEAR = [date(2026, 1, 5) + n * ONE_DAY for n in range(348)]
BUSY, QUIET = 6, 2


def known(today: date, since: date = YEAR[0], seasons: Seasons = SCHOOLS) -> Arrivals:
    """A line that is busy in term and quiet in the holidays, on days on which somebody works."""
    days = [day for day in YEAR if since <= day < today and WORKED.is_working_day(day)]
    came = [Came(day, QUIET if SCHOOLS.of(day) is Season.HOLIDAY else BUSY, 0, 0) for day in days]
    return Arrivals(WORKED, seasons, learn(came, WORKED, seasons, today), 25.0)


def says(arrivals: Arrivals, first: date) -> str:
    return based_on(arrivals, [day for n in range(14) if WORKED.is_working_day(day := first + n * ONE_DAY)])


def test_term_is_compared_with_term_and_holidays_with_holidays() -> None:
    found = known(today := date(2026, 10, 19))
    assert {found.expected(today + n * ONE_DAY) for n in range(5)} == {BUSY}
    assert {found.expected(today + n * ONE_DAY) for n in range(7, 12)} == {QUIET}
    assert says(found, today) == (
        "Term weeks are compared with the last 8 term weeks; "
        "school holiday weeks are compared with the last 8 school holiday weeks."
    )


def test_too_few_holiday_weeks_to_learn_from_are_said_to_be() -> None:
    found = known(today := date(2026, 10, 19), since=date(2026, 8, 24))
    half_term = today + 7 * ONE_DAY
    assert QUIET < found.expected(half_term) < BUSY
    assert "of any kind, as there are too few school holiday weeks to learn from" in says(found, half_term)


def test_without_a_calendar_or_beyond_it_all_weeks_are_alike() -> None:
    none = known(today := date(2026, 10, 19), seasons=Seasons([]))
    assert "the last 8 weeks, school holidays or not" in says(none, today)
    beyond = known(YEAR[-1])
    assert SCHOOLS.of(date(2026, 12, 28)) is None
    assert "does not cover are compared with the last 8 weeks of any kind" in says(beyond, date(2026, 12, 28))


def test_without_a_history_nothing_is_expected_and_the_page_says_so() -> None:
    nothing = known(YEAR[0])
    assert nothing.expected(YEAR[0]) == nothing.still_expected(YEAR[0]) == 0
    assert says(nothing, YEAR[0]) == NO_HISTORY


def test_the_first_day_back_after_a_bank_holiday_is_compared_with_mondays() -> None:
    term = [date(2026, 4, 13) + n * ONE_DAY for n in range(21)]
    came = [Came(day, 3, 0, 0) for day in term]  # every day, so that a Monday has nine with its weekend
    found = Arrivals(WORKED, SCHOOLS, learn(came, WORKED, SCHOOLS, date(2026, 5, 2)), 25.0)
    bank_holiday_monday = date(2026, 5, 4)
    assert not WORKED.is_working_day(bank_holiday_monday)
    assert found.expected(bank_holiday_monday + ONE_DAY) == found.expected(date(2026, 5, 11)) > 3
    assert found.expected(bank_holiday_monday + 2 * ONE_DAY) == 3


def test_a_tuesday_after_a_bank_holiday_does_not_swell_other_tuesdays() -> None:
    days = [date(2026, 4, 13) + n * ONE_DAY for n in range(35)]
    bases = learn([Came(day, 3, 0, 0) for day in days], WORKED, SCHOOLS, days[-1])
    assert bases[Season.TERM].means[1] == 3


def test_of_several_areas_most_schools_decide() -> None:
    other = TERMS.model_copy(update={"terms": TERMS.terms[:1] + TERMS.terms[2:]})  # has no second term
    march = date(2026, 3, 9)
    assert [Seasons(areas).of(march) for areas in ([TERMS], [other], [TERMS, other, TERMS])] == [
        Season.TERM,
        Season.HOLIDAY,
        Season.TERM,
    ]


def test_a_week_is_what_most_of_its_school_days_are() -> None:
    closed = TERMS.model_copy(update={"closed": (date(2026, 3, 9),)})  # one INSET day
    assert Seasons([closed]).of(date(2026, 3, 9)) is Season.TERM
    assert Seasons([TERMS]).of(date(2026, 2, 22)) is Season.HOLIDAY  # the Sunday of half-term
    assert monday_of(date(2026, 2, 22)) == date(2026, 2, 16)


@given(
    came=st.lists(st.tuples(st.integers(0, 340), st.integers(1, 50), st.integers(0, 50)), max_size=30),
    today=st.integers(0, 347),
    areas=st.sampled_from([[], [TERMS]]),
)
def test_it_is_never_negative_and_never_more_than_the_most_that_came(
    came: list[tuple[int, int, int]], today: int, areas: list[TermCalendar]
) -> None:
    rows = {n: Came(YEAR[n], many, min(many, late), 0) for n, many, late in came if n < today}
    found = Arrivals(WORKED, Seasons(areas), learn([*rows.values()], WORKED, Seasons(areas), YEAR[today]), 25.0)
    most = sum(row.many for row in rows.values())
    for n in range(14):
        day = YEAR[today] + n * ONE_DAY
        assert 0 <= found.still_expected(day) <= most
        assert 0 <= found.expected(day) <= most
        assert (found.basis(day) is None) == (not rows)
