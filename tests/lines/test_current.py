"""The directory of a running process takes up what somebody configures."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from advice_line import db
from advice_line.lines.configure import apply
from advice_line.lines.current import CurrentDirectory
from advice_line.lines.reading import Reading
from tests.conftest import TUESDAY
from tests.lines.files import EPUT, HERTS, changed, configured
from tests.lines.files import text as written

NAME = "Hertfordshire children's occupational therapy"


@pytest.fixture
def current(owner: Engine, serving: Engine) -> Iterator[CurrentDirectory]:
    """Hertfordshire as it was when the process started."""
    configured(owner, HERTS)
    directory = CurrentDirectory(serving)
    yield directory
    directory.close()


def _configure_later(owner: Engine, file: str) -> None:
    with db.transaction(owner, None) as session:
        apply(session, Reading.of(file.encode()), TUESDAY + timedelta(minutes=1))


def test_a_configured_change_is_taken_up(owner: Engine, current: CurrentDirectory) -> None:
    _configure_later(owner, changed((f"name: {NAME}", "name: Another name")))
    assert current().service(HERTS).name == NAME
    current.look()
    assert current().service(HERTS).name == "Another name"


def test_a_new_service_is_taken_up(owner: Engine, current: CurrentDirectory) -> None:
    _configure_later(owner, written(EPUT))
    current.look()
    assert list(current().services) == [EPUT, HERTS]


def test_nothing_is_read_again_when_nothing_changed(owner: Engine, current: CurrentDirectory) -> None:
    before = current()
    _configure_later(owner, written(HERTS))
    current.look()
    assert current() is before
