"""<Record>: the tone, the message, and what the product is told of it."""

import pytest

from advice_line.exchange.phone import PhoneCall, PracticePhone
from tests.exchange.product import LINE, Product, Said
from tests.exchange.sounds import hum, silence

VOICE = "/webhooks/voice"
PATIENT = 'timeout="10" maxLength="60" finishOnKey="#" trim="do-not-trim"'


def records(product: Product, attributes: str = PATIENT) -> None:
    """A product that records, hears of everything, and has a closing sentence for silence."""
    everything = (
        'recordingStatusCallback="/rec#rc=3&amp;rp=all" recordingStatusCallbackEvent="in-progress completed absent"'
    )
    product.says(VOICE, f'<Record action="/done" {attributes} {everything}/>', "<Say>Nothing was recorded.</Say>")
    product.says("/done", "<Say>Thank you.</Say>")


def statuses(product: Product) -> list[str]:
    return [said["RecordingStatus"] for said in product.to("/rec")]


def message(product: Product) -> Said:
    (said,) = product.to("/done")
    return said


def after_the_tone(caller: PracticePhone) -> PhoneCall:
    return caller.rings(LINE).hears("a tone")


def test_hash_ends_a_message_and_the_action_is_asked(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(4).wav()).presses("#").hears("Thank you").ended()
    said = message(product)
    assert (said["Digits"], said["RecordingDuration"], said["CallStatus"]) == ("#", "4", "in-progress")
    assert said["RecordingUrl"].endswith(said["RecordingSid"])


def test_a_hang_up_in_the_middle_asks_the_action_all_the_same(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(4).wav()).hangs_up()
    said = message(product)
    assert (said["Digits"], said["CallStatus"], said["RecordingDuration"]) == ("hangup", "completed", "4")
    assert product.to("/webhooks/call-status")[0]["CallStatus"] == "completed"


def test_the_recording_is_told_of_in_its_own_words(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(4).wav()).presses("#").ended()
    assert statuses(product) == ["in-progress", "completed"]
    said = product.to("/rec")[1]
    assert said["RecordingSid"] == message(product)["RecordingSid"]
    assert (said["RecordingSource"], said["RecordingChannels"], said["RecordingDuration"]) == ("RecordVerb", "1", "4")
    assert "From" not in said
    assert product.paths().index("/done") < len(product.paths()) - 1 - product.paths()[::-1].index("/rec")


def test_other_keys_do_not_end_it(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).presses("5").plays(hum(2).wav()).presses("#").ended()
    assert message(product)["Digits"] == "#"


def test_by_default_any_key_ends_it_and_silence_is_trimmed(caller: PracticePhone, product: Product) -> None:
    records(product, "")
    after_the_tone(caller).plays(silence(2).then(hum(3)).then(silence(1)).wav()).presses("5").ended()
    assert message(product)["RecordingDuration"] == "6"
    assert product.to("/rec")[-1]["RecordingDuration"] == "3"


def test_a_long_pause_ends_it(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(3).then(silence(30)).then(hum(3)).wav()).hears("Thank you").ended()
    said = message(product)
    assert (said["Digits"], said["RecordingDuration"]) == ("", "13")


def test_keeping_silent_after_speaking_ends_it(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(3).wav()).plays(hum(2).wav()).keeps_silent().hears("Thank you").ended()
    assert message(product)["RecordingDuration"] == "15"


def test_a_pause_below_the_limit_does_not(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(3).then(silence(9.5)).then(hum(3)).wav()).presses("#").ended()
    assert float(message(product)["RecordingDuration"]) == pytest.approx(15.5, abs=0.6)


def test_with_no_limit_of_silence_only_the_length_ends_it(caller: PracticePhone, product: Product) -> None:
    records(product, 'timeout="0" maxLength="60" trim="do-not-trim"')
    after_the_tone(caller).plays(hum(1).then(silence(90)).wav()).hears("Thank you").ended()
    assert message(product)["RecordingDuration"] == "60"


def test_the_length_cuts_a_message_off(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(75).wav()).hears("Thank you").ended()
    assert (message(product)["RecordingDuration"], message(product)["Digits"]) == ("60", "")


def test_a_hang_up_at_the_tone_leaves_nothing(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).hangs_up()
    assert product.to("/done") == []
    assert statuses(product) == ["in-progress", "absent"]
    assert product.to("/rec")[1]["ErrorCode"] == "16101"


def test_less_than_a_second_is_nothing(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(hum(0.8).wav()).hangs_up()
    assert (product.to("/done"), statuses(product)) == ([], ["in-progress", "absent"])


def test_nothing_but_silence_goes_on_with_the_next_verb(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).keeps_silent().hears("Nothing was recorded").ended()
    assert (product.to("/done"), statuses(product)) == ([], ["in-progress", "absent"])


def test_silence_that_a_caller_hangs_up_on_is_kept(caller: PracticePhone, product: Product) -> None:
    records(product)
    after_the_tone(caller).plays(silence(6).wav()).hangs_up()
    assert (message(product)["RecordingDuration"], statuses(product)[-1]) == ("6", "completed")


def test_without_events_asked_for_only_completed_is_told(caller: PracticePhone, product: Product) -> None:
    product.says(VOICE, f'<Record action="/done" {PATIENT} recordingStatusCallback="/rec"/>')
    after_the_tone(caller).plays(hum(2).wav()).hangs_up()
    after_the_tone(caller).hangs_up()
    assert statuses(product) == ["completed"]


def test_no_tone_is_heard_when_none_is_wanted(caller: PracticePhone, product: Product) -> None:
    records(product, PATIENT + ' playBeep="false"')
    call = caller.rings(LINE).plays(hum(2).wav()).presses("#").ended()
    assert list(call.heard) == ["Thank you."]


def test_without_an_action_the_document_is_asked_again_and_the_log_says_so(
    caller: PracticePhone, product: Product
) -> None:
    product.says(VOICE, "<Record/>")
    call = caller.rings(LINE).plays(hum(2).wav()).presses("1").hears("a tone").hangs_up()
    assert [said.get("Digits") for said in product.to(VOICE)] == [None, "1"]
    assert 11100 in [entry["code"] for entry in caller.log(event="error", call_sid=call.sid)]
