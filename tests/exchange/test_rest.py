"""REST, asked by Twilio's own client."""

from datetime import timedelta

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from advice_line.exchange import clock
from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import ACCOUNT, CALLER, LINE, TOKEN, Product
from tests.exchange.sounds import hum

VOICE = "/webhooks/voice"


def client_of(url: str, user: str = ACCOUNT, password: str = TOKEN) -> Client:
    client = Client(user, password, ACCOUNT)
    client.api.base_url = url
    return client


@pytest.fixture(scope="module")
def twilio(exchange_url: str) -> Client:
    return client_of(exchange_url)


def message(caller: PracticePhone, product: Product, from_: str = CALLER) -> str:
    """Leave a message; gives the SID of its recording."""
    product.says(VOICE, '<Record action="/done" recordingStatusCallback="/rec"/>')
    caller.rings(LINE, from_).plays(hum(3).wav()).hangs_up()
    return product.to("/rec")[-1]["RecordingSid"]


def media(url: str, sid: str, suffix: str = ".wav", auth: tuple[str, str] = (ACCOUNT, TOKEN)) -> httpx.Response:
    return httpx.get(f"{url}/2010-04-01/Accounts/{ACCOUNT}/Recordings/{sid}{suffix}", auth=auth)


def code_of(refused: pytest.ExceptionInfo[TwilioRestException]) -> tuple[int, int]:
    return refused.value.status, refused.value.code


def test_a_recording_can_be_fetched_and_is_a_wav(
    exchange_url: str, twilio: Client, caller: PracticePhone, product: Product
) -> None:
    sid = message(caller, product)
    recording = twilio.recordings(sid).fetch()
    assert (recording.status, recording.duration, recording.source, recording.channels) == (
        "completed",
        "3",
        "RecordVerb",
        1,
    )
    for suffix in ("", ".wav"):
        answer = media(exchange_url, sid, suffix)
        assert (answer.headers["content-type"], answer.content[:4]) == ("audio/x-wav", b"RIFF")
        assert len(answer.content) == pytest.approx(44 + 3 * 16000, abs=800)


def test_mp3_and_two_channels_are_not_to_be_had(exchange_url: str, caller: PracticePhone, product: Product) -> None:
    sid = message(caller, product)
    assert (media(exchange_url, sid, ".mp3").status_code, media(exchange_url, sid, ".ogg").status_code) == (404, 404)
    assert media(exchange_url, sid, ".wav?RequestedChannels=2").status_code == 400


def test_the_sound_is_not_there_before_it_is_completed(
    exchange_url: str, caller: PracticePhone, product: Product
) -> None:
    seen: list[int] = []

    def done(said: dict[str, str]) -> str:
        seen.append(media(exchange_url, said["RecordingSid"]).status_code)
        return "<Response/>"

    product.says(VOICE, '<Record action="/done"/>')
    product.answers["/done"] = done  # type: ignore[assignment]  # takes what it is given
    caller.rings(LINE).plays(hum(3).wav()).hangs_up()
    sid = product.to("/done")[0]["RecordingSid"]
    assert (seen, media(exchange_url, sid).status_code) == ([404], 200)


def test_a_deleted_recording_is_gone_and_cannot_be_deleted_twice(
    exchange_url: str, twilio: Client, caller: PracticePhone, product: Product
) -> None:
    sid = message(caller, product)
    assert twilio.recordings(sid).delete()
    with pytest.raises(TwilioRestException) as refused:
        twilio.recordings(sid).delete()
    assert code_of(refused) == (404, 20404)
    assert media(exchange_url, sid).status_code == 404
    assert sid not in [recording.sid for recording in twilio.recordings.list()]


def test_recordings_are_listed_by_call_and_by_date(twilio: Client, caller: PracticePhone, product: Product) -> None:
    sid = message(caller, product)
    call_sid = product.to("/rec")[-1]["CallSid"]
    now = clock.now()
    assert [recording.sid for recording in twilio.recordings.list(call_sid=call_sid)] == [sid]
    assert sid in [each.sid for each in twilio.recordings.list(date_created_after=now - timedelta(hours=1))]
    assert twilio.recordings.list(date_created_after=now + timedelta(hours=1)) == []
    assert twilio.recordings.list(date_created_before=now - timedelta(hours=1)) == []


def test_a_call_is_shown_as_twilio_shows_it(twilio: Client, caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Pause length="7"/><Say>Hi.</Say><Pause length="9"/>')
    sid = caller.rings(LINE).ended().sid
    call = twilio.calls(sid).fetch()
    assert (call.status, call.direction, call.duration, call.to) == ("completed", "inbound", "10", LINE)
    assert call.start_time <= call.end_time
    assert call.parent_call_sid is None


def test_calls_are_listed_by_number_and_start(twilio: Client, caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Hi.</Say>")
    sid = caller.rings(LINE, "+447700900777").ended().sid
    hour = timedelta(hours=1)
    recent = twilio.calls.list(from_="+447700900777", start_time_after=clock.now() - hour)
    assert [call.sid for call in recent] == [sid]
    assert twilio.calls.list(to="+447700900777") == []
    assert twilio.calls.list(from_="+447700900777", start_time_before=clock.now() - hour) == []
    assert [call.sid for call in twilio.calls.list(start_time=recent[0].start_time)].count(sid) == 1


def test_pages_lead_through_the_whole_list_although_new_calls_come(
    twilio: Client, caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, "<Say>Hi.</Say>")
    sids = [caller.rings(LINE, "+447700900778").ended().sid for _ in range(5)]
    page = twilio.calls.page(from_="+447700900778", page_size=2)
    found = [call.sid for call in page]
    caller.rings(LINE, "+447700900778").ended()
    while (page := page.next_page()) is not None:
        found += [call.sid for call in page]
    assert found == sids[::-1]


def test_the_account_s_numbers_show_their_webhooks_at_the_public_address(
    exchange_with_numbers: str,
) -> None:
    (number,) = client_of(exchange_with_numbers).incoming_phone_numbers.list(phone_number=LINE)
    public = "https://advice.example.nhs.uk/webhooks"
    assert (number.phone_number, number.friendly_name) == (LINE, "Advice line")
    assert (number.voice_url, number.voice_fallback_url) == (f"{public}/voice", "")
    assert number.status_callback == f"{public}/call-status"


def test_an_api_key_opens_it_too(exchange_url: str) -> None:
    client_of(exchange_url, "SK1", "key-secret").calls.list(limit=1)


@pytest.mark.parametrize(
    ("user", "password"), [(ACCOUNT, "wrong"), ("SK1", TOKEN), ("SK2", "key-secret"), (ACCOUNT, ""), ("", "")]
)
def test_wrong_credentials_are_20003(exchange_url: str, user: str, password: str) -> None:
    answer = httpx.get(f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json", auth=(user, password))
    assert (answer.status_code, answer.json()["code"], answer.json()["status"]) == (401, 20003, 401)


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic ?", "Basic /w=="])
def test_no_credentials_and_broken_ones_are_20003(exchange_url: str, header: str) -> None:
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert httpx.get(url, headers={"Authorization": header}).json()["code"] == 20003


def test_another_account_is_not_to_be_seen(exchange_url: str) -> None:
    url = f"{exchange_url}/2010-04-01/Accounts/AC2/Calls.json"
    assert httpx.get(url, auth=(ACCOUNT, TOKEN)).status_code == 401


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"To": ""}, 21201),
        ({"To": "07700 900123"}, 21211),
        ({"From": ""}, 21213),
        ({"From": "advice"}, 21212),
        ({"Url": ""}, 21205),
        ({"Url": "http://with_underscore/x"}, 21205),
        ({"StatusCallback": "x"}, 21205),
        ({"StatusCallback": "http://h/x", "StatusCallbackEvent": "started"}, 21205),
        ({"Timeout": "601"}, 21208),
        ({"TimeLimit": "x"}, 21208),
    ],
)
def test_a_call_that_cannot_be_placed_is_refused(exchange_url: str, order: dict[str, str], code: int) -> None:
    good = {"To": CALLER, "From": LINE, "Url": "http://h/x"}
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    answer = httpx.post(url, data=good | order, auth=(ACCOUNT, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_caller_id_that_is_not_ours_is_21210(exchange_with_numbers: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(exchange_with_numbers).calls.create(to=CALLER, from_="+441632960999", url="http://h/x")
    assert code_of(refused) == (400, 21210)


def test_what_is_not_there_is_20404(twilio: Client) -> None:
    for resource in (twilio.calls("CA0"), twilio.recordings("RE0")):
        with pytest.raises(TwilioRestException) as refused:
            resource.fetch()
        assert code_of(refused) == (404, 20404)


@pytest.mark.parametrize("query", ["StartTime>=soon", "PageSize=x", "PageSize=1001"])
def test_a_query_that_makes_no_sense_is_refused(exchange_url: str, query: str) -> None:
    url = f"{exchange_url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json?{query}"
    assert httpx.get(url, auth=(ACCOUNT, TOKEN)).status_code == 400


def test_only_the_status_of_a_call_can_be_changed(twilio: Client, caller: PracticePhone, product: Product) -> None:
    sid = caller.rings(LINE).ended().sid
    with pytest.raises(TwilioRestException) as refused:
        twilio.calls(sid).update(twiml="<Response/>")
    assert code_of(refused) == (400, 20001)


def test_a_deleted_recording_is_listed_only_when_it_is_asked_for(
    twilio: Client, caller: PracticePhone, product: Product
) -> None:
    sid = message(caller, product)
    twilio.recordings(sid).delete()
    assert sid not in [each.sid for each in twilio.recordings.list()]
    listed = {each.sid: each for each in twilio.recordings.list(include_soft_deleted=True)}
    assert (listed[sid].status, listed[sid].duration) == ("deleted", "3")
