"""Logging: structured events with ids, never names, numbers or words of callers.

`console` is for people at a terminal, `json` for machines. Standard-library loggers (uvicorn, SQLAlchemy,
the Twilio client) pass through the same door, so one set of rules holds for all.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Literal

import structlog

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
                structlog.processors.format_exc_info,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # These write addresses with their query strings, and with them phone numbers; or every step of a routine.
    for noisy in ("twilio", "twilio.http_client", "httpx", "httpcore", "uvicorn.access", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_personal_data(
    _logger: object, _method: str, event: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    for key in PERSONAL & event.keys():
        event[key] = "[removed]"
    return event
