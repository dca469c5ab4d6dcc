"""Charts: bars as a drawing of our own, so that a picture needs no script and prints; its figures stand beneath it."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 240
LEFT, BOTTOM, TOP = 44, 28, 12
MOST_LABELS = 12


@dataclass(frozen=True)
class Bar:
    """One bar: its place and size in the drawing, its figure, and its label (empty when there is no room for one)."""

    x: float
    y: float
    width: float
    height: float
    value: int
    label: str


@dataclass(frozen=True)
class Chart:
    """A bar chart. `title` is read out in its place; `ticks` are heights with their figures."""

    title: str
    bars: list[Bar]
    ticks: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM
    left: int = LEFT


def bars(title: str, figures: Sequence[tuple[str, int]]) -> Chart:
    """A chart of labelled figures, in their order."""
    top = _round_up(max((value for _, value in figures), default=0))
    room = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(1, len(figures))
    every = -(-len(figures) // MOST_LABELS) or 1
    drawn = [
        Bar(
            x=round(LEFT + number * step + step * 0.1, 1),
            y=round(HEIGHT - BOTTOM - room * value / top, 1),
            width=round(step * 0.8, 1),
            height=round(room * value / top, 1),
            value=value,
            label=label if number % every == 0 else "",
        )
        for number, (label, value) in enumerate(figures)
    ]
    ticks = [(round(HEIGHT - BOTTOM - room * part / 2, 1), round(top * part / 2)) for part in (0, 1, 2)]
    return Chart(title, drawn, ticks)


def _round_up(highest: int) -> int:
    """The next even, round figure for the top of the scale."""
    for step in (2, 4, 10, 20, 40, 100, 200, 400, 1000, 2000, 10_000, 100_000):
        if highest <= step:
            return step
    return highest
