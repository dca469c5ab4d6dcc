"""Configuring: a configuration file is brought into the database, all of it or nothing, by the owner's role.

Applying the same file again changes nothing. The doors hear of a change by the notice `configured`.
"""

from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import notify
from advice_line.lines import duty_leads, roster, sounds
from advice_line.lines.changes import Change, between, of_new
from advice_line.lines.configuration import KeptConfiguration
from advice_line.lines.conflicts import conflicts
from advice_line.lines.faults import ConfigurationFaults, Found
from advice_line.lines.reading import Reading, located
from advice_line.lines.rota import want_planning
from advice_line.lines.rows import LineRow, ServiceRow

OPERATOR = Actor.part("configure")


def apply(session: Session, reading: Reading, now: datetime, *, dry_run: bool = False) -> list[Change]:
    """Make the database say what the file says, and return what had to change; none the second time.

    Needs the owner's rights; the caller commits. `dry_run` does all of it and takes it back. ConfigurationFaults when
    the file claims what is another service's, or leaves out a line that has had calls.
    """
    with session.begin_nested() as everything:
        # Two operators at once take turns. Calls are not held up: they only read.
        session.execute(text("LOCK TABLE service, line IN SHARE ROW EXCLUSIVE MODE"))
        found = list(conflicts(session, reading.configuration))
        if found:
            raise ConfigurationFaults(located(found, reading.source))
        service_id, changes = _bring_in(session, reading, now)
        if dry_run:
            everything.rollback()
        elif any(change.plans for change in changes):
            want_planning(session, service_id, now)
    return changes


def _bring_in(session: Session, reading: Reading, now: datetime) -> tuple[int, list[Change]]:
    file = reading.configuration
    service_id, changes = _service(session, reading, now)
    _lines(session, service_id, reading)
    changes += roster.bring_in(session, service_id, file.rota, now)
    changes += duty_leads.bring_in(session, service_id, file.duty_leads)
    if changes:
        words = [str(change) for change in changes]
        detail = {"changes": words}
        audit.record(
            session, OPERATOR, "configured", f"service {service_id}", now, service_id=service_id, detail=detail
        )
        notify(session, "configured")
    return service_id, changes


def _service(session: Session, reading: Reading, now: datetime) -> tuple[int, list[Change]]:
    file, wanted = reading.configuration, _kept(reading)
    row = session.scalars(select(ServiceRow).where(ServiceRow.key == file.key)).one_or_none()
    changes = of_new(wanted) if row is None else _changes(row, wanted)
    if row is None:
        row = ServiceRow(key=file.key, configuration={})
        session.add(row)
    if changes:
        before = row.configuration.get("sounds", {}).values()
        row.name, row.configuration, row.configured_at = file.name, wanted.model_dump(mode="json"), now
        session.flush()
        sounds.bring_in(session, row.id, reading.sounds.values(), before)
    return row.id, changes


def _kept(reading: Reading) -> KeptConfiguration:
    """The file without its people, whose telephones only their own service may see."""
    file, names = reading.configuration, {file: sound.name for file, sound in reading.sounds.items()}
    emails = {therapist.key: therapist.email for therapist in file.rota if therapist.email}
    return KeptConfiguration.model_validate(
        file.model_dump(mode="json", exclude={"rota", "duty_leads"}) | {"therapist_emails": emails, "sounds": names}
    )


def _changes(row: ServiceRow, wanted: KeptConfiguration) -> list[Change]:
    try:
        before = KeptConfiguration.model_validate(row.configuration)
    except ValidationError:
        return [Change(f"write service {row.key} anew: another version wrote it", plans=True)]
    return list(between(before, wanted))


def _lines(session: Session, service_id: int, reading: Reading) -> None:
    known = {row.key: row.number for row in session.scalars(select(LineRow).where(LineRow.service_id == service_id))}
    wanted = {line.key: line.number for line in reading.configuration.lines}
    for key in known.keys() - wanted.keys():
        _remove(session, service_id, key, reading)
    moved = [key for key in known if key in wanted and known[key] != wanted[key]]
    # Two lines may swap numbers, so each lets go of its own before any takes its new one.
    for key in moved:
        _renumber(session, service_id, key, f"moving {key}")
    for key in moved:
        _renumber(session, service_id, key, wanted[key])
    session.add_all(
        LineRow(service_id=service_id, key=key, number=number) for key, number in wanted.items() if key not in known
    )
    session.flush()


def _remove(session: Session, service_id: int, key: str, reading: Reading) -> None:
    try:
        with session.begin_nested():
            session.execute(delete(LineRow).where(LineRow.service_id == service_id, LineRow.key == key))
    except IntegrityError:
        sentence = f"The line {key} has had calls, so it cannot be taken out: put it back into the file."
        raise ConfigurationFaults(located([Found(("lines",), sentence)], reading.source)) from None


def _renumber(session: Session, service_id: int, key: str, number: str) -> None:
    session.execute(update(LineRow).where(LineRow.service_id == service_id, LineRow.key == key).values(number=number))
