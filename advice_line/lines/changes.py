"""Changes: what bringing in a configuration file does, in plain words and without personal data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from advice_line.lines.configuration import KeptConfiguration, LineConfiguration
from advice_line.lines.values import Part

# What the planner reckons with: a change of these asks for a new plan.
PLANNED_WITH = frozenset(
    {"nation", "closures", "office_hours", "standards", "attempts", "capacity", "callback_windows"}
)
SAID_ELSEWHERE = frozenset({"lines", "therapist_emails"})

Lines = Mapping[str, LineConfiguration]


@dataclass(frozen=True)
class Change:
    """One thing that is done, such as "add therapist amira_example". `plans`: callbacks must be planned anew."""

    words: str
    plans: bool = False

    def __str__(self) -> str:
        return self.words


def of_new(service: KeptConfiguration) -> list[Change]:
    """What bringing in a service for the first time does, apart from its people."""
    lines = [Change(f"add line {line.key}") for line in service.lines]
    return [Change(f"add service {service.key}", plans=True), *lines]


def between(before: KeptConfiguration, after: KeptConfiguration) -> Iterator[Change]:
    """What changes in a service's own settings and in its lines."""
    for name in _differing(before, after):
        if name not in SAID_ELSEWHERE:
            yield Change(f"change {name} of service {after.key}", plans=name in PLANNED_WITH)
    for key in sorted({**before.therapist_emails, **after.therapist_emails}):
        if before.therapist_emails.get(key) != after.therapist_emails.get(key):
            yield Change(f"change the e-mail address of therapist {key}")
    yield from _lines({line.key: line for line in before.lines}, {line.key: line for line in after.lines})


def _lines(before: Lines, after: Lines) -> Iterator[Change]:
    for key, line in after.items():
        if key in before:
            yield from _of_line(before[key], line)
        else:
            yield Change(f"add line {key}", plans=True)
    for key in before:
        if key not in after:
            yield Change(f"remove line {key}", plans=True)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Change("change the order of the lines")


def _of_line(before: LineConfiguration, after: LineConfiguration) -> Iterator[Change]:
    for name in _differing(before, after):
        yield Change(f"change {name} of line {after.key}", plans=name in PLANNED_WITH)


def _differing(before: Part, after: Part) -> list[str]:
    return [name for name in type(after).model_fields if getattr(before, name) != getattr(after, name)]
