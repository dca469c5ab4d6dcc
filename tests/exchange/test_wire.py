"""The wire: signed, tried again as its URL allows, and every failure under Twilio's code."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from advice_line.exchange.config import ExchangeConfig
from advice_line.exchange.faults import Faults
from advice_line.exchange.log import Entry, Log
from advice_line.exchange.sids import Sids
from advice_line.exchange.wire import Answer, Ask, Wire, WireError
from tests.exchange.product import ACCOUNT, TOKEN, Product, Said

PUBLIC = "https://advice.example.nhs.uk:8443"


def send(
    product: Product, folder: Path, path: str, *, method: str = "POST", public_url: str = "", url: str = ""
) -> tuple[Answer | WireError, list[Entry]]:
    """One request through a wire of its own: its answer or its error, and the log."""
    config = ExchangeConfig(product.url, ACCOUNT, TOKEN, folder, public_url=public_url)

    async def go() -> tuple[Answer | WireError, list[Entry]]:
        log = Log(folder)
        wire = Wire(config, log, Sids(1), Faults(log))
        try:
            ask = Ask("status", "CA1", url or product.url + path, {"CallSid": "CA1", "Empty": "", "É": "à+ &="}, method)
            return await wire.fetch(ask), log.entries()
        except WireError as error:
            return error, log.entries()
        finally:
            await wire.close()
            log.close()

    return asyncio.run(go())


class Never(Response):
    """An answer that does not come."""

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()  # returns only when the other side has had enough


def failing(times: int, status: int = 500) -> Callable[[Said], Response]:
    """Answers badly so many times, then well."""
    left = [times]

    def answer(_said: Said) -> Response:
        left[0] -= 1
        return Response(status_code=status if left[0] >= 0 else 204)

    return answer


def error_of(result: Answer | WireError) -> tuple[int, str]:
    assert isinstance(result, WireError)
    return result.code, result.message


def test_a_post_is_form_encoded_with_twilio_s_headers(product: Product, folder: Path) -> None:
    send(product, folder, "/x?service=herts")
    (sent,) = product.sent
    assert sent.params == {"CallSid": "CA1", "Empty": "", "É": "à+ &="}
    assert sent.headers["user-agent"] == "TwilioProxy/1.1"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert sent.signed_for(product.url)


def test_a_get_carries_its_parameters_in_the_signed_address(product: Product, folder: Path) -> None:
    send(product, folder, "/x?service=herts", method="GET")
    (sent,) = product.sent
    assert sent.params["service"] == "herts"
    assert sent.params["É"] == "à+ &="
    assert sent.signed_for(product.url)


def test_the_public_address_is_signed_while_the_product_is_asked_elsewhere(product: Product, folder: Path) -> None:
    answer, _ = send(product, folder, "/a%20b?c=%2F#rc=1", public_url=PUBLIC)
    assert isinstance(answer, Answer)
    assert answer.url == PUBLIC + "/a%20b?c=%2F"
    assert product.sent[0].signed_for(PUBLIC.removesuffix(":8443"))


def test_an_address_that_only_begins_like_the_product_is_left_alone(product: Product, folder: Path) -> None:
    answer, _ = send(product, folder, "", url=product.url + "1/x", public_url=PUBLIC)
    assert error_of(answer)[0] in (11100, 11205)


def test_by_default_a_500_is_not_tried_again(product: Product, folder: Path) -> None:
    product.answers["/x"] = failing(1)
    answer, _ = send(product, folder, "/x")
    assert error_of(answer)[0] == 11200
    assert len(product.sent) == 1


def test_the_fragment_asks_for_retries_which_share_one_token(product: Product, folder: Path) -> None:
    product.answers["/x"] = failing(2)
    answer, log = send(product, folder, "/x#rc=3&rp=all")
    assert isinstance(answer, Answer)
    tokens = {sent.headers["i-twilio-idempotency-token"] for sent in product.sent}
    assert (len(product.sent), len(tokens)) == (3, 1)
    assert [entry["attempt"] for entry in log] == [1, 2, 3]


def test_a_4xx_is_tried_again_only_when_asked_for(product: Product, folder: Path) -> None:
    product.answers["/x"] = failing(1, 403)
    assert error_of(send(product, folder, "/x#rc=3&rp=5xx,rt")[0])[0] == 11200
    assert len(product.sent) == 1


def test_nobody_there_is_11205_after_two_tries(product: Product, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    answer, log = send(product, folder, "", url=nobody)
    assert error_of(answer)[0] == 11205
    assert len(log) == 2


def test_a_slow_answer_is_given_up(product: Product, folder: Path) -> None:
    product.answers["/x"] = Never()
    assert error_of(send(product, folder, "/x#tt=200")[0]) == (11200, "No answer within 0.2 seconds")


def test_a_redirect_is_followed_and_loses_the_parameters(product: Product, folder: Path) -> None:
    product.answers["/x"] = RedirectResponse("/x/", 301)
    answer, log = send(product, folder, "/x")
    assert isinstance(answer, Answer)
    assert (product.sent[1].method, product.sent[1].params) == ("GET", {})
    assert product.sent[1].signed_for(product.url)
    assert [entry["note"] for entry in log if entry["event"] == "redirect"] == [
        "the POST became a GET and its parameters were dropped"
    ]


def test_a_307_keeps_method_and_parameters(product: Product, folder: Path) -> None:
    product.answers["/x"] = RedirectResponse("/y", 307)
    send(product, folder, "/x")
    assert product.to("/y")[0]["CallSid"] == "CA1"


def test_redirects_in_a_circle_are_11215(product: Product, folder: Path) -> None:
    product.answers["/x"] = RedirectResponse("/x", 302)
    assert error_of(send(product, folder, "/x")[0])[0] == 11215


def test_an_empty_200_without_a_type_counts_as_a_bad_gateway(product: Product, folder: Path) -> None:
    product.answers["/x"] = Response(status_code=200)
    code, message = error_of(send(product, folder, "/x")[0])
    assert code == 11200
    assert "502" in message


@pytest.mark.parametrize("url", ["ftp://example.org/x", "not a url"])
def test_what_is_no_web_address_is_11100(product: Product, folder: Path, url: str) -> None:
    assert error_of(send(product, folder, "", url=url)[0])[0] == 11100


def test_a_redirect_to_nowhere_is_11100(product: Product, folder: Path) -> None:
    product.answers["/x"] = Response(status_code=302, headers={"Location": "http://example.org:99999/"})
    assert error_of(send(product, folder, "/x")[0])[0] == 11100


@pytest.mark.parametrize(("said", "code"), [(b"this is not HTTP\r\n\r\n", 11206), (b"", 11200)])
def test_an_answer_that_is_none_is_an_error(product: Product, folder: Path, said: bytes, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        assert error_of(send(product, folder, "", url=url)[0])[0] == code
        thread.join()
