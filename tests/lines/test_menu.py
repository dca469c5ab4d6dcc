"""The words of a menu, and whether its nodes hold together."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from advice_line.lines import menu_tree
from advice_line.lines.menu import Greeting, Menu
from advice_line.lines.reading import Reading
from tests.lines.files import EPUT, HERTS, changed, faults, text

GREETING = TypeAdapter(Greeting)
REST = " Please leave a message. We record it, see {privacy}."


@pytest.mark.parametrize(
    "greeting",
    [
        "In an emergency dial 999, for medical help dial 111." + REST,
        "The advice line. In an emergency dial 999. For medical help dial 111." + REST,
        "The advice line. In an emergency dial 9 9 9, for medical help 1 1 1." + REST,
    ],
)
def test_a_greeting_that_begins_with_the_emergency_numbers_is_welcome(greeting: str) -> None:
    assert GREETING.validate_python(greeting) == greeting


@pytest.mark.parametrize(
    "greeting",
    [
        "The advice line." + REST,
        "The advice line. We are closed. In an emergency dial 999, for medical help 111." + REST,
        "The advice line. In an emergency dial 999." + REST + " For medical help dial 111.",
        "The advice line. For medical help dial 111." + REST,
        "The advice line. Ring 01999 111999." + REST,
        ("The advice line and much more " * 10) + ". In an emergency dial 999, else 111." + REST,
    ],
)
def test_a_greeting_that_begins_otherwise_is_refused(greeting: str) -> None:
    with pytest.raises(ValidationError, match="must begin with 999 and 111"):
        GREETING.validate_python(greeting)


@pytest.mark.parametrize("told", ["", " We record it.", " Read more at {privacy}."])
def test_a_greeting_must_tell_of_the_recording_and_the_privacy_notice(told: str) -> None:
    with pytest.raises(ValidationError, match="that we record the message"):
        GREETING.validate_python("In an emergency dial 999, for medical help 111." + told)


def test_a_prompt_may_not_be_longer_than_the_network_speaks() -> None:
    found = faults(changed(("prompt: Nobody at the children's", "prompt: " + "a " * 2001 + "children's")))
    assert len(found) == 1
    assert found[0].endswith("characters: callers can be told at most 4,000 at a time.")


def test_a_prompt_with_a_placeholder_of_its_own_is_refused() -> None:
    assert (
        "may hold no curly brackets but {privacy}" in faults(changed(("just now. Please try", "{now}. Please try")))[0]
    )


def test_a_prompt_without_words_is_refused() -> None:
    assert (
        "prompt must not be empty: write what callers hear." in faults(changed(("prompt: Nobody", 'prompt: " " #')))[0]
    )


def test_the_privacy_address_is_spoken_in_its_place() -> None:
    menu = Reading.of(text().encode()).configuration.lines[0].menu.saying("example dot org")
    assert "read more at example dot org." in getattr(menu.nodes["advice_line"], "greeting", "")


def test_hertfordshire_has_its_three_published_doors() -> None:
    nodes = Reading.of(text(HERTS).encode()).configuration.lines[0].menu.model_dump()["nodes"]
    assert nodes["root"]["options"]["2"] == "referral_hub"
    assert nodes[nodes["root"]["options"]["3"]]["options"] | {"*": ""} == {
        "1": "advice_line",
        "2": "ot_service",
        "*": "",
    }
    assert nodes["ot_service"]["target"] == "herts_ot_admin"


def test_eput_says_that_nobody_is_free_and_takes_a_message() -> None:
    nodes = Reading.of(text(EPUT).encode()).configuration.lines[0].menu.model_dump()["nodes"]
    queue = nodes[nodes["clock"]["open"]]
    assert queue["if_nobody"] == queue["if_full"] == queue["if_late"]
    announcement = nodes[queue["if_nobody"]]
    assert nodes[queue["message"]]["kind"] == "voicemail"
    assert "nobody can take your call just now" in announcement["prompt"]
    assert nodes[announcement["then"]]["kind"] == nodes[nodes["clock"]["closed"]]["kind"] == "voicemail"


def tree(entry: str, **nodes: Mapping[str, object]) -> list[tuple[str, str]]:
    found = menu_tree.faults({"entry": entry, "nodes": nodes})  # type: ignore[dict-item]  # a plain file's values
    return [(str(fault.path[-1]), fault.sentence) for fault in found]


def test_a_way_to_a_node_that_is_not_there_is_a_fault() -> None:
    assert tree("a", a={"kind": "menu", "options": {"1": "b"}, "no_input_then": "c"}) == [
        ("no_input_then", "There is no node called c in this menu: add it, or lead to one of the others."),
        ("1", "There is no node called b in this menu: add it, or lead to one of the others."),
    ]


def test_an_entry_that_is_not_there_is_a_fault() -> None:
    assert [where for where, _ in tree("b", a={"kind": "announce"})] == ["entry"]


def test_a_node_that_nobody_can_reach_is_a_fault() -> None:
    assert tree("a", a={"then": None}, b={"then": "a"}) == [
        ("b", "No caller can ever reach b: lead a way to it, or take it out.")
    ]


def test_going_round_without_a_key_is_a_fault() -> None:
    found = tree("a", a={"then": "b"}, b={"if_no_answer": "c"}, c={"open": "a", "closed": "d"}, d={})
    assert len(found) == 1
    assert "would go round for ever (" in found[0][1]


def test_going_back_by_a_key_is_no_fault() -> None:
    assert tree("a", a={"options": {"1": "b", "*": "a"}, "no_input_then": "b"}, b={"options": {"*": "a"}}) == []


@pytest.mark.parametrize("way", ["message", "if_nobody", "if_full", "if_late"])
def test_no_way_out_of_a_queue_leads_back_into_one(way: str) -> None:
    ways = {"message": "c", "if_nobody": "c", "if_full": "c", "if_late": "c", way: "b"}
    found = tree("a", a={"kind": "queue", **ways}, b={"options": {"1": "a"}, "no_input_then": "c"}, c={})
    assert found == [(way, "This leads back into a queue: lead to a message instead.")]


def test_a_queue_begins_with_the_emergency_numbers() -> None:
    found = faults(
        changed(
            ("In an emergency dial 999, and for urgent\n            medical", "For\n            medical"), name=EPUT
        )
    )
    assert len(found) == 1
    assert "must begin with 999 and 111" in found[0]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef") | st.none(), min_size=1))
def test_a_loop_is_found_exactly_when_a_silent_caller_never_stops(ways: dict[str, str | None]) -> None:
    def stops(start: str) -> bool:
        here: str | None = start
        for _ in range(len(ways) + 1):
            here = ways.get(here) if here else None
        return here is None

    nodes = {key: {"then": way} for key, way in ways.items()}
    looped = any("for ever" in sentence for _, sentence in tree(next(iter(ways)), **nodes))
    assert looped == (not all(stops(start) for start in ways))


def test_a_menu_cannot_be_changed_once_made() -> None:
    menu = Reading.of(text().encode()).configuration.lines[0].menu
    with pytest.raises(ValidationError):
        menu.entry = "other"  # type: ignore[misc]  # that it is refused is what is tried
    assert isinstance(menu, Menu)
