"""The telephone network as the door meets it: signs with the network's own library, and knows nothing of ours."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from advice_line.settings import Settings

PUBLIC_URL = "https://advice.example.nhs.uk"
ACCOUNT_SID, TOKEN = "AC" + "0" * 32, "the-first-token-of-the-account"
HERTS, EPUT = "+441923470680", "+441702372250"
CALLER = "+447700900123"
CALL_SID = "CA" + "1" * 32
RECORDING_SID = "RE" + "2" * 32


def some_settings(**environ: str) -> Settings:
    """Settings of one account, with more of the environment if a test is about it."""
    return Settings.load(
        {"PUBLIC_URL": PUBLIC_URL, "TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": TOKEN, **environ}
    )


def a_form(**fields: str) -> dict[str, str]:
    """What every request of a call to the Hertfordshire line says, and what this one says besides."""
    return {
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
        "CallSid": CALL_SID,
        "CallStatus": "in-progress",
        "Direction": "inbound",
        "From": CALLER,
        "FromCity": "",
        "To": HERTS,
        "ToCity": "",
        **fields,
    }


def signature(target: str, form: Mapping[str, str], *, token: str = TOKEN, public_url: str = PUBLIC_URL) -> str:
    """The signature of a POST to a path and query."""
    made: str = RequestValidator(token).compute_signature(public_url + target, form)
    return made


class Network:
    """Posts to the door, by the `post` of some HTTP client."""

    def __init__(self, post: Callable[..., httpx.Response]) -> None:
        self._post = post

    def posts(self, target: str, **fields: str) -> httpx.Response:
        """Post the fields of a call, and these, signed."""
        return self.posts_form(target, a_form(**fields))

    def posts_form(self, target: str, form: Mapping[str, str]) -> httpx.Response:
        """Post exactly these fields, signed."""
        return self.sends(target, urlencode(form), signature(target, form))

    def sends(self, target: str, body: str | bytes, signed: str | None) -> httpx.Response:
        """Send a body as it is, with this signature or none."""
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        if signed is not None:
            headers["X-Twilio-Signature"] = signed
        return self._post(target, content=body, headers=headers)
