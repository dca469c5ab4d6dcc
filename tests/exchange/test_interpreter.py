"""The exchange does what the product's TwiML says, as Twilio does."""

import pytest
from starlette.responses import Response

from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import LINE, Product, Said
from tests.exchange.sounds import hum

VOICE = "/webhooks/voice"
FALLBACK = "/webhooks/voice/fallback"
STATUS = "/webhooks/call-status"
APPLICATION_ERROR = "We are sorry, an application error has occurred."


def heard_on(caller: PracticePhone) -> list[str]:
    """What a caller hears who only listens."""
    return list(caller.rings(LINE).ended().heard)


def errors(caller: PracticePhone, sid: str) -> list[object]:
    return [entry["code"] for entry in caller.log(event="error", call_sid=sid)]


def test_say_is_heard_sentence_by_sentence(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Say loop="2">Hello. Press 3!</Say>', "<Say>Bye</Say>")
    assert heard_on(caller) == ["Hello.", "Press 3!", "Hello.", "Press 3!", "Bye"]


def test_play_fetches_the_sound_signed(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Play>/greeting.wav?v=2</Play>", "<Say>Bye.</Say>")
    product.answers["/greeting.wav"] = Response(hum(2).wav(), media_type="audio/wav")
    assert heard_on(caller) == ["(sound: greeting.wav)", "Bye."]
    (fetched,) = (sent for sent in product.sent if sent.path == "/greeting.wav")
    assert fetched.method == "GET"
    assert fetched.signed_for(product.url)


@pytest.mark.parametrize(
    ("answer", "code"), [(Response("<p>", media_type="text/html"), 12300), (Response(status_code=404), 11200)]
)
def test_a_sound_that_cannot_be_played_is_passed_over(
    caller: PracticePhone, product: Product, answer: Response, code: int
) -> None:
    product.says(VOICE, "<Play>/greeting.wav</Play>", "<Say>Bye.</Say>")
    product.answers["/greeting.wav"] = answer
    call = caller.rings(LINE).ended()
    assert (list(call.heard), errors(caller, call.sid)) == (["Bye."], [code])


def test_an_mp3_and_keys_take_their_time(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Play>/a.mp3</Play><Play digits="ww12"/><Pause length="5"/>')
    product.answers["/a.mp3"] = Response(b"ID3" + b"x" * 39_997, media_type="audio/mpeg")
    caller.rings(LINE).ended()
    (event,) = product.to(STATUS)
    assert event["CallDuration"] == "17"


def test_a_pause_counts_on_the_line_s_clock(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Hi.</Say>", '<Pause length="60"/>')
    caller.rings(LINE).ended()
    (event,) = product.to(STATUS)
    assert (event["CallDuration"], event["Duration"]) == ("61", "2")


def test_a_call_rings_until_a_verb_picks_it_up(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Pause length="2"/>', "<Redirect>/next</Redirect>")
    product.says("/next", '<Say>Hi.</Say><Redirect method="GET">/last</Redirect>')
    heard_on(caller)
    assert [sent.params["CallStatus"] for sent in product.sent[:3]] == ["ringing", "ringing", "in-progress"]
    assert product.sent[2].method == "GET"


def test_hangup_ends_the_call_and_what_follows_is_never_heard(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Hi.</Say><Hangup/><Say>Never.</Say>")
    assert heard_on(caller) == ["Hi."]
    assert product.to(STATUS)[0]["CallStatus"] == "completed"


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_reject_never_picks_up(caller: PracticePhone, product: Product, reason: str, status: str) -> None:
    product.says(VOICE, f'<Reject reason="{reason}"/><Say>Never.</Say>')
    assert heard_on(caller) == []
    (event,) = product.to(STATUS)
    assert (event["CallStatus"], event["CallDuration"]) == (status, "0")


def test_relative_urls_are_resolved_against_the_current_document(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Redirect>/calls/7/step?x=1</Redirect>")
    product.says("/calls/7/step", "<Redirect>next</Redirect>")
    product.says("/calls/7/next", "<Redirect>?y=2</Redirect>")
    product.answers["/calls/7/next"] = lambda said: (
        "<Response><Say>There.</Say></Response>"
        if "y" in said
        else '<Response><Redirect method="GET">?y=2</Redirect></Response>'
    )
    assert heard_on(caller) == ["There."]


def test_an_error_asks_the_fallback_and_says_what_was_wrong(caller: PracticePhone, product: Product) -> None:
    product.answers[VOICE] = Response(status_code=500)
    product.says(FALLBACK, "<Say>Please ring 01632 960222.</Say>")
    call = caller.rings(LINE).hears("ring 01632 960222").ended()
    (asked,) = product.to(FALLBACK)
    assert (asked["ErrorCode"], asked["ErrorUrl"]) == ("11200", product.url + VOICE)
    assert errors(caller, call.sid) == [11200]


def test_an_error_later_in_the_call_asks_the_fallback_too(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Say>Hi.</Say><Redirect>/broken#rc=0</Redirect>")
    product.answers["/broken"] = Response("<Response><Say>", media_type="text/xml")
    product.says(FALLBACK, "<Say>Sorry.</Say>")
    assert heard_on(caller) == ["Hi.", "Sorry."]
    assert product.to(FALLBACK)[0]["ErrorUrl"] == product.url + "/broken"


def test_when_the_fallback_fails_too_the_caller_hears_twilio_s_sentence(
    caller: PracticePhone, product: Product
) -> None:
    product.answers[VOICE] = Response(status_code=500)
    product.answers[FALLBACK] = Response("{}", media_type="application/json")
    call = caller.rings(LINE).hears(APPLICATION_ERROR).ended()
    assert errors(caller, call.sid) == [11200, 12300]
    assert call.status == "completed"


def test_a_verb_that_cannot_be_played_is_an_error_and_not_passed_over(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Connect/><Say>Never.</Say>")
    product.says(FALLBACK, "<Say>Sorry.</Say>")
    assert heard_on(caller) == ["Sorry."]


def test_a_misspelt_attribute_is_in_the_log_and_the_call_goes_on(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Say voise="alice">Hi.</Say>')
    call = caller.rings(LINE).ended()
    assert (list(call.heard), errors(caller, call.sid)) == (["Hi."], [12200])


def test_an_endless_circle_of_documents_is_stopped(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Redirect/>")
    call = caller.rings(LINE).ended()
    assert 11215 in errors(caller, call.sid)


def test_a_caller_who_hangs_up_while_it_rings_was_not_answered(caller: PracticePhone, product: Product) -> None:
    product.answers[VOICE] = lambda said: (caller.order(f"/practice/calls/{said['CallSid']}/hang-up"), "<Response/>")[1]
    call = caller.rings(LINE).ended()
    assert (call.status, product.to(STATUS)[0]["CallStatus"]) == ("no-answer", "no-answer")


def test_a_fault_of_the_url_itself_is_11100(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Redirect>http://example.org:99999/</Redirect>")
    product.says(FALLBACK, "<Say>Sorry.</Say>")
    call = caller.rings(LINE).hears("Sorry").ended()
    assert errors(caller, call.sid) == [11100]


def test_an_action_that_is_no_url_is_11100(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, "<Redirect>http://[half-an-address</Redirect>")
    product.says(FALLBACK, "<Say>Sorry.</Say>")
    call = caller.rings(LINE).hears("Sorry").ended()
    assert errors(caller, call.sid) == [11100]


def test_nobody_asks_the_fallback_for_a_caller_who_has_gone(caller: PracticePhone, product: Product) -> None:
    def fail(said: Said) -> Response:
        caller.order(f"/practice/calls/{said['CallSid']}/hang-up")
        return Response(status_code=500)

    product.answers[VOICE] = fail
    caller.rings(LINE).ended()
    assert product.to(FALLBACK) == []


def test_a_menu_inside_a_sentence_without_end_is_interrupted(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, '<Gather numDigits="1" action="/menu"><Pause length="1"/><Say loop="0">Press.</Say></Gather>')
    call = caller.rings(LINE).hears("Press").presses("1").ended()
    assert product.to("/menu")[0]["Digits"] == "1"
    assert call.heard[0] == "Press."
