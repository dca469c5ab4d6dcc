"""What the network told us of one text, as facts: read leniently from the stored body. Nothing here raises."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from advice_line.telephone import numbers

SID = re.compile(r"[0-9A-Za-z]{2,64}")
# The words by which the networks know that somebody wants no texts, wants them again, or wants to know what this is.
STOP = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START = frozenset({"start", "unstop"})
YES = "yes"  # means START after STOP alone: it is also an answer
HELP = frozenset({"help", "info"})
# The network's statuses, as ours; any other is none that a text of ours can have.
STATES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "failed",
}


@dataclass(frozen=True, slots=True)
class ToldText:
    """The facts of one event. None where the event did not say.

    `text_id` or `notice_id` is our own id of the text that is told of, to a caller or to a duty lead. `number` is the
    sender's of an incoming text. `keyword` is the text's one word in small letters, or what the network took it for.
    """

    sid: str | None
    state: str | None
    error_code: str | None
    text_id: int | None
    notice_id: int | None
    number: str | None = field(repr=False)
    words: str = field(repr=False)
    keyword: str

    @property
    def stops(self) -> bool:
        return self.keyword in STOP

    @property
    def asks_for_help(self) -> bool:
        return self.keyword in HELP

    def starts(self, *, stopped: bool) -> bool:
        """Whether texts are wanted again; `stopped`: they were not wanted until now."""
        return self.keyword in START or (stopped and self.keyword == YES)


def read(path: str, body: str) -> ToldText:
    """The facts in a stored event: its path with query, and its form body."""
    form = parse_qs(body, keep_blank_values=True)
    query = parse_qs(path.partition("?")[2])

    def said(name: str) -> str | None:
        return next((value.strip() for value in form.get(name, ()) if value.strip()), None)

    words = said("Body") or ""
    return ToldText(
        sid=_matching(SID, said("MessageSid") or said("SmsSid")),
        state=STATES.get(said("MessageStatus") or said("SmsStatus") or ""),
        error_code=_matching(re.compile(r"[0-9]{1,6}"), said("ErrorCode")),
        text_id=_id(next(iter(query.get("text", ())), "")),
        notice_id=_id(next(iter(query.get("notice", ())), "")),
        number=numbers.shown(said("From") or ""),
        words=words,
        keyword=re.sub(r"[^a-z0-9]", "", (said("OptOutType") or words).lower()),
    )


def _matching(pattern: re.Pattern[str], text: str | None) -> str | None:
    return text if text is not None and pattern.fullmatch(text) else None


def _id(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None
