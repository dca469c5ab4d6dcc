"""Recordings: what was said after the tone, until the product deletes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from advice_line.exchange import clock
from advice_line.exchange.call import Call
from advice_line.exchange.log import Log
from advice_line.exchange.sound import Sound

RecordingStatus = Literal["in-progress", "processing", "completed", "absent", "failed", "deleted"]

ERROR_CODES: Mapping[RecordingStatus, int] = {"absent": 16101, "failed": 16104}
"""Too short; and not to be kept."""


@dataclass
class Recording:
    """One recording. Its sound can be fetched once it is `completed`, never earlier."""

    sid: str
    call: Call
    started_at: datetime
    file: Path
    status: RecordingStatus = "in-progress"
    seconds: float = 0.0
    updated_at: datetime | None = None
    deleted: bool = False

    @property
    def path(self) -> str:
        """Its resource under the REST base, without a suffix."""
        return f"{self.call.api_path}/Recordings/{self.sid}"

    @property
    def url(self) -> str:
        """RecordingUrl, as in webhooks."""
        return self.call.api_base + self.path

    @property
    def whole_seconds(self) -> int:
        """Its length as Twilio tells it."""
        return round(self.seconds)

    @property
    def error_code(self) -> int | None:
        """Why there is nothing to fetch."""
        return ERROR_CODES.get(self.status)

    def media(self) -> bytes | None:
        """The WAV file; None while it is not ready, when there is none, and after it was deleted."""
        if self.status != "completed" or self.deleted or not self.file.exists():
            return None
        return self.file.read_bytes()


class Recordings:
    """The recordings of every call since the start, with their files in a folder."""

    def __init__(self, folder: Path, log: Log) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._log = log
        self._all: dict[str, Recording] = {}

    def start(self, sid: str, call: Call) -> Recording:
        """The tone sounded: a recording begins."""
        recording = Recording(sid, call, started_at=clock.now(), file=self._folder / f"{sid}.wav")
        self._all[sid] = recording
        return recording

    def stop(self, recording: Recording, sound: Sound | None) -> None:
        """It is over; with a sound it is being processed, with none there is nothing to keep."""
        if sound is None:
            self._becomes(recording, "absent")
            return
        recording.file.write_bytes(sound.wav())
        recording.seconds = sound.seconds
        self._becomes(recording, "processing")

    def complete(self, recording: Recording) -> None:
        """Its sound may be fetched from now on."""
        if not recording.deleted:
            self._becomes(recording, "completed")

    def lose(self, recording: Recording) -> None:
        """The network failed to keep it."""
        recording.file.unlink(missing_ok=True)
        self._becomes(recording, "failed")

    def delete(self, recording: Recording) -> None:
        """The product has its own copy; the sound goes."""
        recording.deleted, recording.status, recording.updated_at = True, "deleted", clock.now()
        recording.file.unlink(missing_ok=True)
        self._tell(recording, "deleted")

    def get(self, sid: str) -> Recording | None:
        """One that is not deleted."""
        recording = self._all.get(sid)
        return None if recording is None or recording.deleted else recording

    def newest_first(self, *, deleted_too: bool = False) -> Iterable[Recording]:
        """All that are not deleted; if asked for those too, of which the network keeps everything but the sound."""
        return [each for each in reversed(self._all.values()) if deleted_too or not each.deleted]

    def _becomes(self, recording: Recording, status: RecordingStatus) -> None:
        recording.status, recording.updated_at = status, clock.now()
        self._tell(recording, status)

    def _tell(self, recording: Recording, status: str) -> None:
        call, seconds = recording.call.sid, recording.whole_seconds
        self._log.write("recording", call_sid=call, recording_sid=recording.sid, status=status, seconds=seconds)
