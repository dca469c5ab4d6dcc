"""Several processes under one parent: kept alive, and ended together."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from advice_line.cli.process_tree import LONGEST_PAUSE, ProcessTree

WITHIN = 60.0  # seconds, on a busy machine
# Says that it runs by adding its number to a file, then waits to be ended.
CHILD = """
import os, signal, sys
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()}\\n")
signal.pause()
"""


@pytest.fixture
def tree() -> Iterator[ProcessTree]:
    tree = ProcessTree()
    yield tree
    tree.stop()


def _add(tree: ProcessTree, home: Path, name: str) -> Path:
    (home / "a_child.py").write_text(CHILD)
    diary = home / name
    diary.touch()
    tree.add(name, ["a_child", str(diary)], {"PYTHONPATH": str(home)})
    return diary


def _pids(diary: Path) -> list[int]:
    return [int(line) for line in diary.read_text().splitlines()]


def test_a_child_that_dies_is_started_again(tree: ProcessTree, tmp_path: Path) -> None:
    diary = _add(tree, tmp_path, "one")
    assert tree.wait_until(lambda: len(_pids(diary)) == 1, WITHIN)
    os.kill(_pids(diary)[0], signal.SIGKILL)
    assert tree.wait_until(lambda: len(_pids(diary)) == 2, WITHIN)
    first, second = _pids(diary)
    assert first != second


def test_a_child_that_lives_is_left_alone(tree: ProcessTree, tmp_path: Path) -> None:
    steady, dying = _add(tree, tmp_path, "steady"), _add(tree, tmp_path, "dying")
    assert tree.wait_until(lambda: len(_pids(steady) + _pids(dying)) == 2, WITHIN)
    os.kill(_pids(dying)[0], signal.SIGKILL)
    assert tree.wait_until(lambda: len(_pids(dying)) == 2, WITHIN)
    assert len(_pids(steady)) == 1


def test_a_child_that_keeps_dying_is_started_after_a_longer_pause(tree: ProcessTree) -> None:
    tree.add("hopeless", ["no_such_module_at_all"], {})
    (child,) = tree.children
    child.deaths = 5
    assert tree.wait_until(lambda: child.deaths == 6, WITHIN)
    assert 3 < child.start_after - time.monotonic() < LONGEST_PAUSE


def test_stop_ends_every_child(tree: ProcessTree, tmp_path: Path) -> None:
    diaries = [_add(tree, tmp_path, name) for name in ("one", "two")]
    assert tree.wait_until(lambda: all(_pids(diary) for diary in diaries), WITHIN)
    tree.stop()
    assert [child.process and child.process.returncode for child in tree.children] == [-signal.SIGTERM] * 2


def test_a_tree_that_was_asked_to_stop_watches_no_longer(tree: ProcessTree, tmp_path: Path) -> None:
    _add(tree, tmp_path, "one")
    tree.ask_to_stop()
    tree.watch()
    assert tree.stopping
    assert not tree.wait_until(lambda: True, WITHIN)
