"""What the telephone door counts: posts by kind and how they ended, and how long they took. No personal data."""

from functools import cache

from prometheus_client import Counter, Histogram

POSTS = Counter("advice_line_webhooks_total", "Posts of the telephone network", ["kind", "result"])
SECONDS = Histogram(
    "advice_line_webhook_seconds",
    "From the first byte read to the answer sent",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0),
)


def count(kind: str, result: str, seconds: float) -> None:
    """One post has been answered. `result` is kept, lost, refused or too_long."""
    posts, times = _of(kind, result)
    posts.inc()
    times.observe(seconds)


@cache
def _of(kind: str, result: str) -> tuple[Counter, Histogram]:
    return POSTS.labels(kind, result), SECONDS.labels(kind)
