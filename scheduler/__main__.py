"""`python -m scheduler`: the clock's door as a process of its own, until it is asked to end."""

import signal
import sys
from threading import Event, Thread

from advice_line import embedded, log
from advice_line.errors import Misconfigured
from advice_line.settings import Settings
from scheduler.metronome import run
from scheduler.workshop import opened


def main() -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # On a thread of its own: this one may hold the event's lock just then, on its way into waiting for it.
        signal.signal(number, lambda *_: Thread(target=stop.set).start())
    try:
        settings = Settings.load()
        log.configure(settings.log_format)
        with opened(settings) as workshop:
            run(workshop, stop)
    except (Misconfigured, embedded.EmbeddedError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
