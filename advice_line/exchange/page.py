"""`/practice-phone`: a telephone in the browser. The page is static; its script talks to the practice routes."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

router = APIRouter()
static = StaticFiles(directory=FOLDER)


@router.get("/practice-phone")
async def practice_phone() -> FileResponse:
    """The telephone."""
    return FileResponse(FOLDER / "practice-phone.html", headers=HEADERS)


@router.get("/")
async def front() -> RedirectResponse:
    """Whoever opens the exchange in a browser wants the telephone."""
    return RedirectResponse("/practice-phone")
