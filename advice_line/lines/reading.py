"""Reading a configuration file: everything wrong with it is found in one go, each fault with its line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Self

from pydantic import ValidationError

from advice_line.errors import Misconfigured
from advice_line.lines import consistency, sentences, sounds
from advice_line.lines.configuration import ConfigurationFile
from advice_line.lines.faults import ConfigurationFaults, Fault, Found
from advice_line.lines.sounds import Sound
from advice_line.lines.source import Source, dotted


@dataclass(frozen=True)
class Reading:
    """A file without faults: what it says, where it says it, and the recorded prompts that it names."""

    configuration: ConfigurationFile
    source: Source
    sounds: Mapping[str, Sound]

    @classmethod
    def of(cls, data: bytes, *, example_numbers: bool = True, folder: FilePath = FilePath()) -> Self:
        """Read a file's bytes. ConfigurationFaults names every fault.

        `example_numbers` false: numbers that are kept for examples are faults too, for use with the real network.
        `folder` is where its recorded prompts lie.
        """
        source = Source.read(data)
        recorded, found = sounds.read_all(source.plain, folder)
        found += consistency.faults(source.plain)
        if not example_numbers:
            found += consistency.example_numbers(source.plain)
        configuration = None
        try:
            configuration = ConfigurationFile.model_validate(source.plain)
        except ValidationError as error:
            found += sentences.explain(error, source.plain)
        half_read = {fault.field for fault in source.faults}
        faults = [*source.faults, *(fault for fault in located(found, source) if fault.field not in half_read)]
        if faults or configuration is None:
            raise ConfigurationFaults(faults)
        return cls(configuration, source, recorded)


def read(path: FilePath, *, example_numbers: bool = True) -> Reading:
    """Read a configuration file. Misconfigured when there is none, ConfigurationFaults when it has faults."""
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        raise Misconfigured(f"{path} is a folder: name a configuration file.") from None
    except OSError:
        raise Misconfigured(f"{path} cannot be read: check that it is there and may be read.") from None
    return Reading.of(data, example_numbers=example_numbers, folder=path.parent)


def located(found: Iterable[Found], source: Source) -> list[Fault]:
    """The faults with the lines of the file that they stand on."""
    return [Fault(source.line(one.path), dotted(one.path), one.sentence) for one in found]
