"""RestError: a refusal of the REST interface, as Twilio words it."""

from fastapi.responses import JSONResponse


class RestError(Exception):
    """A refusal, with Twilio's error code."""

    def __init__(self, status: int, code: int, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> JSONResponse:
        """As Twilio words it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if self.status == 401 else {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return JSONResponse(body, self.status, headers)


def not_found(path: str) -> RestError:
    """A resource that is not there, or not any more."""
    return RestError(404, 20404, f"The requested resource {path} was not found")
