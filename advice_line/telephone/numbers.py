"""Telephone numbers: what the network shows for a withheld one, and which we may ring.

Whatever arrives is stored as it came: the reserved example ranges are “invalid” to the numbering library, and a real
caller's number must never be refused for its form. Only numbers that we are to ring are checked.
"""

import re

import phonenumbers

# What stands in From when a caller withholds the number: words, or the same words spelt on a keypad.
WITHHELD_WORDS = ("anonymous", "unknown", "restricted", "unavailable", "private", "withheld")
WITHHELD_DIGITS = frozenset({"+266696687", "266696687", "+7378742833", "+2562533", "+8656696", "+86282452253", "+464"})
# Ordinary UK landlines, non-geographic and mobile numbers; never premium, personal or pager numbers (domain rule R17).
UK_ORDINARY = re.compile(r"^\+44(1\d{8,9}|2\d{9}|3\d{9}|7[1-57-9]\d{8}|7624\d{6})$")

# Mobiles alone: a text to a landline is read aloud to whoever answers. 070 and 076 are personal and pager numbers.
TEXTABLE = r"^\+447[1-57-9][0-9]{8}$"


def shown(raw: str) -> str | None:
    """The caller's number as the network gave it, or None when it was withheld or is no number."""
    value = raw.strip()
    if value in WITHHELD_DIGITS or any(word in value.lower() for word in WITHHELD_WORDS):
        return None
    return value if re.fullmatch(r"\+?\d{3,20}", value) else None


def callable_number(raw: str) -> str:
    """The number in E.164 form if we may ring it; ValueError with a sentence if not."""
    try:
        parsed = phonenumbers.parse(raw, "GB")
    except phonenumbers.NumberParseException:
        raise ValueError("this is not a phone number: write it as 01632 960123 or +44 1632 960123") from None
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if not UK_ORDINARY.match(number):
        raise ValueError("we can ring only ordinary UK landline and mobile numbers")
    return number


def can_be_texted(number: str | None) -> bool:
    """Whether a number (+44…) is a UK mobile."""
    return number is not None and re.match(TEXTABLE, number) is not None


def as_dialled(raw: str) -> str:
    """The E.164 form of a number that a person typed; unchanged when it is none."""
    try:
        parsed = phonenumbers.parse(raw, "GB")
    except phonenumbers.NumberParseException:
        return raw
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def display(number: str) -> str:
    """A number as people read it, in national form for the UK."""
    try:
        parsed = phonenumbers.parse(number, "GB")
    except phonenumbers.NumberParseException:
        return number
    national = parsed.country_code == 44
    style = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)
