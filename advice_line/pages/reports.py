"""Reports for the service lead: what waits now, how many, how fast, and how they ended; each figure with its table."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from advice_line import alarms
from advice_line.alarms import Alarm
from advice_line.callbacks import attempt as attempts
from advice_line.callbacks import handing_on
from advice_line.callbacks.record import therapists_by_id
from advice_line.clock import london_date
from advice_line.errors import Fault, Malformed
from advice_line.lines import rota
from advice_line.lines.directory import Service
from advice_line.pages import alerts as alerts_shown
from advice_line.pages import charts
from advice_line.pages import standards as standards_shown
from advice_line.pages import turns as turns_shown
from advice_line.pages.door import InDoor
from advice_line.pages.forms import Form
from advice_line.pages.guard import Lead
from advice_line.pages.screen import ForReports, Screen
from advice_line.reports import measures, telephony, volume, waiting, week_ahead
from advice_line.reports.ledger import unaccounted
from advice_line.reports.period import Period

pages = APIRouter()
USUAL = timedelta(days=27)
# How long after a call its result may be missing before the lead is told.
TIME_TO_WRITE_UP = timedelta(hours=1)
BY = {
    "day": "day", "week": "week", "month": "month", "hour": "hour of the day", "weekday": "day of the week",
    "role": "caller", "topic": "topic", "setting": "setting", "outcome": "outcome",
}  # fmt: skip


class PeriodForm(Form):
    """The period and the breakdown that the reader chose; the last four weeks by day when nothing was."""

    def __init__(self, query: QueryParams, today: date) -> None:
        super().__init__(None)
        self.by: volume.By = next((key for key in volume.CHOICES if key == query.get("by")), "day")
        self.first, self.last = today - USUAL, today
        self.period = Period(self.first, self.last)
        try:
            self.first = date.fromisoformat(query.get("from") or self.first.isoformat())
            self.last = date.fromisoformat(query.get("to") or self.last.isoformat())
            self.period = Period(self.first, self.last)
        except Malformed as refusal:
            self.take(refusal)
        except ValueError:
            self.take(Malformed([Fault("from", "Enter days such as 2026-11-17")]))


@pages.get("/reports")
def show(request: Request, who: Lead, session: ForReports, screen: Screen, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    form = PeriodForm(request.query_params, london_date(now))
    rows = volume.volume(session, who.service_id, form.period, form.by)
    hours = volume.volume(session, who.service_id, form.period, "hour")
    ends = volume.volume(session, who.service_id, form.period, "outcome")
    return screen.show(
        "reports.html",
        status=422 if form.faults else 200,
        form=form,
        by=BY,
        waiting=waiting.waiting(session, who.service_id, now),
        unaccounted=len(unaccounted(session, who.service_id, now)),
        alerts=alerts_shown.standing(session, service),
        listening=turns_shown.coming(session, service, now),
        standards=standards_shown.close_to_breaking(session, service, now),
        alarms=[_alarm(service, alarm) for alarm in alarms.still_open(session, who.service_id)],
        ahead=week_ahead.ahead(session, service, now),
        ill=[
            (one, rota.by_id(session, service.id, one.therapist_id).name, without)
            for one, without in handing_on.ill_now(session, service.id, now)
        ],
        not_written_up=_not_written_up(session, service, now),
        measures=measures.measures(session, service, form.period, now),
        telephony=telephony.telephony(session, who.service_id, form.period),
        rows=rows,
        total=volume.total(rows),
        hours=hours,
        ends=[row for row in ends if row.enquiries],
        chart=charts.bars(f"Calls by {BY[form.by]}", [(_short(row), row.calls) for row in rows]),
        hours_chart=charts.bars("Calls by hour of the day", [(row.key, row.calls) for row in hours]),
    )


@pages.get("/reports/volume.csv")
def download(request: Request, who: Lead, session: ForReports, door: InDoor) -> Response:
    form = PeriodForm(request.query_params, london_date(door.now()))
    if form.faults:
        raise Malformed(form.faults)
    rows = volume.volume(session, who.service_id, form.period, form.by)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["key", "label", "calls", "messages", "enquiries"])
    writer.writerows([row.key, row.label, row.calls, row.messages, row.enquiries] for row in rows)
    return _csv(text.getvalue(), f"volume-by-{form.by}-{form.first}-to-{form.last}.csv")


@pages.get("/reports/measures.csv")
def download_measures(request: Request, who: Lead, session: ForReports, door: InDoor) -> Response:
    service, now = door.directory().service_by_id(who.service_id), door.now()
    form = PeriodForm(request.query_params, london_date(now))
    if form.faults:
        raise Malformed(form.faults)
    names = ["key", "label", "definition", "numerator", "denominator", "value", "unit"]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for measure in measures.measures(session, service, form.period, now):
        writer.writerow([getattr(measure, name) for name in names])
    return _csv(text.getvalue(), f"measures-{form.first}-to-{form.last}.csv")


def _not_written_up(session: Session, service: Service, now: datetime) -> list[dict[str, Any]]:
    """Calls that were over long ago, and whose enquiries wait for somebody to say what came of them."""
    therapists = therapists_by_id(session, service.id)
    return [
        {
            "reference": service.configuration.reference(one.enquiry_id),
            "at": one.call_ended_at or one.at,
            "by": therapists[one.therapist_id].name if one.therapist_id else "somebody who is not on the rota",
        }
        for one in attempts.not_written_up(session, service.id, now - TIME_TO_WRITE_UP)
    ]


def _alarm(service: Service, alarm: Alarm) -> dict[str, Any]:
    line = service.lines.get(alarm.subject)
    return {
        "title": alarm.words.title + (f": {line.label}" if line else ""),
        "advice": alarm.words.advice,
        "since": alarm.since,
        "told_at": alarm.told_at,
        "mail_problem": alarm.mail_problem,
    }


def _csv(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _short(row: volume.Row) -> str:
    return row.key[5:] if row.key[:2] == "20" else row.label.split(":")[0][:14]
