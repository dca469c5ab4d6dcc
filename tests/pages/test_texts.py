"""Texts on the pages: the words as they are written, the agreement in the details form, and why one was not sent."""

from datetime import datetime

import httpx
import pytest

from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.directory import Service
from advice_line.texting import owed
from tests import factories
from tests.pages.conftest import Visit
from tests.scene import Stage
from tests.texting.test_claiming import claim
from tests.texting.texts import all_texts, an_agreed_enquiry, writes


@pytest.fixture
def sam_visits(scene_visit: Visit) -> Visit:
    """Sam, who rings back for Hertfordshire, signed in before the scene's pages."""
    scene_visit.sign_in(password="three quiet rivers")
    return scene_visit


def seen(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_a_text_is_in_the_list_of_the_unheard_with_its_words_escaped(
    sam_visits: Visit, stage: Stage, herts: Service, now: datetime
) -> None:
    with stage.story() as session:
        writes(session, herts, "Hello <script>alert(1)</script>", now)
    page = seen(sam_visits.get("/unheard"))
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Needs a reply" in page


def test_an_enquiry_shows_what_was_sent_and_why_a_text_was_not(
    sam_visits: Visit, stage: Stage, herts: Service, now: datetime
) -> None:
    with stage.story() as session:
        one = an_agreed_enquiry(session, herts, now)
        owed.owe(session, herts, now)
        one.flags = ["do_not_leave_message"]
        assert claim(session, herts, now)
        (text,) = all_texts(session)
    page = seen(sam_visits.get(f"/enquiries/{one.reference}"))
    assert text.words.replace("{link}", "(the address of their own page)") in page
    assert "Not sent. A flag says that a text might do harm." in page
    assert "Text to the caller</strong>: confirmation with the reference" in page


def test_staff_note_down_that_the_caller_wants_texts_and_later_that_they_do_not(
    sam_visits: Visit, stage: Stage, herts: Service, now: datetime
) -> None:
    with stage.story() as session:
        one = factories.an_enquiry(session, herts, now)
    form = seen(sam_visits.get(f"/enquiries/{one.reference}/details"))
    assert "May we send texts to this number?" in form
    path = f"/enquiries/{one.reference}/details"
    refused = sam_visits.send(path, {"caller_number": "01632 960123", "texts": "yes"}, token=sam_visits.token(path))
    assert (refused.status_code, "Texts go only to UK mobile numbers" in refused.text) == (422, True)
    for chosen, kept in (("yes", True), ("no", False), ("", None)):
        fields = {"caller_number": one.caller_number or "", "texts": chosen}
        assert sam_visits.send(path, fields, token=sam_visits.token(path)).status_code == 303
        with stage.story() as session:
            assert session.get_one(Enquiry, (herts.id, one.id)).caller_texts is kept
