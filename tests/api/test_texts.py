"""Texts for programs: among the messages of an enquiry, and the agreement as a part of triage."""

from sqlalchemy import select

from advice_line.enquiries.enquiry import Enquiry
from advice_line.texting import owed
from advice_line.texts import text as texts
from tests.api.conftest import Api
from tests.factories import MOBILE
from tests.texting.texts import all_texts, writes


def test_texts_are_messages_of_their_enquiry(api: Api) -> None:
    herts = api.stage.scene.herts
    with api.stage.story() as session:
        writes(session, herts, "I am deaf", api.now)
        owed.owe(session, herts, api.clock.passes(minutes=1))
        reference = session.scalars(select(Enquiry.reference)).one()
    spoken = {"recording_sid": None, "seconds": None, "kind": "text"}
    came, went = api.get(f"/enquiries/{reference}").json()["messages"]
    written = {"direction": "inbound", "state": "stored", "words": "I am deaf", "needs_reply": True}
    assert came.items() >= {**spoken, **written}.items()
    assert went.items() >= {**spoken, "direction": "outbound", "state": "expected", "needs_reply": False}.items()
    with api.stage.story() as session:
        texts.move(session, all_texts(session)[-1], "delivered", api.now)
    assert api.get(f"/enquiries/{reference}").json()["messages"][1]["state"] == "stored"
    assert api.get(f"/messages/{came['id']}/audio").status_code == 404


def test_the_agreement_is_noted_down_with_the_number(api: Api) -> None:
    reference = api.enquiry()
    answer = api.post(f"/enquiries/{reference}/triage", {"caller": {"number": MOBILE, "texts": True}})
    assert answer.json()["caller"]["texts"] is True
    answer = api.post(f"/enquiries/{reference}/triage", {"caller": {"number": "07700 900777"}})
    assert answer.json()["caller"]["texts"] is None
