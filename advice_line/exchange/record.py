"""<Record>: the tone, what is said after it, and the recording that comes of it.

A recording is *empty* when less than a second of it is left (after trimming, if asked for), or when the person never
made a sound and silence ended it. Twilio then asks for no action and goes on with the next verb.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from advice_line.exchange.clock import rfc2822
from advice_line.exchange.handset import HungUp, Utterance, Wants
from advice_line.exchange.line import Fetch, Line
from advice_line.exchange.recordings import Recording
from advice_line.exchange.sound import FRAME, RATE, Sound
from advice_line.exchange.twiml import Verb
from advice_line.exchange.wire import Ask

DEFAULT_TIMEOUT = 5
DEFAULT_LENGTH = 3600
ANY_KEY = "1234567890*#"
SHORTEST = 1.0
TONE = "(a tone)"


class Take:
    """The ear of a <Record>: what it heard so far, and why it stopped listening."""

    wants: Wants = "speech"

    def __init__(self, finish_on: str, quiet_limit: int, length_limit: int) -> None:
        self._finish_on = finish_on
        self._quiet_limit = quiet_limit or None
        self._length_limit = length_limit
        self._quiet = 0.0
        self.sound = Sound.silence(0)
        self.spoke = False
        self.key = ""
        self.waiting: deque[Utterance] = deque()

    @property
    def over(self) -> bool:
        """Whether a key, a silence or the length ended it."""
        return bool(self.key) or self.room < FRAME / RATE

    @property
    def room(self) -> float:
        """Seconds that it would go on if nobody said anything."""
        length = self._length_limit - self.sound.seconds
        return length if self._quiet_limit is None else min(length, self._quiet_limit - self._quiet)

    @property
    def stirred(self) -> bool:
        """Whether there is something new to hear."""
        return bool(self.key or self.waiting)

    def press(self, key: str) -> bool:
        """A key; only a finishing one matters."""
        if key in self._finish_on:
            self.key = key
        return bool(self.key)

    def speak(self, utterance: Utterance) -> bool:
        """Words, to be heard in their time."""
        self.waiting.append(utterance)
        return False

    def audible(self, sound: Sound) -> Sound:
        """The part of it that will be heard before silence or length end the recording."""
        if self._quiet_limit is not None:
            quiet = round(self._quiet * RATE / FRAME)
            for number, voiced in enumerate(sound.voiced(), start=1):
                quiet = 0 if voiced else quiet + 1
                if quiet * FRAME >= self._quiet_limit * RATE:
                    sound = sound.first(number * FRAME / RATE)
                    break
        return sound.first(self._length_limit - self.sound.seconds)

    def add(self, sound: Sound) -> None:
        """It was heard."""
        self.sound = self.sound.then(sound)
        voiced = sound.voiced().nonzero()[0]
        if len(voiced):
            self.spoke = True
            self._quiet = sound.seconds - (voiced[-1] + 1) * FRAME / RATE
        else:
            self._quiet += sound.seconds

    def kept(self, *, trim: bool, hung_up: bool) -> Sound | None:
        """What will be kept of it; None when it is empty."""
        sound = self.sound.trimmed() if trim else self.sound
        ended_by_silence = not (hung_up or self.key or self.sound.seconds >= self._length_limit)
        return None if sound.seconds < SHORTEST or (ended_by_silence and not self.spoke) else sound


async def play_record(line: Line, verb: Verb) -> Fetch | None:
    """Record, keep what was said, and ask for the action - also when the person hung up in the middle of a word."""
    take = Take(
        verb.get("finishOnKey", ANY_KEY),
        verb.number("timeout", DEFAULT_TIMEOUT),
        verb.number("maxLength", DEFAULT_LENGTH),
    )
    if verb.yes("playBeep", default=True):
        line.handset.hears(TONE, tone=True)
    recording = line.exchange.recordings.start(line.exchange.sids.new("RE"), line.call)
    _announce(line, verb, recording)
    try:
        await _listen(line, take)
    except HungUp:
        fetch = _keep(line, verb, take, recording)
        if fetch is not None:
            await line.ask_in_vain(fetch)
            fetch.afterwards()
        raise
    return _keep(line, verb, take, recording)


async def _listen(line: Line, take: Take) -> None:
    try:
        with line.handset.listens(take):
            while not take.over:
                await _hear(line, take)
    finally:
        for utterance in take.waiting:
            utterance.over = True
        line.handset.stir()


async def _hear(line: Line, take: Take) -> None:
    """Let time pass with what is being said, or with nobody saying anything; keep as much as was heard."""
    handset, before = line.handset, line.handset.seconds
    if not take.waiting:
        try:
            await handset.attends(take.room, lambda: take.stirred)
        finally:
            take.add(Sound.silence(handset.seconds - before))
        return
    part = take.audible(take.waiting[0].sound)
    try:
        await handset.passes(part.seconds, lambda: bool(take.key))
    finally:
        take.add(part.first(handset.seconds - before))
        take.waiting.popleft().over = True
        handset.stir()


def _keep(line: Line, verb: Verb, take: Take, recording: Recording) -> Fetch | None:
    gone = line.handset.gone
    sound = take.kept(trim=verb.get("trim", "trim-silence") == "trim-silence", hung_up=gone)
    line.exchange.recordings.stop(recording, sound)
    if sound is None:
        _announce(line, verb, recording)
        return None
    action = line.action(
        verb,
        {
            "RecordingUrl": recording.url,
            "RecordingSid": recording.sid,
            "RecordingDuration": str(round(take.sound.seconds)),
            "Digits": "hangup" if gone else take.key,
        },
    )
    return replace(action, afterwards=lambda: _process(line, verb, recording))


def _process(line: Line, verb: Verb, recording: Recording) -> None:
    line.exchange.spawn(line.call, _complete(line, verb, recording))


async def _complete(line: Line, verb: Verb, recording: Recording) -> None:
    await asyncio.sleep(line.exchange.sids.delay(0.5, 3.0) * line.exchange.config.pace)
    if line.exchange.faults.take("recording", line.call.sid, "lost"):
        line.exchange.recordings.lose(recording)
    else:
        line.exchange.recordings.complete(recording)
    _announce(line, verb, recording)


def _announce(line: Line, verb: Verb, recording: Recording) -> None:
    """Tell the product what has become of a recording, if it asked to be told of that."""
    url, wanted = verb.get("recordingStatusCallback"), verb.get("recordingStatusCallbackEvent", "completed").split()
    # That it failed is told to whoever waits for the sound: there is no event of its own to ask for.
    if url and (recording.status in wanted or (recording.status == "failed" and "completed" in wanted)):
        method = verb.get("recordingStatusCallbackMethod", "POST")
        ask = Ask("recording", line.call.sid, line.resolve(url), _event(recording), method)
        line.exchange.tell(line.call, ask, in_turn=False)


def _event(recording: Recording) -> Mapping[str, str]:
    event = {
        "AccountSid": recording.call.account_sid,
        "CallSid": recording.call.sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording.url,
        "RecordingStatus": recording.status,
        "RecordingDuration": str(recording.whole_seconds),
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
        "RecordingStartTime": rfc2822(recording.started_at) or "",
        "RecordingTrack": "inbound",
    }
    if recording.error_code:
        event["ErrorCode"] = str(recording.error_code)
    return event
