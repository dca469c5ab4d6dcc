"""The taxonomy: every list that staff choose from and that figures are counted by, read once from `taxonomy.yaml`.

Keys are promises, stored and exported; labels are words for people. The order of a list is its order on screen.
"""

from collections.abc import Mapping
from datetime import time
from importlib.resources import files
from types import MappingProxyType
from typing import TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Choice(BaseModel):
    """One thing that can be chosen: its key, and its label in plain English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    label: str = Field(min_length=1)


class CallerRole(Choice):
    """Who a caller is; `group` is a key of CALLER_ROLE_GROUPS."""

    group: str


class Priority(Choice):
    """How soon; the lowest `order` goes first."""

    order: int


class ContactPreference(Choice):
    """When a caller likes to be rung, from `start` up to `end` on London's clocks; None leaves that side open."""

    start: time | None = None
    end: time | None = None


class AttemptResult(Choice):
    """How an attempt to ring back ended: does it use one up, and did we speak to the caller?"""

    counts_as_attempt: bool
    contact_made: bool


class ReferralRoute(Choice):
    """A way into a service.

    `may_refer` are keys of CALLER_ROLES, empty when the route names nobody; `parent_may_refer` is None when nobody has
    said. `general` routes are offered by every service that does not choose its own.
    """

    phase: str | None = None
    may_refer: tuple[str, ...] = ()
    parent_may_refer: bool | None = None
    first_step: str | None = None
    general: bool = False


C = TypeVar("C", bound=Choice)

OUR_LANGUAGE = "en"  # which everybody on the rota speaks

_FILE: Mapping[str, Mapping[str, Mapping[str, object]]] = yaml.load(
    files("advice_line").joinpath("taxonomy.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
_lists: dict[str, Mapping[str, Choice]] = {}


def _read(name: str, kind: type[C]) -> Mapping[str, C]:
    """One list of the file, by key; it cannot be changed."""
    chosen = MappingProxyType({key: kind.model_validate({"key": key, **rest}) for key, rest in _FILE[name].items()})
    _lists[name] = chosen
    return chosen


TOPICS = _read("topics", Choice)
CALLER_ROLE_GROUPS = _read("caller_role_groups", Choice)
CALLER_ROLES = _read("caller_roles", CallerRole)
SETTINGS = _read("settings", Choice)
PHASES = _read("phases", Choice)
TIERS = _read("tiers", Choice)
AGE_BANDS = _read("age_bands", Choice)
PRIORITIES = _read("priorities", Priority)
TRIAGE_FLAGS = _read("triage_flags", Choice)
COMMUNICATION_NEEDS = _read("communication_needs", Choice)
CONTACT_PREFERENCES = _read("contact_preferences", ContactPreference)
ENQUIRY_STATUSES = _read("enquiry_statuses", Choice)
PAUSE_REASONS = _read("pause_reasons", Choice)
ATTEMPT_RESULTS = _read("attempt_results", AttemptResult)
OUTCOMES = _read("outcomes", Choice)
ADVICE_DETAILS = _read("advice_details", Choice)
REFERRAL_STAGES = _read("referral_stages", Choice)
CLOSING_REASONS = _read("closing_reasons", Choice)
REFERRAL_ROUTES = _read("referral_routes", ReferralRoute)
NOT_ACCEPTED_REASONS = _read("not_accepted_reasons", Choice)
CALL_END_STATES = _read("call_end_states", Choice)
MESSAGE_STATES = _read("message_states", Choice)
LANGUAGES = _read("languages", Choice)

LISTS: Mapping[str, Mapping[str, Choice]] = MappingProxyType(_lists)


def choices(list_name: str) -> Mapping[str, Choice]:
    """A list by its name: `choices("topics")`. An unknown name is a KeyError."""
    return LISTS[list_name]


def key_of(list_name: str) -> AfterValidator:
    """For a field that holds a key of this list: anything else is refused with the name of the list."""

    def check(value: str) -> str:
        if value not in LISTS[list_name]:
            raise ValueError(f"“{value}” is not a key of {list_name.replace('_', ' ')}")
        return value

    return AfterValidator(check)


def label(list_name: str, key: str) -> str:
    """The words for a key: `label("topics", "self_care")`. An unknown list or key is a KeyError."""
    return LISTS[list_name][key].label
