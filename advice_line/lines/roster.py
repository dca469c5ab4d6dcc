"""The roster: bringing the people of a configuration file into the tables of therapists and their sessions.

A therapist who is not in the file any more has left: their row stays, since past work refers to it.
"""

from collections.abc import Iterator
from datetime import date, datetime, time

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from advice_line.lines.changes import Change
from advice_line.lines.configuration import TherapistConfiguration
from advice_line.lines.rota import WEEK, RotaSession, Therapist
from advice_line.lines.rows import ServiceRow

Slot = tuple[int, time, time, date | None, date | None, str | None]


def bring_in(
    session: Session, service_id: int, rota: tuple[TherapistConfiguration, ...], now: datetime
) -> list[Change]:
    """Make the tables say what the file says, and return what had to change. Needs the owner's rights."""
    known = {row.key: row for row in session.scalars(select(Therapist).where(Therapist.service_id == service_id))}
    changes: list[Change] = []
    for wanted in rota:
        columns = _columns(session, wanted)
        row = known.pop(wanted.key, None)
        if row is None:
            row = Therapist(service_id=service_id, key=wanted.key, **columns)
            session.add(row)
            session.flush()
            changes.append(Change(f"add therapist {wanted.key}", plans=True))
        else:
            changes += _update(row, columns)
        changes += _sessions(session, row, wanted)
    for gone in known.values():
        if gone.left_at is None:
            gone.left_at = now
            changes.append(Change(f"therapist {gone.key} has left", plans=True))
    session.flush()
    return changes


def link_person(session: Session, service_id: int, person_id: int, email: str) -> bool:
    """Tie somebody who can sign in to the therapist with their e-mail address; False when the file names none.

    Needs the owner's rights; for when a person is added after their service was configured.
    """
    service = session.get_one(ServiceRow, service_id)
    emails: dict[str, str] = service.configuration.get("therapist_emails", {})
    key = next((key for key, address in emails.items() if address == email.strip().lower()), None)
    theirs = select(Therapist).where(Therapist.service_id == service_id, Therapist.key == key)
    therapist = session.scalars(theirs).one_or_none()
    if therapist is None:
        return False
    therapist.person_id = person_id
    session.flush()
    return True


def _columns(session: Session, wanted: TherapistConfiguration) -> dict[str, object]:
    return {
        "name": wanted.name,
        "phone": wanted.phone,
        "desk_phone": wanted.desk_phone,
        "languages": list(wanted.languages),
        "skills": list(wanted.skills),
        "sites": list(wanted.sites),
        "person_id": _person(session, wanted.email),
        "left_at": None,
    }


def _person(session: Session, email: str | None) -> int | None:
    theirs = text("SELECT id FROM person WHERE lower(email) = :email")
    found: int | None = session.scalar(theirs, {"email": email}) if email else None
    return found


def _update(row: Therapist, columns: dict[str, object]) -> list[Change]:
    differing = [name for name, value in columns.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, columns[name])
    return [_change(row.key, name) for name in differing]


def _change(key: str, name: str) -> Change:
    if name == "left_at":
        return Change(f"therapist {key} is back", plans=True)
    if name == "person_id":
        return Change(f"change who signs in as therapist {key}")
    return Change(f"change {name} of therapist {key}", plans=name != "sites")


def _sessions(session: Session, row: Therapist, wanted: TherapistConfiguration) -> list[Change]:
    """Only the sessions that differ change, so that a file applied twice leaves every row as it was."""
    rows = session.scalars(
        select(RotaSession).where(RotaSession.service_id == row.service_id, RotaSession.therapist_id == row.id)
    )
    before = {_slot(one): one.id for one in rows}
    after = set(_slots(wanted))
    gone = [before[slot] for slot in before.keys() - after]
    if gone:
        session.execute(delete(RotaSession).where(RotaSession.service_id == row.service_id, RotaSession.id.in_(gone)))
    added = sorted(after - before.keys(), key=lambda slot: slot[:3])
    for weekday, starts, ends, valid_from, valid_to, site in added:
        session.add(
            RotaSession(
                service_id=row.service_id,
                therapist_id=row.id,
                weekday=weekday,
                starts=starts,
                ends=ends,
                valid_from=valid_from,
                valid_to=valid_to,
                site=site,
            )
        )
    if not (gone or added):
        return []
    return [Change(f"change sessions of therapist {row.key}: {len(added)} added, {len(gone)} removed", plans=True)]


def _slot(row: RotaSession) -> Slot:
    return row.weekday, row.starts, row.ends, row.valid_from, row.valid_to, row.site


def _slots(wanted: TherapistConfiguration) -> Iterator[Slot]:
    for hours in wanted.sessions:
        for day in hours.days:
            yield WEEK.index(day), hours.start, hours.end, hours.valid_from, hours.valid_to, hours.site
