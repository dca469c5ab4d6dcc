"""A believable year of Hertfordshire's, written once for all the tests of reports."""

from collections.abc import Iterator

import pytest

from advice_line import embedded
from advice_line.cli.demo import history
from tests.scene import TUESDAY, Scene, Stage, staged


@pytest.fixture(scope="package")
def year(cluster: embedded.Server, scene: Scene) -> Iterator[Stage]:
    """The scene with the year up to Monday 16 November 2026 in it; only for looking at."""
    with staged(cluster, scene) as stage:
        history.write(stage.owner, scene.herts, TUESDAY, lambda _done, _of: None)
        yield stage
