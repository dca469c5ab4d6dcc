"""The sound of a message in the browser: from our own store, by byte ranges, every play on the audit trail."""

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from advice_line import recordings
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Clinician
from advice_line.pages.screen import InService

pages = APIRouter()


@pages.get("/messages/{message}/audio")
def play(message: int, request: Request, who: Clinician, session: InService, door: InDoor) -> Response:
    asked = request.headers.get("range")
    sound = recordings.play(session, door.vault, who.service_id, message, asked, who.actor, door.now())
    return StreamingResponse(sound.chunks, sound.status, sound.headers, media_type=sound.content_type)
