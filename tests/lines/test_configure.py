"""Bringing a configuration file into the database."""

import psycopg
import pytest
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.lines import roster
from advice_line.lines.configure import apply
from advice_line.lines.faults import ConfigurationFaults
from advice_line.lines.reading import Reading
from tests.conftest import TUESDAY
from tests.lines.files import EPUT, HERTS, changed, configured, line_of
from tests.lines.files import text as example

TABLES = ("service", "line", "therapist", "rota_session", "planning", "audit")


def snapshot(owner: Engine) -> list[object]:
    """Every row of every table that configuring writes to, with the versions of the rows."""
    with owner.connect() as connection:
        return [
            tuple(row)
            for table in TABLES
            for row in connection.execute(text(f"SELECT xmin::text, t.* FROM {table} t ORDER BY 1, 2, 3"))  # noqa: S608
        ]


def scalar(owner: Engine, question: str) -> object:
    with owner.connect() as connection:
        return connection.scalar(text(question))


def refused(owner: Engine, file: str) -> list[str]:
    before = snapshot(owner)
    with pytest.raises(ConfigurationFaults) as caught:
        configured(owner, file)
    assert snapshot(owner) == before
    return str(caught.value).splitlines()


def test_a_first_file_adds_everything_in_it(owner: Engine) -> None:
    assert configured(owner, HERTS)[:4] == [
        "add service herts_cot",
        "add line herts_advice_line",
        "add therapist amira_example",
        "change sessions of therapist amira_example: 2 added, 0 removed",
    ]
    assert scalar(owner, "SELECT count(*) FROM rota_session") == 8
    assert scalar(owner, "SELECT number FROM line") == "+441923470680"


def test_the_same_file_again_changes_nothing(owner: Engine) -> None:
    configured(owner, HERTS, EPUT)
    before = snapshot(owner)
    assert configured(owner, HERTS, EPUT) == []
    assert snapshot(owner) == before


def test_a_dry_run_says_what_would_change_and_changes_nothing(owner: Engine) -> None:
    before = snapshot(owner)
    with db.transaction(owner, None) as session:
        would = apply(session, Reading.of(example().encode()), TUESDAY, dry_run=True)
    assert snapshot(owner) == before
    assert [str(change) for change in would] == configured(owner, HERTS)


def test_no_change_shows_a_telephone_number(owner: Engine) -> None:
    configured(owner, HERTS)
    changes = configured(owner, changed(("07700 900101", "07700 900109"), ("960220", "960229")))
    assert changes == ["change transfer_targets of service herts_cot", "change phone of therapist amira_example"]


def test_only_what_differs_is_changed(owner: Engine) -> None:
    configured(owner, HERTS)
    before = scalar(owner, "SELECT max(id) FROM rota_session WHERE weekday = 4")
    assert configured(owner, changed(('{days: [tue], start: "14:00"', '{days: [tue], start: "13:00"'))) == [
        "change sessions of therapist amira_example: 1 added, 1 removed"
    ]
    assert scalar(owner, "SELECT max(id) FROM rota_session WHERE weekday = 4") == before


def test_somebody_taken_out_of_the_file_has_left_and_may_come_back(owner: Engine) -> None:
    configured(owner, HERTS)
    without_dominik = example()[: example().index("  - key: dominik_pretend")]
    assert configured(owner, without_dominik) == [
        "change the e-mail address of therapist dominik_pretend",
        "therapist dominik_pretend has left",
    ]
    assert scalar(owner, "SELECT left_at FROM therapist WHERE key = 'dominik_pretend'") == TUESDAY
    assert "therapist dominik_pretend is back" in configured(owner, HERTS)
    assert scalar(owner, "SELECT count(*) FROM therapist") == 4


@pytest.mark.parametrize(
    ("old", "new", "planned"),
    [
        ("closures: []", "closures: [{date: 2026-12-24, label: Winter}]", True),
        ("talk_minutes: 15", "talk_minutes: 20", True),
        ("languages: [en, ur]", "languages: [en]", True),
        ("repeats: 2", "repeats: 3", False),
        ("voice: Polly.Amy", "voice: Polly.Brian", False),
    ],
)
def test_a_new_plan_is_asked_for_when_it_could_differ(owner: Engine, old: str, new: str, planned: bool) -> None:
    configured(owner, HERTS)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM planning"))
    assert len(configured(owner, changed((old, new)))) == 1
    assert scalar(owner, "SELECT wanted_at FROM planning") == (TUESDAY if planned else None)


def test_the_doors_are_told_once_of_a_change(owner: Engine) -> None:
    address = owner.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute("LISTEN advice_line")
        configured(owner, HERTS, HERTS)
        heard = [*listener.notifies(timeout=60, stop_after=2), *listener.notifies(timeout=0.2)]
    assert sorted(notice.payload for notice in heard) == ["configured", "planning"]


def test_the_audit_trail_names_what_changed(owner: Engine) -> None:
    configured(owner, HERTS, changed(("repeats: 2", "repeats: 3")))
    last = "SELECT system || ' ' || action || ' ' || (detail ->> 'changes') FROM audit ORDER BY id DESC LIMIT 1"
    assert scalar(owner, last) == 'configure configured ["change menu of line herts_advice_line"]'


def test_telephones_and_names_of_therapists_stay_behind_their_wall(owner: Engine) -> None:
    configured(owner, HERTS)
    kept = str(scalar(owner, "SELECT configuration::text FROM service"))
    assert "7700900101" not in kept
    assert "Amira Example" not in kept


def test_a_number_cannot_be_moved_to_another_service(owner: Engine) -> None:
    configured(owner, HERTS)
    moved = changed(
        ('"+441702372250"', '"+441923470680"'), ("display: 01702 372250", "display: 01923 470680"), name=EPUT
    )
    line = line_of('"+441923470680"', moved)
    assert refused(owner, moved) == [
        f"line {line}: This number is a line of another service: it cannot be moved to this one."
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "key: eput_support_line",
            "key: herts_advice_line",
            "Another service has a line called herts_advice_line: choose another key.",
        ),
        (
            "reference_prefix: E",
            "reference_prefix: H",
            "Another service's references begin with these letters: choose others.",
        ),
        (
            "phone: 07700 900201",
            "phone: 01923 470680",
            "A therapist's telephone cannot be a line of another service: we would ring ourselves.",
        ),
        (
            "\nlines:",
            "\ntransfer_targets:\n  a: {label: A, number: 01923 470680}\n\nlines:",
            "Callers cannot be put through to a line of another service: they would go round for ever.",
        ),
    ],
)
def test_what_is_another_services_cannot_be_claimed(owner: Engine, old: str, new: str, sentence: str) -> None:
    configured(owner, HERTS)
    found = refused(owner, changed((old, new), name=EPUT))
    assert [fault.partition(": ")[2] for fault in found] == [sentence]


def test_a_line_cannot_be_a_number_that_another_service_transfers_to(owner: Engine) -> None:
    configured(owner, changed(("01632 960220", "01702 372250")))
    assert "Another service puts its callers through" in refused(owner, EPUT)[0]


def test_a_line_that_has_had_calls_cannot_be_taken_out(owner: Engine) -> None:
    configured(owner, HERTS)
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO call (service_id, sid, line_key, status, started_at)"
                " SELECT id, 'CA1', 'herts_advice_line', 'completed', now() FROM service"
            )
        )
    renamed = changed(("key: herts_advice_line", "key: herts_new_line"))
    assert "has had calls, so it cannot be taken out" in refused(owner, renamed)[0]


def test_a_line_without_calls_can_be_renamed(owner: Engine) -> None:
    configured(owner, HERTS)
    assert configured(owner, changed(("key: herts_advice_line", "key: herts_new_line"))) == [
        "add line herts_new_line",
        "remove line herts_advice_line",
    ]
    assert scalar(owner, "SELECT key FROM line") == "herts_new_line"


def test_two_lines_may_swap_their_numbers(owner: Engine) -> None:
    def two_lines(first: str, second: str) -> str:
        whole = example(EPUT)
        line = whole[whole.index("  - key: eput_support_line") : whole.index("# Who rings back")]
        one = line.replace('"+441702372250"', first).replace("01702 372250", first)
        two = line.replace('"+441702372250"', second).replace("01702 372250", second)
        return whole.replace(line, one + two.replace("key: eput_support_line", "key: eput_second_line"))

    configured(owner, two_lines("01632 960001", "01632 960002"))
    configured(owner, two_lines("01632 960002", "01632 960001"))
    assert scalar(owner, "SELECT number FROM line WHERE key = 'eput_support_line'") == "+441632960002"


def test_a_person_is_tied_to_their_therapist_whoever_comes_first(owner: Engine) -> None:
    add = (
        "INSERT INTO person (email, name, password_hash, created_at)"
        " VALUES ('Amira.Example@example.nhs.uk', 'Amira', 'x', now()) RETURNING id"
    )
    configured(owner, HERTS)
    with db.transaction(owner, None) as session:
        person = session.scalar(text(add))
        service = session.scalar(text("SELECT id FROM service"))
        assert roster.link_person(session, service, person, "amira.example@EXAMPLE.nhs.uk")
        assert not roster.link_person(session, service, person, "nobody@example.nhs.uk")
    assert configured(owner, HERTS) == []
    assert scalar(owner, "SELECT person_id FROM therapist WHERE key = 'amira_example'") == person


def test_a_service_written_by_another_version_is_written_anew(owner: Engine) -> None:
    configured(owner, HERTS)
    with owner.begin() as connection:
        connection.execute(text("""UPDATE service SET configuration = '{"key": "herts_cot"}'"""))
    assert configured(owner, HERTS) == ["write service herts_cot anew: another version wrote it"]
