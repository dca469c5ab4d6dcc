"""Words that a service sends to mobiles are checked before anybody is sent them."""

from datetime import UTC, datetime

import pytest

from advice_line.lines.reading import Reading
from advice_line.lines.texts import LONGEST, LONGEST_WITH_LINK, Texts
from tests.lines.files import EPUT, changed, faults, text

GOOD = {
    "confirmation": "Thank you. Your reference is {reference}. Reply STOP to end these texts.",
    "before_callback": "We plan to ring you at about {time}.",
    "after_missed_call": "We tried to ring you and will try again.",
}


def sentence(**words: str) -> str:
    """What is said of the Hertfordshire file with these words for its texts; empty when nothing is."""
    file = text()
    start, end = file.index("texts:\n"), file.index("lines:\n  - key: herts_advice_line")
    section = "".join(f'  {name}: "{value}"\n' for name, value in {**GOOD, **words}.items())
    return " ".join(faults(file[:start] + "texts:\n" + section + "\n" + file[end:]))


def test_the_example_sends_texts_that_fit_into_one_message() -> None:
    texts = Reading.of(text().encode()).configuration.texts
    assert texts
    link = "https://advice.example.nhs.uk/c/" + "0" * 26
    for purpose in GOOD:
        words = texts.words(purpose, "H-000123", "10:30am on Wednesday")  # type: ignore[arg-type]
        assert len(words.replace("{link}", link)) <= LONGEST


def test_a_service_without_the_section_has_no_texts() -> None:
    assert Reading.of(text(EPUT).encode()).configuration.texts is None


@pytest.mark.parametrize(
    "words",
    [
        "We tried to ring you about your child.",
        "The therapist tried to ring you.",
        "Your Occupational Therapy team tried to ring.",
        "We tried to ring your daughter's school.",
        "Hear your recording again.",
    ],
)
def test_words_that_tell_of_a_child_or_of_therapy_are_refused(words: str) -> None:
    assert "may not say" in sentence(after_missed_call=words)


@pytest.mark.parametrize("words", ["See www.example", "See https://a.b", "Look at nhs.uk now", "Ring.Now"])
def test_links_are_refused(words: str) -> None:
    assert "may hold no link" in sentence(after_missed_call=words)


def test_a_text_is_measured_with_the_longest_that_it_may_become() -> None:
    fits = "a" * (LONGEST - len("ABCD-1234567"))
    assert sentence(after_missed_call=f"{fits}{{reference}}") == ""
    assert "at most 160" in sentence(after_missed_call=f"{fits}a{{reference}}")


def test_a_text_with_the_callers_own_link_may_be_two_messages() -> None:
    """The address is reckoned with 50 characters, so that a link has up to 79."""
    fits = "a " * ((LONGEST_WITH_LINK - 79) // 2)
    assert sentence(after_missed_call=f"{fits}{{link}}") == ""
    assert "at most 306" in sentence(after_missed_call=f"{fits}aa {{link}}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Tell us: {link}.", "must have a space"),
        ("Tell us:{link} please", "must have a space"),
        ("{link} or {link}", "only once"),
    ],
)
def test_nothing_stands_next_to_a_link(words: str, said: str) -> None:
    assert said in sentence(after_missed_call=words)


def test_the_answer_to_help_leads_to_nobodys_page() -> None:
    assert "no curly brackets" in sentence(help="{link} 999 111 STOP")


def test_letters_that_count_double_are_counted_double() -> None:
    assert sentence(after_missed_call="€" * 80) == ""
    assert "at most 160" in sentence(after_missed_call="€" * 81)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"after_missed_call": "We’ll try again."}, "plain letters only"),
        ({"after_missed_call": "At {time}."}, "no curly brackets but {reference}"),
        ({"confirmation": "Your reference is {reference}."}, "must hold STOP"),
        ({"before_callback": "We plan to ring you."}, "must hold {time}"),
        ({"help": "Reply STOP to end these texts."}, "must hold 999"),
    ],
)
def test_what_a_text_must_and_must_not_hold_is_said(words: dict[str, str], said: str) -> None:
    assert said in sentence(**words)


def test_a_text_does_not_name_the_service_or_its_line() -> None:
    file = changed(
        ("name: Hertfordshire children's occupational therapy", "name: Rainbow House"),
        ("Thank you for contacting us.", "Rainbow House thanks you."),
    )
    assert any("do not name the service" in fault for fault in faults(file))


@pytest.mark.parametrize(
    ("at", "silent"),
    [((7, 59), True), ((8, 0), False), ((19, 59), False), ((20, 0), True), ((0, 0), True)],
)
def test_the_silent_hours_go_over_midnight(at: tuple[int, int], silent: bool) -> None:
    texts = Texts.model_validate(GOOD)
    assert texts.is_silent(datetime(2026, 11, 17, *at, tzinfo=UTC)) is silent
    # In summer time London is an hour ahead.
    assert texts.is_silent(datetime(2026, 7, 14, 7, 30, tzinfo=UTC)) is False


def test_silent_hours_of_no_length_are_refused() -> None:
    assert "change one of them" in sentence(silent_from="08:00", silent_to="08:00")
