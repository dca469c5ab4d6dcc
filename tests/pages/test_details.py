"""The form for the details is short: what is rarely needed is folded away, unless it holds something."""

import re
from datetime import datetime

import pytest

from advice_line.lines.directory import Service
from tests import factories
from tests.pages.conftest import Visit
from tests.scene import Stage


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ({}, []),
        ({"contact_times": ["pref_after_school"]}, ["When they can talk"]),
        ({"caller": {"language": "pl"}, "child": {"school": "Example School"}}, ["Language", "The child"]),
        ({"topics": ["fine_motor", "sensory_processing"], "flags": ["complaint"]}, ["Other topics", "Flags"]),
    ],
)
def test_only_what_holds_something_is_open(
    scene_visit: Visit, stage: Stage, herts: Service, now: datetime, given: dict[str, object], opened: list[str]
) -> None:
    with stage.story() as session:
        one = factories.a_heard_enquiry(session, herts, now, given)
    scene_visit.sign_in(password="three quiet rivers")
    form = scene_visit.get(f"/enquiries/{one.reference}/details").text
    found = re.findall(r'<details class="nhsuk-details" open>\s*<summary[^>]*><span[^>]*>([^<]+)', form)
    assert len(found) == len(opened)
    assert all(heading.startswith(start) for heading, start in zip(found, opened, strict=True))


def test_a_fault_is_never_folded_away(scene_visit: Visit, stage: Stage, herts: Service, now: datetime) -> None:
    with stage.story() as session:
        path = f"/enquiries/{factories.an_enquiry(session, herts, now).reference}/details"
    scene_visit.sign_in(password="three quiet rivers")
    refused = scene_visit.send(path, {"born-day": "31", "born-month": "2", "born-year": "2019"})
    assert refused.status_code == 422
    child = refused.text.split(">The child<")[0].rsplit("<details", 1)[1]
    assert " open>" in child
