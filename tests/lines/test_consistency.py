"""Parts of a configuration that do not agree with one another."""

import pytest

from tests.lines.files import EPUT, changed, faults, line_of, text


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "mailbox: herts_admin",
            "mailbox: nowhere",
            "This line has no mailbox called nowhere: add it to its mailboxes.",
        ),
        (
            "target: herts_ot_admin",
            "target: nowhere",
            "There is no transfer target called nowhere: add it to transfer_targets.",
        ),
        (
            "number: 01632 960220",
            "number: 01923 470680",
            "Callers cannot be put through to one of our own lines: they would go round for ever.",
        ),
        (
            "phone: 07700 900102",
            "phone: 01923 470680",
            "A therapist's telephone cannot be one of our own lines: we would ring ourselves.",
        ),
        (
            "phone: 07700 900102",
            'phone: "+44 7700 900101"',
            "Two therapists have the same telephone: one of them could never be rung.",
        ),
        (
            "email: ben.sample@",
            "email: Amira.Example@",
            "Two therapists have the same e-mail address: give each their own.",
        ),
        ("key: ben_sample", "key: amira_example", "Two therapists have the same key: give each their own."),
        (
            "key: trust_safeguarding_lead",
            "key: herts_childrens_services",
            "Two safeguarding contacts have the same key: give each its own.",
        ),
        (
            '{days: [tue], start: "14:00"',
            '{days: [mon], start: "11:00"',
            "These hours overlap with others above: join them, or change one of them.",
        ),
        (
            "sites: [north_clinic]",
            "sites: [moon_clinic]",
            "There is no site called moon_clinic: add it to the sites of the service.",
        ),
        ("sites: [north_clinic]", "sites: [north_clinic, north_clinic]", "This site is named already: name it once."),
        (
            'end: "12:00", site: north_clinic}',
            'end: "12:00", site: moon_clinic}',
            "moon_clinic is not among the sites of this therapist: add it to them.",
        ),
    ],
)
def test_what_does_not_agree_is_a_fault_on_its_line(old: str, new: str, sentence: str) -> None:
    file = changed((old, new))
    at = text()[: text().index(old)].count("\n") + 1
    assert faults(file) == [f"line {at}: {sentence}"]


def test_a_day_closed_twice_is_a_fault() -> None:
    days = "closures: [{date: 2026-12-24, label: A}, {date: 2026-12-24, label: B}]"
    assert "This day is closed already" in faults(changed(("closures: []", days)))[0]


def test_two_term_calendars_share_neither_key_nor_postcode() -> None:
    here = "term_calendars:\n"
    terms = "terms: [{start: 2026-09-02, end: 2026-10-23}]"
    again = f"  - {{key: herts_schools, label: A, postcodes: [AL], {terms}}}\n"
    found = faults(changed((here, here + again)))
    assert ["have the same key" in found[0], "has a term calendar already" in found[1], len(found)] == [True, True, 2]


def test_two_sites_have_keys_of_their_own() -> None:
    here = "sites:\n"
    found = faults(changed((here, f"{here}  - {{key: south_clinic, label: Another clinic}}\n")))
    assert [fault.partition(": ")[2] for fault in found] == ["Two sites have the same key: give each its own."]


def test_two_lines_with_one_number_are_a_fault() -> None:
    whole = text(EPUT)
    lines = whole[whole.index("  - key: eput_support_line") : whole.index("# Who rings back")]
    again = lines.replace("key: eput_support_line", "key: eput_second_line")
    found = faults(whole.replace(lines, lines + again))
    assert [fault.partition(": ")[2] for fault in found] == ["Two lines have the same number: each line needs its own."]


def test_a_branch_and_a_queue_need_live_windows() -> None:
    windows = 'live_windows:\n      - {days: [mon, tue, wed, thu, fri], start: "12:30", end: "14:30"}'
    file = changed((windows, "live_windows: []"), name=EPUT)
    sentence = "This line has no live_windows, so it can never be open: add them, or drop the {}."
    assert faults(file) == [
        f"line {line_of(node, file)}: {sentence.format(kind)}"
        for node, kind in (("clock:", "branch"), ("live_queue:\n", "queue"))
    ]


@pytest.mark.parametrize("hours", [("12:00", "13:00"), ("07:00", "09:00")])
def test_hours_that_only_touch_do_not_overlap(hours: tuple[str, str]) -> None:
    first = '- {days: [mon], start: "09:00", end: "12:00"}'
    second = f'- {{days: [mon], start: "{hours[0]}", end: "{hours[1]}"}}'
    assert faults(changed((first, f"{first}\n      {second}"))) == []


def test_hours_that_follow_one_another_in_time_do_not_overlap() -> None:
    first = '- {days: [mon], start: "09:00", end: "12:00"}'
    before = first.replace("}", ", valid_to: 2026-12-31}")
    after = '- {days: [mon], start: "10:00", end: "12:00", valid_from: 2027-01-01}'
    assert faults(changed((first, f"{before}\n      {after}"))) == []


def test_callback_windows_that_all_end_for_good_are_a_fault() -> None:
    old = 'callback_windows:\n      - {days: [mon, tue, wed, thu, fri], start: "09:00", end: "17:00"}'
    found = faults(changed((old, old.replace("}", ", valid_to: 2026-12-31}"))))
    assert [fault.partition(": ")[2] for fault in found] == [
        "All of these hours come to an end: leave out valid_to of those that go on."
    ]


def test_faults_between_parts_are_found_beside_faults_of_shape() -> None:
    found = faults(changed(("provider: ", "provder: "), ("mailbox: herts_admin", "mailbox: nowhere")))
    assert len(found) == 3
