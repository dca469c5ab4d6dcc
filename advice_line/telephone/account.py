"""An account at the telephone network, as an operator's check looks at it: whether we are let in, and what its numbers
call. Nothing here rings or changes anything; answers are waited for only shortly."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Self

import httpx

from advice_line.settings import Account
from advice_line.telephone.rest import Rest, new_pool

QUICK = httpx.Timeout(5.0)
VERSION = "2010-04-01"


@dataclass(frozen=True)
class Standing:
    """What the network says of the account (`active`, `suspended`, `closed`), and its own clock, if it told."""

    status: str
    clock: datetime | None


@dataclass(frozen=True)
class NumberSetUp:
    """What the network asks for a number's calls and texts; `tied` when an application or trunk overrides it."""

    voice_url: str
    voice_method: str
    fallback_url: str
    fallback_method: str
    status_url: str
    texts_url: str
    takes_texts: bool
    tied: bool


class TwilioAccount:
    """One account, asked with one pair of credentials. Raises RestRefused and RestUnanswered (rest)."""

    def __init__(self, account: Account, api_url: str, credentials: tuple[str, str] | None = None) -> None:
        """`credentials`: user and password; by default those that we ring and fetch with."""
        self._sid = account.sid
        self._credentials = credentials or account.rest_credentials()
        self._http = new_pool(QUICK)
        self._rest = Rest(self._http, api_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def standing(self) -> Standing:
        """Ask for the account itself."""
        answer = self._ask(f"/{VERSION}/Accounts/{self._sid}.json")
        return Standing(str(answer.json().get("status", "")), _date(answer))

    def number(self, e164: str) -> NumberSetUp | None:
        """How a number is set up; None when the account has no such number."""
        answer = self._ask(f"/{VERSION}/Accounts/{self._sid}/IncomingPhoneNumbers.json", PhoneNumber=e164)
        found = [one for one in answer.json().get("incoming_phone_numbers", ()) if one.get("phone_number") == e164]
        return _set_up(found[0]) if found else None

    def _ask(self, path: str, **query: str) -> httpx.Response:
        return self._rest.send("GET", path, params=query, auth=self._credentials)


def _set_up(number: dict[str, object]) -> NumberSetUp:
    def said(name: str) -> str:
        return str(number.get(name) or "")

    can = number.get("capabilities")
    return NumberSetUp(
        voice_url=said("voice_url"),
        voice_method=said("voice_method"),
        fallback_url=said("voice_fallback_url"),
        fallback_method=said("voice_fallback_method"),
        status_url=said("status_callback"),
        texts_url=said("sms_url"),
        takes_texts=isinstance(can, dict) and bool(can.get("sms")),
        tied=bool(said("voice_application_sid") or said("trunk_sid")),
    )


def _date(answer: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
