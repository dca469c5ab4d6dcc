"""`exchange` and `ring`: the practice exchange, and one practice call through it."""

import base64
import sys
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer
from sqlalchemy.exc import SQLAlchemyError

from advice_line import db
from advice_line.cli.databases import databases
from advice_line.errors import AdviceLineError, Misconfigured, OutsideFailed
from advice_line.exchange import phone
from advice_line.exchange.config import ExchangeConfig, NumberConfig
from advice_line.exchange.run import serve as serve_exchange
from advice_line.lines.directory import Directory
from advice_line.settings import Settings
from advice_line.telephone import numbers
from advice_line.telephone.calling import TRY_AGAIN


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("exchange")(exchange)
    app.command("ring")(ring)


def exchange(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8010,
    pace: Annotated[float, typer.Option(min=0, help="Real seconds for each second of a call; 1 is as in life.")] = 0.1,
) -> None:
    """Run the practice exchange, which plays the telephone network, until Ctrl-C."""
    settings = Settings.load()
    account = settings.account()
    keys = {account.api_key: account.api_secret.get_secret_value()} if account.api_key and account.api_secret else {}
    config = ExchangeConfig(
        product_url=settings.public_url,
        account_sid=account.sid,
        auth_token=account.auth_tokens[0].get_secret_value(),
        data=settings.advice_line_home / "exchange",
        api_keys=keys,
        pace=pace,
        numbers=_lines(settings),
    )
    serve_exchange(config, host, port)


def ring(
    number: Annotated[str, typer.Argument(help="The line's number, for example +441923470680.")],
    keys: Annotated[str, typer.Option(help="The keys to press, in turn.")] = "",
    say: Annotated[str | None, typer.Option(help="What is said after the tone.")] = None,
    audio: Annotated[Path | None, typer.Option(help="A WAV file to be heard after the tone.")] = None,
    from_: Annotated[str, typer.Option("--from", help="The caller's number, or `withheld`.")] = "+447700900123",
) -> None:
    """Make one practice call to a line and print what the caller hears."""
    address = practice_address(Settings.load())
    order: dict[str, object] = {"to": numbers.as_dialled(number), "from": from_, "keys": keys}
    if from_ != "withheld":
        order["from"] = numbers.as_dialled(from_)
    if say is not None and audio is not None:
        raise Misconfigured("Give either --say or --audio, not both.")
    if say is not None:
        order["say"] = say
    if audio is not None:
        order["audio_base64"] = base64.b64encode(_read(audio)).decode()
    try:
        phone.ring_once(address, order, _print)
    except phone.PracticeError as error:
        raise AdviceLineError(str(error)) from None
    except httpx.TransportError:
        raise OutsideFailed("The practice exchange does not answer: start it with `advice-line exchange`.") from None


def _lines(settings: Settings) -> dict[str, NumberConfig]:
    """The configured lines of the one account that is played, with the addresses that the network would be given.

    None before anything is configured. A line of another account is left out: its service would refuse what we sign.
    """
    try:
        with databases(settings) as found, found.as_serving() as engine, db.transaction(engine, None) as session:
            lines = Directory.load(session).lines.values()
    except SQLAlchemyError:
        return {}
    webhooks = f"{settings.public_url}/webhooks"
    return {
        line.number: NumberConfig(
            f"{webhooks}/voice",
            f"{webhooks}/voice/fallback",
            f"{webhooks}/call-status{TRY_AGAIN}",
            f"{line.label} ({line.display})",
            f"{webhooks}/sms{TRY_AGAIN}",
        )
        for line in lines
        if settings.account().sid == settings.account(line.service.configuration.account).sid
    }


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def practice_address(settings: Settings) -> str:
    """Where the practice exchange is. Misconfigured when TWILIO_API_URL names the real network, or nothing."""
    address = settings.twilio_api_url
    if not address:
        raise Misconfigured("TWILIO_API_URL is not set: practice calls go only to the practice exchange it names.")
    host = urlsplit(address).hostname or ""
    if host == "twilio.com" or host.endswith(".twilio.com"):
        raise Misconfigured("TWILIO_API_URL names the real telephone network: practice calls are never made there.")
    return address.rstrip("/")


def _read(audio: Path) -> bytes:
    try:
        return audio.read_bytes()
    except OSError:
        raise Misconfigured("The audio file cannot be read.") from None
