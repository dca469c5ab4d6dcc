"""The vault: recorded voices at rest, encrypted, on the disk of the service's own choosing.

Each file is sealed with a data key of its own, which lies in the file's head, wrapped by the key that is derived from
RECORDINGS_KEY. The sound is cut into chunks, sealed one by one (AES-256-GCM), so that a player may jump about without
the whole file being read. The seal binds a chunk to its place, the last chunk to being last, and all of them to the
file's head and name: what was altered, cut short, mixed up or renamed is refused, never played.

    head:   b"ALV1" · 8 bytes of key id · 12 bytes of nonce · 48 bytes of wrapped data key
    chunks: up to 65,536 bytes of sound, each followed by its 16-byte seal
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from advice_line.errors import Misconfigured, OutsideFailed
from advice_line.settings import Settings

MAGIC = b"ALV1"
KEY_ID_BYTES = 8
NONCE_BYTES = 12
SEAL_BYTES = 16
CHUNK_BYTES = 64 * 1024
HEAD_BYTES = len(MAGIC) + KEY_ID_BYTES + NONCE_BYTES + 32 + SEAL_BYTES
# service/recording: ids of ours and of the network, so that a folder's listing tells nothing of a family.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}/[A-Za-z0-9]{1,64}")
UNFINISHED = ".part"


class Verified(NamedTuple):
    """What a file holds, every byte of it checked: the SHA-256 of the sound in hexadecimal, and its length."""

    sha256: str
    size: int


class Vault:
    """Where audio lies. Everything that goes wrong with a stored file is OutsideFailed."""

    def __init__(self, place: str | Path, keys: str) -> None:
        """`place` is a folder or a file:// URL; `keys` are comma-separated: the first encrypts, any of them reads."""
        self._folder = _folder(place)
        self._keys = {key.id: key for key in map(_Key.derived, _each(keys))}
        if not self._keys:
            raise Misconfigured("RECORDINGS_KEY is not set: recordings cannot be stored without it.")
        self._first = next(iter(self._keys.values()))
        _make_folder(self._folder)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The vault that the settings name; by default the folder `recordings` of the data folder."""
        return cls(
            settings.recordings_url or settings.advice_line_home / "recordings", settings.secret("recordings_key")
        )

    def write(self, name: str, chunks: Iterable[bytes]) -> int:
        """Store sound under a name, whole or not at all; returns its length. What was there before is replaced."""
        path = self._path(name)
        _make_folder(path.parent)
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}{UNFINISHED}")
        try:
            size = self._seal(unfinished, name, chunks)
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)
        return size

    def verify(self, name: str) -> Verified:
        """Read the file from end to end, as it lies on disk."""
        digest, size = hashlib.sha256(), 0
        for piece in self.read(name):
            digest.update(piece)
            size += len(piece)
        return Verified(digest.hexdigest(), size)

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `end`. A wrong key or a damaged end is told before the first."""
        size = self.size(name)
        end = size if end is None else min(end, size)
        if not 0 <= start <= end:
            raise ValueError(f"There are no bytes {start} to {end} in a file of {size}.")
        return self._pieces(name, start, end)

    def size(self, name: str) -> int:
        """The length of the sound in bytes, as its seal vouches for it."""
        with self._opened(name) as sealed:
            return sealed.size

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is gone already."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _flush_folder(path.parent)

    def clear_unfinished(self, before: datetime) -> int:
        """Remove what writers that were killed before `before` left behind; returns how many there were."""
        stale = [path for path in self._folder.glob(f"*/.*{UNFINISHED}") if path.stat().st_mtime < before.timestamp()]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError("A stored file is named service/recording, in plain letters and digits.")
        return self._folder / name

    def _seal(self, path: Path, name: str, chunks: Iterable[bytes]) -> int:
        head, data_key = self._first.new_head(name)
        size = 0
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(head)
            for number, (chunk, is_last) in enumerate(_even(chunks)):
                file.write(data_key.encrypt(_nonce(number, is_last=is_last), chunk, _bound_to(head, name)))
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
        return size

    def _pieces(self, name: str, start: int, end: int) -> Iterator[bytes]:
        with self._opened(name) as sealed:
            for number in range(start // CHUNK_BYTES, -(-end // CHUNK_BYTES)):
                first = number * CHUNK_BYTES
                yield sealed.chunk(number)[max(start - first, 0) : end - first]

    @contextmanager
    def _opened(self, name: str) -> Iterator["_Sealed"]:
        try:
            with self._path(name).open("rb") as file:
                head = file.read(HEAD_BYTES)
                yield _Sealed.opened(file, head, name, self._key_of(head))
        except FileNotFoundError:
            raise OutsideFailed("The audio of this message is not where it was stored.", permanent=True) from None
        except InvalidTag:
            raise _damaged() from None

    def _key_of(self, head: bytes) -> "_Key":
        if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
            raise _damaged()
        key = self._keys.get(head[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES])
        if key is None:
            raise OutsideFailed("The audio was stored with a key that is no longer in RECORDINGS_KEY.", permanent=True)
        return key


@dataclass(frozen=True)
class _Key:
    """A key derived from one part of RECORDINGS_KEY. Its id names it in a head, and tells nothing of it."""

    id: bytes
    cipher: AESGCM

    @classmethod
    def derived(cls, secret: str) -> Self:
        derived = HKDF(SHA256(), 32 + KEY_ID_BYTES, salt=None, info=b"advice-line recordings").derive(secret.encode())
        return cls(id=derived[32:], cipher=AESGCM(derived[:32]))

    def new_head(self, name: str) -> tuple[bytes, AESGCM]:
        """The head of a new file, and the data key that is wrapped in it."""
        data_key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
        start = MAGIC + self.id
        return start + nonce + self.cipher.encrypt(nonce, data_key, _bound_to(start, name)), AESGCM(data_key)

    def data_key(self, head: bytes, name: str) -> AESGCM:
        start, rest = head[: len(MAGIC) + KEY_ID_BYTES], head[len(MAGIC) + KEY_ID_BYTES :]
        return AESGCM(self.cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _bound_to(start, name)))


@dataclass(frozen=True)
class _Sealed:
    """An open file whose head and last chunk are known to be right, and with them its length."""

    file: BinaryIO
    bound_to: bytes
    data_key: AESGCM
    chunks: int
    size: int

    @classmethod
    def opened(cls, file: BinaryIO, head: bytes, name: str, key: _Key) -> Self:
        body = os.fstat(file.fileno()).st_size - HEAD_BYTES
        chunks = -(-body // (CHUNK_BYTES + SEAL_BYTES))
        sealed = cls(file, _bound_to(head, name), key.data_key(head, name), chunks, body - chunks * SEAL_BYTES)
        if chunks < 1:
            raise _damaged()
        sealed.chunk(chunks - 1)
        return sealed

    def chunk(self, number: int) -> bytes:
        """One chunk, opened; InvalidTag when a bit of it is not as it was sealed."""
        self.file.seek(HEAD_BYTES + number * (CHUNK_BYTES + SEAL_BYTES))
        sealed = self.file.read(CHUNK_BYTES + SEAL_BYTES)
        return self.data_key.decrypt(_nonce(number, is_last=number == self.chunks - 1), sealed, self.bound_to)


def _each(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _folder(place: str | Path) -> Path:
    address = urlsplit(str(place))
    if not address.scheme:
        return Path(place)
    if address.scheme == "file" and address.netloc in {"", "localhost"} and address.path:
        return Path(unquote(address.path))
    raise Misconfigured(
        "RECORDINGS_URL must be a folder or a file:// URL: storing in an object store is not built yet."
    )


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk: without it a rename may be lost when the power goes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _even(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in full chunks, each with whether it is the last; no bytes are one empty last chunk."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES]), False
            del held[:CHUNK_BYTES]
    yield bytes(held), True


def _nonce(number: int, *, is_last: bool) -> bytes:
    # Counting is safe here and only here, because no data key seals two files.
    return number.to_bytes(NONCE_BYTES - 1, "big") + (b"\x01" if is_last else b"\x00")


def _bound_to(head: bytes, name: str) -> bytes:
    return head + name.encode()


def _damaged() -> OutsideFailed:
    return OutsideFailed("The stored audio is damaged or was altered, so it is not played.", permanent=True)
