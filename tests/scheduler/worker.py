"""A scheduler as a process of its own, by a clock that goes ahead: what the dead had claimed has run out for it.

`python -m tests.scheduler.worker 10`: ten minutes ahead.
"""

import signal
import sys
from datetime import timedelta
from threading import Event, Thread

from advice_line import clock, log
from advice_line.settings import Settings
from scheduler.metronome import run
from scheduler.workshop import opened


def main() -> None:
    stop, ahead = Event(), timedelta(minutes=float(sys.argv[1]))
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=stop.set).start())
    settings = Settings.load()
    log.configure(settings.log_format)
    with opened(settings) as workshop:
        workshop.now = lambda: clock.now() + ahead
        run(workshop, stop)


if __name__ == "__main__":
    main()
