"""Texts in a configuration: the words that a service sends to callers' mobiles, and when it may.

A text may be read by whoever holds the phone. So its words tell neither of a child nor of therapy, hold no link but the
caller's own, and fit into one message, or into two with that link (domain rules R21 and E28). A service without this
section neither sends nor takes texts.
"""

import re
from collections.abc import Collection
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from advice_line.clock import to_london
from advice_line.lines.values import Part, Text, WallTime, clash

LONGEST = 160  # characters of the network's own alphabet; one more, and it is sent and paid for as two
LONGEST_WITH_LINK = 306  # two messages that the phone puts together again
LONGEST_ADDRESS = 50  # characters of PUBLIC_URL that a link in a text is reckoned with
# The network's alphabet (GSM 03.38); those of the second row count double.
PLAIN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€")
KNOWN = PLAIN | DOUBLE
REFERENCE, TIME, OWN_LINK = "{reference}", "{time}", "{link}"
# The longest that each becomes; a link is an address, /c/ and 26 letters and digits.
BECOMES = {REFERENCE: "ABCD-1234567", TIME: "12:30pm on Wednesday", OWN_LINK: "a" * (LONGEST_ADDRESS + 3 + 26)}
# A phone takes what stands next to a link for a part of it.
STUCK = re.compile(r"\S\{link\}|\{link\}\S")
LINK = re.compile(r"(?i)https?:|www\.|://|[a-z0-9-]+\.[a-z]{2,}\b")
TELLING = re.compile(
    r"(?i)\b(?:child\w*|kids?|bab(?:y|ies)|toddlers?|sons?|daughters?|boys?|girls?|teen\w*|young|pupils?|schools?|nurser\w*"
    r"|teachers?|senco|p(?:a)?ediatric\w*|occupational|therap\w*|physio\w*|camhs|disab\w*|autis\w*|diagnos\w*|equipment"
    r"|safeguarding|recordings?|audio|voicemails?)\b"
)
Purpose = Literal["confirmation", "before_callback", "after_missed_call", "unable_to_contact", "help", "delay"]


def _words(*needed: str, may: Collection[str] = (REFERENCE, OWN_LINK)) -> AfterValidator:
    def check(value: str) -> str:
        words = " ".join(value.split())
        if any(found not in may for found in re.findall(r"\{[^{}]*\}|[{}]", words)):
            raise ValueError(f"may hold no curly brackets but {' and '.join(may) or 'none'}")
        for mark in needed:
            if mark not in words:
                raise ValueError(f"must hold {mark}")
        if STUCK.search(words):
            raise ValueError(f"must have a space before and after {OWN_LINK}, also instead of a full stop")
        if words.count(OWN_LINK) > 1:
            raise ValueError(f"may hold {OWN_LINK} only once")
        _check_filled(words, LONGEST_WITH_LINK if OWN_LINK in words else LONGEST)
        return words

    return AfterValidator(check)


def _check_filled(words: str, most: int) -> None:
    for mark, longest in BECOMES.items():
        words = words.replace(mark, longest)
    strange = next((letter for letter in words if letter not in KNOWN), None)
    if not words:
        raise ValueError("must not be empty: write what is sent")
    if strange:
        raise ValueError(f"may not hold {strange}: texts have plain letters only, such as ' for an apostrophe")
    length = len(words) + sum(letter in DOUBLE for letter in words)
    if length > most:
        raise ValueError(f"has up to {length} characters: a text has at most {most}")
    if LINK.search(words):
        raise ValueError(f"may hold no link but {OWN_LINK}, and needs a space after every full stop")
    if found := TELLING.search(words):
        raise ValueError(f"may not say “{found[0]}”: anybody may see a text on somebody's phone")


class Texts(Part):
    """What is sent and when. The silent hours are wall time in London, and may go over midnight.

    Replies to HELP are left to the network when `help` is left out; without `unable_to_contact` nothing is sent when an
    enquiry ends because its caller could not be reached; without `delay` no lead can tell callers of one. `{link}`
    becomes the address of the caller's own page, open for `link_days`, which shows `page_words`: what we will do.
    """

    confirmation: Annotated[str, _words(REFERENCE, "STOP")]
    before_callback: Annotated[str, _words(TIME, may=(REFERENCE, TIME, OWN_LINK))]
    after_missed_call: Annotated[str, _words()]
    unable_to_contact: Annotated[str, _words(may=(REFERENCE,))] | None = None
    delay: Annotated[str, _words(REFERENCE)] | None = None
    help: Annotated[str, _words("999", "111", "STOP", may=())] | None = None
    minutes_before: int = Field(default=60, ge=15, le=1440)
    silent_from: WallTime = time(20)
    silent_to: WallTime = time(8)
    a_day_for_each_number: int = Field(default=3, ge=1, le=20)
    a_day_for_the_service: int = Field(default=200, ge=1, le=100_000)
    link_days: int = Field(default=14, ge=1, le=60)
    page_words: Text = "We will ring you back on a weekday."

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

    @property
    def lead_to_a_page(self) -> bool:
        """Whether some text holds the address of the caller's own page."""
        return any(OWN_LINK in words for words in self.all_words().values())

    def words(self, purpose: Purpose, reference: str, time: str = "") -> str:
        """The words for one caller, with `{link}` as it is: a link is made when the text is sent."""
        words = {
            "confirmation": self.confirmation,
            "before_callback": self.before_callback,
            "after_missed_call": self.after_missed_call,
            "unable_to_contact": self.unable_to_contact or "",
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
            "unable_to_contact": self.unable_to_contact,
            "help": self.help,
            "delay": self.delay,
        }
        return {name: words for name, words in sent.items() if words}
