"""A load client, in a process of its own: so many connections that are kept alive, and on each one request at a time.

Reads `{"port", "path", "connections", "bodies": [[body, signature], …]}` from standard input, sends each body once,
and prints `{"rate", "p50", "p99", "errors"}`: requests a second, milliseconds, and answers that were no 2xx.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import cast

import uvloop

HEAD_END = b"\r\n\r\n"
LONGEST = 120.0  # seconds


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Iterator[bytes], seconds: list[float], errors: list[str]) -> None:
        self._requests, self._seconds, self._errors = requests, seconds, errors
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected: send the first request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own, of no common class
        self._send()

    def data_received(self, data: bytes) -> None:
        """A piece of an answer: once it is whole, send the next request."""
        self._received += data
        head, end, body = self._received.partition(HEAD_END)
        if not end or len(body) < _length(head):
            return
        self._seconds.append(time.perf_counter() - self._sent_at)
        if not head.startswith(b"HTTP/1.1 2"):
            self._errors.append(head.partition(b"\r\n")[0].decode())
        self._received = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over: as it should be after the last answer."""
        if not self.finished.done():
            self._errors.append(f"connection lost: {exc}")
            self.finished.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def send_all(port: int, requests: list[bytes], connections: int) -> dict[str, object]:
    """Send every request once and say how it went."""
    loop = asyncio.get_running_loop()
    seconds: list[float] = []
    errors: list[str] = []
    waiting = iter(requests)
    started = time.perf_counter()
    pairs = [
        await loop.create_connection(lambda: Client(waiting, seconds, errors), "127.0.0.1", port)
        for _ in range(connections)
    ]
    async with asyncio.timeout(LONGEST):
        await asyncio.gather(*(client.finished for _, client in pairs))
    taken = time.perf_counter() - started
    seconds.sort()
    return {
        "rate": len(seconds) / taken,
        "p50": seconds[len(seconds) // 2] * 1000,
        "p99": seconds[len(seconds) * 99 // 100] * 1000,
        "errors": errors,
    }


def _request(path: str, body: str, signature: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: TwilioProxy/1.1\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
        f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


if __name__ == "__main__":
    order = json.load(sys.stdin)
    ready = [_request(order["path"], body, signature) for body, signature in order["bodies"]]
    print(json.dumps(uvloop.run(send_all(order["port"], ready, order["connections"]))))
