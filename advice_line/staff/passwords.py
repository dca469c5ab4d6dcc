"""Passwords: how they are hashed and compared, what a new one must be, and how one is made up.

Argon2id at the library's own cost (64 MiB and about a tenth of a second): a door lets only a few be checked at once.
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from advice_line.errors import Fault, Malformed

SHORTEST = 12
LONGEST = 200  # more only helps somebody who wants to keep our processors busy
GROUPS, GROUP = 4, 5
# Without characters that are taken for one another when read out or copied by hand.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
HASHER = PasswordHasher()


def hashed(password: str, email: str) -> str:
    """What to keep of a new password. Malformed, naming the field `new_password`, when it is too easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise _refuse(f"Enter a password of {SHORTEST} characters or more, for example three random words")
    if password.casefold() == email.casefold() or len(set(password)) < 4:
        raise _refuse("Enter a password that is harder to guess, for example three random words")
    return HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password. With nothing kept it takes the same time, and is no."""
    try:
        HASHER.verify(kept or _nobodys(), password[: LONGEST + 1])
    except VerifyMismatchError:
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed at another cost than today's, and should be hashed again while we have the password."""
    return HASHER.check_needs_rehash(kept)


def rehashed(password: str) -> str:
    """A password that is in use already, hashed at today's cost."""
    return HASHER.hash(password)


def made_up() -> str:
    """A password that nobody can guess (99 bits), in groups that can be read out."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


@cache
def _nobodys() -> str:
    return HASHER.hash(secrets.token_urlsafe())


def _refuse(sentence: str) -> Malformed:
    return Malformed([Fault("new_password", sentence)])
