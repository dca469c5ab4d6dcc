"""Conflicts: what a configuration file claims although it is another service's."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.lines.configuration import ConfigurationFile
from advice_line.lines.faults import Found, Path
from advice_line.lines.rows import LineRow, ServiceRow


def conflicts(session: Session, file: ConfigurationFile) -> Iterator[Found]:
    """Every clash between a file and the services configured already."""
    others = session.scalars(select(ServiceRow).where(ServiceRow.key != file.key)).all()
    theirs = session.scalars(select(LineRow).where(LineRow.service_id.in_([other.id for other in others]))).all()
    keys, numbers = {line.key for line in theirs}, {line.number for line in theirs}
    targets = {number for other in others for number in _target_numbers(other.configuration)}
    for path, key, number in _lines(file):
        if key in keys:
            yield Found((*path, "key"), f"Another service has a line called {key}: choose another key.")
        if number in numbers:
            yield Found((*path, "number"), "This number is a line of another service: it cannot be moved to this one.")
        if number in targets:
            yield Found(
                (*path, "number"),
                "Another service puts its callers through to this number: they would go round for ever.",
            )
    yield from _rings_a_line(file, numbers)
    yield from _same_prefix(file, others)


def _rings_a_line(file: ConfigurationFile, numbers: set[str]) -> Iterator[Found]:
    for key, target in file.transfer_targets.items():
        if target.number in numbers:
            sentence = "Callers cannot be put through to a line of another service: they would go round for ever."
            yield Found(("transfer_targets", key, "number"), sentence)
    for index, therapist in enumerate(file.rota):
        if therapist.phone in numbers:
            sentence = "A therapist's telephone cannot be a line of another service: we would ring ourselves."
            yield Found(("rota", index, "phone"), sentence)


def _same_prefix(file: ConfigurationFile, others: Sequence[ServiceRow]) -> Iterator[Found]:
    if any(other.configuration.get("reference_prefix") == file.reference_prefix for other in others):
        sentence = "Another service's references begin with these letters: choose others."
        yield Found(("reference_prefix",), sentence)


def _lines(file: ConfigurationFile) -> Iterator[tuple[Path, str, str]]:
    for index, line in enumerate(file.lines):
        yield ("lines", index), line.key, line.number


def _target_numbers(configuration: Mapping[str, object]) -> Iterator[str]:
    targets = configuration.get("transfer_targets")
    for target in targets.values() if isinstance(targets, dict) else ():
        yield target["number"]
