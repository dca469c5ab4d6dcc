"""Texting: Twilio's Messages over REST, and the practice routes by which a telephone sends texts and reads its own."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.datastructures import FormData, QueryParams

from advice_line.exchange.call import API_VERSION
from advice_line.exchange.dial import E164 as NUMBER
from advice_line.exchange.exchange import Exchange
from advice_line.exchange.orders import E164, Order
from advice_line.exchange.practice import LONGEST_POLL, State, TheExchange
from advice_line.exchange.resources import Resource, page_of
from advice_line.exchange.rest import HTTP_URL, Caller, in_time, page_query
from advice_line.exchange.rest_error import RestError
from advice_line.exchange.texts import Text

LONGEST_BODY = 1600

rest = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{account}}")
practice = APIRouter(prefix="/practice")


class NewText(Order):
    """A text to a line. `from` may be a word, such as a shop sends."""

    to: E164
    from_: Annotated[str, Field(alias="from", pattern=r"^(\+?[1-9]\d{4,14}|[A-Za-z][A-Za-z0-9 ]{2,10})$")]
    text: Annotated[str, Field(max_length=LONGEST_BODY)]


class Reach(Order):
    """Whether a practice telephone can be reached by text."""

    reachable: bool


@rest.post("/Messages.json")
async def create_message(request: Request, exchange: Caller) -> JSONResponse:
    """Send a text."""
    form = await request.form()
    to, from_, body, status_url = (str(form.get(name, "")) for name in ("To", "From", "Body", "StatusCallback"))
    _check(exchange, form)
    text = exchange.texts.send(to, from_, body, status_url)
    return JSONResponse(text.resource(exchange.config.account_sid), 201)


@rest.get("/Messages.json")
async def list_messages(request: Request, exchange: Caller) -> Resource:
    """Texts, newest first, by To, From and DateSent."""
    query = request.query_params
    texts = [text for text in exchange.texts.newest_first() if _matches(text, query)]
    account = exchange.config.account_sid
    return page_of("messages", request.url.path, texts, lambda text: text.resource(account), page_query(query))


@rest.get("/Messages/{sid}.json")
async def show_message(sid: str, exchange: Caller) -> Resource:
    """One text."""
    text = exchange.texts.get(sid)
    if text is None:
        raise RestError(404, 20404, f"The requested resource /Messages/{sid}.json was not found")
    return text.resource(exchange.config.account_sid)


@practice.post("/texts", status_code=201)
async def send_text(order: NewText, exchange: TheExchange) -> State:
    """Send a text to a line; answers when the product was told."""
    return (await exchange.texts.arrive(order.from_, order.to, order.text)).as_json()


@practice.get("/phones/{number}/texts")
async def texts_of(number: E164, exchange: TheExchange, since: int = -1) -> list[State]:
    """The texts that a number has got; with `since`, as soon as there are more than so many."""
    while len(exchange.texts.arrived_at(number)) <= since and not exchange.closing:
        rung = exchange.texts.bell.rung
        await exchange.texts.bell.wait(LONGEST_POLL)
        if exchange.texts.bell.rung == rung:
            break
    return [text.as_json() for text in exchange.texts.arrived_at(number)]


@practice.put("/phones/{number}/texts")
async def set_reach(number: E164, order: Reach, exchange: TheExchange) -> State:
    """Switch a practice telephone off and on again, for texts."""
    exchange.texts.cannot_be_reached(number, ever=not order.reachable)
    return {"reachable": order.reachable}


def _check(exchange: Exchange, form: FormData) -> None:
    to, from_, body = (str(form.get(name, "")) for name in ("To", "From", "Body"))
    faults = {
        21604: (not to, "A 'To' phone number is required"),
        21211: (not NUMBER.fullmatch(to), "Invalid 'To' Phone Number"),
        21603: (not from_, "A 'From' phone number is required"),
        21606: (not exchange.config.owns(from_), "The 'From' number is not one of yours that can send texts"),
        21602: (not body, "Message body is required"),
        21617: (len(body) > LONGEST_BODY, f"The message body exceeds {LONGEST_BODY} characters"),
        21609: (not HTTP_URL.fullmatch(str(form.get("StatusCallback", "http://a"))), "Invalid 'StatusCallback' URL"),
        21610: (exchange.texts.has_stopped(to, from_), "Attempt to send to unsubscribed recipient"),
    }
    for code, (wrong, message) in faults.items():
        if wrong:
            raise RestError(400, code, message)


def _matches(text: Text, query: QueryParams) -> bool:
    same = query.get("To", text.to) == text.to and query.get("From", text.from_) == text.from_
    asked_for_date = any(name.startswith("DateSent") for name in query)
    if not asked_for_date:
        return same
    return same and text.sent_at is not None and in_time(text.sent_at, query, "DateSent")
