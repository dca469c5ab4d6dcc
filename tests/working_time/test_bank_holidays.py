"""Bank holidays against GOV.UK's own list, of which the package govuk-bank-holidays carries a copy."""

from datetime import date

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays

from advice_line.working_time import Nation, bank_holidays
from advice_line.working_time.bank_holidays import named_bank_holidays

# Proclaimed for Scotland after the copy was made.
NEWER_THAN_THE_COPY = {(Nation.SCOTLAND, 2026): {date(2026, 6, 15)}}

WRITTEN_OUT = """
    2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
    2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
    2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""


@pytest.fixture(scope="module")
def gov_uk() -> BankHolidays:
    return BankHolidays(use_cached_holidays=True)


@pytest.mark.parametrize("year", range(2024, 2029))
@pytest.mark.parametrize("nation", Nation)
def test_bank_holidays_are_gov_uks_in_every_nation(nation: Nation, year: int, gov_uk: BankHolidays) -> None:
    theirs = {holiday["date"] for holiday in gov_uk.get_holidays(nation.replace("_", "-"), year)}
    assert len(theirs) >= 8
    assert bank_holidays(nation, year) == theirs | NEWER_THAN_THE_COPY.get((nation, year), set())


@pytest.mark.parametrize("year", range(2024, 2029))
@pytest.mark.parametrize("nation", Nation)
def test_bank_holidays_have_gov_uks_names(nation: Nation, year: int, gov_uk: BankHolidays) -> None:
    ours = named_bank_holidays(nation, year)
    for holiday in gov_uk.get_holidays(nation.replace("_", "-"), year):
        title = holiday["title"].replace("’", "'").removesuffix(" (Orangemen's Day)")
        substitute = " (substitute day)" if holiday["notes"] == "Substitute day" else ""
        assert ours[holiday["date"]] == title + substitute


def test_england_and_wales_keep_the_24_days_of_2026_to_2028() -> None:
    ours = frozenset[date]().union(*(bank_holidays(Nation.ENGLAND_AND_WALES, year) for year in (2026, 2027, 2028)))
    assert sorted(ours) == [date.fromisoformat(day) for day in WRITTEN_OUT.split()]


def test_a_bank_holiday_on_a_saturday_is_listed_by_its_substitute_monday_alone() -> None:
    days = bank_holidays(Nation.ENGLAND_AND_WALES, 2026)
    assert date(2026, 12, 26) not in days
    assert date(2026, 12, 28) in days
