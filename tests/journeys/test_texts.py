"""Journeys by text: a parent who agrees, a missed call and its reply, and a deaf caller who texts first."""

import pytest
from sqlalchemy import text

from tests.journeys.conftest import HERTS, Product
from tests.journeys.test_callers import enquiries, leave_a_message

PARENT = "+447700900123"
DEAF_CALLER = "+447700900456"
DELIVERED = "SELECT 1 FROM text_message WHERE purpose = 'confirmation' AND state = 'delivered'"


# The texts as configured, but with a silent hour that begins in half a day, whenever the tests run.
AWAKE = text(
    "UPDATE service SET configured_at = now(), configuration = jsonb_set(jsonb_set(configuration,"
    " '{texts,silent_from}', to_jsonb(to_char(london + interval '12 hours', 'HH24:MI'))),"
    " '{texts,silent_to}', to_jsonb(to_char(london + interval '13 hours', 'HH24:MI')))"
    " FROM (SELECT now() AT TIME ZONE 'Europe/London') AS clock (london) WHERE key = 'herts_cot'"
)


@pytest.fixture
def awake(product: Product) -> Product:
    """The product at an hour at which texts are sent."""
    with product.owner.begin() as connection:
        connection.execute(AWAKE)
        connection.execute(text("SELECT pg_notify('advice_line', 'configured')"))
    return product


def gets(product: Product, number: str, words: str) -> str:
    """Wait for a text with these words."""

    def got() -> list[str]:
        return [str(each["text"]) for each in product.phone.texts_of(number) if words in str(each["text"])]

    product.until(got, f"a text came with “{words}”")
    (text,) = got()
    return text


def test_a_parent_agrees_gets_the_reference_misses_a_call_and_replies(awake: Product) -> None:
    product = awake
    leave_a_message(product, PARENT)
    product.until(lambda: enquiries(product), "the message opened an enquiry")
    reference = enquiries(product)[0]["reference"]
    with product.client("therapist", for_email=product.person("amira.example@example.nhs.uk", "therapist")) as amira:
        amira.post(f"/enquiries/{reference}/triage", json={"caller": {"texts": True}}).raise_for_status()
        assert str(reference) in gets(product, PARENT, "Thank you for contacting us")
        product.until(lambda: product.figures(DELIVERED), "the delivery was told")

        tried = amira.post(f"/enquiries/{reference}/attempts", json={"result": "no_answer"})
        tried.raise_for_status()
        gets(product, PARENT, "We tried to ring you")

        product.phone.texts(HERTS, "Sorry, I was driving. After 3 please <3", from_=PARENT)
        product.until(lambda: enquiries(product)[0]["heard_at"] is None, "the reply is to be read")
        messages = amira.get(f"/enquiries/{reference}").json()["messages"]
    assert {(message["kind"], message["direction"]) for message in messages} == {
        ("voicemail", "inbound"), ("text", "outbound"), ("text", "inbound"),
    }  # fmt: skip
    assert (messages[-1]["words"], messages[-1]["needs_reply"]) == ("Sorry, I was driving. After 3 please <3", True)


def test_a_deaf_caller_texts_first_is_answered_with_the_reference_and_may_stop(awake: Product) -> None:
    product = awake
    product.phone.texts(HERTS, "I am deaf. Can you help with dressing?", from_=DEAF_CALLER)
    product.until(lambda: enquiries(product), "the text opened an enquiry")
    (enquiry,) = enquiries(product)
    assert (enquiry["status"], enquiry["caller"]["number"]) == ("new", DEAF_CALLER)  # type: ignore[index]
    assert str(enquiry["reference"]) in gets(product, DEAF_CALLER, "Thank you for contacting us")

    product.phone.texts(HERTS, "STOP", from_=DEAF_CALLER)
    product.until(lambda: product.figures("SELECT 1 FROM text_stop WHERE stopped"), "the order was obeyed")
    with product.client("therapist") as therapist:
        reference = enquiry["reference"]
        therapist.post(f"/enquiries/{reference}/attempts", json={"result": "no_answer"}).raise_for_status()
    product.until(
        lambda: product.figures("SELECT 1 FROM text_message WHERE purpose = 'after_missed_call' AND state = 'dropped'"),
        "the text after the call was dropped",
    )
    assert "We tried" not in str(product.phone.texts_of(DEAF_CALLER))
    assert len(enquiries(product)) == 1
