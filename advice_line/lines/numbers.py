"""Telephone numbers: read as people write them, kept in the international form (+44…), and which of them we may ring.

The one place that knows the ranges. Reserved numbers, which ring nobody, are welcome in examples although the
numbering library calls some of them invalid. Numbers that cost callers more than a local call are refused (domain rule
R17: no premium numbers in the NHS), and nothing but ordinary UK numbers is ever rung: a callback number is typed or
dialled in by strangers, and a fraudster's would be a dear one.
"""

import re

import phonenumbers

COUNTRY = "GB"
COUNTRY_CODE = 44
WRITTEN = re.compile(r"\+?[0-9 ().\-]+")
# Set aside by Ofcom for made-up people: 07700 900000 to 900999 and 01632 960000 to 960999.
RESERVED = re.compile(r"\+44(?:7700900|1632960)\d{3}")
# Personal (070), pagers (076, but 07624 are mobiles of the Isle of Man), 084, 087 and 09.
DEAR = re.compile(r"\+44(?:70|76(?!24)|84|87|9)\d{5,}")
# 01, 02, 03 and 07 without 070 and 076: landlines, numbers charged like them, and mobiles.
# 070 and 076 are personal and pager numbers.
MOBILE = re.compile(r"\+447[1-57-9]\d{8}")
ORDINARY = re.compile(r"\+44(?:1\d{8,9}|2\d{9}|3\d{9}|7[1-57-9]\d{8}|7624\d{6})")


def parse(written: str) -> phonenumbers.PhoneNumber | None:
    """What the numbering library makes of it, as written in the United Kingdom; None when it is no number."""
    try:
        return phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return None


def read_number(written: str) -> str:
    """A number of a configuration as +44…; a ValueError says what it must be."""
    number = parse(written) if WRITTEN.fullmatch(written) else None
    if number is None or number.country_code != COUNTRY_CODE or number.extension:
        raise ValueError("must be a United Kingdom telephone number such as 01632 960123")
    e164 = _e164(number)
    if DEAR.match(e164):
        raise ValueError("must not be a number that costs more than a local call (070, 076, 084, 087, 09)")
    if not (is_reserved(e164) or phonenumbers.is_valid_number(number)):
        raise ValueError("is not a telephone number that is in use: check its digits")
    return e164


def read_rung_number(written: str) -> str:
    """A number of a configuration that we are to ring, as +44…; a ValueError says what it must be."""
    e164 = read_number(written)
    if not may_be_rung(e164):
        raise ValueError("must be an ordinary landline or mobile number (01, 02, 03 or 07), because we ring it")
    return e164


def read_mobile(written: str) -> str:
    """A number of a configuration that we are to text, as +44…; a ValueError says what it must be."""
    e164 = read_number(written)
    if not MOBILE.fullmatch(e164):
        raise ValueError("must be a United Kingdom mobile number such as 07700 900123, because we text it")
    return e164


def callable_number(raw: str) -> str:
    """The number in E.164 form if we may ring it; ValueError with a sentence if not."""
    parsed = parse(raw)
    if parsed is None:
        raise ValueError("this is not a phone number: write it as 01632 960123 or +44 1632 960123")
    e164 = _e164(parsed)
    if not may_be_rung(e164):
        raise ValueError("we can ring only ordinary UK landline and mobile numbers")
    return e164


def can_be_rung(raw: str) -> bool:
    """Whether a number, in whatever form, is one that we may ring."""
    try:
        callable_number(raw)
    except ValueError:
        return False
    return True


def may_be_rung(e164: str) -> bool:
    """Whether it is an ordinary UK number in E.164 form: asked once more of every number as it is dialled."""
    return ORDINARY.fullmatch(e164) is not None


def is_reserved(e164: str) -> bool:
    """Whether it is one of the numbers kept for examples: nobody answers it."""
    return RESERVED.fullmatch(e164) is not None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
