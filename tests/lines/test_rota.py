"""The rota: who is there, when, and when they are away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.audit import Actor
from advice_line.errors import Malformed, NotFound
from advice_line.lines import rota
from advice_line.lines.rota import Therapist
from advice_line.working_time import Calendar, Interval, Nation, without
from tests.conftest import TUESDAY
from tests.lines.files import EPUT, HERTS, changed, configured

ENGLAND = Calendar(Nation.ENGLAND_AND_WALES)
ACTOR = Actor.part("tests")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def service_id(serving: Engine, key: str = HERTS) -> int:
    with serving.connect() as connection:
        found = connection.scalar(text("SELECT id FROM service WHERE key = :key"), {"key": key})
    assert isinstance(found, int)
    return found


def named(session: Session, name: str) -> Therapist:
    return next(therapist for therapist in rota.therapists(session) if therapist.name == name)


def test_a_service_sees_its_own_therapists_in_order_of_name(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS, EPUT)
    with db.transaction(serving, service_id(serving, EPUT)) as session:
        assert [one.name for one in rota.therapists(session)] == ["Esi Example", "Farid Sample", "Grace Specimen"]
    with db.transaction(serving, None) as session:
        assert rota.therapists(session) == []


def test_sessions_are_working_days_and_london_time(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with db.transaction(serving, service_id(serving)) as session:
        amira = named(session, "Amira Example")
        # From the Monday after the clocks went back to the Tuesday of the next week.
        found = rota.sessions_between(session, at(26, 0, month=10), at(3, 15), ENGLAND)[amira.id]
    assert found == [
        Interval(at(26, 9, month=10), at(26, 12, month=10)),
        Interval(at(27, 14, month=10), at(27, 17, month=10)),
        Interval(at(2, 9), at(2, 12)),
        Interval(at(3, 14), at(3, 15)),
    ]


def test_nobody_is_in_session_on_a_bank_holiday(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with db.transaction(serving, service_id(serving)) as session:
        found = rota.sessions_between(session, at(31, 0, month=8), at(31, 23, month=8), ENGLAND)
    assert set(map(len, found.values())) == {0}
    assert len(found) == 4


def test_sessions_keep_to_their_dates(owner: Engine, serving: Engine) -> None:
    session_line = '- {days: [mon], start: "09:00", end: "12:00"}'
    configured(owner, changed((session_line, session_line.replace("}", ", valid_from: 2026-11-20}"))))
    with db.transaction(serving, service_id(serving)) as session:
        amira = named(session, "Amira Example")
        found = rota.sessions_between(session, at(16, 0), at(24, 0), ENGLAND)[amira.id]
    assert [interval.start for interval in found] == [at(17, 14), at(23, 9)]


def test_an_absence_cuts_the_sessions(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with db.transaction(serving, service_id(serving)) as session:
        ben = named(session, "Ben Sample")
        rota.record_absence(session, ACTOR, ben, TUESDAY, at(17, 11), "sickness", TUESDAY)
        rota.record_absence(session, ACTOR, ben, at(17, 10, 30), at(17, 11, 30), "sickness", TUESDAY)
        sessions = rota.sessions_between(session, at(17, 0), at(18, 0), ENGLAND)[ben.id]
        away = rota.absences_between(session, at(17, 0), at(18, 0))
    assert away == {ben.id: [Interval(TUESDAY, at(17, 11, 30))]}
    assert without(sessions, away[ben.id]) == [Interval(at(17, 9), TUESDAY), Interval(at(17, 11, 30), at(17, 12))]


def test_an_absence_elsewhere_in_time_is_left_out(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with db.transaction(serving, service_id(serving)) as session:
        rota.record_absence(session, ACTOR, named(session, "Ben Sample"), at(17, 9), at(17, 12), "leave", TUESDAY)
        assert rota.absences_between(session, at(17, 12), at(18, 0)) == {}
        assert rota.absences_between(session, at(16, 0), at(17, 9)) == {}


def test_an_absence_asks_for_a_new_plan_and_is_audited(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with owner.begin() as connection:
        connection.execute(text("UPDATE planning SET planned_at = wanted_at"))
    later = at(17, 11)
    with db.transaction(serving, service_id(serving)) as session:
        ben = named(session, "Ben Sample")
        rota.record_absence(session, ACTOR, ben, later, at(17, 12), " sickness ", later)
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT wanted_at FROM planning WHERE wanted_at > planned_at")) == later
        assert connection.scalar(text("SELECT reason FROM absence")) == "sickness"
        entry = connection.execute(text("SELECT system, action, detail FROM audit ORDER BY id DESC LIMIT 1")).one()
    assert tuple(entry) == ("tests", "absence recorded", {"therapist": ben.id})


@pytest.mark.parametrize(
    ("hours", "reason", "field"), [(0, "sickness", "end"), (-1, "sickness", "end"), (1, " ", "reason")]
)
def test_an_absence_that_makes_no_sense_names_its_field(
    owner: Engine, serving: Engine, hours: int, reason: str, field: str
) -> None:
    configured(owner, HERTS)
    with db.transaction(serving, service_id(serving)) as session:
        ben = named(session, "Ben Sample")
        with pytest.raises(Malformed) as caught:
            rota.record_absence(session, ACTOR, ben, at(17, 11), at(17, 11 + hours), reason, TUESDAY)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_somebody_who_has_left_is_in_no_session_and_still_known(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    here = service_id(serving)
    with db.transaction(serving, here) as session:
        gone = named(session, "Dominik Pretend").id
    whole = changed()
    configured(owner, whole[: whole.index("  - key: dominik_pretend")])
    with db.transaction(serving, here) as session:
        assert gone not in rota.sessions_between(session, at(16, 0), at(23, 0), ENGLAND)
        assert rota.by_id(session, here, gone).name == "Dominik Pretend"


def test_another_services_therapist_is_not_found(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS, EPUT)
    here, there = service_id(serving, HERTS), service_id(serving, EPUT)
    with db.transaction(serving, there) as session:
        theirs = rota.therapists(session)[0].id
    with db.transaction(serving, here) as session, pytest.raises(NotFound):
        rota.by_id(session, here, theirs)


def test_a_person_finds_the_therapist_they_are(owner: Engine, serving: Engine) -> None:
    with owner.begin() as connection:
        person = connection.scalar(
            text(
                "INSERT INTO person (email, name, password_hash, created_at)"
                " VALUES ('ben.sample@example.nhs.uk', 'Ben', 'x', now()) RETURNING id"
            )
        )
    configured(owner, HERTS)
    here = service_id(serving)
    with db.transaction(serving, here) as session:
        found = rota.of_person(session, here, person)
        assert found is not None
        assert found.key == "ben_sample"
        assert rota.of_person(session, here, person + 1) is None


def test_who_asks_for_a_plan_keeps_nobody_else_waiting(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    here = service_id(serving)
    with db.transaction(serving, here) as slow:
        rota.want_planning(slow, here, at(17, 11))
        with db.transaction(serving, here) as quick:
            quick.execute(text("SET LOCAL lock_timeout = '1s'"))
            rota.want_planning(quick, here, at(17, 12))
        with db.transaction(serving, here) as session:
            assert session.scalar(text("SELECT wanted_at FROM planning")) == at(17, 12)
    with db.transaction(serving, here) as session:
        assert session.scalar(text("SELECT wanted_at FROM planning")) > at(17, 12)
