"""Forms: a class for each reads what was posted into values, or into faults that name their fields.

    class NoteForm(Form):
        def __init__(self, posted: Fields | None = None) -> None:
            super().__init__(posted)
            self.note = self.text("note", missing="Enter a note")

    form = NoteForm(posted)
    if form.faults: return screen.show("note.html", status=422, form=form)

In the template: `{{ error_summary(form) }}`, and `form.shown("note")`, `form.fault("note")` for the component.
"""

import re
from collections.abc import Collection
from datetime import date, time
from typing import TypedDict

from advice_line.errors import Fault, Malformed
from advice_line.pages.csrf import Fields

LONGEST = 2_000
SPOKEN_TIME = re.compile(r"(1[0-2]|0?[1-9])(?:[:.]([0-5][0-9]))? ?([ap])\.?m\.?", re.IGNORECASE)


class Linked(TypedDict):
    """One line of the error summary."""

    text: str
    href: str


class Text(TypedDict):
    """An error message beside its field."""

    text: str


class Form:
    """The parent of every form. Made without what was posted, it is empty and has no faults."""

    def __init__(self, posted: Fields | None = None) -> None:
        self.posted = posted
        self.faults: list[Fault] = []

    def text(self, field: str, *, missing: str | None = None, longest: int = LONGEST) -> str:
        """What was typed, without outer spaces. `missing` is the sentence when nothing was; None: it may be empty."""
        value = self.shown(field).replace("\x00", "").replace("\r\n", "\n").strip()
        if missing and not value:
            self.add(field, missing)
        if len(value) > longest:
            self.add(field, f"Enter {longest:,} characters or fewer")
        return value

    def secret(self, field: str, *, missing: str) -> str:
        """What was typed, to the letter: a password."""
        value = self._last(field)
        if not value:
            self.add(field, missing)
        return value

    def choice(self, field: str, among: Collection[str], *, missing: str) -> str:
        """One of the offered keys; anything else counts as nothing chosen."""
        value = self._last(field)
        if value in among:
            return value
        self.add(field, missing)
        return ""

    def choices(self, field: str, among: Collection[str]) -> list[str]:
        """The offered keys that were ticked, in the order offered."""
        ticked = set(self.posted.getlist(field)) if self.posted else set()
        return [key for key in among if key in ticked]

    def day(self, field: str, *, missing: str | None = None) -> date | None:
        """A day as browsers send one, 2026-11-17; None when it was left empty."""
        value = self.text(field, missing=missing, longest=10)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.add(field, "Enter a day such as 2026-11-17")
            return None

    def clock(self, field: str, *, missing: str | None = None) -> time | None:
        """A time of day on London's clocks, as browsers send one (09:30) or as people write one (9.30am, 2pm).

        None when it was left empty.
        """
        value = self.text(field, missing=missing, longest=10)
        try:
            return _time_of_day(value) if value else None
        except ValueError:
            self.add(field, "Enter a time such as 09:30 or 2pm")
            return None

    def add(self, field: str, sentence: str) -> None:
        """Note a fault; an empty form has none."""
        if self.posted is not None:
            self.faults.append(Fault(field, sentence))

    def take(self, refusal: Malformed) -> None:
        """Note the faults that a rule of the house found."""
        self.faults.extend(refusal.faults)

    def shown(self, field: str) -> str:
        """What to put back into the field. Secrets are never put back: templates do not ask for them."""
        return self._last(field)

    def fault(self, field: str) -> Text | None:
        """The first error message of a field, for its component."""
        return next((Text(text=fault.sentence) for fault in self.faults if fault.field == field), None)

    def summary(self) -> list[Linked]:
        """The lines of the error summary, each a link to its field: the component of a field has the field's id."""
        return [Linked(text=fault.sentence, href=f"#{fault.field}") for fault in self.faults]

    def _last(self, field: str) -> str:
        return self.posted.get(field, "") if self.posted else ""


def _time_of_day(written: str) -> time:
    spoken = SPOKEN_TIME.fullmatch(written)
    if spoken is None:
        return time.fromisoformat(written.replace(".", ":")).replace(tzinfo=None)
    hour, minutes, half = spoken.groups()
    return time(int(hour) % 12 + (12 if half in "pP" else 0), int(minutes or 0))
