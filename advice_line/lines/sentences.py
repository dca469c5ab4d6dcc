"""Sentences: what a fault in the shape of a configuration file means, for the person who wrote the file."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from advice_line.lines.configuration import ConfigurationFile
from advice_line.lines.faults import Found, Path
from advice_line.lines.source import Plain, group

A_NUMBER = "must be a whole number"
A_FIGURE = "must be a number such as 2 or 1.5"
A_TIME = "must be a time such as 09:00"
A_DATE = "must be a date that exists, such as 2026-12-24"
A_LIST = "must be a list: begin each of its items with a dash"
A_GROUP = "must be a group of fields, each on its own line below it"
KINDS = "menu, voicemail, transfer, announce, branch or queue"
MUST_BE = {
    "string_type": "must be text",
    "int_type": A_NUMBER,
    "int_parsing": A_NUMBER,
    "int_from_float": A_NUMBER,
    "float_type": A_FIGURE,
    "float_parsing": A_FIGURE,
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "time_type": A_TIME,
    "date_type": A_DATE,
    "date_parsing": A_DATE,
    "date_from_datetime_parsing": A_DATE,
    "tuple_type": A_LIST,
    "model_type": A_GROUP,
    "model_attributes_type": A_GROUP,
    "mapping_type": A_GROUP,
    "dict_type": A_GROUP,
    "union_tag_not_found": f"needs its kind: {KINDS}",
    "union_tag_invalid": f"must be {KINDS}",
    "too_short": "must have at least one entry",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
}
EMPTY = "has nothing after it: give it a value, or take the line out"


def explain(error: ValidationError, file: Plain) -> list[Found]:
    """What is wrong with the file's shape: where each fault is, and a sentence that says what to do."""
    return [_found(one, file) for one in error.errors(include_url=False) if not _is_echo(one)]


def _is_echo(error: ErrorDetails) -> bool:
    """A list whose entries are all at fault is called too short as well, which would only confuse."""
    return error["type"] == "too_short" and bool(error["input"])


def _found(error: ErrorDetails, file: Plain) -> Found:
    path = (*_in_file(error["loc"], file), *_to_change(error))
    name = next((part for part in reversed(path) if isinstance(part, str)), "The file")
    if error["type"] == "extra_forbidden":
        return Found(path, _unknown(name, error["loc"]))
    if error["type"] == "missing":
        return Found(path, f"{name} is missing: add it.")
    return Found(path, _said(name, error))


def _to_change(error: ErrorDetails) -> Path:
    """The field to change, where a whole group of fields is said to be wrong."""
    if error["type"] == "union_tag_invalid":
        return ("kind",)
    return (error["ctx"]["field"],) if error["type"] == "clash" else ()


def _said(name: str, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    if error["type"] == "clash":
        return error["msg"]
    if error["type"] == "value_error":
        said = str(context["error"])
        return said if said[0].isupper() else f"{name} {said}" + ("" if said.endswith("?") else ".")
    if error["input"] is None:
        return f"{name} {EMPTY}."
    if error["type"] in MUST_BE:
        return f"{name} {MUST_BE[error['type']].format(**context)}."
    return f"{name} is not right: {error['msg']}."


def _unknown(name: str, loc: Path) -> str:
    model = _model_at(loc)
    near = get_close_matches(name, model.model_fields if model else [], n=1)
    return f"There is no field called {name} here" + (f": did you mean {near[0]}?" if near else ": take it out.")


def _in_file(loc: Path, file: Plain) -> Path:
    """The place in the file: without the kinds of nodes, and the marks of keys, that pydantic adds to the way."""
    here: Plain = file
    path: list[str | int] = []
    for part in loc:
        fields = group(here)
        if part == "[key]" or (part == fields.get("kind") and part not in fields):
            continue
        path.append(part)
        here = here[part] if isinstance(here, list) and isinstance(part, int) else fields.get(str(part))
    return tuple(path)


def _model_at(loc: Path) -> type[BaseModel] | None:
    """The model that has, or lacks, the field at the end of a way."""
    here: object = ConfigurationFile
    for part in loc[:-1]:
        here = _step(here, part)
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None


def _step(here: object, part: str | int) -> object:
    if isinstance(here, type) and issubclass(here, BaseModel):
        field = here.model_fields.get(str(part))
        return field.annotation if field else None
    origin, inner = get_origin(here), get_args(here)
    if origin is Annotated:
        return _step(inner[0], part)
    if origin in (Union, UnionType):
        return next((one for one in inner if _kind(one) == part), None)
    if origin is not None and issubclass(origin, Mapping):
        return inner[1]
    return inner[0] if inner else None


def _kind(model: object) -> object:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    field = model.model_fields.get("kind")
    return get_args(field.annotation)[0] if field else None
