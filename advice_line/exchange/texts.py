"""Texts: those that the product sends to practice telephones, and those that they send to a line.

A number that wrote STOP to a line is refused from then on, as the network does by itself, until it writes START.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime

from advice_line.exchange import clock
from advice_line.exchange.call import API_VERSION
from advice_line.exchange.clock import rfc2822
from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.handset import Bell
from advice_line.exchange.log import Log
from advice_line.exchange.sids import Sids
from advice_line.exchange.wire import Ask, Wire

STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START = frozenset({"start", "yes", "unstop"})
NOT_REACHABLE = "30003"
A_SEGMENT = 160


@dataclass(eq=False)
class Text:
    """One text. `direction` is outbound-api for one that the product sends, inbound for one that a person sends."""

    sid: str
    from_: str
    to: str
    body: str
    direction: str
    status: str
    created_at: datetime
    sent_at: datetime | None = None
    error_code: str | None = None
    status_url: str = ""

    def as_json(self) -> dict[str, object]:
        """As the person with the telephone sees it."""
        return {
            "sid": self.sid, "from": self.from_, "to": self.to, "text": self.body, "status": self.status,
            "at": self.created_at.isoformat(),
        }  # fmt: skip

    def resource(self, account_sid: str) -> dict[str, object]:
        """As Twilio's JSON shows a Message."""
        path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account_sid,
            "messaging_service_sid": None,
            "to": self.to,
            "from": self.from_,
            "body": self.body,
            "status": self.status,
            "direction": self.direction,
            "num_segments": str(-(-len(self.body) // A_SEGMENT) or 1),
            "num_media": "0",
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.sent_at or self.created_at),
            "date_sent": rfc2822(self.sent_at),
            "error_code": int(self.error_code) if self.error_code else None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": API_VERSION,
            "uri": f"{path}.json",
            "subresource_uris": {"media": f"{path}/Media.json"},
        }


class Texts:
    """Every text there was, and who wants none."""

    def __init__(self, config: ExchangeConfig, wire: Wire, log: Log, sids: Sids) -> None:
        self._config, self._wire, self._log, self._sids = config, wire, log, sids
        self._all: dict[str, Text] = {}
        self._stopped: set[tuple[str, str]] = set()
        self._unreachable: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.bell = Bell()

    def newest_first(self) -> list[Text]:
        """All of them."""
        return [*reversed(self._all.values())]

    def get(self, sid: str) -> Text | None:
        """One of them."""
        return self._all.get(sid)

    def arrived_at(self, number: str) -> list[Text]:
        """What a practice telephone has got, oldest first."""
        return [each for each in self._all.values() if each.to == number and each.status == "delivered"]

    def has_stopped(self, number: str, line: str) -> bool:
        """Whether a number wants no texts of a line."""
        return (number, line) in self._stopped

    def cannot_be_reached(self, number: str, *, ever: bool = True) -> None:
        """Texts to this number are not delivered, or (`ever` false) are again."""
        if ever:
            self._unreachable.add(number)
        else:
            self._unreachable.discard(number)

    def send(self, to: str, from_: str, body: str, status_url: str) -> Text:
        """The product sends a text; what becomes of it is told to `status_url`."""
        text = self._new(from_, to, body, "outbound-api", "queued")
        text.status_url = status_url
        self._do(self._deliver(text))
        return text

    async def arrive(self, from_: str, to: str, body: str) -> Text:
        """Somebody sends a text to a line, and the product is told."""
        word = "".join(letter for letter in body.lower() if letter.isalnum())
        if word in STOP:
            self._stopped.add((from_, to))
        elif word in START:
            self._stopped.discard((from_, to))
        text = self._new(from_, to, body, "inbound", "received")
        url = self._config.number(to).sms_url
        if url:
            await self._wire.tell(Ask("text", text.sid, url, self._parameters(text) | {"Body": body, "NumMedia": "0"}))
        return text

    async def close(self, seconds: float) -> None:
        """Give what is under way a moment to end."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _new(self, from_: str, to: str, body: str, direction: str, status: str) -> Text:
        text = Text(self._sids.new("SM"), from_, to, body, direction, status, clock.now())
        self._all[text.sid] = text
        self._log.write("text", message_sid=text.sid, direction=direction, status=status)
        return text

    async def _deliver(self, text: Text) -> None:
        for status in ("sent", "undelivered" if text.to in self._unreachable else "delivered"):
            await asyncio.sleep(self._sids.delay(0.5, 2.0) * self._config.pace)
            text.status, text.sent_at = status, text.sent_at or clock.now()
            text.error_code = NOT_REACHABLE if status == "undelivered" else None
            self._log.write("text", message_sid=text.sid, direction=text.direction, status=status)
            self.bell.ring()
            if text.status_url:
                await self._wire.tell(Ask("text_status", text.sid, text.status_url, self._status(text)))

    def _status(self, text: Text) -> Mapping[str, str]:
        told = self._parameters(text) | {"MessageStatus": text.status}
        return told | ({"ErrorCode": text.error_code} if text.error_code else {})

    def _parameters(self, text: Text) -> dict[str, str]:
        return {
            "AccountSid": self._config.account_sid,
            "ApiVersion": API_VERSION,
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsMessageSid": text.sid,
            "SmsStatus": text.status,
            "From": text.from_,
            "To": text.to,
            "NumSegments": "1",
            "FromCity": "",
            "FromCountry": "GB",
            # Twilio adds parameters without notice; a receiver has to sign over them and pass them by.
            "PracticeOnly": "a parameter that nobody announced",
        }

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
