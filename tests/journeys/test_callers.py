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
    call = product.phone.rings(HERTS, from_=PARENT).hears("press 3").presses("3").presses("1").hears("tone")
    call.hangs_up().ended()
    product.until(
        lambda: product.figures("SELECT end_state FROM call") == [("hung_up_tone",)], "the call ended at the tone"
    )
    assert enquiries(product) == []


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
