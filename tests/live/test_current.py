"""How the live lines stand, as the telephone door keeps it in memory."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import create_engine

from advice_line import calls
from advice_line.live import duty as duties
from advice_line.live import waiting
from advice_line.live.current import NOBODY, CurrentLive, LiveLine
from tests import factories
from tests.factories import TESTER
from tests.scene import Stage

LINE, PHONE = "eput_support_line", "+447700900199"
AT_ONE = datetime.fromisoformat("2026-11-19T13:00:00+00:00")


def one_answers_and_one_waits(stage: Stage) -> None:
    scene = stage.scene
    with stage.story(scene.eput) as session:
        duties.go_on(session, scene.eput.line(LINE), scene.kim, PHONE, TESTER, AT_ONE)
        calls.wait(factories.a_call(session, scene.eput, AT_ONE), AT_ONE, AT_ONE)


def test_the_door_knows_who_answers_and_who_waits_without_a_service(stage: Stage) -> None:
    one_answers_and_one_waits(stage)
    live = CurrentLive(stage.serving, lambda: AT_ONE)
    assert live(LINE) == LiveLine(on_duty=1, waiting=1)
    assert live("herts_advice_line") == NOBODY
    live.close()


def test_duty_and_waiting_end_by_themselves(stage: Stage) -> None:
    one_answers_and_one_waits(stage)
    live = CurrentLive(stage.serving, lambda: AT_ONE + timedelta(minutes=90))
    assert live(LINE) == NOBODY
    live.close()


def test_a_door_that_opens_without_a_database_knows_of_nobody() -> None:
    live = CurrentLive(create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nowhere"), lambda: AT_ONE)
    assert live(LINE) == NOBODY
    live.close()


def test_who_looks_while_another_does_waits_for_it_so_that_the_later_look_counts(stage: Stage) -> None:
    opened: list[CurrentLive] = []
    overtaken: list[bool] = []

    def look_meanwhile() -> None:
        opened[0].look()

    meanwhile = threading.Thread(target=look_meanwhile)

    def now() -> datetime:
        if opened and meanwhile.ident is None:
            meanwhile.start()
            meanwhile.join(0.3)  # long enough for it to overtake, if it could
            overtaken.append(not meanwhile.is_alive())
        return AT_ONE

    opened.append(CurrentLive(stage.serving, now))
    opened[0].look()
    meanwhile.join()
    opened[0].close()
    assert overtaken == [False]


def test_a_place_in_the_queue_is_left_once_and_for_all(stage: Stage) -> None:
    scene = stage.scene
    with stage.story(scene.eput) as session:
        call = factories.a_call(session, scene.eput, AT_ONE)
        calls.leave_queue(call, AT_ONE + timedelta(seconds=30))
        calls.wait(call, AT_ONE, AT_ONE + timedelta(seconds=40))  # told late
        session.flush()
        assert waiting.count(session, scene.eput.id, LINE, AT_ONE) == 0
