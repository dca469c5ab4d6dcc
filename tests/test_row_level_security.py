"""The boundary between services: PostgreSQL itself keeps it, whatever a query forgets to ask."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from advice_line import alarms, db, drafts, embedded, inbox, legs, messages, outcomes, referrals, schema
from advice_line.api.once import IdempotentAnswer
from advice_line.callbacks import calendar_feed, calling, escalation, handing_on, listening, named, phones, plan
from advice_line.callbacks import callback as callbacks
from advice_line.callbacks import turn as turns
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import alert_notice as notices
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries import pause as pauses
from advice_line.enquiries.triage import Triage
from advice_line.errors import Misconfigured
from advice_line.inbox import reconciliation
from advice_line.lines import extra_windows, rota, swaps
from advice_line.lines.directory import Service
from advice_line.lines.rota import Therapist
from advice_line.live import offer as offers
from advice_line.live.duty import Duty
from advice_line.migrations import rights
from advice_line.reports import ledger, measures, volume
from advice_line.reports.period import Period
from advice_line.reports.waiting import waiting
from advice_line.texting import link as links
from advice_line.texts import text as texts
from tests import factories
from tests.factories import MOBILE, TESTER
from tests.inbox.network import Ring, happens
from tests.scene import TUESDAY, Scene, Stage, on_server, staged

# Looked up before the service is known, or about none: each is named here on purpose.
OUTSIDE = {
    "service", "line", "sound", "person", "person_role", "sign_in", "failed_sign_in", "token", "heartbeat",
    "refused_post", "job_trouble",
    "alembic_version",
}  # fmt: skip
# Nobody who serves can read this one, whatever their service.
UNREADABLE = "audit"
AGREED = referrals.Agreement(route="generic_nhs", who_will_send="gp", phase="school_age", agreement=True)
DAY = Period(TUESDAY.date(), TUESDAY.date())


def tables(connection: Connection) -> dict[str, bool]:
    """Every table, and whether row-level security binds it."""
    ask = "SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return {str(row.relname): bool(row.relrowsecurity) for row in connection.execute(text(ask))}


def counted(connection: Connection) -> dict[str, int]:
    """How many rows of each readable table of the story this connection sees."""
    bound = [name for name, is_bound in tables(connection).items() if is_bound and name != UNREADABLE]
    return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in bound}  # noqa: S608


def lives_a_day(stage: Stage, service: Service, therapist: Therapist, now: datetime) -> str:
    """The whole story of one service: rung, heard, planned, rung back, converted. Returns a reference."""
    line = next(iter(service.lines))
    with stage.story(service) as session:
        duty = Duty(
            service_id=service.id,
            line_key=line,
            therapist_id=therapist.id,
            phone=MOBILE,
            since=now,
            until=now + timedelta(hours=1),
        )
        session.add(duty)
        offers.make(session, duty, now)
        happens(session, service, [replace(event, line=line) for event in Ring(number=MOBILE).with_message()], now)
        (one,) = enquiries.not_heard(session, service.id)
        drafts.keep(session, factories.an_enquiry(session, service, now), stage.scene.sam_as_person, {}, now)
        texts.stop(session, service.id, MOBILE, now)
        facts = {"line_key": line, "purpose": "confirmation", "number": MOBILE, "words": "Hello", "at": now}
        texts.want(session, service.id, one.id, "the enquiry", **facts, send_after=now, expires_at=now)
        (text_id,) = [text.id for text in texts.of_enquiry(session, service.id, one.id) if text.purpose]
        links.make(session, session.get_one(texts.TextMessage, (service.id, text_id)), now, now + timedelta(days=1))
        session.add(IdempotentAnswer(service_id=service.id, asker="token 0", key="k", request_digest=b"", asked_at=now))
        phones.choose(session, therapist, "usual", TESTER, now)
        evening = swaps.Stretch(now.date(), time(18), time(19))
        swaps.add(session, swaps.Change(TESTER, service.calendar, now), therapist, evening)
        calendar_feed.renew(session, TESTER, therapist, now)
        listening.triage(session, service, one, Triage.model_validate({"topics": ["self_care"]}), TESTER, now)
        callback = callbacks.open_for(session, one)
        assert callback
        slot = plan.Slot(therapist.id, now, now + timedelta(minutes=25))
        plan.place(session, service.id, [plan.Decision(callback, one, None, slot, ("Because.",))], now)
        later = plan.Slot(therapist.id, now + timedelta(hours=1), now + timedelta(hours=1, minutes=25))
        plan.place(session, service.id, [plan.Decision(callback, one, slot, later, ("Because.",))], now)
        extra = extra_windows.Hours(date(2026, 11, 18), time(17, 30), time(18, 30))
        extra_windows.add(session, service.line(line), extra, TESTER, now)
        named.offer(session, service, one, therapist, TESTER, now)
        listening.flag(session, service, one, "interpreter_needed", TESTER, now)
        handing_on.send_away(session, TESTER, therapist, now, now + timedelta(hours=2), "a course", now)
        attempt = calling.ring_back(session, one, therapist, TESTER, now)
        legs.seen(session, service.id, factories.a_sid("CA"), line, now, attempt_id=attempt.id)
        listening.flag(session, service, one, "urgent", TESTER, now)
        pauses.begin(session, one, "information", None, TESTER, now)
        for alert, enquiry in alerts.standing(session, service.id):
            notices.begin_round(session, service, alert, enquiry, now)
        escalation.take_steps(session, service, now + timedelta(days=9))
        turns.share_out(session, service, now)
        alarms.settle(session, service.id, {("unheard_late", ""): 1}, now)
        reconciliation.done(session, service.id, now, now)
        given = outcomes.Given(outcome="convert_to_referral", referral=AGREED)
        outcomes.give(session, service, one, given, TESTER, now)
        return one.reference


@pytest.fixture(scope="module")
def lived(cluster: embedded.Server, scene: Scene) -> Iterator[Stage]:
    """A database in which both services lived the same day, with the same caller."""
    with staged(cluster, scene) as stage:
        lives_a_day(stage, scene.herts, scene.sam, TUESDAY)
        lives_a_day(stage, scene.eput, scene.kim, TUESDAY)
        yield stage


def test_every_table_is_protected_or_outside_on_purpose(lived: Stage) -> None:
    with lived.owner.connect() as connection:
        found = tables(connection)
    assert {name for name, bound in found.items() if not bound} == OUTSIDE
    assert {*found} == {*rights.TABLES}


def test_each_service_sees_its_own_rows_and_no_others(lived: Stage) -> None:
    with lived.owner.connect() as connection:
        everything = counted(connection)
    seen = []
    for service in (lived.scene.herts, lived.scene.eput):
        with lived.story(service) as session:
            seen.append(counted(session.connection()))
            for name in everything:
                owners = session.scalars(text(f"SELECT DISTINCT service_id FROM {name}"))  # noqa: S608
                assert owners.all() == [service.id], name
    assert {name: seen[0][name] + seen[1][name] for name in everything} == everything


@pytest.mark.parametrize("service", ["", None, "0", "32767"])
def test_no_service_means_no_rows(lived: Stage, service: str | None) -> None:
    with lived.serving.begin() as connection:
        if service is not None:
            connection.execute(text("SELECT set_config('app.service_id', :service, true)"), {"service": service})
        assert {*counted(connection).values()} == {0}


def test_a_service_is_forgotten_with_its_transaction(lived: Stage) -> None:
    with lived.serving.connect() as connection:
        with connection.begin():
            connection.execute(text("SELECT set_config('app.service_id', '1', true)"))
            assert connection.scalar(text("SELECT count(*) FROM enquiry")) == 2
        with connection.begin():
            assert connection.scalar(text("SELECT count(*) FROM enquiry")) == 0


def test_nothing_is_changed_in_another_service(lived: Stage) -> None:
    with lived.story() as session:
        for change in ("UPDATE enquiry SET caller_name = 'x'", "DELETE FROM idempotent_answer"):
            session.execute(text(change + " WHERE service_id <> :id"), {"id": lived.scene.herts.id})
    with lived.story(lived.scene.eput) as session:
        assert {*session.scalars(text("SELECT caller_name FROM enquiry"))} == {None}
        assert session.scalar(text("SELECT count(*) FROM idempotent_answer")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE callback SET service_id = :it",
        "INSERT INTO enquiry_event (service_id, enquiry_id, at, what, system) VALUES (:it, 1, now(), 'x', 'x')",
        "INSERT INTO planning (service_id, wanted_at) VALUES (:it, now())",
    ],
)
def test_nothing_is_written_into_another_service(lived: Stage, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), lived.story() as session:
        session.execute(text(statement), {"it": lived.scene.eput.id})


def test_every_figure_is_the_services_own(lived: Stage) -> None:
    for service in (lived.scene.herts, lived.scene.eput):
        with lived.story(service) as session:
            assert volume.total(volume.volume(session, service.id, DAY, "outcome")).enquiries == 2
            assert measures.measures(session, service, DAY, TUESDAY)[0].value == 2
            assert len(ledger.page(session, service.id, DAY, 50, None).items) == 5
            assert waiting(session, service.id, TUESDAY).unheard == 1
            assert len(callbacks.all_open(session, service.id)) == 1
            assert len(referrals.all_of(session, service.id)) == 1
            assert len(rota.therapists(session)) == 1


def test_figures_across_services_are_counts_alone(lived: Stage) -> None:
    with lived.serving.connect() as connection:
        rows = connection.execute(text("SELECT * FROM waiting_work(:now)"), {"now": TUESDAY}).mappings().all()
    assert [row["service_key"] for row in rows] == ["herts_cot", "eput_cot"]
    assert [row["unheard"] for row in rows] == [1, 1]
    for row in rows:
        assert all(isinstance(value, int | float | None) for name, value in row.items() if name != "service_key")


def test_figures_of_the_ledger_across_services_are_counts_alone(lived: Stage) -> None:
    with lived.serving.connect() as connection:
        ask = text("SELECT * FROM ledger_figures(:now)")
        rows = connection.execute(ask, {"now": TUESDAY + timedelta(hours=5)}).all()
        assert connection.execute(text("SELECT * FROM unaccounted_for(now())")).all() == []
    assert [tuple(row) for row in rows] == [("herts_cot", 1, 1, 18000.0), ("eput_cot", 1, 1, 18000.0)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM audit",
        "UPDATE audit SET action = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO service (key, name, configuration, configured_at) VALUES ('x', 'x', '{}', now())",
        "UPDATE service SET name = 'x'",
        "UPDATE line SET number = 'x'",
        "UPDATE therapist SET phone = 'x'",
        "INSERT INTO person_role SELECT * FROM person_role",
        "UPDATE token SET role = 'admin'",
        "DELETE FROM enquiry",
        "DELETE FROM message",
        "DELETE FROM call",
        "UPDATE enquiry_event SET detail = 'x'",
        "DELETE FROM enquiry_event",
        "UPDATE outcome SET note = 'x'",
        "DELETE FROM outcome",
        "UPDATE slot_change SET why = 'x'",
        "DELETE FROM named_offer",
        "INSERT INTO provider_event (key, kind, path, body, answer, received_at) VALUES ('x', '', '', '', '', now())",
        "DELETE FROM provider_event",
        "ALTER TABLE enquiry DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_service_only ON enquiry",
        "CREATE TABLE mine (id int)",
        "SET ROLE advice_line_owner",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_the_serving_role_may_not(lived: Stage, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), lived.story() as session:
        session.execute(text(statement))


def test_the_audit_trail_can_be_added_to_and_names_what_was_done(lived: Stage) -> None:
    ask = text("SELECT action FROM audit WHERE service_id = :id AND system = 'tests'")
    with lived.owner.connect() as connection:
        done = {*connection.scalars(ask, {"id": lived.scene.herts.id})}
    assert done == {
        "absence recorded", "enquiry heard", "ring back", "attempt recorded", "outcome", "referral agreed",
        "made urgent", "alert raised", "pause noted", "hours extended", "named offered", "flagged",
        "session added", "calendar address made", "off duty", "phone chosen",
    }  # fmt: skip


def test_a_role_that_owns_the_tables_may_not_serve(lived: Stage) -> None:
    with pytest.raises(Misconfigured, match="DATABASE_OWNER_URL"):
        db.refuse_unsafe_role(lived.owner)
    db.refuse_unsafe_role(lived.serving)
    assert schema.is_current(lived.serving)


@pytest.mark.parametrize("might", ["BYPASSRLS", "SUPERUSER", "IN ROLE advice_line_owner"])
def test_a_role_that_was_given_might_may_not_serve_either(cluster: embedded.Server, lived: Stage, might: str) -> None:
    address = lived.serving.url.set(username="mighty", password="mighty").render_as_string(hide_password=False)
    on_server(cluster, f"CREATE ROLE mighty LOGIN PASSWORD 'mighty' {might}")
    on_server(cluster, f"GRANT CONNECT ON DATABASE {lived.serving.url.database} TO mighty")
    engine = db.connect(address, pool_size=1)
    try:
        with pytest.raises(Misconfigured, match="row-level security"):
            db.refuse_unsafe_role(engine)
    finally:
        engine.dispose()
        on_server(cluster, f"REVOKE ALL ON DATABASE {lived.serving.url.database} FROM mighty")
        on_server(cluster, "DROP ROLE mighty")


def test_without_a_service_nothing_is_applied_and_nothing_is_missed(lived: Stage) -> None:
    with db.transaction(lived.serving, None) as session:
        assert inbox.apply_waiting(session, lived.scene.herts, TUESDAY) == 0
        assert not messages.next_unexplained(session, lived.scene.herts.id, TUESDAY, timedelta(0))
        assert not ledger.unaccounted(session, lived.scene.herts.id, TUESDAY + timedelta(days=1))


def test_what_runs_with_the_owners_rights_is_open_to_the_serving_role_alone(lived: Stage) -> None:
    ask = text(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND (NOT has_function_privilege('advice_line_app', p.oid, 'EXECUTE') OR proacl IS NULL"
        "  OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))"
    )
    with lived.owner.connect() as connection:
        assert connection.scalars(ask).all() == []
