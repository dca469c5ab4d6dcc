"""The directory: what the doors keep in memory, and the times it reckons."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from advice_line import db
from advice_line.errors import Misconfigured, NotFound
from advice_line.lines.directory import Directory, Line
from tests.lines.files import EPUT, HERTS, changed, configured

FRIDAY_BEFORE_BANK_HOLIDAY = datetime(2026, 8, 28, 17, 40, tzinfo=UTC)  # 18:40 in London


@pytest.fixture
def directory(owner: Engine, serving: Engine) -> Directory:
    configured(owner, HERTS, EPUT)
    with db.transaction(serving, None) as session:
        return Directory.load(session)


@pytest.fixture
def herts(directory: Directory) -> Line:
    return directory.service(HERTS).line("herts_advice_line")


def test_a_line_is_found_by_its_number_without_a_service(directory: Directory, herts: Line) -> None:
    assert directory.line_by_number("+441923470680") is herts
    assert directory.line_by_number("+441632960001") is None
    assert directory.lines["herts_advice_line"] is herts


def test_a_service_is_found_by_its_id(directory: Directory, herts: Line) -> None:
    assert directory.service_by_id(herts.service.id) is herts.service
    assert list(directory.services) == [EPUT, HERTS]
    assert herts.service.name == "Hertfordshire children's occupational therapy"


def test_what_is_not_there_is_not_found(directory: Directory, herts: Line) -> None:
    with pytest.raises(NotFound):
        directory.service("nowhere")
    with pytest.raises(NotFound):
        directory.service_by_id(99)
    with pytest.raises(NotFound):
        herts.service.line("eput_support_line")
    with pytest.raises(NotFound):
        herts.mailbox("nowhere")


def test_what_callers_hear_is_ready_to_speak(herts: Line) -> None:
    assert "{privacy}" not in herts.menu.model_dump_json()
    assert herts.display == "01923 470680"
    assert herts.mailbox("herts_advice").label == "Advice line"
    assert (herts.voice, herts.recording.max_message_seconds) == ("Polly.Amy", 300)
    assert herts.label == "Children's occupational therapy advice line"


def test_a_message_before_a_bank_holiday_is_due_after_it(herts: Line) -> None:
    """Edge case E15: received on Friday evening, working day 1 is Tuesday, due at the end of Wednesday."""
    assert herts.due(FRIDAY_BEFORE_BANK_HOLIDAY) == datetime(2026, 9, 2, 16, 0, tzinfo=UTC)
    assert herts.breach(FRIDAY_BEFORE_BANK_HOLIDAY) == datetime(2026, 9, 7, 16, 0, tzinfo=UTC)
    assert herts.service.listen_by(FRIDAY_BEFORE_BANK_HOLIDAY) == datetime(2026, 9, 1, 16, 0, tzinfo=UTC)


def test_eput_is_open_at_midday_on_working_days_alone(directory: Directory) -> None:
    hours = directory.lines["eput_support_line"].live_hours
    assert hours.is_open(datetime(2026, 8, 28, 11, 30, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 8, 28, 13, 30, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 8, 31, 12, 0, tzinfo=UTC))  # the bank holiday itself
    assert hours.next_opening(FRIDAY_BEFORE_BANK_HOLIDAY) == datetime(2026, 9, 1, 11, 30, tzinfo=UTC)


def test_a_line_without_live_windows_is_never_open(herts: Line) -> None:
    assert not herts.live_hours.is_open(datetime(2026, 11, 17, 12, 0, tzinfo=UTC))
    assert herts.callback_hours.is_open(datetime(2026, 11, 17, 12, 0, tzinfo=UTC))


def test_a_closure_is_no_working_day(owner: Engine, serving: Engine) -> None:
    configured(owner, changed(("closures: []", "closures: [{date: 2026-11-18, label: Training}]")))
    with db.transaction(serving, None) as session:
        service = Directory.load(session).service(HERTS)
    assert service.calendar.why_closed(datetime(2026, 11, 18, tzinfo=UTC).date()) == "the service is closed"
    assert service.office_hours.next_opening(datetime(2026, 11, 17, 18, tzinfo=UTC)).day == 19


def test_minutes_for_a_callback_double_the_talk_with_an_interpreter(herts: Line) -> None:
    capacity = herts.service.configuration.capacity
    assert (capacity.callback_minutes(), capacity.callback_minutes(interpreted=True)) == (25, 40)


def test_references_carry_the_services_letters(herts: Line) -> None:
    assert herts.service.configuration.reference(123) == "H-000123"


def test_a_configuration_that_cannot_be_understood_says_what_to_do(owner: Engine, serving: Engine) -> None:
    configured(owner, HERTS)
    with owner.begin() as connection:
        connection.execute(text("""UPDATE service SET configuration = '{"key": "herts_cot"}'"""))
    with db.transaction(serving, None) as session, pytest.raises(Misconfigured, match="herts_cot was configured for"):
        Directory.load(session)
