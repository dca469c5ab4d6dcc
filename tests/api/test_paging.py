"""Pages stay right while rows change: nothing that was there all along is missed, and nothing is told twice."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from advice_line.api.paging import cursor
from advice_line.callbacks import callback as callbacks
from advice_line.enquiries import enquiry as enquiries
from tests import factories
from tests.api.conftest import Api, fields_at_fault
from tests.api.test_calling import AGREED
from tests.api.test_plan import planned
from tests.factories import TESTER

NOTHING: Mapping[str, str] = {}
PERIOD = {"from": "2026-11-17", "to": "2026-11-17"}
ODD = ["x", "é", cursor("x"), cursor("1 call"), cursor("9" * 40), cursor(*"abc"), cursor("\x00"), cursor("1", "\x00")]


def pages(api: Api, path: str, limit: int = 2, params: Mapping[str, str] = NOTHING) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list, each asked for when it is wanted."""
    asked: dict[str, str | int] = {**params, "limit": limit}
    while True:
        answer = api.get(path, asked, whose="lead").json()
        yield answer["items"]
        if answer["next_cursor"] is None:
            return
        assert answer["next_cursor"] != asked.get("cursor")
        asked["cursor"] = answer["next_cursor"]


def references(found: list[dict[str, Any]]) -> list[str]:
    return [item["reference"] for item in found]


def drop(api: Api, reference: str) -> None:
    """Nobody is to be rung any more, five minutes later."""
    with api.stage.story() as session:
        one = enquiries.by_reference(session, api.stage.scene.herts.id, reference)
        enquiries.note(session, one, "looked", TESTER, api.now + timedelta(minutes=5))
        callback = callbacks.open_for(session, one)
        assert callback
        callbacks.move(session, callback, "dropped", api.now)


def test_a_callback_that_ends_between_two_pages_makes_none_be_missed(api: Api) -> None:
    made = [api.enquiry() for _ in range(5)]
    page = pages(api, "/callbacks")
    first = references(next(page))
    drop(api, first[0])
    seen = first + [reference for rest in page for reference in references(rest)]
    assert sorted(seen) == sorted(made)


def test_callbacks_with_a_slot_come_first_on_whatever_page(api: Api) -> None:
    waiting, slotted = [api.enquiry() for _ in range(2)], api.enquiry()
    planned(api, slotted)
    seen = [reference for page in pages(api, "/callbacks", 1) for reference in references(page)]
    assert seen == [slotted, *waiting]


def test_an_enquiry_that_changes_between_two_pages_is_told_again_and_none_is_missed(api: Api) -> None:
    made = [api.enquiry() for _ in range(4)]
    page = pages(api, "/enquiries")
    first = references(next(page))
    drop(api, first[0])
    rest = [reference for each in page for reference in references(each)]
    assert sorted(rest) == sorted([*made[2:], first[0]])


def test_a_referral_that_is_agreed_between_two_pages_shifts_nothing(api: Api) -> None:
    given = {"outcome": "convert_to_referral", "referral": AGREED, "by_writing": True}
    made = [api.enquiry() for _ in range(4)]
    for reference in made[:3]:
        api.post(f"/enquiries/{reference}/outcome", given)
    page = pages(api, "/referrals")
    seen = references(next(page))
    api.post(f"/enquiries/{made[3]}/outcome", given)
    assert seen + references(next(page)) == made[:3][::-1]


def test_a_call_that_is_heard_of_late_shifts_nothing_in_the_ledger(api: Api) -> None:
    def rings(at: datetime) -> str:
        with api.stage.story() as session:
            return factories.a_call(session, api.stage.scene.herts, at).sid

    made = [rings(api.now + timedelta(minutes=minute)) for minute in range(5)]
    page = pages(api, "/ledger", params=PERIOD)
    seen = next(page)
    rings(api.now - timedelta(hours=1))
    assert [item["sid"] for each in (seen, *page) for item in each] == made


def test_calls_of_one_moment_are_each_told_once(api: Api) -> None:
    for _ in range(3):
        api.enquiry()
    found = [(item["kind"], item["sid"]) for page in pages(api, "/ledger", 1, PERIOD) for item in page]
    assert len(found) == len(set(found)) == 6


def test_therapists_come_in_pages(api: Api) -> None:
    for key in ("zoe_sample", "ann_sample"):
        factories.a_therapist(api.stage.owner, api.stage.scene.herts, key)
    seen = [item["key"] for page in pages(api, "/therapists") for item in page]
    assert sorted(seen) == ["ann_sample", "sam_sample", "zoe_sample"]


@pytest.mark.parametrize("path", ["/callbacks", "/therapists", "/referrals", "/ledger", "/enquiries"])
def test_a_cursor_of_somebody_else_is_refused(api: Api, path: str) -> None:
    for given in ODD:
        answer = api.get(path, {**PERIOD, "cursor": given}, whose="lead")
        assert (answer.status_code, fields_at_fault(answer)) == (422, ["cursor"])
