"""A therapist's calendar, for the calendar program that asks for it: who has its secret address may read it.

No sign-in, no cookie, no page: an address that is unknown, or was revoked, is not there.
"""

import hashlib

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from advice_line import db
from advice_line.callbacks import calendar_feed
from advice_line.pages.door import InDoor
from advice_line.pages.guard import LinkHolder

pages = APIRouter()
KEPT_FOR = "private, max-age=300"  # seconds
ICALENDAR = "text/calendar; charset=utf-8"


@pages.get("/calendar/{secret}.ics")
def show(secret: str, request: Request, _holder: LinkHolder, door: InDoor) -> Response:
    with db.transaction(door.engine, None) as session:
        whose = calendar_feed.whose(session, secret)
    if whose is None:
        return PlainTextResponse("Not found", 404)
    service = door.directory().service_by_id(whose.service_id)
    with db.transaction(door.engine, service.id) as session:
        written = calendar_feed.written(session, service, whose.therapist_id, door.now()).encode()
    etag = f'"{hashlib.sha256(written).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": KEPT_FOR}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(written, headers=headers, media_type=ICALENDAR)
