"""What the clock's door counts: jobs that ran, that failed, and that fail just now. No personal data."""

from prometheus_client import Counter, Gauge, Histogram

RUNS = Counter("advice_line_jobs_total", "Runs of the clock's jobs", ["job", "result"])
DONE = Counter("advice_line_job_things_total", "Things that jobs have done", ["job"])
RACES = Counter("advice_line_job_races_total", "Deadlocks and the like that were tried again at once", ["job"])
FAILING = Gauge("advice_line_job_failing", "In how many services a job fails just now", ["job"])
SECONDS = Histogram(
    "advice_line_job_seconds",
    "How long one run of a job took",
    ["job"],
    buckets=(0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0),
)
