"""Why a call fits nowhere: the rules are laid on one after the other, and the one that leaves no time is the reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scheduler.planner.diary import FAR, Diary, Stretch, meet, promised
from scheduler.planner.left import align
from scheduler.planner.problem import Callback
from scheduler.planner.words import Obstacle


def obstacle(diary: Diary, callback: Callback) -> Obstacle:
    """The first rule that leaves this callback no time; when all leave some, other calls have it."""
    promise = promised(callback)
    if promise is not None:
        return Obstacle.PROMISE_PASSED if promise.start < diary.now else Obstacle.PROMISE_IMPOSSIBLE
    return _of_rota(diary) or _of_caller(diary, callback) or _of_both(diary, callback) or Obstacle.ALL_FULL


def _of_rota(diary: Diary) -> Obstacle | None:
    ahead = [Stretch(diary.now, FAR)]
    if not any(meet(rota, ahead) for rota in diary.rota):
        return Obstacle.NO_THERAPIST
    line = meet(diary.line, ahead)
    if not line:
        return Obstacle.NO_LINE_WINDOW
    return None if any(meet(rota, line) for rota in diary.rota) else Obstacle.NO_ROTA_IN_WINDOW


def _of_caller(diary: Diary, callback: Callback) -> Obstacle | None:
    shared = meet(meet(diary.line, [Stretch(diary.now, FAR)]), diary.talks(callback))
    if not shared:
        return Obstacle.CALLER_OUTSIDE_LINE
    if callback.windows is not None and not _room(diary, callback, [shared]):
        return Obstacle.CALLER_TOO_SHORT
    if not any(diary.speaks(callback, therapist) for therapist in diary.therapists):
        return Obstacle.NO_LANGUAGE
    return None


def _of_both(diary: Diary, callback: Callback) -> Obstacle | None:
    people = [index for index, one in enumerate(diary.therapists) if diary.speaks(callback, one)]
    line = meet(meet(diary.line, [Stretch(diary.now, FAR)]), diary.talks(callback))
    rota = [meet(diary.rota[index], line) for index in people]
    if not any(rota):
        return Obstacle.NO_ROTA_FOR_CALLER
    wish = [Stretch(diary.wish(callback), FAR)]
    caller = diary.caller(callback)
    narrower = (
        (rota, Obstacle.NO_ROOM_FOR_LENGTH),
        ([meet(one, wish) for one in rota], Obstacle.NOT_BEFORE),
        ([meet(one, caller) for one in rota], Obstacle.AFTER_ATTEMPT),
        ([meet(diary.free[index], caller) for index in people], Obstacle.ROTA_TAKEN),
    )
    return next((reason for times, reason in narrower if not _room(diary, callback, times)), None)


def _room(diary: Diary, callback: Callback, times: Iterable[Sequence[Stretch]]) -> bool:
    """Whether the call fits into one of the stretches from a start on the grid."""
    stretches = (stretch for one in times for stretch in one)
    return any(align(stretch.start, diary.grid) + callback.minutes <= stretch.end for stretch in stretches)
