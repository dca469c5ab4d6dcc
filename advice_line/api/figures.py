"""Figures for programs: volume, measures and the ledger."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from advice_line.api import shapes
from advice_line.api.asker import FigureReader, ForReports, Parts
from advice_line.api.paging import Cursor, Limit, cursor, place
from advice_line.reports import ledger, measures, volume
from advice_line.reports.period import Period

router = APIRouter(prefix="/v1", tags=["figures"])
From = Annotated[date, Query(alias="from", description="The first London day.")]
To = Annotated[date, Query(description="The last London day, included.")]


@router.get("/reports/volume")
def show_volume(session: ForReports, who: FigureReader, from_: From, to: To, by: volume.By = "day") -> shapes.VolumeOut:
    """Calls, messages and enquiries of a period, by time or by what they were about."""
    rows = volume.volume(session, who.service.id, Period(from_, to), by)
    return shapes.VolumeOut(rows=[shapes.VolumeRow.model_validate(row, from_attributes=True) for row in rows])


@router.get("/reports/measures")
def show_measures(session: ForReports, who: FigureReader, parts: Parts, from_: From, to: To) -> shapes.MeasuresOut:
    """The defined measures of a period, with their denominators."""
    found = measures.measures(session, who.service, Period(from_, to), parts.now())
    return shapes.MeasuresOut(
        measures=[shapes.MeasureOut.model_validate(measure, from_attributes=True) for measure in found]
    )


@router.get("/ledger")
def show_ledger(
    session: ForReports,
    who: FigureReader,
    parts: Parts,
    from_: From,
    to: To,
    limit: Limit = 200,
    cursor_: Annotated[Cursor, Query(alias="cursor")] = None,
) -> shapes.LedgerOut:
    """Every call and recording of a period with its one end state, and those not accounted for."""
    after = place(cursor_, 1)[0] if cursor_ is not None else None
    page = ledger.page(session, who.service.id, Period(from_, to), limit, after)
    missing = ledger.unaccounted(session, who.service.id, parts.now())
    return shapes.LedgerOut(
        items=[shapes.LedgerItem.model_validate(item, from_attributes=True) for item in page.items],
        unaccounted=missing,
        next_cursor=cursor(page.next_cursor) if page.next_cursor else None,
    )
