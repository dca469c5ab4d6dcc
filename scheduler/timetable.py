"""The timetable: every job of the clock, how often it asks what is due, and which notices have it ask at once.

The order is that of the story: `run_once` follows it. Nothing here keeps anything; what is due stands in the tables.
"""

from scheduler import (
    alerting,
    connecting,
    events,
    explaining,
    placing,
    planning,
    reconciling,
    recordings,
    sharing,
    speech,
    stopping,
    telling,
    texting,
    tidying,
    watching,
)
from scheduler.job import Job, at_home, everywhere, where

TIMETABLE: tuple[Job, ...] = (
    Job("beat", 5, at_home(tidying.beat)),
    Job("read_directory", 60, at_home(tidying.read_directory), frozenset({"configured"})),
    Job("apply_events", 1, where(lambda w: w.events, events.apply), frozenset({"event"})),
    Job("fetch_recordings", 1, where(lambda w: w.recordings, recordings.fetch)),
    Job("look_for_speech", 5, everywhere(speech.look_through)),
    Job("explain_messages", 15, everywhere(explaining.explain)),
    # It looks every minute whether a service's quarter of an hour is over, or a failure is to be tried again.
    Job("reconcile", 60, everywhere(reconciling.reconcile)),
    Job("place_calls", 1, where(lambda w: w.attempts, placing.place), frozenset({"attempt"})),
    Job("stop_calls", 15, everywhere(stopping.stop), frozenset({"stop"})),
    Job("connect_callers", 1, connecting.steps, frozenset({"queue"})),
    Job("stop_rings", 2, connecting.steps_of_stopping, frozenset({"queue"})),
    Job("look_up_rings", 5, connecting.steps_of_look_up),
    Job("look_up_calls", 5, everywhere(placing.look_up)),
    Job("alert", 5, everywhere(alerting.alert), frozenset({"alert"})),
    Job("send_texts", 2, everywhere(texting.send), frozenset({"text"})),
    Job("look_up_texts", 15, everywhere(texting.look_up)),
    # Before plans are made: what listening takes is not there for callbacks.
    Job("share_listening", 60, everywhere(sharing.share), frozenset({"planning", "configured"})),
    Job("want_plans", 30, everywhere(planning.want)),
    Job("plan", 2, where(lambda w: w.planning, planning.plan), frozenset({"planning"})),
    Job("watch", 60, everywhere(watching.watch)),
    Job("tell", 15, everywhere(telling.tell)),
    Job("forget_answers", 3600, everywhere(tidying.forget_answers)),
    Job("forget_drafts", 3600, everywhere(tidying.forget_drafts)),
    Job("forget_tries", 3600, at_home(tidying.forget_tries)),
)
