"""A tiny product for the exchange to ring: it answers what it is told to, and keeps all it was sent."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

ACCOUNT = "AC" + "0" * 31 + "1"
TOKEN = "practice-token"
LINE = "+441632960111"
CALLER = "+447700900123"
OFFICE = "+441632960222"

Said = Mapping[str, str]


@dataclass
class Sent:
    """One request that arrived."""

    method: str
    path: str
    url: str
    params: dict[str, str]
    headers: dict[str, str]

    def signed_for(self, public_url: str) -> bool:
        """Whether Twilio's own validator takes the signature for this address."""
        url = public_url + self.url
        params = self.params if self.method == "POST" else {}
        return bool(RequestValidator(TOKEN).validate(url, params, self.headers["x-twilio-signature"]))


@dataclass
class Product:
    """Paths and what they answer: TwiML in a string, a Response, or a function of the parameters."""

    url: str = ""
    answers: dict[str, str | Response | Callable[[Said], str | Response]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def says(self, path: str, *verbs: str) -> None:
        """From now on this path answers with these verbs."""
        self.answers[path] = "<Response>" + "".join(verbs) + "</Response>"

    def to(self, path: str) -> list[Said]:
        """The parameters of every request to a path."""
        return [each.params for each in self.sent if each.path == path]

    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [each.path for each in self.sent]

    def waits_for(self, path: str, count: int = 1) -> list[Said]:
        """Wait until a path was asked so often."""
        deadline = time.monotonic() + 60
        while len(self.to(path)) < count:
            assert time.monotonic() < deadline, f"{path} was not asked {count} times: {self.paths()}"
            time.sleep(0.005)
        return self.to(path)

    async def answer(self, request: Request) -> Response:
        form = await request.form()
        given = form if request.method == "POST" else request.query_params
        params = {name: str(value) for name, value in given.multi_items()}
        query = f"?{request.url.query}" if request.url.query else ""
        path = request.url.path
        raw = request.scope["raw_path"].decode()
        self.sent.append(Sent(request.method, path, raw + query, params, dict(request.headers)))
        answer = self.answers.get(path, Response(status_code=204))
        said = answer(params) if callable(answer) and not isinstance(answer, Response) else answer
        return said if isinstance(said, Response) else Response(said, media_type="text/xml")


@contextmanager
def running_product() -> Iterator[Product]:
    """The product on a free port, in a thread."""
    product = Product()
    app = Starlette(routes=[Route("/{path:path}", product.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        product.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield product
        finally:
            server.should_exit = True
            thread.join()
