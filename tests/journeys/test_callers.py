"""Callers' journeys, as calls: who rings, what they hear, what they do, and what becomes of it."""

import httpx
import pytest

from tests.journeys.conftest import EPUT, HERTS, Product

PARENT = "+447700900123"
SWITCHBOARD = "+441632960200"


def enquiries(product: Product, service: str = "herts_cot") -> list[dict[str, object]]:
    with product.client("lead", service) as lead:
        return list(lead.get("/enquiries").raise_for_status().json()["items"])


def leave_a_message(
    product: Product, caller: str, words: str = "Hello, please ring me about my son's writing."
) -> None:
    call = product.phone.rings(HERTS, from_=caller).hears("press 3").presses("3").presses("1").hears("tone")
    call.says(words).hangs_up().ended()


def test_a_parent_leaves_a_message_and_it_is_on_the_list_once_with_its_audio(product: Product) -> None:
    leave_a_message(product, PARENT)
    product.until(
        lambda: product.figures("SELECT 1 FROM message WHERE provider_deleted_at IS NOT NULL"), "the audio was stored"
    )
    (enquiry,) = enquiries(product)
    assert enquiry["status"] == "new"
    assert enquiry["caller"]["number"] == PARENT  # type: ignore[index]
    with product.client("therapist") as therapist:
        (message,) = therapist.get(f"/enquiries/{enquiry['reference']}").json()["messages"]
        sound = therapist.get(f"/messages/{message['id']}/audio")
    assert message["state"] == "stored"
    assert sound.content.startswith(b"RIFF")
    recordings = httpx.get(
        f"{product.settings.api_url()}/2010-04-01/Accounts/{product.settings.account().sid}/Recordings.json",
        auth=product.settings.account().rest_credentials(),
    )
    assert recordings.json()["recordings"] == []


def test_the_first_thing_a_caller_hears_is_999_and_111(product: Product) -> None:
    call = product.phone.rings(HERTS, from_=PARENT).hears("999").hears("111")
    call.hangs_up().ended()


def test_who_hangs_up_in_the_menu_is_a_fact_of_the_call_and_no_enquiry(product: Product) -> None:
    product.phone.rings(HERTS, from_=PARENT).hears("press 3").hangs_up().ended()
    product.until(
        lambda: product.figures("SELECT end_state FROM call") == [("hung_up_menu",)], "the call was told as hung up"
    )
    assert enquiries(product) == []


def test_who_says_nothing_after_the_tone_is_counted_and_opens_no_enquiry(product: Product) -> None:
    product.phone.rings(HERTS, from_=PARENT).presses("31").reaches_the_tone().hangs_up().ended()
    product.until(
        lambda: product.figures("SELECT end_state FROM call") == [("hung_up_tone",)], "the call ended at the tone"
    )
    assert enquiries(product) == []


def test_who_says_nothing_on_two_calls_of_one_day_is_shown_to_a_person(product: Product) -> None:
    for _ in range(2):
        call = product.phone.rings(HERTS, from_=PARENT).presses("31").reaches_the_tone().keeps_silent()
        call.hears("we did not hear anything").reaches_the_tone().keeps_silent().hears("You can call again").ended()
    product.until(lambda: enquiries(product), "the second silent call was shown")
    (enquiry,) = enquiries(product)
    assert (enquiry["flags"], enquiry["due_at"]) == (["silent_calls"], None)
    assert product.figures("SELECT end_state FROM call") == [("hung_up_tone",)] * 2


def test_who_cannot_speak_presses_1_and_is_owed_a_call(product: Product) -> None:
    call = product.phone.rings(HERTS, from_=PARENT).presses("31").reaches_the_tone().keeps_silent()
    call.hears("press 1").presses("1").hears("We will call you back").ended()
    product.until(lambda: enquiries(product), "the callback was owed")
    (enquiry,) = enquiries(product)
    assert enquiry["due_at"] is not None
    assert enquiry["caller"]["number"] == PARENT  # type: ignore[index]
    assert product.figures("SELECT end_state FROM call") == [("callback_requested",)]


def test_who_hides_their_number_skips_the_greeting_speaks_slowly_and_keys_a_number_in(product: Product) -> None:
    call = product.phone.rings(HERTS, from_="withheld").presses("31").hears("Please leave a message").presses("*")
    call.hears("We record your message").says(
        "Hello, this is about my daughter, and it is hard for me to say."
    ).keeps_silent()
    call.hears("If you would like to say more").presses("1").says(
        "She is seven, and holding a pencil at school hurts her."
    ).presses("#")
    call.hears("We cannot see the number").presses("07700900456#").hears("0 7 7 0 0, 9 0 0 4 5 6").hangs_up().ended()
    product.until(
        lambda: product.figures("SELECT count(enquiry_id) FROM message") == [(2,)], "both parts joined one enquiry"
    )
    product.until(lambda: enquiries(product)[0]["caller"]["number"] == "+447700900456", "the number was noted")  # type: ignore[index]
    assert len(enquiries(product)) == 1


def test_three_messages_of_one_parent_are_one_enquiry_that_comes_sooner(product: Product) -> None:
    for _ in range(3):
        leave_a_message(product, PARENT)
    product.until(lambda: product.figures("SELECT count(enquiry_id) FROM message") == [(3,)], "three messages came")
    (enquiry,) = enquiries(product)
    assert enquiry["priority"] == "soon"


@pytest.mark.parametrize("caller", ["withheld", SWITCHBOARD])
def test_a_number_that_is_nobodys_own_is_never_grouped_and_never_rung(product: Product, caller: str) -> None:
    leave_a_message(product, caller)
    leave_a_message(product, caller)
    product.until(lambda: len(enquiries(product)) == 2, "both messages opened an enquiry")
    assert {enquiry["caller"]["number"] for enquiry in enquiries(product)} == {None}  # type: ignore[index]
    with product.client("therapist") as therapist:
        answer = therapist.post(f"/enquiries/{enquiries(product)[0]['reference']}/call", json={})
    assert answer.status_code == 409


def test_the_office_is_rung_for_the_waiting_list_and_a_message_is_taken_when_nobody_answers(product: Product) -> None:
    product.phone.behaves("+441632960220", answers="no")
    call = product.phone.rings(HERTS, from_=PARENT).hears("press 3").presses("3").presses("2").hears("tone")
    call.says("When is our appointment, please?").hangs_up().ended()
    product.until(lambda: len(enquiries(product)) == 1, "the message for the office opened an enquiry")
    assert len(product.phone.rings_of("+441632960220")) == 1


def test_the_referral_hub_answers_for_itself(product: Product) -> None:
    product.phone.rings(HERTS, from_=PARENT).hears("press 3").presses("2").ended()
    product.until(
        lambda: product.figures("SELECT end_state FROM call") == [("transferred",)], "the call was put through"
    )
    (ring,) = product.phone.rings_of("+441632960221")
    assert ring["from"] == HERTS


def test_an_unknown_key_is_said_to_be_unknown_and_the_menu_comes_again(product: Product) -> None:
    call = product.phone.rings(HERTS, from_=PARENT).hears("press 3").presses("8").hears("press 3").presses("3")
    call.presses("1").hears("tone").hangs_up().ended()
    product.until(lambda: product.figures("SELECT keys FROM call") == [("831",)], "the keys were kept")


def test_the_line_of_eput_takes_a_message_whether_open_or_closed(product: Product) -> None:
    call = product.phone.rings(EPUT, from_="+441632960103").hears("999").hears("tone")
    call.says("Hello, this is the nursery, about scissors.").hangs_up().ended()
    product.until(lambda: len(enquiries(product, "eput_cot")) == 1, "the message is on the list of EPUT")
    assert enquiries(product) == []


def test_every_call_and_recording_has_its_end_state_in_the_ledger(product: Product) -> None:
    leave_a_message(product, PARENT)
    product.until(lambda: product.figures("SELECT 1 FROM message WHERE state = 'stored'"), "the audio was stored")
    product.until(lambda: product.figures("SELECT 1 FROM call WHERE ended_at IS NOT NULL"), "the call was told as over")
    with product.client("lead") as lead:
        ledger = lead.get("/ledger", params={"from": "2020-01-01", "to": "2029-01-01"}).json()
    assert {(item["kind"], item["end_state"]) for item in ledger["items"]} == {
        ("call", "message"),
        ("recording", "stored"),
    }
    assert ledger["unaccounted"] == []
