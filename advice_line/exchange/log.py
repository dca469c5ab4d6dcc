"""The exchange's own log: one JSON line for each request it sent or got, each error it found, each state of a call.

It holds practice data only and lies apart from the product's logs; tests read it to see what was sent and what went
wrong. The events: `request` (one HTTP request to the product and its answer), `redirect`, `error` (with Twilio's error
code), `call` (a call changed state), `recording` (a recording did, or was deleted), `rest` (a REST request that came
in), `fault_done` (something was done wrong on purpose), `fault` (the exchange itself broke).
"""

import json
from collections import deque
from pathlib import Path

from advice_line.exchange import clock

KEPT_IN_MEMORY = 20_000

Entry = dict[str, object]


class Log:
    """An append-only file `exchange.jsonl` and its newest lines in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / "exchange.jsonl").open("a", encoding="utf-8", buffering=1)
        self._entries: deque[Entry] = deque(maxlen=KEPT_IN_MEMORY)

    def write(self, event: str, **facts: object) -> None:
        """Add one line, with the moment it was written."""
        entry: Entry = {"at": clock.now().isoformat(), "event": event, **facts}
        self._entries.append(entry)
        self._file.write(json.dumps(entry) + "\n")

    def error(self, call_sid: str, code: int, message: str, url: str) -> None:
        """One finding of the kind that Twilio's debugger shows, under Twilio's code."""
        self.write("error", call_sid=call_sid, code=code, message=message, url=url)

    def entries(self, *, event: str | None = None, call_sid: str | None = None) -> list[Entry]:
        """The lines since the start, oldest first, of one kind or of one call if asked."""
        return [
            entry
            for entry in self._entries
            if event in (None, entry["event"]) and call_sid in (None, entry.get("call_sid"))
        ]

    def close(self) -> None:
        """Close the file; nothing may be written after."""
        self._file.close()
