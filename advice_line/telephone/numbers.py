"""Telephone numbers as the network shows them: what it puts for a withheld one, and how people read the others.

Whatever arrives is stored as it came: the reserved example ranges are “invalid” to the numbering library, and a real
caller's number must never be refused for its form. Only numbers that we are to ring are checked (lines/numbers).
"""

import re

import phonenumbers

from advice_line.lines.numbers import COUNTRY_CODE, callable_number, can_be_rung, parse

__all__ = ["as_dialled", "callable_number", "can_be_rung", "display", "shown"]

# What stands in From when a caller withholds the number: words, or the same words spelt on a keypad.
WITHHELD_WORDS = ("anonymous", "unknown", "restricted", "unavailable", "private", "withheld")
WITHHELD_DIGITS = frozenset({"+266696687", "266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"})

# Mobiles alone: a text to a landline is read aloud to whoever answers. 070 and 076 are personal and pager numbers.
TEXTABLE = r"^\+447[1-57-9][0-9]{8}$"


def shown(raw: str) -> str | None:
    """The caller's number as the network gave it, or None when it was withheld or is no number."""
    value = raw.strip()
    if value in WITHHELD_DIGITS or any(word in value.lower() for word in WITHHELD_WORDS):
        return None
    return value if re.fullmatch(r"\+?\d{3,20}", value) else None


def can_be_texted(number: str | None) -> bool:
    """Whether a number (+44…) is a UK mobile."""
    return number is not None and re.match(TEXTABLE, number) is not None


def has_extension(raw: str) -> bool:
    """Whether a number that a person typed goes on with an extension, which nobody can dial for us."""
    parsed = parse(raw)
    return parsed is not None and bool(parsed.extension)


def as_dialled(raw: str) -> str:
    """The E.164 form of a number that a person typed; unchanged when it is none."""
    parsed = parse(raw)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if parsed else raw


def display(number: str) -> str:
    """A number as people read it, in national form for the UK."""
    parsed = parse(number)
    if parsed is None:
        return number
    national = parsed.country_code == COUNTRY_CODE
    style = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)
