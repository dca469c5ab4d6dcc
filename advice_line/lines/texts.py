"""Texts in a configuration: the words that a service sends to callers' mobiles, and when it may.

A text may be read by whoever holds the phone. So its words tell neither of a child nor of therapy, hold no link, and
fit into one message (domain rules R21 and E28). A service without this section neither sends nor takes texts.
"""

import re
from collections.abc import Collection
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from advice_line.clock import to_london
from advice_line.lines.values import Part, WallTime, clash

LONGEST = 160  # characters of the network's own alphabet; one more, and it is sent and paid for as two
# The network's alphabet (GSM 03.38); those of the second row count double.
PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€")
REFERENCE, TIME = "{reference}", "{time}"
# The longest that each becomes.
BECOMES = {REFERENCE: "ABCD-1234567", TIME: "12:30pm on Wednesday"}
LINK = re.compile(r"(?i)https?:|www\.|://|[a-z0-9-]+\.[a-z]{2,}\b")
TELLING = re.compile(
    r"(?i)\b(?:child\w*|kids?|bab(?:y|ies)|toddlers?|sons?|daughters?|boys?|girls?|teen\w*|young|pupils?|schools?|nurser\w*"
    r"|teachers?|senco|p(?:a)?ediatric\w*|occupational|therap\w*|physio\w*|camhs|disab\w*|autis\w*|diagnos\w*|equipment"
    r"|safeguarding|recordings?|audio|voicemails?)\b"
)
Purpose = Literal["confirmation", "before_callback", "after_missed_call", "help", "delay"]


def _words(*needed: str, may: Collection[str] = (REFERENCE,)) -> AfterValidator:
    def check(value: str) -> str:
        words = " ".join(value.split())
        if any(found not in may for found in re.findall(r"\{[^{}]*\}|[{}]", words)):
            raise ValueError(f"may hold no curly brackets but {' and '.join(may) or 'none'}")
        for mark in needed:
            if mark not in words:
                raise ValueError(f"must hold {mark}")
        _check_filled(words)
        return words

    return AfterValidator(check)


def _check_filled(words: str) -> None:
    for mark, longest in BECOMES.items():
        words = words.replace(mark, longest)
    strange = next((letter for letter in words if letter not in PLAIN | DOUBLE), None)
    if not words:
        raise ValueError("must not be empty: write what is sent")
    if strange:
        raise ValueError(f"may not hold {strange}: texts have plain letters only, such as ' for an apostrophe")
    length = len(words) + sum(letter in DOUBLE for letter in words)
    if length > LONGEST:
        raise ValueError(f"has up to {length} characters: a text has at most {LONGEST}")
    if LINK.search(words):
        raise ValueError("may hold no link, and needs a space after every full stop")
    if found := TELLING.search(words):
        raise ValueError(f"may not say “{found[0]}”: anybody may see a text on somebody's phone")


class Texts(Part):
    """What is sent and when. The silent hours are wall time in London, and may go over midnight.

    Replies to HELP are left to the network when `help` is left out; without `delay` no lead can tell callers of one.
    """

    confirmation: Annotated[str, _words(REFERENCE, "STOP")]
    before_callback: Annotated[str, _words(TIME, may=(REFERENCE, TIME))]
    after_missed_call: Annotated[str, _words()]
    delay: Annotated[str, _words(REFERENCE)] | None = None
    help: Annotated[str, _words("999", "111", "STOP", may=())] | None = None
    minutes_before: int = Field(default=60, ge=15, le=1440)
    silent_from: WallTime = time(20)
    silent_to: WallTime = time(8)
    a_day_for_each_number: int = Field(default=3, ge=1, le=20)
    a_day_for_the_service: int = Field(default=200, ge=1, le=100_000)

    @model_validator(mode="after")
    def _possible(self) -> "Texts":
        if self.silent_from == self.silent_to:
            raise clash("silent_to", "The silent hours begin and end at the same time: change one of them.")
        return self

    def is_silent(self, now: datetime) -> bool:
        """Whether nobody is to be texted just now."""
        wall = to_london(now).time()
        if self.silent_from < self.silent_to:
            return self.silent_from <= wall < self.silent_to
        return wall >= self.silent_from or wall < self.silent_to

    def words(self, purpose: Purpose, reference: str, time: str = "") -> str:
        """The words for one caller."""
        words = {
            "confirmation": self.confirmation,
            "before_callback": self.before_callback,
            "after_missed_call": self.after_missed_call,
            "help": self.help or "",
            "delay": self.delay or "",
        }[purpose]
        return words.replace(REFERENCE, reference).replace(TIME, time)

    def all_words(self) -> dict[str, str]:
        """Everything that may be sent, by the name of its field."""
        sent = {
            "confirmation": self.confirmation,
            "before_callback": self.before_callback,
            "after_missed_call": self.after_missed_call,
        }
        optional = {"help": self.help, "delay": self.delay}
        return sent | {field: words for field, words in optional.items() if words}
