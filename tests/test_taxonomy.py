"""The taxonomy, and that the database keeps the same lists."""

import re
from importlib.resources import files

import pytest
from pydantic import ValidationError

from advice_line import taxonomy

SQL = files("advice_line").joinpath("migrations", "versions", "0001_the_story.sql").read_text(encoding="utf-8")


def checked(table: str, column: str) -> list[str]:
    """The keys that a column's CHECK lets in."""
    created = SQL[SQL.index(f"CREATE TABLE {table} (") :]
    created = created[: created.index("\n);")]
    found = re.search(rf"\n    {column} text[^(]*CHECK \({column} IN \(([^)]*)\)", created)
    assert found, f"{table}.{column} has no list"
    return re.findall(r"'(\w+)'", found[1])


@pytest.mark.parametrize(
    ("list_name", "table", "column"),
    [
        ("enquiry_statuses", "enquiry", "status"),
        ("priorities", "enquiry", "priority"),
        ("outcomes", "enquiry", "outcome"),
        ("outcomes", "outcome", "outcome"),
        ("tiers", "outcome", "tier"),
        ("attempt_results", "attempt", "result"),
        ("referral_stages", "referral", "stage"),
        ("phases", "referral", "phase"),
        ("call_end_states", "call", "end_state"),
        ("message_states", "message", "state"),
    ],
)
def test_the_database_keeps_the_same_keys(list_name: str, table: str, column: str) -> None:
    assert set(checked(table, column)) == set(taxonomy.choices(list_name))


def test_every_list_of_the_file_has_its_name_in_the_module() -> None:
    assert {name: getattr(taxonomy, name.upper()) for name in taxonomy._FILE} == taxonomy.LISTS


@pytest.mark.parametrize(
    ("list_name", "size"),
    [
        ("topics", 21),
        ("caller_roles", 20),
        ("settings", 12),
        ("triage_flags", 18),
        ("attempt_results", 11),
        ("advice_details", 8),
        ("closing_reasons", 14),
        ("referral_routes", 13),
        ("communication_needs", 10),
    ],
)
def test_no_list_has_lost_a_key(list_name: str, size: int) -> None:
    assert len(taxonomy.choices(list_name)) == size


def test_a_key_has_its_words() -> None:
    assert taxonomy.label("languages", "pl") == "Polish"
    with pytest.raises(KeyError):
        taxonomy.label("languages", "klingon")


def test_every_role_belongs_to_a_group_that_exists() -> None:
    assert {role.group for role in taxonomy.CALLER_ROLES.values()} == set(taxonomy.CALLER_ROLE_GROUPS)


def test_every_route_names_roles_and_phases_that_exist() -> None:
    for route in taxonomy.REFERRAL_ROUTES.values():
        assert set(route.may_refer) <= set(taxonomy.CALLER_ROLES)
        assert route.phase in {None, *taxonomy.PHASES}


def test_priorities_go_from_safeguarding_to_routine() -> None:
    in_order = sorted(taxonomy.PRIORITIES.values(), key=lambda priority: priority.order)
    assert [priority.key for priority in in_order] == ["safeguarding", "urgent", "soon", "routine"]


def test_engaged_uses_up_no_attempt_and_only_talk_is_contact() -> None:
    results = taxonomy.ATTEMPT_RESULTS
    assert not results["engaged"].counts_as_attempt
    assert [key for key, result in results.items() if result.contact_made] == [
        "spoke_to_caller",
        "not_convenient_rebooked",
        "dropped_before_outcome",
    ]


def test_after_school_is_a_stretch_of_the_afternoon() -> None:
    after_school = taxonomy.CONTACT_PREFERENCES["pref_after_school"]
    assert (str(after_school.start), str(after_school.end)) == ("15:15:00", "17:00:00")


def test_nothing_in_the_taxonomy_can_be_changed() -> None:
    with pytest.raises(TypeError):
        taxonomy.TOPICS["new"] = taxonomy.TOPICS["self_care"]  # type: ignore[index]  # that it is refused is tried
    with pytest.raises(ValidationError):
        taxonomy.TOPICS["self_care"].label = "x"  # type: ignore[misc]  # likewise
