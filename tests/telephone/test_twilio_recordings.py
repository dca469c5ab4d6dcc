"""How recordings are fetched from Twilio and deleted there: what is no sound is never handed on."""

from collections.abc import Iterator

import httpx
import pytest
import respx

from advice_line.errors import NotNow, NotThere, OutsideFailed
from advice_line.telephone.twilio import TwilioTelephone
from tests.telephone.conftest import ACCOUNT, basic

CALL, RECORDING = "CA" + "1" * 32, "RE" + "2" * 32
MEDIA = f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.wav"
WAV = b"RIFF\x04\x00\x00\x00WAVE"


def test_the_sound_is_asked_for_at_the_address_of_the_settings(
    twilio: respx.MockRouter, telephone: TwilioTelephone
) -> None:
    route = twilio.get(MEDIA).respond(200, content=WAV, content_type="audio/x-wav; x=y")
    with telephone.recording(RECORDING) as recording:
        assert recording.content_type == "audio/x-wav"
        assert b"".join(recording.chunks) == WAV
    assert route.calls.last.request.headers["authorization"] == basic(ACCOUNT, "token")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(404, text="<RestException/>"), NotThere),
        (httpx.Response(429, headers={"Retry-After": "9"}), NotNow),
        (httpx.Response(502), NotNow),
        (httpx.Response(401), OutsideFailed),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example/"}), OutsideFailed),
        (httpx.Response(200, html="<p>Sign in</p>"), OutsideFailed),
        (httpx.Response(200, content=WAV), OutsideFailed),
    ],
)
def test_what_is_no_sound_is_never_handed_on(
    twilio: respx.MockRouter, telephone: TwilioTelephone, answer: httpx.Response, kind: type[OutsideFailed]
) -> None:
    twilio.get(MEDIA).mock(return_value=answer)
    with pytest.raises(OutsideFailed) as failed, telephone.recording(RECORDING):
        pass
    assert type(failed.value) is kind
    assert not failed.value.permanent


def test_a_connection_that_breaks_in_the_middle_is_said(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    def broken() -> Iterator[bytes]:
        yield WAV
        raise httpx.ReadError("gone")

    twilio.get(MEDIA).respond(200, content=broken(), content_type="audio/x-wav")
    with pytest.raises(OutsideFailed, match="broke"), telephone.recording(RECORDING) as recording:
        list(recording.chunks)


def test_a_sound_without_end_is_cut_off(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(10 * 1024 * 1024)

    twilio.get(MEDIA).respond(200, content=endless(), content_type="audio/x-wav")
    with pytest.raises(OutsideFailed, match="larger"), telephone.recording(RECORDING) as recording:
        for _ in recording.chunks:
            pass


@pytest.mark.parametrize("status", [204, 404])
def test_deleting_is_done_also_when_it_was_done_before(
    twilio: respx.MockRouter, telephone: TwilioTelephone, status: int
) -> None:
    route = twilio.delete(f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.json").respond(status)
    telephone.delete_recording(RECORDING)
    assert route.call_count == 1


def test_a_delete_that_failed_is_said(twilio: respx.MockRouter, telephone: TwilioTelephone) -> None:
    twilio.delete(f"/2010-04-01/Accounts/{ACCOUNT}/Recordings/{RECORDING}.json").respond(500)
    with pytest.raises(NotNow):
        telephone.delete_recording(RECORDING)
