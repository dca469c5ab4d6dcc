"""Guessing passwords is slow: failures are counted for each account and each address."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine, text

from advice_line import db, staff
from advice_line.errors import NotSignedIn, Refused, TooMany
from advice_line.staff import Offer, Person, tries
from tests.staff import makers

KEY = "k" * 32
RIGHT = Offer("sam@example.nhs.uk", makers.PASSWORD, "192.0.2.7")
WRONG = replace(RIGHT, password="three quiet oceans")


def test_after_ten_failures_even_the_right_password_must_wait(serving: Engine, sam: Person, now: datetime) -> None:
    assert [type(_try(serving, WRONG, now)) for _ in range(11)] == [NotSignedIn] * 10 + [TooMany]
    assert isinstance(_try(serving, RIGHT, now), TooMany)
    assert isinstance(_try(serving, RIGHT, now + timedelta(minutes=15)), Person)


def test_an_unknown_account_must_wait_just_the_same(serving: Engine, sam: Person, now: datetime) -> None:
    unknown = replace(WRONG, email="nobody@example.nhs.uk")
    assert [type(_try(serving, unknown, now)) for _ in range(11)] == [NotSignedIn] * 10 + [TooMany]


def test_the_right_password_starts_the_count_afresh(serving: Engine, sam: Person, now: datetime) -> None:
    for _ in range(2):
        assert [type(_try(serving, WRONG, now)) for _ in range(9)] == [NotSignedIn] * 9
        assert isinstance(_try(serving, RIGHT, now), Person)


def test_other_capitals_are_no_way_round_the_limit(serving: Engine, sam: Person, now: datetime) -> None:
    for _ in range(10):
        _try(serving, WRONG, now)
    assert isinstance(_try(serving, replace(WRONG, email="SAM@EXAMPLE.NHS.UK"), now), TooMany)


def test_one_address_cannot_try_account_after_account(serving: Engine, sam: Person, now: datetime) -> None:
    for number in range(tries.MOST_FOR_AN_ADDRESS):
        assert isinstance(_try(serving, replace(WRONG, email=f"p{number}@example.nhs.uk"), now), NotSignedIn)
    assert isinstance(_try(serving, RIGHT, now), TooMany)
    assert isinstance(_try(serving, replace(RIGHT, address="192.0.2.8"), now), Person)


def test_neighbouring_ipv6_addresses_count_as_one() -> None:
    one, two, other = (
        tries.subjects("a@example.nhs.uk", address, KEY)[1].digest
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    )
    assert one == two
    assert one != other


def test_parallel_guesses_get_no_more_tries_than_patient_ones(serving: Engine, sam: Person, now: datetime) -> None:
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: type(_try(serving, WRONG, now)), range(24)))
    assert answers.count(NotSignedIn) == tries.MOST_FOR_AN_ACCOUNT


def test_neither_address_can_be_read_from_what_is_kept(
    owner: Engine, serving: Engine, sam: Person, now: datetime
) -> None:
    _try(serving, WRONG, now)
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT encode(subject_digest, 'escape') FROM failed_sign_in")).scalars().all()
    assert len(kept) == 2
    assert not any("sam" in row or "192" in row for row in kept)
    assert tries.subjects(WRONG.email, WRONG.address, KEY) != tries.subjects(WRONG.email, WRONG.address, "j" * 32)


def test_old_failures_are_not_kept(owner: Engine, serving: Engine, sam: Person, now: datetime) -> None:
    _try(serving, replace(WRONG, email="long@example.nhs.uk"), now)
    _try(serving, RIGHT, now + timedelta(minutes=15))
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM failed_sign_in")).scalar_one() == 0


def _try(serving: Engine, offer: Offer, now: datetime) -> Person | Refused:
    with db.transaction(serving, None) as session:
        return staff.check_password(session, offer, KEY, now)
