"""The source: the text of a configuration file as plain values, and the line that each of them stands on.

Every value is kept as the text that was written; what it means is for the configuration to say. So an unquoted
telephone number keeps its first nought, and a key of a telephone may be written 3 or "3".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from advice_line.lines.faults import ConfigurationFaults, Fault, Path

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"

LARGEST = 1_000_000  # bytes: a hundred times the longest example
DEEPEST = 50  # levels: seven times those of an example
VALUES = (AliasEvent, ScalarEvent, CollectionStartEvent)  # what a value begins with
SIGNS = ("while scanning an anchor", "while scanning an alias", "while scanning a directive")
OWN_TAGS = "tag:yaml.org,2002:"  # of YAML itself, such as !!str, which change nothing here
NOTHING = ("", "~", "null", "Null", "NULL")
STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\ufffe\uffff]")
TAB = re.compile(r" *\t")


@dataclass
class Source:
    """What a file says, with its lines. `faults` are what could be read only in part, such as a field given twice."""

    plain: Plain = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def read(cls, data: bytes) -> "Source":
        """Read a file's bytes. ConfigurationFaults when they are no readable text at all."""
        text = _text(data)
        tabs = _tabs(text)
        source = cls(faults=[*tabs])
        try:
            source._document(_parsed(text))
        except yaml.MarkedYAMLError as error:
            raise ConfigurationFaults(tabs or [_syntax(error)]) from None
        return source

    def line(self, path: Path) -> int:
        """The line of the value at a path; of what it belongs to, when it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _document(self, events: Iterator[Event]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, VALUES):
                self.plain = self._value(event, events, ())
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise ConfigurationFaults(
                        [_at(event, "A configuration is one document: take out the line of three dashes.")]
                    )
        if not documents:
            raise ConfigurationFaults([Fault(1, "", "The file is empty: start from one of the examples.")])

    def _value(self, event: Event, events: Iterator[Event], path: Path) -> Plain:
        """What begins with this event; the events that it goes on with are taken."""
        self.lines.setdefault(path, _line(event))
        if len(path) > DEEPEST:
            raise ConfigurationFaults([_at(event, "The file is nested too deeply to be read.")])
        if isinstance(event, AliasEvent):
            self._fault(path, "A value cannot be borrowed with & and *: write it out in full.")
            return None
        assert isinstance(event, ScalarEvent | CollectionStartEvent)  # noqa: S101 - the other `VALUES`
        if not str(event.tag or OWN_TAGS).startswith(OWN_TAGS):
            self._fault(path, "A value cannot begin with an exclamation mark: put it in quotes.")
        if isinstance(event, MappingStartEvent):
            return {key: self._value(value, events, (*path, key)) for key, value in self._fields(events, path)}
        if isinstance(event, CollectionStartEvent):
            return [self._value(item, events, (*path, index)) for index, item in enumerate(_items(events))]
        return None if not event.style and event.value in NOTHING else str(event.value)

    def _fields(self, events: Iterator[Event], path: Path) -> Iterator[tuple[str, Event]]:
        seen: dict[str, int] = {}
        for key_event in _items(events):
            line = _line(key_event)
            if not isinstance(key_event, ScalarEvent):
                self.faults.append(_at(key_event, "The name of a field must be a word, not a list or a group."))
                _pass(key_event, events)
                _pass(next(events), events)
                continue
            key, value = str(key_event.value), next(events)
            if key in seen:
                again = f"{key} is given twice, here and on line {seen[key]}: keep one of them."
                self.faults.append(Fault(line, dotted((*path, key)), again))
                _pass(value, events)
                continue
            seen[key] = line
            self.lines[(*path, key)] = line
            yield key, value

    def _fault(self, path: Path, sentence: str) -> None:
        self.faults.append(Fault(self.line(path), dotted(path), sentence))


def group(value: Plain) -> Mapping[str, Plain]:
    """A value as a group of fields; none when it is something else, whose fault is said elsewhere."""
    return value if isinstance(value, dict) else {}


def dotted(path: Path) -> str:
    """A path as one word: "lines.0.menu.entry"."""
    return ".".join(map(str, path))


def _parsed(text: str) -> Iterator[Event]:
    """The file as the parser goes through it: nothing of what it holds decides how much is kept at once."""
    return yaml.parse(text, Loader=yaml.CSafeLoader)


def _items(events: Iterator[Event]) -> Iterator[Event]:
    """What begins each value of a list or group that has begun; whoever asks for the next has taken the one before."""
    for event in events:
        if isinstance(event, CollectionEndEvent):
            return
        yield event


def _pass(event: Event, events: Iterator[Event]) -> None:
    """Pass over the value that begins with this event."""
    open_ones = int(isinstance(event, CollectionStartEvent))
    while open_ones:
        event = next(events)
        open_ones += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)


def _line(event: Event) -> int:
    assert event.start_mark  # noqa: S101 - whatever was parsed stands somewhere
    return int(event.start_mark.line) + 1


def _at(event: Event, sentence: str) -> Fault:
    return Fault(_line(event), "", sentence)


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise ConfigurationFaults([Fault(None, "", "The file is far too large to be a configuration.")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationFaults([Fault(line, "", "This is not UTF-8 text: save the file as UTF-8.")]) from None
    strange = [
        Fault(number, "", "There is a character here that cannot be read aloud or shown: delete it.")
        for number, line in enumerate(text.split("\n"), start=1)
        if STRANGE.search(line)
    ]
    if strange:
        raise ConfigurationFaults(strange)
    return text


def _tabs(text: str) -> list[Fault]:
    return [
        Fault(number, "", "This line begins with a tab: indent it with spaces.")
        for number, line in enumerate(text.split("\n"), start=1)
        if TAB.match(line)
    ]


def _syntax(error: yaml.MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it does not make sense here"
    if error.context in SIGNS or "cannot start any token" in problem:
        sentence = "A value or a key that begins with a sign such as * # & @ % must be in quotes."
    elif "mapping values are not allowed" in problem:
        sentence = "This line is indented wrongly, or its text holds a colon: put the text in quotes."
    else:
        sentence = f"The file cannot be read from here ({problem}): check quotes, brackets and indentation above."
    return Fault(mark.line + 1 if mark else None, "", sentence)
