"""Telephone numbers in a configuration: read as people write them, kept in the international form (+44…).

Reserved numbers, which ring nobody, are welcome in examples although libphonenumber calls some of them invalid.
Numbers that cost callers more than a local call are refused (domain rule R17: no premium numbers in the NHS).
"""

import re

import phonenumbers

COUNTRY = "GB"
WRITTEN = re.compile(r"\+?[0-9 ().\-]+")
# Set aside by Ofcom for made-up people: 07700 900000 to 900999 and 01632 960000 to 960999.
RESERVED = re.compile(r"\+44(?:7700900|1632960)\d{3}")
# Personal (070), pagers (076, but 07624 are mobiles of the Isle of Man), 084, 087 and 09.
DEAR = re.compile(r"\+44(?:70|76(?!24)|84|87|9)\d{5,}")


def read_number(written: str) -> str:
    """The number as +44…; a ValueError says what it must be."""
    number = _parsed(written)
    if number is None or number.country_code != 44 or number.extension:
        raise ValueError("must be a United Kingdom telephone number such as 01632 960123")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if DEAR.match(e164):
        raise ValueError("must not be a number that costs more than a local call (070, 076, 084, 087, 09)")
    if not (is_reserved(e164) or phonenumbers.is_valid_number(number)):
        raise ValueError("is not a telephone number that is in use: check its digits")
    return e164


def is_reserved(e164: str) -> bool:
    """Whether it is one of the numbers kept for examples: nobody answers it."""
    return RESERVED.fullmatch(e164) is not None


def _parsed(written: str) -> phonenumbers.PhoneNumber | None:
    if not WRITTEN.fullmatch(written):
        return None
    try:
        return phonenumbers.parse(written, COUNTRY)
    except phonenumbers.NumberParseException:
        return None
