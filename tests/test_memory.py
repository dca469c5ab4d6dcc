"""The clusters of tests lie in memory, and nothing of a run that was killed stays there."""

import os
from pathlib import Path

from advice_line.embedded.lock import Lock
from advice_line.embedded.place import Place
from tests.memory import data_home


def test_what_a_killed_run_left_is_taken_away_but_not_what_is_new_or_used(tmp_path: Path) -> None:
    left, used, new = (data_home(tmp_path, enough=0) for _ in range(3))
    with Lock(Place.of(used).users) as users:
        assert users.share(within=0)
        for home in (left, used):
            os.utime(home, (0, 0))
        data_home(tmp_path, enough=0)
    assert (left.exists(), used.exists(), new.exists()) == (False, True, True)


def test_where_memory_is_scarce_the_disk_will_do(tmp_path: Path) -> None:
    home = data_home(tmp_path, enough=1 << 60)
    assert home.parent != tmp_path
    home.rmdir()
