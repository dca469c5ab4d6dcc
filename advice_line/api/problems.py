"""Errors as problem details (RFC 9457): what is wrong, in which field, and what to do."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from advice_line.errors import Malformed, OutsideFailed, Refused
from advice_line.recordings import RangeNotThere

log = structlog.get_logger()
# How the description of the door names every refusal, whatever its status.
DESCRIBED: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem: what is wrong, in which fields, and what to do.",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "detail"],
                                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
                            },
                        },
                    },
                }
            }
        },
    }
}
TRIED = re.compile(r"function-(before|after|wrap|plain)\[")
TITLES = {404: "Not found", 405: "Not allowed here", 413: "Too large"}


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(OutsideFailed, _failed_outside)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def problem(status: int, title: str, detail: str, errors: Sequence[dict[str, str]] = ()) -> JSONResponse:
    """One problem document."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = list(errors)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101 - the handler is registered for nothing else
    faults = error.faults if isinstance(error, Malformed) else ()
    answer = problem(
        error.status, error.title, str(error), [{"field": fault.field, "detail": fault.sentence} for fault in faults]
    )
    if isinstance(error, RangeNotThere):
        answer.headers.update(error.headers)
    return answer


def _failed_outside(_request: Request, error: Exception) -> JSONResponse:
    return problem(503, "Not there just now", str(error))


def _not_understood(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for nothing else
    faults = [{"field": _field(fault), "detail": _sentence(fault["msg"])} for fault in error.errors()]
    return problem(422, "There is a problem", "Some of what was sent cannot be understood: see `errors`.", faults)


def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for nothing else
    answer = problem(error.status_code, TITLES.get(error.status_code, "That did not work"), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("api_failed", method=request.method, route=_route(request), exc_info=error)
    return problem(500, "Something went wrong", "Nothing was changed. Try again; tell your administrator if it stays.")


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "path", ""))


def _field(fault: Mapping[str, Any]) -> str:
    # The first part says where it was sent (body, query, path), which the sender knows.
    where, *parts = fault["loc"]
    if fault["type"] == "json_invalid" or not parts:
        return str(where)
    # Where one of several shapes would do, a part names the function that tried one of them: nothing that was sent.
    sent = ".".join(str(part) for part in parts if not TRIED.match(str(part)))
    # A name that somebody made up may hold what is no text.
    return sent.encode("utf-8", "replace").decode()


def _sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[:1].upper()}{message[1:]}."
