"""The caller's form: what may be chosen on one line just now, and what was chosen, in the house's terms and in words.

Every question may be left out. Days and times are offered as lists, so that nothing has to be typed on an old phone;
only times at which the line rings back are offered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from pydantic import ValidationError

from advice_line import taxonomy
from advice_line.clock import from_london, london_date
from advice_line.enquiries.said import LONGEST_WORDS, Said
from advice_line.lines.configuration import WeeklyHours
from advice_line.lines.directory import Line
from advice_line.pages import london
from advice_line.pages.csrf import Fields
from advice_line.pages.forms import Form
from advice_line.taxonomy import OUR_LANGUAGE
from advice_line.telephone import numbers

DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday"}
ANY_TIME, BETWEEN, TERM_TIME = "pref_any_time", "between", "pref_term_time_only"
WORKING_DAYS_AHEAD = 20
STEP = timedelta(minutes=15)
NEEDS = {
    "relay_uk": "I use Relay UK or a textphone",
    "bsl": "British Sign Language interpreter",
    "text_or_email_only": "Text message or email instead of a call",
    "large_print": "Large print",
    "easy_read": "Easy read",
    "braille": "Braille",
    "audio": "Audio",
    "speech_difference": "Time to speak, for example because I stammer",
    "advocate": "Somebody who supports me on the call",
}
NOTHING = "Choose or write at least one thing, then send it"
NO_EXTENSION = "Leave out the extension, and tell us in the last box whom to ask for"
FIELDS = {"contact_times": "when", "days": "not_before", "number": "number", "words": "words"}


@dataclass(frozen=True)
class Offer:
    """What may be chosen: keys with their words, in order."""

    earliest: str
    latest: str
    when: Mapping[str, str]
    days: Mapping[str, str]
    clock: Mapping[str, str]
    dates: Mapping[str, str]
    languages: Mapping[str, str]

    @classmethod
    def of(cls, line: Line, now: datetime) -> Self:
        """What this line's callers may choose at this moment."""
        today = london_date(now)
        windows = [hours for hours in line.configuration.callback_windows if not _is_over(hours, today)]
        start, end = min(hours.start for hours in windows), max(hours.end for hours in windows)
        ringing = {day.value for hours in windows for day in hours.days}
        return cls(
            earliest=f"{start:%H:%M}",
            latest=f"{end:%H:%M}",
            when=_times_of_day(start, end, today),
            days={key: label for key, label in DAYS.items() if key in ringing},
            clock={f"{at:%H:%M}": _words(at, today) for at in _quarters(start, end, today)},
            dates=_dates(line, today),
            languages={key: one.label for key, one in taxonomy.LANGUAGES.items() if key != OUR_LANGUAGE},
        )


class CallerForm(Form):
    """What a caller told us. `said` is None while there is a fault, or nothing was posted."""

    def __init__(self, posted: Fields | None, offer: Offer) -> None:
        super().__init__(posted)
        self.offer = offer
        self.said: Said | None = None
        self.days = self.choices("days", offer.days)
        self.when = self._when()
        given = {
            "contact_times": self._times(),
            "days": self._first_and_last(),
            "language": self._last("language") if self._last("language") in offer.languages else None,
            "needs": self.choices("needs", NEEDS),
            "number": self._number(),
            "words": self.text("words", longest=LONGEST_WORDS),
        }
        if not self.faults and not any(given.values()):
            self.add("when", NOTHING)
        if posted is not None and not self.faults:
            self._read(given)

    def in_words(self) -> list[str]:
        """What was noted, as its caller is told."""
        told = [self._when_in_words() if self.when else "", *self._dates_in_words()]
        if self.said is not None:
            told += [f"An interpreter: {self.offer.languages[self.said.language]}." if self.said.language else ""]
            told += [f"{NEEDS[need]}." for need in self.said.needs]
            told += [f"We will ring the number that ends in {self.said.number[-3:]}." if self.said.number else ""]
            told += ["What you wrote. Somebody will read it." if self.said.words else ""]
        return [sentence for sentence in told if sentence]

    def _read(self, given: dict[str, Any]) -> None:
        try:
            self.said = Said.model_validate(given)
        except ValidationError as error:
            for fault in error.errors():
                self.add(FIELDS.get(str(fault["loc"][0]), "when"), "Check what you gave here")

    def _when(self) -> str:
        chosen, span = self._last("when"), self._last("time_from") or self._last("time_to")
        if chosen not in self.offer.when:
            chosen = BETWEEN if span else ""
        if span and chosen != BETWEEN:
            self.add("when", "Choose a time of day or two times, not both")
        if not chosen and (self.days or self._last("term_time")):
            self.add("when", "Choose a time of day too")
        return chosen

    def _times(self) -> list[object] | None:
        if not self.when:
            return None
        times = [self._span_or_key()]
        return [*times, TERM_TIME] if self._last("term_time") else times

    def _span_or_key(self) -> object:
        if self.when == BETWEEN:
            return self._between()
        if not self.days:
            return self.when
        preference = taxonomy.CONTACT_PREFERENCES[self.when]
        start = max(f"{preference.start:%H:%M}" if preference.start else "", self.offer.earliest)
        end = min(f"{preference.end:%H:%M}" if preference.end else "24", self.offer.latest)
        return {"from": start, "to": end, "days": self.days}

    def _between(self) -> object:
        start = self.choice("time_from", self.offer.clock, missing="Choose the time from which we may ring")
        end = self.choice("time_to", self.offer.clock, missing="Choose the time until which we may ring")
        if start and end and end <= start:
            self.add("time_to", "Choose a later time here than in the list before")
        return {"from": start, "to": end, "days": self.days}

    def _first_and_last(self) -> dict[str, str | None] | None:
        first, last = self._date("not_before"), self._date("not_after")
        if first and last and last < first:
            self.add("not_after", "Choose the same day or a later one than in the list before")
        return {"not_before": first, "not_after": last} if first or last or self.when else None

    def _date(self, field: str) -> str | None:
        chosen = self._last(field)
        if chosen and chosen not in self.offer.dates:
            self.add(field, "Choose a day from the list")
        return chosen or None

    def _number(self) -> str | None:
        typed = self.text("number", longest=40)
        if not typed:
            return None
        try:
            number = numbers.callable_number(typed)
        except ValueError as fault:
            self.add("number", f"{str(fault)[:1].upper()}{str(fault)[1:]}")
            return None
        if numbers.has_extension(typed):
            self.add("number", NO_EXTENSION)
        return number

    def _when_in_words(self) -> str:
        hours = self.offer.when[self.when]
        if self.when == BETWEEN:
            hours = " to ".join(self.offer.clock[self._last(field)] for field in ("time_from", "time_to"))
        days = " or ".join(self.offer.days[day] for day in self.days)
        term = ", in term time only" if self._last("term_time") else ""
        return f"When we may ring: {hours[:1].lower()}{hours[1:]}{f', on {days}' if days else ''}{term}."

    def _dates_in_words(self) -> list[str]:
        named = (("Not before", self._last("not_before")), ("Not after", self._last("not_after")))
        return [f"{which} {self.offer.dates[day]}." for which, day in named if day]


def _is_over(hours: WeeklyHours, today: date) -> bool:
    return hours.valid_to is not None and hours.valid_to < today


def _times_of_day(start: time, end: time, today: date) -> dict[str, str]:
    """Any time, the times of day that overlap with the line's hours, and two times of one's own."""
    hours = f"{_words(start, today)} to {_words(end, today)}"
    offered = {ANY_TIME: f"Any time, {hours}"}
    for key, preference in taxonomy.CONTACT_PREFERENCES.items():
        names_hours = preference.start or preference.end
        if names_hours and (preference.start or time.min) < end and (preference.end or time.max) > start:
            offered[key] = preference.label
    return {**offered, BETWEEN: "Between two times, which I choose below"}


def _quarters(start: time, end: time, today: date) -> Sequence[time]:
    first, last = datetime.combine(today, start), datetime.combine(today, end)
    return [(first + STEP * n).time() for n in range(int((last - first) / STEP) + 1)]


def _dates(line: Line, today: date) -> dict[str, str]:
    """The next working days on which somebody may ring."""
    days, day = dict[str, str](), today
    for _ in range(WORKING_DAYS_AHEAD):
        day = line.service.calendar.next_working_day(day)
        days[day.isoformat()] = f"{day:%A} {day.day} {day:%B}"
    return days


def _words(at: time, today: date) -> str:
    return london.clock_time(from_london(today, at))
