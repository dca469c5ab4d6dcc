"""A duty lead's text is followed until it arrived; when it does not, it shows, and the next one is told at once."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from advice_line.callbacks import listening
from advice_line.enquiries import alert as alerts
from advice_line.enquiries import alert_notice as notices
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.alert import Alert
from advice_line.enquiries.alert_notice import AlertNotice
from advice_line.enquiries.enquiry import Enquiry
from advice_line.errors import OutsideFailed, Unanswered
from advice_line.lines.directory import Service
from scheduler.alerting import alert
from scheduler.workshop import Workshop
from tests import factories
from tests.factories import TESTER
from tests.fakes import FakeTelephone, MovingClock
from tests.inbox.network import Event, happens
from tests.scheduler.conftest import Opening

SWITCHED_OFF = "A text did not arrive. The phone could not be reached: it may be switched off."


@pytest.fixture
def house(workshop: Workshop, tmp_path: Path) -> Workshop:
    return replace(workshop, settings=workshop.settings.model_copy(update={"advice_line_home": tmp_path}))


@pytest.fixture(autouse=True)
def enquiry(story: Opening, service: Service, clock: MovingClock) -> Enquiry:
    """One that was flagged in the evening."""
    clock.time = datetime(2026, 11, 17, 19, 30, tzinfo=UTC)
    with story() as session:
        enquiry = factories.an_enquiry(session, service, clock())
        listening.flag(session, service, enquiry, "urgent", TESTER, clock())
        return enquiry


def network_says(
    story: Opening, service: Service, telephone: FakeTelephone, status: str, now: datetime, code: str = "30003"
) -> None:
    """What became of the last text, told as the network tells it."""
    text = telephone.texted[-1]
    url = urlsplit(text.status_url)
    facts = {"MessageSid": text.sid, "MessageStatus": status, "ErrorCode": code}
    with story() as session:
        happens(session, service, [Event("text_status", facts, path=f"{url.path}?{url.query}")], now)


def texts(story: Opening) -> list[str]:
    with story() as session:
        sent = select(AlertNotice.state).where(AlertNotice.channel == "text").order_by(AlertNotice.id)
        return list(session.scalars(sent))


def problems(story: Opening, service: Service) -> list[str]:
    with story() as session:
        return notices.problems(session, service.id, session.scalars(select(Alert.id)).one())


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["sent", "delivered", "sent"], "delivered"),
        (["delivered", "undelivered"], "delivered"),
        (["queued", "undelivered", "delivered"], "undelivered"),
        (["failed"], "undelivered"),
        (["sending", "receiving", ""], "sent"),
    ],
)
def test_what_the_network_tells_of_a_text_only_ever_goes_forwards(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone, told: list[str], state: str
) -> None:
    alert(house, service)
    for status in told:
        network_says(story, service, telephone, status, house.now())
    assert texts(story) == [state]


def test_a_text_that_does_not_arrive_shows_and_the_next_duty_lead_is_told_at_once(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone, clock: MovingClock
) -> None:
    assert [alert(house, service), alert(house, service)] == [2, 0]
    clock.passes(seconds=20)
    network_says(story, service, telephone, "undelivered", clock())
    assert problems(story, service) == [SWITCHED_OFF]
    assert alert(house, service) == 3
    assert problems(story, service) == [SWITCHED_OFF]  # the second text is on its way, and may not arrive either
    network_says(story, service, telephone, "delivered", clock())
    assert problems(story, service) == []


def test_when_everybody_was_told_a_text_that_does_not_arrive_begins_no_further_round(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone, clock: MovingClock
) -> None:
    rounds = 0
    while alert(house, service):
        rounds += 1
        network_says(story, service, telephone, "undelivered", clock())
    assert rounds == 3  # two duty leads, and then every lead
    clock.passes(hours=1)
    assert alert(house, service)


def test_a_text_that_is_refused_is_the_next_ones_turn_too_and_not_once_somebody_took_the_flag(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone, enquiry: Enquiry, clock: MovingClock
) -> None:
    telephone.failures["text"].append(OutsideFailed("The line cannot text.", permanent=True))
    assert [alert(house, service), alert(house, service)] == [1, 3]
    with story() as session:
        one = enquiries.by_id(session, service.id, enquiry.id, lock=True)
        alerts.take(session, one, TESTER, clock())
    network_says(story, service, telephone, "undelivered", clock())
    assert alert(house, service) == 0


def test_a_text_whose_answer_was_lost_is_known_again_by_what_the_network_tells(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone
) -> None:
    telephone.failures["answer to text"].append(Unanswered("No answer."))
    alert(house, service)
    assert texts(story) == ["unknown"]
    network_says(story, service, telephone, "delivered", house.now())
    assert texts(story) == ["delivered"]
    assert problems(story, service) == []


def test_it_is_followed_where_callers_are_not_texted(
    house: Workshop, service: Service, story: Opening, telephone: FakeTelephone
) -> None:
    alert(house, service)
    silent = replace(service, configuration=service.configuration.model_copy(update={"texts": None}))
    network_says(story, silent, telephone, "delivered", house.now())
    assert texts(story) == ["delivered"]
