"""Forms: a class for each reads what was posted into values, or into faults that name their fields.

    class NoteForm(Form):
        def __init__(self, posted: Fields | None = None) -> None:
            super().__init__(posted)
            self.note = self.text("note", missing="Enter a note")

    form = NoteForm(posted)
    if form.faults: return screen.show("note.html", status=422, form=form)

In the template: `{{ error_summary(form) }}`, and `form.shown("note")`, `form.fault("note")` for the component.
"""

from collections.abc import Collection
from datetime import date, time
from typing import TypedDict

from advice_line.errors import Fault, Malformed
from advice_line.pages.csrf import Fields

LONGEST = 2_000


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
        """A time of day on London's clocks as browsers send one, 09:30; None when it was left empty."""
        value = self.text(field, missing=missing, longest=8)
        try:
            return time.fromisoformat(value).replace(tzinfo=None) if value else None
        except ValueError:
            self.add(field, "Enter a time on the 24-hour clock, such as 09:30")
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
