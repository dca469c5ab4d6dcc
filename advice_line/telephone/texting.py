"""Texting: texts over the network's REST API. A part of `TwilioTelephone`, which has the connections.

Words of its errors may hold telephone numbers, so only its codes are passed on, in sentences of ours.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from advice_line.errors import NotNow, OptedOut, OutsideFailed, Unanswered
from advice_line.telephone import numbers
from advice_line.telephone.calling import SentText
from advice_line.telephone.rest import RestRefused, RestUnanswered

TEXT_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
TEXTS_LOOKED_AT = 50
CLOCKS_APART = timedelta(seconds=30)
OPTED_OUT = 21610
NOT_A_MOBILE = "Texts go only to UK mobile numbers."
LINE_CANNOT = "The line's number cannot send texts. Tell whoever runs the telephone account."
NOT_ALLOWED = "The telephone account does not allow texts to that number. Tell whoever runs it."
NOT_US = "The network does not accept our credentials. Tell whoever runs the telephone account."
SENTENCES = {
    **dict.fromkeys((21211, 21612, 21614, 21635), "The network says that this number cannot get texts."),
    **dict.fromkeys((21212, 21603, 21606, 21659, 21660, 21663), LINE_CANNOT),
    **dict.fromkeys((21408, 21608), NOT_ALLOWED),
    20003: NOT_US,
}
# Why a text that was sent did not arrive, as its status event says.
UNDELIVERED = {
    "30003": "The phone could not be reached: it may be switched off.",
    "30004": "The phone or its network blocks our texts.",
    "30005": "The number is not in use.",
    "30006": "The number is a landline, or its network takes no texts.",
    "30007": "The network took the text for spam.",
}


def why_not_delivered(code: str | None) -> str:
    """The plain reason for the network's code, which may be missing."""
    known = UNDELIVERED.get(code or "")
    return known or f"The network could not deliver it (code {code or 'not given'})."


class TextsByRest:
    """The part of a telephone that texts."""

    _client: Any

    def text(self, to: str, from_: str, words: str, *, status_url: str, valid_seconds: int) -> str:
        """See Telephone.text."""
        if not numbers.can_be_texted(to):
            raise OutsideFailed(NOT_A_MOBILE, permanent=True)
        try:
            sent = self._client.messages.create(
                to=to, from_=from_, body=words, status_callback=status_url, validity_period=valid_seconds
            )
        except RestRefused as refused:
            raise _not_sent(refused) from None
        except RestUnanswered as unanswered:
            raise _no_answer() if unanswered.sent else _no_connection() from None
        if not TEXT_SID.fullmatch(str(sent.sid)):
            raise _no_answer()
        return str(sent.sid)

    def texts_to(self, to: str, from_: str, since: datetime) -> Sequence[SentText]:
        """See Telephone.texts_to. A text that still waits to be sent has no date of sending: the list is of them all,
        newest first."""
        try:
            texts = self._client.messages.list(to=to, from_=from_, limit=TEXTS_LOOKED_AT)
        except RestRefused as refused:
            raise OutsideFailed(f"The telephone network refused (HTTP {refused.status}).") from None
        except RestUnanswered:
            raise _no_connection() from None
        return [
            SentText(str(text.sid), text.date_created, str(text.status), str(text.body))
            for text in texts
            if str(text.direction) == "outbound-api" and text.date_created and text.date_created >= since - CLOCKS_APART
        ]


def _not_sent(refused: RestRefused) -> OutsideFailed:
    if refused.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return _no_answer()
    if refused.status == httpx.codes.TOO_MANY_REQUESTS:
        return NotNow("The telephone network is busy just now.", after=refused.wait)
    if refused.code == OPTED_OUT:
        return OptedOut("The caller asked the network for no more texts.", permanent=True)
    code = NOT_US if refused.status in {401, 403} else f"The telephone network refused the text (code {refused.code})."
    return OutsideFailed(SENTENCES.get(refused.code or 0, code), permanent=True)


def _no_answer() -> Unanswered:
    return Unanswered("The telephone network did not answer, so the text may have been sent or not.")


def _no_connection() -> NotNow:
    return NotNow("The telephone network could not be reached.")
