"""Tries: failed sign-ins of the last quarter of an hour, counted for each account and each address; so are guesses of
the address of a caller's page.

An account is counted whether or not it exists, so that the answer tells nobody which e-mail addresses are ours. Only
keyed digests are kept: neither an e-mail address nor a network address can be read back from them.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import LargeBinary, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.db import Base, Id, Moment

WINDOW = timedelta(minutes=15)
MOST_FOR_AN_ACCOUNT = 10
MOST_FOR_AN_ADDRESS = 100  # a whole trust may sit behind one address


class FailedSignIn(Base):
    __tablename__ = "failed_sign_in"

    id: Mapped[Id]
    subject_digest: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Moment]


@dataclass(frozen=True)
class Subject:
    """What failures are counted against, and how many it may have in the window."""

    digest: bytes
    most: int


def subjects(email: str, address: str, key: str) -> tuple[Subject, Subject]:
    """The account and the network address of a try to sign in."""
    account = Subject(_digest(key, f"account {email.strip().lower()}"), MOST_FOR_AN_ACCOUNT)
    return account, Subject(_digest(key, f"address {_network(address)}"), MOST_FOR_AN_ADDRESS)


def guesser(address: str, key: str) -> Subject:
    """The network address that asked for a page of a caller which there is not."""
    return Subject(_digest(key, f"caller page {_network(address)}"), MOST_FOR_AN_ADDRESS)


def too_many(session: Session, counted: Sequence[Subject], now: datetime) -> bool:
    """Whether a further try must wait. Holds the first subject until the transaction ends: its tries queue up."""
    lock = int.from_bytes(counted[0].digest[:8], signed=True)
    session.execute(select(func.pg_advisory_xact_lock(lock)))
    session.execute(delete(FailedSignIn).where(FailedSignIn.at <= now - WINDOW))
    failures = {
        subject.digest: session.scalar(
            select(func.count()).select_from(FailedSignIn).where(FailedSignIn.subject_digest == subject.digest)
        )
        or 0
        for subject in counted
    }
    return any(failures[subject.digest] >= subject.most for subject in counted)


def count_failure(session: Session, counted: Sequence[Subject], now: datetime) -> None:
    """Remember one failure against each subject."""
    session.execute(insert(FailedSignIn), [{"subject_digest": subject.digest, "at": now} for subject in counted])


def forget(session: Session, subject: Subject) -> None:
    """Start counting afresh: the right password was given."""
    session.execute(delete(FailedSignIn).where(FailedSignIn.subject_digest == subject.digest))


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    # One home or one phone owns a whole /64 of IPv6 addresses and can change among them at will.
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def _digest(key: str, text: str) -> bytes:
    return hmac.digest(key.encode(), text.encode(), "sha256")
