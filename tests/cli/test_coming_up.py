"""When the demonstration does not come up, it says what is known."""

from typing import Any

import pytest
import respx

from advice_line.cli.demo.coming_up import missing, problem

PAGES, EXCHANGE = "http://127.0.0.1:1", "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (200, {"ready": True}, []),
        (503, {"ready": False, "database": False}, ["The pages answer, but the database does not."]),
        (503, {"ready": False, "database": True, "migrated": True}, ["No scheduler is at work yet."]),
        (500, {}, [f"The pages answer with HTTP 500 at {PAGES}."]),
    ],
)
def test_the_pages_own_answer_is_told_in_words(status: int, state: dict[str, Any], said: list[str]) -> None:
    with respx.mock as network:
        network.get(f"{PAGES}/readyz").respond(status, json=state)
        network.get(f"{EXCHANGE}/practice/health").respond(200)
        assert missing(PAGES, EXCHANGE) == said


def test_who_does_not_answer_and_who_died_is_named() -> None:
    silent = missing(PAGES, EXCHANGE)
    assert [sentence.split(" do")[0] for sentence in silent] == ["The pages", "The practice exchange"]
    assert "Ended by themselves: web. What they said stands above." in problem(silent, ["web"])
    assert "above" not in problem(silent, [])
