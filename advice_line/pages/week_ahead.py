"""The week ahead for the lead: work against rota time for ten working days, drawn and in figures."""

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line.pages import charts, rota_shown
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Lead
from advice_line.pages.screen import ForReports, ReportScreen
from advice_line.reports import week_ahead

pages = APIRouter()


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
        coming=[
            (name, found.arrivals.by_weekday.get(number, 0.0))
            for number, name in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"))
        ],
    )
