"""Logging: structured events with ids, never names, numbers or words of callers.

An exception is told by its kind and place; its words only if they are ours, since a database's hold whole rows.

`console` is for people at a terminal, `json` for machines. Standard-library loggers (uvicorn, SQLAlchemy,
the Twilio client) pass through the same door, so one set of rules holds for all.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Literal

import structlog

# The packages whose exceptions carry sentences of ours.
OURS = frozenset({"advice_line", "webhooks", "scheduler"})
# A key that could carry personal data never reaches a log, whoever passed it.
PERSONAL = frozenset(
    {"name", "number", "from_number", "to", "from_", "caller", "child", "note", "email", "postcode", "body", "payload"}
)


def configure(log_format: Literal["console", "json"]) -> None:
    """Set up logging for this process; may be called again."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_in_short),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # A server that was started without our settings gave these a door of their own.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # These write addresses with their query strings, and with them phone numbers; or every step of a routine.
    for noisy in ("twilio", "twilio.http_client", "httpx", "httpcore", "uvicorn.access", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _in_short(exc_info: structlog.typing.ExcInfo) -> str:
    """An exception and what it came from, each with the innermost place first."""
    told: list[str] = []
    error: BaseException | None = exc_info[1]
    while error is not None:
        kind = type(error)
        words = f": {error}" if kind.__module__.partition(".")[0] in OURS else ""
        places = [f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(error.__traceback__))]
        told.append(f"{kind.__name__}{words} at {' < '.join(places)}")
        error = error.__cause__ or error.__context__
    return " from ".join(told)


def _without_personal_data(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    for key in PERSONAL & event.keys():
        event[key] = "[removed]"
    return event
