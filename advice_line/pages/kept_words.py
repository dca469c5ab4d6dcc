"""Kept words: what somebody typed stays on their screen although it cannot be saved, as their sign-in has run out.

Shown again to the browser that sent it, and to no other: a page of somebody else's that posts to us gets none of this.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from fastapi import Request
from fastapi.responses import Response

from advice_line import drafts
from advice_line.pages import csrf
from advice_line.pages.csrf import Fields
from advice_line.pages.door import door_of
from advice_line.pages.screen import Shown
from advice_line.staff import ServiceNotChosen

# Whatever else is posted with these is not kept.
FIELDS = (
    "outcome",
    "topic",
    "advice_details",
    "tier",
    "route",
    "who_will_send",
    "phase",
    "agreement",
    "note",
    "by_writing",
    drafts.PAGE,
    drafts.CHANGES,
)
FORM = re.compile(r"(/enquiries/[A-Z]{1,4}-[0-9]{6,18}/outcome)(?:/draft)?")


def typed(posted: Fields) -> dict[str, list[str]]:
    """What was typed or chosen in the outcome's form."""
    return {name: values for name in FIELDS if (values := [_storable(value) for value in posted.getlist(name)])}


def fields(kept: Mapping[str, Sequence[str]]) -> Fields:
    """The same as a form has it."""
    return Fields([*_pairs(kept)])


def answer(request: Request, error: Exception) -> Response | None:
    """The words with what to do now; None when the request brought none, or did not come from our own page."""
    form, door = FORM.fullmatch(request.url.path), door_of(request)
    posted: Fields | None = getattr(request.state, "posted", None)
    if request.method != "POST" or form is None or not posted or not csrf.is_from_here(request, door):
        return None
    screen = Shown(request, door, getattr(request.state, "visitor", None))
    status = getattr(error, "status", 401)
    because = {"is_signed_in": isinstance(error, csrf.Stale), "is_to_choose": isinstance(error, ServiceNotChosen)}
    if "hx-request" in request.headers:
        return screen.show("draft.html", status=status, is_unsaved=True, **because)
    kept = typed(posted)
    note = "\n".join(kept.pop("note", []))
    return screen.show("kept_words.html", status=status, outcome=form[1], note=note, others=[*_pairs(kept)], **because)


def _pairs(kept: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    for name, values in kept.items():
        for value in values:
            yield name, value


def _storable(value: str) -> str:
    # PostgreSQL cannot hold the one character, and browsers send line ends as printers want them.
    return value.replace("\x00", "").replace("\r\n", "\n")
