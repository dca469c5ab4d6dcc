"""Reading a configuration file: every fault at once, with its line, in a sentence that says what to do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_line.errors import Misconfigured
from advice_line.lines.faults import ConfigurationFaults
from advice_line.lines.reading import Reading, read
from advice_line.lines.source import DEEPEST
from advice_line.lines.values import VOICES
from tests.lines.files import EPUT, HERTS, changed, faults, line_of, text


@pytest.mark.parametrize("name", [HERTS, EPUT])
def test_an_example_has_no_faults(name: str) -> None:
    assert faults(text(name)) == []


def test_every_fault_of_a_file_is_listed_with_its_line() -> None:
    file = changed(
        ("provider: ", "provder: "),
        ("reference_prefix: H ", "reference_prefix: h9 "),
        ("max_message_seconds: 300", "max_message_seconds: long"),
        ("skills: [fine_motor", "skills: [finemotor"),
        ("languages: [en, pl]", "languages: [en, Polish]"),
    )
    assert faults(file) == [
        "line 10: provider is missing: add it.",
        f"line {line_of('provder', file)}: There is no field called provder here: did you mean provider?",
        f"line {line_of('h9', file)}: reference_prefix must be one to four capital letters.",
        f"line {line_of(': long', file)}: max_message_seconds must be a whole number.",
        f"line {line_of('finemotor', file)}: skills may not name finemotor: did you mean fine_motor?",
        f"line {line_of('Polish]', file)}: languages may not name Polish: did you mean pl?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('start: "09:00"', 'start: "9am"', "start must be a time on the 24-hour clock, such as 09:00 or 14:30."),
        (
            'end: "17:00"',
            'end: "08:00"',
            "A window must end after it starts, before midnight; 09:00 to 08:00 does not.",
        ),
        ("days: [mon, tue, wed, thu, fri]", "days: [sat]", "days must name days out of mon, tue, wed, thu, fri."),
        (
            "closures: []",
            "closures: [{date: 2026-02-30, label: A}]",
            "date must be a date that exists, such as 2026-12-24.",
        ),
        (
            "closures: []",
            "closures: [{date: 24/12/2026, label: A}]",
            "date must be a date written year-month-day, such as 2026-12-24.",
        ),
        (
            "nation: england_and_wales",
            "nation: wales",
            "nation must be 'england_and_wales', 'scotland' or 'northern_ireland'.",
        ),
        ("account: default", "account:", "account has nothing after it: give it a value, or take the line out."),
        ("vary_time_of_day: true", "vary_time_of_day: perhaps", "vary_time_of_day must be true or false."),
        ("silence_end_seconds: 20", "silence_end_seconds: 5", "silence_end_seconds must be 15 or more."),
        (
            "breach_working_days: 5",
            "breach_working_days: 1",
            "The breach cannot come before the first attempt is due: raise breach_working_days.",
        ),
        (
            "warn_at_seconds: 270",
            "warn_at_seconds: 300",
            "The warning must come before the longest message ends: lower warn_at_seconds.",
        ),
        (
            "voice: Polly.Amy",
            "voice: Polly.Joanna",
            f"voice must be a British voice: {', '.join(sorted(VOICES))}.",
        ),
        ("url: https", "url: http", "url must be an address that begins with https://."),
        ("email: ben.sample@", "email: ben.sample", "email must be an e-mail address such as name@example.nhs.uk."),
        (
            "kind: announce",
            "kind: anounce",
            "kind must be menu, voicemail, transfer, announce, branch or queue.",
        ),
        (
            '"2": referral_hub',
            '"22": referral_hub',
            "22 must be '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*' or '#'.",
        ),
        ("entry: root", "entri: root", "There is no field called entri here: did you mean entry?"),
        (
            "key: amira_example",
            "key: Amira Example",
            "key must be a key: small letters, digits and _, beginning with a letter.",
        ),
        (
            "display: 01923 470680",
            "display: 01923 470681",
            "The number and its display differ: write one number in both.",
        ),
        ("display: 01923 470680", "display: our line", "The number and its display differ: write one number in both."),
        ("min_days: 2", "min_days: 4", "Attempts cannot fall on more days than there are attempts: lower min_days."),
        ("name: Ben Sample", 'name: " "', "name must not be empty."),
        ("name: Ben Sample", f"name: {'B' * 201}", "name must be at most 200 characters long."),
        (
            "talk_minutes: 15",
            f"talk_minutes: {'9' * 5000}",
            "talk_minutes is not right: Unable to parse input string as an integer, exceeded maximum size.",
        ),
        ("name: Ben Sample", "name: !Ben Sample", "A value cannot begin with an exclamation mark: put it in quotes."),
        ("name: Ben Sample", "[a]: b", "The name of a field must be a word, not a list or a group."),
        ("days: [mon]", "days: mon", "days must be a list: begin each of its items with a dash."),
        ("  spoken: example", "  spoken: {a: b}\n  # example", "spoken must be text."),
    ],
)
def test_a_wrong_value_gets_a_sentence_on_its_own_line(old: str, new: str, sentence: str) -> None:
    file = changed((old, new))
    assert f"line {line_of(new, file)}: {sentence}" in faults(file)


def test_a_field_given_twice_names_both_lines() -> None:
    file = changed(("name: Ben Sample", "name: Ben Sample\n    name: Benjamin Sample"))
    first = line_of("name: Ben Sample", file)
    assert faults(file) == [f"line {first + 1}: name is given twice, here and on line {first}: keep one of them."]


def test_every_line_that_begins_with_a_tab_is_named() -> None:
    assert faults("key: a\n\tb: 1\n\tc: 2\n") == [
        "line 2: This line begins with a tab: indent it with spaces.",
        "line 3: This line begins with a tab: indent it with spaces.",
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "line 1: The file is empty: start from one of the examples."),
        (b"# only a comment\n", "line 1: The file is empty: start from one of the examples."),
        (b"key: a\nname: \xff\n", "line 2: This is not UTF-8 text: save the file as UTF-8."),
        (b"key: a\nname: b\x00\n", "line 2: There is a character here that cannot be read aloud or shown: delete it."),
        (b"key: a\n---\nkey: b\n", "line 2: A configuration is one document: take out the line of three dashes."),
        (b"- key\n", "line 1: The file must be a group of fields, each on its own line below it."),
        (b"a: {*: root}\n", "line 1: A value or a key that begins with a sign such as * # & @ % must be in quotes."),
        (b"a: b: c\n", "line 1: This line is indented wrongly, or its text holds a colon: put the text in quotes."),
        (b"x" * 1_000_001, "The file is far too large to be a configuration."),
        (b"\n" + b"[" * 999_999, "line 2: The file is nested too deeply to be read."),
        (b"%x\na: 1\n", "line 1: A value or a key that begins with a sign such as * # & @ % must be in quotes."),
    ],
)
def test_what_is_no_configuration_at_all_gets_one_sentence(data: bytes, fault: str) -> None:
    assert faults(data) == [fault]


def test_a_node_without_a_kind_is_told_so() -> None:
    file = changed(("kind: announce", ""))
    sentence = "referral_hub_away needs its kind: menu, voicemail, transfer, announce, branch or queue."
    assert faults(file) == [f"line {line_of('referral_hub_away:', file)}: {sentence}"]


def test_a_field_that_nodes_do_not_know_is_named_with_what_was_meant() -> None:
    file = changed(("ring_seconds: 25", "ring_secs: 25"))
    sentence = "There is no field called ring_secs here: did you mean ring_seconds?"
    assert faults(file) == [f"line {line_of('ring_secs', file)}: {sentence}"]


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 100_000])
def test_deep_nesting_is_a_fault_at_any_depth(depth: int) -> None:
    assert faults("[" * depth + "]" * depth)


def test_a_field_whose_name_is_a_group_or_borrowed_is_named_and_what_follows_is_read() -> None:
    file = changed(("closures: []", "? {a: [b]}\n: {c: [d]}\n? *e\n: f\nclosures: []"))
    at = line_of("? {a", file)
    sentence = "The name of a field must be a word, not a list or a group."
    assert faults(file) == [f"line {at}: {sentence}", f"line {at + 2}: {sentence}"]


def test_borrowed_values_are_refused_rather_than_unrolled() -> None:
    found = faults(changed(("closures: []", "closures: &a []"), ("live_windows: []", "live_windows: *a")))
    assert [fault.partition(": ")[2] for fault in found] == [
        "A value cannot be borrowed with & and *: write it out in full."
    ]


def test_an_unquoted_number_keeps_its_first_nought() -> None:
    file = Reading.of(changed(("- 01632 960200", "- 01632960200")).encode()).configuration
    assert file.switchboard_numbers == ("+441632960200",)


def test_numbers_kept_for_examples_are_faults_for_the_real_network() -> None:
    with pytest.raises(ConfigurationFaults) as caught:
        Reading.of(text().encode(), example_numbers=False)
    fields = [fault.field for fault in caught.value.faults]
    assert "rota.0.phone" in fields
    assert "transfer_targets.herts_ot_admin.number" in fields
    assert "lines.0.number" not in fields


def test_no_fault_repeats_a_telephone_number() -> None:
    found = "\n".join(faults(changed(("07700 900103", "07700 900102"), ("01632 960220", "0909 8790000"))))
    assert found.count("line ") == 2
    assert "900" not in found.replace("09)", "")


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read(tmp_path / "nothing.yaml")
    with pytest.raises(Misconfigured, match="is a folder"):
        read(tmp_path)


def test_a_good_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "service.yaml"
    path.write_text("\ufeff" + text(), encoding="utf-8")
    assert read(path).configuration.key == HERTS


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda words: words.encode("utf-8", "ignore")))
def test_no_file_brings_down_the_reading(data: bytes) -> None:
    with pytest.raises(ConfigurationFaults):
        Reading.of(data)


@given(st.data())
def test_a_damaged_example_is_read_or_gets_faults(data: st.DataObject) -> None:
    lines = text(data.draw(st.sampled_from([HERTS, EPUT]))).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(
        st.sampled_from(["", "key:", "- a", "nodes: []", lines[at] + " x", " " + lines[at], "a: {b: [c]}"])
    )
    assert all(fault for fault in faults("\n".join(lines)))
