"""WAV: the check that what we were given is a sound, whole, and as long as we were told. Pure.

An error page stored as a message is a message lost, so nothing is kept that does not pass.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator

from advice_line.errors import OutsideFailed

LONGEST_HEAD = 64 * 1024
# Lengths in the head of a sound that was still being made when the head was written.
NOT_SAID = frozenset({0, 0x7FFFFFFF, 0xFFFFFFFF})
# What we are told is rounded to seconds, and may have been measured before or after silence was cut off.
SLACK_SECONDS = 2
SLACK_SHARE = 0.1


class Checked:
    """A WAV file passing by. Once it has been read to its end, `seconds` and `sha256` tell what it was."""

    def __init__(self, chunks: Iterable[bytes], told_seconds: int | None) -> None:
        self._chunks = chunks
        self._told = told_seconds
        self._digest = hashlib.sha256()
        self.seconds = 0.0

    @property
    def sha256(self) -> str:
        """The digest of all bytes that passed, in hexadecimal."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        """The same bytes. OutsideFailed, at the latest after the last, when they are not what they should be."""
        head, size = b"", 0
        for chunk in self._chunks:
            if len(head) < LONGEST_HEAD:
                head = (head + chunk)[:LONGEST_HEAD]
                _refuse_other(head)
            size += len(chunk)
            self._digest.update(chunk)
            yield chunk
        self.seconds = _seconds(head, size)
        self._refuse_wrong_length()

    def _refuse_wrong_length(self) -> None:
        if self._told is None:
            return
        allowed = max(SLACK_SECONDS, self._told * SLACK_SHARE)
        if abs(self.seconds - self._told) > allowed:
            raise OutsideFailed(f"The recording is {self.seconds:.0f} seconds long, but {self._told} were announced.")


def _refuse_other(head: bytes) -> None:
    if head[:4] != b"RIFF"[: len(head)] or head[8:12] != b"WAVE"[: max(len(head) - 8, 0)]:
        raise OutsideFailed("What came was not a sound in the WAV format.")


def _seconds(head: bytes, size: int) -> float:
    """How long the sound is, from its head and the size of the whole file."""
    position, bytes_a_second = 12, 0
    while position + 8 <= len(head):
        kind, length = struct.unpack_from("<4sI", head, position)
        if kind == b"fmt " and position + 20 <= len(head):
            (bytes_a_second,) = struct.unpack_from("<I", head, position + 16)
        if kind == b"data" and bytes_a_second:
            return _sound_bytes(length, size - position - 8) / float(bytes_a_second)
        position += 8 + length + length % 2
    raise OutsideFailed("What came was not a whole sound in the WAV format.")


def _sound_bytes(announced: int, there: int) -> int:
    if announced in NOT_SAID:
        return there
    if there < announced:
        raise OutsideFailed("The recording was cut short on its way.")
    return announced
