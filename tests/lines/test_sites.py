"""Where therapists are in their sessions: as a session says, else at their only site."""

from datetime import date, time, timedelta

from advice_line.clock import start_of_day
from advice_line.lines import rota, sites, swaps
from advice_line.lines.rota import Therapist
from advice_line.lines.swaps import Stretch
from advice_line.pages import london
from tests.factories import TESTER
from tests.lines.conftest import FRIDAY, THURSDAY, Trio
from tests.scene import TUESDAY


def at(trio: Trio, therapist: Therapist, day: date) -> list[tuple[str, str, str | None]]:
    """Where somebody is on a day."""
    end = start_of_day(day + timedelta(days=1))
    stays = sites.stays_between(trio.session, start_of_day(day), end, trio.service.calendar)[therapist.id]
    return [(london.clock_time(stay.time.start), london.clock_time(stay.time.end), stay.site) for stay in stays]


def test_a_session_is_where_it_says_else_at_the_only_site_of_its_therapist(trio: Trio) -> None:
    assert at(trio, trio.ann, THURSDAY) == [("9am", "midday", "north_clinic")]
    assert at(trio, trio.bea, THURSDAY) == [("2pm", "5pm", "south_clinic")]
    assert at(trio, trio.cal, THURSDAY) == []


def test_a_one_off_session_may_be_elsewhere(trio: Trio) -> None:
    swaps.add(trio.session, trio.change, trio.ann, Stretch(FRIDAY, time(12), time(14), "south_clinic"))
    swaps.add(trio.session, trio.change, trio.bea, Stretch(FRIDAY, time(10), time(11)))
    assert at(trio, trio.ann, FRIDAY) == [("9am", "midday", "north_clinic"), ("midday", "2pm", "south_clinic")]
    assert at(trio, trio.bea, FRIDAY) == [("10am", "11am", None), ("2pm", "5pm", "south_clinic")]


def test_who_takes_a_session_works_it_from_where_they_always_do(trio: Trio) -> None:
    swaps.hand_over(trio.session, trio.change, trio.beas(), trio.ann)
    assert at(trio, trio.ann, FRIDAY) == [("9am", "midday", "north_clinic"), ("2pm", "5pm", "north_clinic")]
    assert at(trio, trio.bea, FRIDAY) == []


def test_an_absence_is_left_out_and_hours_that_meet_are_one_stay(trio: Trio) -> None:
    noon = start_of_day(THURSDAY) + timedelta(hours=11)
    rota.record_absence(trio.session, TESTER, trio.ann, noon, noon + timedelta(hours=1), "leave", TUESDAY)
    swaps.add(trio.session, trio.change, trio.bea, Stretch(THURSDAY, time(13), time(14), "south_clinic"))
    assert at(trio, trio.ann, THURSDAY) == [("9am", "11am", "north_clinic")]
    assert at(trio, trio.bea, THURSDAY) == [("1pm", "5pm", "south_clinic")]
