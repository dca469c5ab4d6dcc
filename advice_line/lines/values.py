"""Values: how each kind of word or figure in a configuration is written, and what it becomes.

The sentence of a ValueError goes on from the name of its field, unless it begins with a capital letter.
"""

import re
from collections.abc import Mapping
from datetime import date, time
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer
from pydantic_core import PydanticCustomError

from advice_line.lines.numbers import read_mobile, read_number, read_rung_number
from advice_line.taxonomy import LANGUAGES, REFERRAL_ROUTES, SETTINGS, TOPICS, Choice
from advice_line.working_time import Weekday

LONGEST_TEXT = 200
LONGEST_SPOKEN = 4000  # the network speaks at most 4,096 characters in one go
PRIVACY = "{privacy}"
PLACEHOLDER = re.compile(r"\{[^{}]*\}|[{}]")
# The British voices of the telephone network, each with its kinds: callers of an NHS line hear no other accent.
VOICES = frozenset(
    {
        "Polly.Amy",
        "Polly.Amy-Neural",
        "Polly.Amy-Generative",
        "Polly.Arthur-Neural",
        "Polly.Brian",
        "Polly.Brian-Neural",
        "Polly.Emma",
        "Polly.Emma-Neural",
    }
)
SOUND_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,95}\.(wav|mp3)")
WORKING_DAYS = ("mon", "tue", "wed", "thu", "fri")


class Part(BaseModel):
    """A part of a configuration: it cannot be changed, and knows no fields but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def clash(field: str, sentence: str) -> PydanticCustomError:
    """Fields of one part that do not agree: `field` is the one to change."""
    return PydanticCustomError("clash", "{sentence}", {"field": field, "sentence": sentence})


def matching(pattern: str, sentence: str) -> AfterValidator:
    """Text of a certain form; `sentence` says which."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _known(choices: Mapping[str, Choice]) -> AfterValidator:
    # People write what they know: a word close to a key, or the label itself ("Polish" for pl).
    written = {key: key for key in choices} | {choice.label.lower(): key for key, choice in choices.items()}

    def check(value: str) -> str:
        if value in choices:
            return value
        near = get_close_matches(value.lower(), written, n=1)
        hint = f"did you mean {written[near[0]]}?" if near else f"choose from {', '.join(choices)}"
        raise ValueError(f"may not name {value}: {hint}")

    return AfterValidator(check)


def _one_line(value: str) -> str:
    text = " ".join(value.split())
    if not text:
        raise ValueError("must not be empty")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"must be at most {LONGEST_TEXT} characters long")
    return text


def _spoken(value: str) -> str:
    text = " ".join(value.split())
    if not text:
        raise ValueError("must not be empty: write what callers hear")
    if len(text) > LONGEST_SPOKEN:
        raise ValueError(f"has {len(text):,} characters: callers can be told at most {LONGEST_SPOKEN:,} at a time")
    if any(found != PRIVACY for found in PLACEHOLDER.findall(text)):
        raise ValueError(f"may hold no curly brackets but {PRIVACY}, which becomes the spoken privacy address")
    return text


def _british(value: str) -> str:
    if value not in VOICES:
        raise ValueError(f"must be a British voice: {', '.join(sorted(VOICES))}")
    return value


def _wall_time(value: object) -> object:
    return _written(value, r"([01]\d|2[0-3]):[0-5]\d", "must be a time on the 24-hour clock, such as 09:00 or 14:30")


def _iso_date(value: object) -> object:
    return _written(value, r"\d{4}-\d\d-\d\d", "must be a date written year-month-day, such as 2026-12-24")


def _working_day(value: object) -> object:
    # Working days are Monday to Friday everywhere: hours on a Saturday would never be open.
    return _written(value, "|".join(WORKING_DAYS), f"must name days out of {', '.join(WORKING_DAYS)}")


def _written(value: object, pattern: str, sentence: str) -> object:
    if isinstance(value, str) and not re.fullmatch(pattern, value.strip()):
        raise ValueError(sentence)
    return value


Key = Annotated[
    str, matching(r"[a-z][a-z0-9_]{0,59}", "must be a key: small letters, digits and _, beginning with a letter")
]
Text = Annotated[str, AfterValidator(_one_line)]
Spoken = Annotated[str, AfterValidator(_spoken)]
Number = Annotated[str, AfterValidator(read_number)]
RungNumber = Annotated[str, AfterValidator(read_rung_number)]
Mobile = Annotated[str, AfterValidator(read_mobile)]
Email = Annotated[
    str,
    matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address such as name@example.nhs.uk"),
    AfterValidator(str.lower),
]
Voice = Annotated[str, AfterValidator(_british)]
SoundFile = Annotated[str, matching(SOUND_FILE.pattern, "must name a file beside this one that ends in .wav or .mp3")]
Link = Annotated[str, matching(r"https://\S+", "must be an address that begins with https://")]
WallTime = Annotated[time, BeforeValidator(_wall_time), PlainSerializer(lambda wall: f"{wall:%H:%M}")]
Day = Annotated[date, BeforeValidator(_iso_date)]
WorkingDay = Annotated[Weekday, BeforeValidator(_working_day)]
Topic = Annotated[str, _known(TOPICS)]
Setting = Annotated[str, _known(SETTINGS)]
Route = Annotated[str, _known(REFERRAL_ROUTES)]
Language = Annotated[str, _known(LANGUAGES)]
