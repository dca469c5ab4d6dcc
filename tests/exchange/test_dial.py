"""<Dial>: transfers. Each test rings a number of its own, because a telephone keeps how it was told to behave."""

from itertools import count

import pytest

from advice_line.exchange.phone import PracticePhone
from tests.exchange.product import CALLER, LINE, Product, Said

VOICE = "/webhooks/voice"
EVENTS = 'statusCallback="/leg" statusCallbackEvent="initiated ringing answered completed"'

numbers = (f"+44163296{number:04}" for number in count(300))


@pytest.fixture
def office() -> str:
    return next(numbers)


def transfers(product: Product, office: str, attributes: str = "", number: str = EVENTS) -> None:
    product.says(VOICE, f'<Dial action="/dialled" {attributes}><Number {number}>{office}</Number></Dial>')
    product.says("/dialled", "<Say>Goodbye.</Say>")


def outcome(product: Product) -> Said:
    (said,) = product.to("/dialled")
    return said


def test_a_transfer_rings_connects_and_tells_how_it_went(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, f'callerId="{LINE}"')
    call = caller.behaves(office, talks_seconds=40).rings(LINE).hears("ringing").hears("connected").ended()
    said = outcome(product)
    assert (said["DialCallStatus"], said["DialBridged"], said["DialCallDuration"]) == ("completed", "true", "40")
    assert (said["CallSid"], said["CallStatus"]) == (call.sid, "in-progress")
    assert call.heard[-1] == "Goodbye."


def test_the_dialled_leg_is_a_call_of_its_own(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, f'callerId="{LINE}"')
    call = caller.rings(LINE).ended()
    legs = product.to("/leg")
    assert [leg["CallStatus"] for leg in legs] == ["initiated", "ringing", "in-progress", "completed"]
    assert [leg["SequenceNumber"] for leg in legs] == ["0", "1", "2", "3"]
    assert {(leg["ParentCallSid"], leg["Direction"], leg["From"], leg["To"]) for leg in legs} == {
        (call.sid, "outbound-dial", LINE, office)
    }
    assert {leg["CallSid"] for leg in legs} == {outcome(product)["DialCallSid"]} != {call.sid}
    assert legs[-1]["CallDuration"] == "6"


def test_the_telephone_shows_the_caller_id(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office)
    caller.rings(LINE, CALLER).ended()
    transfers(product, office, f'callerId="{LINE}"')
    caller.rings(LINE, CALLER).ended()
    assert [ring["from"] for ring in caller.rings_of(office)] == [CALLER, LINE]


@pytest.mark.parametrize(("answers", "status"), [("no", "no-answer"), ("busy", "busy"), ("fail", "failed")])
def test_a_transfer_that_nobody_takes_says_why(
    caller: PracticePhone, product: Product, office: str, answers: str, status: str
) -> None:
    transfers(product, office, 'timeout="20"')
    caller.behaves(office, answers=answers).rings(LINE).hears("Goodbye").ended()
    said = outcome(product)
    assert (said["DialCallStatus"], said["DialBridged"], said["DialCallDuration"]) == (status, "false", "0")
    assert product.to("/leg")[-1]["CallStatus"] == status


def test_a_telephone_slower_than_the_time_out_is_not_reached(
    caller: PracticePhone, product: Product, office: str
) -> None:
    transfers(product, office, 'timeout="20"')
    caller.behaves(office, answer_after_seconds=26).rings(LINE).ended()
    assert outcome(product)["DialCallStatus"] == "no-answer"


def test_a_time_out_lets_it_ring_five_seconds_longer(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, 'timeout="20"')
    caller.behaves(office, answer_after_seconds=24).rings(LINE).ended()
    assert outcome(product)["DialCallStatus"] == "completed"


def test_when_the_caller_ends_the_talk_the_action_is_asked_all_the_same(
    caller: PracticePhone, product: Product, office: str
) -> None:
    transfers(product, office)
    call = caller.behaves(office, hangs_up="other", talks_seconds=9).rings(LINE).ended()
    said = outcome(product)
    assert (said["DialCallStatus"], said["CallStatus"], said["DialCallDuration"]) == ("completed", "completed", "9")
    assert "Goodbye." not in call.heard


def test_a_caller_who_gives_up_while_it_rings_leaves_no_answer(
    caller: PracticePhone, product: Product, office: str
) -> None:
    transfers(product, office)
    caller.behaves(office, answers="person").rings(LINE).hears("ringing").hangs_up()
    said = outcome(product)
    assert (said["DialCallStatus"], said["DialBridged"]) == ("no-answer", "false")
    assert product.to("/leg")[-1]["CallStatus"] == "no-answer"


def test_a_person_can_pick_up_talk_and_hang_up(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office)
    call = caller.behaves(office, answers="person").rings(LINE)
    caller.picks_up(office).hears("connected").hangs_up()
    call.hears("Goodbye").ended()
    assert outcome(product)["DialBridged"] == "true"


def test_a_person_can_decline(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office)
    call = caller.behaves(office, answers="person").rings(LINE).hears("ringing")
    (ring,) = caller.rings_of(office)
    caller.order(f"/practice/calls/{ring['call_sid']}/hang-up")
    call.hears("Goodbye").ended()
    assert outcome(product)["DialCallStatus"] == "busy"


def test_the_talk_ends_at_its_limit(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, 'timeLimit="30"')
    caller.behaves(office, talks_seconds=90, hangs_up="other").rings(LINE).hears("Goodbye").ended()
    assert outcome(product)["DialCallDuration"] == "30"


def test_without_an_action_the_next_verb_is_played(caller: PracticePhone, product: Product, office: str) -> None:
    product.says(VOICE, f"<Dial>{office}</Dial>", "<Say>Next.</Say>")
    caller.rings(LINE).hears("connected").hears("Next").ended()


def test_answer_on_bridge_keeps_the_caller_ringing(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, 'answerOnBridge="true"')
    call = caller.behaves(office, answers="no").rings(LINE).ended()
    assert outcome(product)["CallStatus"] == "ringing"
    caller.behaves(office, answers="yes").rings(LINE).ended()
    assert product.to("/dialled")[1]["CallStatus"] == "in-progress"
    assert call.status == "completed"


def test_of_several_numbers_the_first_to_answer_is_connected(
    caller: PracticePhone, product: Product, office: str
) -> None:
    other = next(numbers)
    caller.behaves(office, answers="no").behaves(other, answers="yes")
    leg = '<Number statusCallback="/leg">{}</Number>'
    product.says(VOICE, f'<Dial action="/dialled">{leg.format(office)}{leg.format(other)}</Dial>')
    caller.rings(LINE).ended()
    ends = {said["To"]: said["CallStatus"] for said in product.to("/leg")}
    assert (ends, outcome(product)["DialCallStatus"]) == ({office: "no-answer", other: "completed"}, "completed")


def test_the_other_telephones_stop_ringing_when_one_is_answered(
    caller: PracticePhone, product: Product, office: str
) -> None:
    other = next(numbers)
    caller.behaves(office, answers="person").behaves(other, answers="person")
    product.says(VOICE, f"<Dial><Number>{office}</Number><Number>{other}</Number></Dial>")
    call = caller.rings(LINE)
    caller.picks_up(other).hears("connected")
    assert caller.rings_of(office)[0]["status"] == "no-answer"
    call.hangs_up()


def test_a_whisper_is_heard_by_the_one_who_answers_alone(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, "", 'url="/whisper"')
    product.says("/whisper", "<Say>A caller from the advice line.</Say>")
    call = caller.rings(LINE).hears("connected").ended()
    (ring,) = caller.rings_of(office)
    assert ring["heard"] == ["A caller from the advice line.", "(connected)"]
    assert "A caller from the advice line." not in call.heard
    assert product.to("/whisper")[0]["ParentCallSid"] == call.sid


def test_a_whisper_that_hangs_up_is_not_connected(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, "", 'url="/whisper"')
    product.says("/whisper", '<Gather numDigits="1" action="/taken"/>', "<Hangup/>")
    caller.behaves(office, answers="voicemail").rings(LINE).ended()
    assert outcome(product)["DialBridged"] == "false"


def test_a_whisper_must_not_dial(caller: PracticePhone, product: Product, office: str) -> None:
    transfers(product, office, "", 'url="/whisper"')
    product.says("/whisper", f"<Dial>{CALLER}</Dial>")
    caller.rings(LINE).ended()
    leg = outcome(product)["DialCallSid"]
    assert [entry["code"] for entry in caller.log(event="error", call_sid=leg)] == [13201]
    assert outcome(product)["DialBridged"] == "false"


@pytest.mark.parametrize(("number", "code"), [("020 7946 0000", 13224), ("office", 13223)])
def test_a_number_that_is_not_in_e164_form_is_not_rung(
    caller: PracticePhone, product: Product, number: str, code: int
) -> None:
    transfers(product, number)
    call = caller.rings(LINE).ended()
    assert [entry["code"] for entry in caller.log(event="error", call_sid=call.sid)] == [code]
    assert (outcome(product)["DialCallStatus"], "DialCallSid" in outcome(product)) == ("failed", False)


def test_a_caller_id_that_is_not_ours_is_refused(exchange_with_numbers: str, product: Product, office: str) -> None:
    transfers(product, office, 'callerId="+441632960999"')
    phone = PracticePhone(exchange_with_numbers)
    call = phone.rings(LINE).ended()
    assert [entry["code"] for entry in phone.log(event="error", call_sid=call.sid)] == [13214]
    assert phone.rings_of(office) == []
    phone.close()


def test_a_caller_may_give_up_a_transfer_without_an_action(
    caller: PracticePhone, product: Product, office: str
) -> None:
    product.says(VOICE, f"<Dial>{office}</Dial>")
    caller.behaves(office, answers="person").rings(LINE).hears("ringing").hangs_up()
    assert caller.rings_of(office)[0]["status"] == "no-answer"
