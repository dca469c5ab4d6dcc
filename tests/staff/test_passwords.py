"""What a password costs, at the product's own price: all other tests hash for less."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import pytest
from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import staff
from advice_line.errors import NotSignedIn
from advice_line.staff import Offer, Person, passwords
from tests.conftest import PRODUCTS_HASHER
from tests.staff import makers

KEY = "k" * 32


class CountingHasher(PasswordHasher):
    """The library's own, at its own price, as the product's is; it notes what each comparison costs."""

    def __init__(self) -> None:
        super().__init__()
        self.costs: list[Parameters] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the library's name
        self.costs.append(extract_parameters(hash if isinstance(hash, str) else hash.decode()))
        return super().verify(hash, password)


@pytest.fixture(autouse=True)
def _at_the_products_price(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "HASHER", PRODUCTS_HASHER)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    counting = CountingHasher()
    monkeypatch.setattr(passwords, "HASHER", counting)
    return counting


def test_each_try_costs_whoever_guesses_64_mebibytes(sam: Person) -> None:
    assert sam.password_hash is not None
    cost = extract_parameters(sam.password_hash)
    assert (cost.type, cost.memory_cost, cost.time_cost) == (Type.ID, 64 * 1024, 3)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(
    session: Session, sam: Person, now: datetime, hasher: CountingHasher
) -> None:
    """Comparing is nearly all of it; without it an answer takes a few milliseconds."""
    for email in ("sam@example.nhs.uk", "nobody@example.nhs.uk"):
        found = staff.check_password(session, Offer(email, "three quiet oceans", "192.0.2.7"), KEY, now)
        assert isinstance(found, NotSignedIn)
    wrong, unknown = hasher.costs
    assert wrong == unknown == extract_parameters(sam.password_hash)


def test_an_old_hash_is_made_afresh_at_the_next_sign_in(
    owner: Engine, session: Session, sam: Person, now: datetime
) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=1024).hash(makers.PASSWORD)
    with owner.begin() as connection:
        connection.execute(text("UPDATE person SET password_hash = :hash"), {"hash": cheap})
    right = Offer("sam@example.nhs.uk", makers.PASSWORD, "192.0.2.7")
    assert isinstance(staff.check_password(session, right, KEY, now), Person)
    kept = session.execute(text("SELECT password_hash FROM person")).scalar_one()
    assert kept != cheap
    assert not passwords.is_outdated(kept)
