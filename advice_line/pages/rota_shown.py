"""How the rota is shown: a week of therapists and days, with words for what is out of the ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from advice_line import staff, taxonomy
from advice_line.clock import start_of_day
from advice_line.lines import extra_windows, one_off, rota, rota_event, sites
from advice_line.lines.directory import Service
from advice_line.lines.one_off import OneOffSession
from advice_line.lines.rota import Absence, Therapist
from advice_line.lines.sites import Stay
from advice_line.pages import london
from advice_line.working_time import Interval, merged, shared, without

HAPPENED = {
    "absent": "said that {name} is away",
    "absence_end_changed": "changed until when {name} is away",
    "absence_cancelled": "cancelled that {name} is away",
    "session_added": "added a session of {name}",
    "session_cancelled": "cancelled a one-off session of {name}",
}


@dataclass(frozen=True)
class Cell:
    """One therapist on one day: when and where they are there, and what of their sessions an absence takes."""

    there: list[str]
    lost: list[str]
    notes: list[str]


@dataclass(frozen=True)
class Row:
    """One therapist's week, with the languages besides English and topics that they know well, and where they work."""

    therapist_id: int
    name: str
    knows: list[str]
    sites: list[str]
    cells: list[Cell]


@dataclass(frozen=True)
class Week:
    """Working days with who is there, and the line's windows in which nobody is. `closed` days have no sessions."""

    days: list[date]
    closed: list[bool]
    rows: list[Row]
    uncovered: list[list[str]]


def week(session: Session, service: Service, days: Sequence[date], people: Sequence[Therapist]) -> Week:
    """The rota of these days, in their order, for these people; coverage is by everybody on the rota."""
    start, end = start_of_day(days[0]), start_of_day(days[-1] + timedelta(days=1))
    sessions = rota.sessions_between(session, start, end, service.calendar)
    stays = sites.stays_between(session, start, end, service.calendar)
    absences = rota.absences(session, start, end)
    one_offs = one_off.between(session, start, end)
    names = {each.id: each.name for each in rota.therapists(session)}
    covered = merged(stay.time for theirs in stays.values() for stay in theirs)
    bare = without(extra_windows.of_service(session, service, start, end), covered)
    return Week(
        days=list(days),
        closed=[not service.calendar.is_working_day(day) for day in days],
        rows=[
            Row(
                one.id,
                one.name,
                _knows(one),
                [label for key in one.sites if (label := service.site_label(key))],
                [
                    Cell(
                        there=_there(service, stays[one.id], day),
                        lost=_lost(on(sessions[one.id], day), absences, one.id),
                        notes=_notes(one_offs, one.id, day, names),
                    )
                    for day in days
                ],
            )
            for one in people
        ],
        uncovered=[spans(on(bare, day)) for day in days],
    )


def on(intervals: Sequence[Interval], day: date) -> list[Interval]:
    """What of these lies on a London day."""
    return shared(intervals, [Interval(start_of_day(day), start_of_day(day + timedelta(days=1)))])


def spans(intervals: Sequence[Interval]) -> list[str]:
    """For example: 9am to midday."""
    return [span(interval) for interval in intervals]


def span(interval: Interval) -> str:
    """For example: 9am to midday."""
    return f"{london.clock_time(interval.start)} to {london.clock_time(interval.end)}"


def at(service: Service, site: str | None) -> str:
    """For example: " at Example clinic"; nothing for a site that nobody named."""
    label = service.site_label(site)
    return f" at {label}" if label else ""


def one_off_in_words(service: Service, one: OneOffSession, names: dict[int, str]) -> str:
    """For example: Cal Example, Thursday 19 November 2026, 9am to midday, in place of Ann Example."""
    instead = f", in place of {names.get(one.from_therapist_id, 'somebody who left')}" if one.from_therapist_id else ""
    who = names.get(one.therapist_id, "Somebody who left")
    return f"{who}, {london.day(one.day)}, {span(one.interval())}{at(service, one.site)}{instead}"


def changes(session: Session, service: Service, most: int, names: dict[int, str]) -> list[dict[str, object]]:
    """The last changes in words, newest first: when, who, and what. Why somebody is away is not repeated here."""
    events = rota_event.newest(session, service.id, most)
    people = staff.names(session, [event.person_id for event in events if event.person_id])
    return [
        {
            "at": event.at,
            "by": people.get(event.person_id or 0) or f"Advice Line ({event.system})",
            "what": HAPPENED[event.what].format(name=names.get(_therapist_of(session, event), "somebody who left")),
        }
        for event in events
    ]


def _there(service: Service, stays: Sequence[Stay], day: date) -> list[str]:
    return [f"{span(part)}{at(service, stay.site)}" for stay in stays for part in on([stay.time], day)]


def _therapist_of(session: Session, event: rota_event.RotaEvent) -> int:
    if event.absence_id is not None:
        return session.get_one(Absence, (event.service_id, event.absence_id)).therapist_id
    return session.get_one(OneOffSession, (event.service_id, event.one_off_session_id)).therapist_id


def _knows(therapist: Therapist) -> list[str]:
    languages = [taxonomy.label("languages", key) for key in therapist.languages if key != taxonomy.OUR_LANGUAGE]
    return languages + [taxonomy.label("topics", key).split(":")[0] for key in therapist.skills]


def _lost(sessions: Sequence[Interval], absences: Sequence[Absence], therapist_id: int) -> list[str]:
    words = []
    for absence in absences:
        if absence.therapist_id != therapist_id:
            continue
        for one in sessions:
            if absence.takes(one.start, one.end):
                taken = Interval(max(one.start, absence.starts_at), min(one.end, absence.ends_at or one.end))
                words.append(f"{span(taken)}: {absence.reason_in_words.lower()}")
    return words


def _notes(one_offs: Sequence[OneOffSession], therapist_id: int, day: date, names: dict[int, str]) -> list[str]:
    words = []
    for one in one_offs:
        if one.day != day:
            continue
        if one.therapist_id == therapist_id:
            words.append(f"for {names.get(one.from_therapist_id, '?')}" if one.from_therapist_id else "one-off")
        elif one.from_therapist_id == therapist_id:
            words.append(f"{span(one.interval())} taken by {names.get(one.therapist_id, '?')}")
    return words
