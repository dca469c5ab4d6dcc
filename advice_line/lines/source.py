"""The source: the text of a configuration file as plain values, and the line that each of them stands on.

Every value is kept as the text that was written; what it means is for the configuration to say. So an unquoted
telephone number keeps its first nought, and a key of a telephone may be written 3 or "3".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from advice_line.lines.faults import ConfigurationFaults, Fault, Path

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"

LARGEST = 1_000_000  # bytes: a hundred times the longest example
NOTHING = ("", "~", "null", "Null", "NULL")
STRANGE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ufeff\ufffe\uffff]")
TAB = re.compile(r" *\t")


@dataclass
class Source:
    """What a file says, with its lines. `faults` are what could be read only in part, such as a field given twice."""

    plain: Plain = None
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, data: bytes) -> "Source":
        """Read a file's bytes. ConfigurationFaults when they are no readable text at all."""
        text = _text(data)
        source = cls(faults=_tabs(text))
        try:
            root = YAML().compose(text)
            if root is not None:
                source.plain = source._value(root, ())
        except MarkedYAMLError as error:
            raise ConfigurationFaults(source.faults or [_syntax(error)]) from None
        except RecursionError:
            raise ConfigurationFaults([Fault(None, "", "The file is nested too deeply to be read.")]) from None
        if root is None:
            raise ConfigurationFaults([Fault(1, "", "The file is empty: start from one of the examples.")])
        return source

    def line(self, path: Path) -> int:
        """The line of the value at a path; of what it belongs to, when it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def _value(self, node: Node, path: Path) -> Plain:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in self._seen:
            self._fault(path, "A value cannot be borrowed with & and *: write it out in full.")
            return None
        self._seen.add(id(node))
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            self._fault(path, "A value cannot begin with an exclamation mark: put it in quotes.")
        if isinstance(node, MappingNode):
            return {key: self._value(value, (*path, key)) for key, value in self._fields(node, path)}
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)  # noqa: S101 - a node is one of the three, whatever its type says
        # The library marks with a bell where the lines of a folded text met.
        return None if node.style is None and node.value in NOTHING else str(node.value).replace("\a", "")

    def _fields(self, node: MappingNode, path: Path) -> Iterator[tuple[str, Node]]:
        seen: dict[str, int] = {}
        for key_node, value in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.faults.append(Fault(line, "", "The name of a field must be a word, not a list or a group."))
                continue
            key = str(key_node.value)
            if key in seen:
                again = f"{key} is given twice, here and on line {seen[key]}: keep one of them."
                self.faults.append(Fault(line, dotted((*path, key)), again))
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


def _syntax(error: MarkedYAMLError) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it does not make sense here"
    if "alias" in problem or "cannot start any token" in problem:
        sentence = "A value or a key that begins with a sign such as * # & @ % must be in quotes."
    elif "another document" in problem:
        sentence = "A configuration is one document: take out the line of three dashes."
    elif "mapping values are not allowed" in problem:
        sentence = "This line is indented wrongly, or its text holds a colon: put the text in quotes."
    else:
        sentence = f"The file cannot be read from here ({problem}): check quotes, brackets and indentation above."
    return Fault(mark.line + 1 if mark else None, "", sentence)
