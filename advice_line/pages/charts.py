"""Charts: bars as a drawing of our own, so that a picture needs no script and prints; its figures stand beneath it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    limit_y: float | None = None
    is_over: bool = False


@dataclass(frozen=True)
class Chart:
    """A bar chart. `title` is read out in its place; `ticks` are heights with their figures.

    A bar may have a limit, drawn as a mark at `limit_y`; `is_over` when it reaches beyond.
    """

    title: str
    bars: list[Bar]
    ticks: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM
    left: int = LEFT


def bars(title: str, figures: Sequence[tuple[str, int]], at_least: int = 0) -> Chart:
    """A chart of labelled figures, in their order; its scale reaches `at_least` so far."""
    top = _round_up(max([at_least, *(value for _, value in figures)]))
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


def bars_with_limits(title: str, figures: Sequence[tuple[str, int, int]]) -> Chart:
    """A chart of labelled figures, each with its own limit."""
    highest = max((max(value, limit) for _, value, limit in figures), default=0)
    plain = bars(title, [(label, value) for label, value, _ in figures], at_least=highest)
    room, top = HEIGHT - BOTTOM - TOP, _round_up(highest)
    limited = [
        replace(bar, limit_y=round(HEIGHT - BOTTOM - room * limit / top, 1), is_over=value > limit)
        for bar, (_, value, limit) in zip(plain.bars, figures, strict=True)
    ]
    return replace(plain, bars=limited)


def _round_up(highest: int) -> int:
    """The next even, round figure for the top of the scale."""
    for step in (2, 4, 10, 20, 40, 100, 200, 400, 1000, 2000, 10_000, 100_000):
        if highest <= step:
            return step
    return highest
