"""Bank holidays of each UK nation, worked out offline; domain rule R23 (bank holidays and clocks)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache


class Nation(StrEnum):
    """Whose bank holidays a service keeps; GOV.UK's three lists."""

    ENGLAND_AND_WALES = "england_and_wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


# England's and Wales's bank holidays are the same in law, so either stands for both.
SUBDIVISIONS = {Nation.ENGLAND_AND_WALES: "ENG", Nation.SCOTLAND: "SCT", Nation.NORTHERN_IRELAND: "NIR"}

# The names that GOV.UK prints, where the library has others.
GOV_UK_NAMES = {
    "New Year Holiday": "2nd January",
    "Saint Patrick's Day": "St Patrick's Day",
    "May Day": "Early May bank holiday",
    "Spring Bank Holiday": "Spring bank holiday",
    "Summer Bank Holiday": "Summer bank holiday",
    "Late Summer Bank Holiday": "Summer bank holiday",
    "Saint Andrew's Day": "St Andrew's Day",
}


@cache
def bank_holidays(nation: Nation, year: int) -> frozenset[date]:
    """A nation's bank holidays that fall on weekdays. One that falls on a weekend is here as its substitute day."""
    return frozenset(named_bank_holidays(nation, year))


@cache
def named_bank_holidays(nation: Nation, year: int) -> Mapping[date, str]:
    """The same days with their names: "Summer bank holiday", "Boxing Day (substitute day)"."""
    # Importing the library reads the rules of every country, over a second: not a price to pay before it is needed.
    import holidays  # noqa: PLC0415

    found = holidays.country_holidays("GB", subdiv=SUBDIVISIONS[nation], years=year, language="en_GB")
    return {day: _as_gov_uk_prints(name) for day, name in found.items() if day.weekday() < 5}


def _as_gov_uk_prints(name: str) -> str:
    plain = name.removesuffix(" (observed)")
    substitute = " (substitute day)" if plain != name else ""
    return GOV_UK_NAMES.get(plain, plain) + substitute
