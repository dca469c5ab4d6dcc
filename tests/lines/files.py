"""The example files, whole or with something changed in them."""

from importlib.resources import files

from sqlalchemy import Engine

from advice_line import db
from advice_line.lines.changes import Change
from advice_line.lines.configure import apply
from advice_line.lines.faults import ConfigurationFaults
from advice_line.lines.reading import Reading
from tests import factories
from tests.conftest import TUESDAY

HERTS, EPUT = "herts_cot", "eput_cot"


def text(name: str = HERTS) -> str:
    """An example as it is."""
    return files("advice_line").joinpath("examples", f"{name}.yaml").read_text(encoding="utf-8")


def changed(*swaps: tuple[str, str], name: str = HERTS) -> str:
    """An example in which the first of each old text, which must be there, has become the new one."""
    result = text(name)
    for old, new in swaps:
        assert old in result, old
        result = result.replace(old, new, 1)
    return result


def faults(file: str | bytes) -> list[str]:
    """The faults of a file as the person who wrote it reads them; none when it has none."""
    try:
        Reading.of(file.encode() if isinstance(file, str) else file)
    except ConfigurationFaults as error:
        return str(error).splitlines()
    return []


def line_of(needle: str, file: str) -> int:
    """The line, counted from 1, on which a text first stands."""
    return file[: file.index(needle)].count("\n") + 1


def configured(owner: Engine, *names_or_files: str) -> list[str]:
    """Apply files, each the name of an example or a whole text, and return what changed."""
    changes: list[Change] = []
    for one in names_or_files:
        with db.transaction(owner, None) as session:
            changes += apply(session, factories.a_reading(one if "\n" in one else text(one)), TUESDAY)
    return [str(change) for change in changes]
