"""The week ahead for the lead: work against rota time for ten working days, drawn and in figures."""

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line.pages import charts, rota_shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Lead
from advice_line.pages.screen import ForReports, ReportScreen
from advice_line.reports import week_ahead
from advice_line.reports.arrivals import Arrivals, Basis
from advice_line.reports.seasons import Season

pages = APIRouter()
NO_HISTORY = "Nothing, because there are no earlier weeks to learn from."
NO_CALENDAR = ", school holidays or not, because the configuration has no term calendar"
WEEKS = {Season.TERM: "term week", Season.HOLIDAY: "school holiday week", None: "week"}


@pages.get("/rota/ahead")
def show(who: Lead, session: ForReports, screen: ReportScreen, door: InDoor) -> Response:
    service = door.directory().service_by_id(who.service_id)
    found = week_ahead.ahead(session, service, door.now())
    figures = [(f"{day.day:%a} {day.day.day}", day.work, day.on_rota) for day in found.days]
    return screen.show(
        "week_ahead.html",
        ahead=found,
        days=[(day, rota_shown.spans(day.uncovered)) for day in found.days],
        chart=charts.bars_with_limits("Minutes of work each day, with a mark at the rota’s minutes", figures),
        capacity=service.configuration.capacity,
        based_on=based_on(found.arrivals, [day.day for day in found.days]),
        coming=[(day.day, found.arrivals.expected(day.day)) for day in found.days],
    )


def based_on(arrivals: Arrivals, days: Sequence[date]) -> str:
    """What the expectation for these days rests on, in one sentence."""
    # Each season once, in the order of its first day.
    met = dict.fromkeys(arrivals.seasons.of(day) for day in days)
    bases = {season: arrivals.bases.get(season) or arrivals.bases.get(None) for season in met}
    if not all(bases.values()):
        return NO_HISTORY
    if not arrivals.seasons.calendars:
        return f"Days are compared with such days of {_past(bases[None])}{NO_CALENDAR}."
    said = "; ".join(_compared(season, basis) for season, basis in bases.items() if basis)
    return f"{said[:1].upper()}{said[1:]}."


def _compared(season: Season | None, basis: Basis) -> str:
    if season is None:
        return f"weeks that the term calendar does not cover are compared with {_past(basis)} of any kind"
    kind = f"{WEEKS[season]}s"
    if basis.season is season:
        return f"{kind} are compared with {_past(basis)}"
    return f"{kind} are compared with {_past(basis)} of any kind, as there are too few {kind} to learn from"


def _past(basis: Basis | None) -> str:
    weeks, name = (basis.weeks, WEEKS[basis.season]) if basis else (0, WEEKS[None])
    return f"the last {name}" if weeks == 1 else f"the last {weeks} {name}s"
