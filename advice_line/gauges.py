"""Gauges: how the installation stands, as metrics: counts by service and by job, never anything of a caller."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from advice_line.readiness import Readiness


class Gauges:
    """The gauges of one look; None when the database did not answer."""

    def __init__(self, state: Readiness | None) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment; that the database is away, and nothing more, when it is."""
        up = GaugeMetricFamily("advice_line_database_up", "Whether the database answers")
        up.add_metric([], 1 if self._state else 0)
        yield up
        if self._state is not None:
            yield from self._figures(self._state)

    def _figures(self, state: Readiness) -> Iterator[Metric]:
        beat = GaugeMetricFamily("advice_line_scheduler_heartbeat_seconds", "Seconds since the scheduler's last beat")
        beat.add_metric([], state.scheduler_seconds if state.scheduler_seconds is not None else float("inf"))
        yield beat
        degraded = GaugeMetricFamily("advice_line_degraded", "Whether it works, and somebody should look: see /readyz")
        degraded.add_metric([], state.state == "degraded")
        yield degraded
        yield from _workers(state)
        yield from _jobs(state)
        for name, what in Readiness.FIGURES.items():
            gauge = GaugeMetricFamily(f"advice_line_{name}", what, labels=["service"])
            for work in state.work:
                gauge.add_metric([work.service], getattr(work, name) or 0)
            yield gauge


def _workers(state: Readiness) -> Iterator[GaugeMetricFamily]:
    workers = GaugeMetricFamily(
        "advice_line_workers", "Scheduler processes, by whether they are heard of", labels=["heard"]
    )
    silent = sum(worker.is_silent(state.now) for worker in state.workers)
    workers.add_metric(["yes"], len(state.workers) - silent)
    workers.add_metric(["no"], silent)
    yield workers


def _jobs(state: Readiness) -> Iterator[Metric]:
    """How each job stands in each service; the service is empty for what belongs to none."""
    by = ["job", "service"]
    due = GaugeMetricFamily("advice_line_job_due", "Things that are due", labels=by)
    lag = GaugeMetricFamily("advice_line_job_lag_seconds", "How long the oldest due thing has waited", labels=by)
    failures = GaugeMetricFamily("advice_line_job_failures_in_a_row", "How often a job has failed in a row", labels=by)
    failed = CounterMetricFamily("advice_line_job_failures", "How often a job has failed", labels=by)
    retried = CounterMetricFamily(
        "advice_line_job_retries", "Deadlocks and the like that were tried again at once", labels=by
    )
    last = GaugeMetricFamily("advice_line_job_last_trouble_timestamp_seconds", "When a job last had trouble", labels=by)
    for job in state.jobs:
        where = [job.job, job.place]
        due.add_metric(where, job.due)
        lag.add_metric(where, job.lag.total_seconds())
        if job.trouble is not None:
            failures.add_metric(where, job.trouble.failures)
            failed.add_metric(where, job.trouble.failed_total)
            retried.add_metric(where, job.trouble.retried_total)
            last.add_metric(where, job.trouble.at.timestamp())
    yield from (due, lag, failures, failed, retried, last)
