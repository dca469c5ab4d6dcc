"""The database as a door uses it: one transaction, one service, kept or gone as a whole."""

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import TextClause, inspect, text, update
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from advice_line import db
from advice_line.errors import Misconfigured
from advice_line.messages import Message
from tests import factories
from tests.scene import TUESDAY, Stage

BEAT = text("INSERT INTO heartbeat (worker, beat_at) VALUES ('test', now())")
REFUSED = text("DELETE FROM audit")
BEATS = text("SELECT count(*) FROM heartbeat")


@pytest.mark.parametrize("url", ["sqlite://", "mysql://root@localhost/x", "postgresqlite://x"])
def test_postgresql_is_the_only_database(url: str) -> None:
    with pytest.raises(Misconfigured, match="PostgreSQL"):
        db.connect(url)


def test_a_database_that_is_away_is_said_to_be_away() -> None:
    engine = db.connect("postgresql://nobody:secret@127.0.0.1:1/nothing")
    with pytest.raises(Misconfigured, match="cannot be reached") as refused:
        db.refuse_unsafe_role(engine)
    assert "secret" not in str(refused.value)
    engine.dispose()


def test_a_transaction_is_kept_whole_or_not_at_all(stage: Stage) -> None:
    with pytest.raises(ProgrammingError):
        _try(stage, BEAT, REFUSED)
    with db.transaction(stage.serving, None) as session:
        assert session.scalar(BEATS) == 0
        session.execute(BEAT)
    with db.transaction(stage.serving, None) as session:
        assert session.scalar(BEATS) == 1


def test_a_transaction_is_within_its_service_alone(stage: Stage) -> None:
    ask = text("SELECT current_setting('app.service_id')")
    with db.transaction(stage.serving, 7) as session:
        assert session.scalar(ask) == "7"
    with db.transaction(stage.serving, None) as session:
        assert session.scalar(ask) == ""


def test_moments_come_back_aware_and_in_utc(stage: Stage) -> None:
    with db.transaction(stage.serving, None) as session:
        summer = session.scalar(text("SELECT timestamptz '2026-07-01 12:00 Europe/London'"))
        assert summer == datetime(2026, 7, 1, 11, tzinfo=UTC)
        assert summer.utcoffset() == UTC.utcoffset(None)
        assert session.scalar(text("SHOW statement_timeout")) == "30s"


def test_a_notice_is_heard_when_the_transaction_is_kept(stage: Stage) -> None:
    address = stage.serving.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as listener:
        listener.execute("LISTEN advice_line")
        with pytest.raises(ProgrammingError):
            _notify_in_vain(stage)
        with db.transaction(stage.serving, None) as session:
            for what in ("event", "text", "event"):
                db.notify(session, what)
        heard = [notice.payload for notice in listener.notifies(timeout=60, stop_after=2)]
    assert heard == ["event", "text"]


def test_what_is_left_for_the_end_is_done_then_and_once_as_it_was_last_asked_for(stage: Stage) -> None:
    done: list[str] = []
    with stage.story() as session:
        call = factories.a_call(session, stage.scene.herts, TUESDAY)
        db.do_last(session, "it", lambda _: done.append("first"))
        db.do_last(session, "it", lambda session: done.append(f"second {session.is_modified(call)}"))
        call.keys = "31"
        assert done == []
    assert done == ["second False"]


def test_what_is_left_for_the_end_is_not_done_when_nothing_is_kept(stage: Stage) -> None:
    done: list[Session] = []
    with pytest.raises(ProgrammingError):
        _do_last_in_vain(stage, done.append)
    assert done == []


def test_a_connection_that_broke_is_replaced(stage: Stage) -> None:
    one = db.connect(stage.serving.url.render_as_string(hide_password=False), pool_size=1)
    with db.transaction(one, None) as session:
        gone = session.scalar(text("SELECT pg_backend_pid()"))
    with pytest.raises(OperationalError), db.transaction(one, None) as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": gone})
    with db.transaction(one, None) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != gone
    one.dispose()


def test_a_move_brings_back_the_row_with_what_a_rival_wrote_into_it_meanwhile(stage: Stage) -> None:
    with stage.story() as ours:
        message = _a_message_into_which_a_rival_wrote(stage, ours, seconds=99)
        assert db.move_on(ours, message, "state", "failed", fetch_tries=3)
        assert (message.state, message.seconds, message.fetch_tries) == ("failed", 99, 3)
        assert not inspect(message).modified


def test_a_move_from_a_state_that_a_rival_has_left_is_none(stage: Stage) -> None:
    with stage.story() as ours:
        message = _a_message_into_which_a_rival_wrote(stage, ours, state="failed")
        assert not db.move_on(ours, message, "state", "stored")
        assert message.state == "expected"


def test_an_errors_words_do_not_hold_what_was_asked(stage: Stage) -> None:
    with pytest.raises(Exception, match="hidden") as refused, db.transaction(stage.serving, None) as session:
        session.execute(text("SELECT CAST(:said AS int)"), {"said": 10**30})
    assert "SQL parameters hidden" in str(refused.value)


def _a_message_into_which_a_rival_wrote(stage: Stage, ours: Session, **written: object) -> Message:
    with stage.story() as session:
        message = factories.a_message(session, stage.scene.herts, TUESDAY)
    ours.add(message)
    with stage.story() as theirs:
        theirs.execute(update(Message).where(Message.id == message.id).values(**written))
    return message


def _notify_in_vain(stage: Stage) -> None:
    with db.transaction(stage.serving, None) as session:
        db.notify(session, "lost")
        session.execute(REFUSED)


def _do_last_in_vain(stage: Stage, do: Callable[[Session], object]) -> None:
    with db.transaction(stage.serving, None) as session:
        db.do_last(session, "it", do)
        session.execute(REFUSED)


def _try(stage: Stage, *statements: TextClause) -> None:
    with db.transaction(stage.serving, None) as session:
        for statement in statements:
            session.execute(statement)
