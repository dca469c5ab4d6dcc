"""Absences after they were recorded: ended, lengthened, cancelled; nothing is overwritten in silence."""

from datetime import timedelta

import pytest

from advice_line.errors import Conflict, Malformed, NotFound
from advice_line.lines import away, rota, rota_event
from advice_line.lines.rota import Absence
from advice_line.working_time import Interval
from tests.factories import TESTER
from tests.lines.conftest import Trio
from tests.scene import TUESDAY

HOUR = timedelta(hours=1)


def absent(trio: Trio, hours: int | None = 2, after: int = 0) -> Absence:
    """Ann is away for some hours, or without an end."""
    start = TUESDAY + after * HOUR
    end = None if hours is None else start + hours * HOUR
    return rota.record_absence(trio.session, TESTER, trio.ann, start, end, "sickness", TUESDAY)


def when_away(trio: Trio) -> list[Interval]:
    return rota.absences_between(trio.session, TUESDAY - HOUR, TUESDAY + 9 * HOUR).get(trio.ann.id, [])


def test_an_absence_without_an_end_reaches_as_far_as_is_asked(trio: Trio) -> None:
    absent(trio, None)
    assert when_away(trio) == [Interval(TUESDAY, TUESDAY + 9 * HOUR)]


def test_back_again_is_from_this_moment_on(trio: Trio) -> None:
    away.back_again(trio.session, TESTER, absent(trio, None), TUESDAY + HOUR)
    assert when_away(trio) == [Interval(TUESDAY, TUESDAY + HOUR)]


def test_back_before_it_began_is_not_away_at_all(trio: Trio) -> None:
    absence = absent(trio, 2, after=3)
    away.back_again(trio.session, TESTER, absence, TUESDAY)
    assert when_away(trio) == []
    assert absence.cancelled_at == TUESDAY


def test_every_end_that_was_given_stays_in_the_history(trio: Trio) -> None:
    absence = absent(trio)
    away.change_end(trio.session, TESTER, absence, None, TUESDAY)
    away.change_end(trio.session, TESTER, absence, TUESDAY + 5 * HOUR, TUESDAY)
    away.cancel(trio.session, TESTER, absence, TUESDAY + HOUR)
    told = [(event.what, event.ends_at) for event in rota_event.of_absence(trio.session, absence)]
    assert told == [
        ("absent", TUESDAY + 2 * HOUR),
        ("absence_end_changed", None),
        ("absence_end_changed", TUESDAY + 5 * HOUR),
        ("absence_cancelled", TUESDAY + 5 * HOUR),
    ]
    assert when_away(trio) == []


def test_what_is_over_or_cancelled_stays_as_it_is(trio: Trio) -> None:
    over, cancelled = absent(trio), absent(trio, 9)
    away.cancel(trio.session, TESTER, cancelled, TUESDAY)
    for absence in (over, cancelled):
        with pytest.raises(Conflict):
            away.change_end(trio.session, TESTER, absence, None, TUESDAY + 3 * HOUR)
        with pytest.raises(Conflict):
            away.cancel(trio.session, TESTER, absence, TUESDAY + 3 * HOUR)


@pytest.mark.parametrize("hours", [-1, 0])
def test_an_end_before_its_start_names_its_field(trio: Trio, hours: int) -> None:
    absence = absent(trio, 2, after=3)
    with pytest.raises(Malformed) as caught:
        away.change_end(trio.session, TESTER, absence, absence.starts_at + hours * HOUR, TUESDAY)
    assert [fault.field for fault in caught.value.faults] == ["end"]


def test_absences_to_come_are_listed_and_those_over_are_not(trio: Trio) -> None:
    absent(trio, 1)
    still, later = absent(trio, None), absent(trio, 1, after=30)
    assert away.coming(trio.session, trio.service.id, TUESDAY + 2 * HOUR) == [still, later]


@pytest.mark.parametrize("wrong", [0, -1, 2**63])
def test_an_absence_that_is_not_there_is_not_found(trio: Trio, wrong: int) -> None:
    with pytest.raises(NotFound):
        away.by_id(trio.session, trio.service.id, wrong)
