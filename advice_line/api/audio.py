"""Recordings for programs: streamed from our own store, by byte ranges; every play is on the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from advice_line import recordings
from advice_line.api.asker import Clinician, InService, Parts

router = APIRouter(prefix="/v1/messages", tags=["messages"])
SENT = {200: "The whole recording.", 206: "The range of it that was asked for."}


@router.get(
    "/{message}/audio",
    response_class=StreamingResponse,
    responses={status: {"description": what, "content": {"audio/wav": {}}} for status, what in SENT.items()},
)
def play(
    message: int,
    session: InService,
    who: Clinician,
    parts: Parts,
    range_: Annotated[str | None, Header(alias="range")] = None,
) -> StreamingResponse:
    """The sound of a message as WAV."""
    sound = recordings.play(session, parts.vault, who.service.id, message, range_, who.actor, parts.now())
    return StreamingResponse(sound.chunks, sound.status, sound.headers, media_type=sound.content_type)
