"""Mail: letters to staff by the relay of `SMTP_URL`, or as files in the home where there is none.

Nothing of a caller is ever in one: whoever writes a letter sees to that. A relay cannot be asked whether it has taken a
letter. So one of which nobody knows whether it went is sent again, with the id that it had, and says so first: a letter
too many does less harm than one that is lost (decision 21).
"""

import smtplib
import ssl
from collections.abc import Sequence, Sized
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from advice_line.errors import OutsideFailed, Unanswered
from advice_line.settings import Settings

TIMEOUT = 20.0  # seconds for each step of the conversation with the relay
PERHAPS_AGAIN = "You may have had this email before: we could not see whether it was sent the first time."
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Letter:
    """`id` tells it from every other letter, in letters, digits and hyphens. `perhaps_again`: it may have gone once."""

    id: str
    to: Sequence[str]
    subject: str
    text: str
    perhaps_again: bool = False


def send(settings: Settings, letter: Letter, now: datetime) -> None:
    """Send a letter, or write it to the home's folder `mail`. Raises OutsideFailed, without any address in it, and
    Unanswered when the relay may have taken the letter and did not say so.
    """
    message = _message(settings, letter, now)
    if settings.smtp_url is None:
        _write(settings.advice_line_home / "mail", letter.id, message)
        return
    try:
        refused = _post(urlsplit(settings.smtp_url.get_secret_value()), message)
    except smtplib.SMTPAuthenticationError:
        raise OutsideFailed("The mail relay does not accept our user name and password: check SMTP_URL.") from None
    except smtplib.SMTPResponseException as error:
        raise OutsideFailed(f"The mail relay refused the letter (code {error.smtp_code}).") from None
    except smtplib.SMTPRecipientsRefused:
        raise OutsideFailed("The mail relay refused every address that the letter goes to.") from None
    except smtplib.SMTPNotSupportedError:
        raise OutsideFailed("The mail relay does not encrypt, so nothing is sent through it: use smtps://.") from None
    except OSError as error:
        raise OutsideFailed(f"The mail relay could not be reached ({type(error).__name__}).") from None
    if refused:
        raise OutsideFailed(f"The mail relay refused {len(refused)} of {len(letter.to)} addresses.", permanent=True)


def _message(settings: Settings, letter: Letter, now: datetime) -> EmailMessage:
    host = urlsplit(settings.public_url).hostname or "localhost"
    url = urlsplit(settings.smtp_url.get_secret_value()) if settings.smtp_url else None
    sender = parse_qs(url.query).get("from", []) if url else []
    message = EmailMessage(policy=SMTP)
    message["From"] = sender[0] if sender else f"advice-line@{host}"
    message["To"] = ", ".join(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{letter.id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{PERHAPS_AGAIN}\n\n{letter.text}" if letter.perhaps_again else letter.text)
    return message


def _post(url: SplitResult, message: EmailMessage) -> Sized:
    """Hand the letter to the relay; returns the addresses that it refused."""
    host, trusted = url.hostname or "", ssl.create_default_context()
    if url.scheme == "smtps":
        relay: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=trusted)
    else:
        relay = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT)
    # Closed without a goodbye: once the letter is taken, nothing that goes wrong may have it sent again.
    with closing(relay):
        if url.scheme == "smtp" and host not in THIS_MACHINE:
            relay.starttls(context=trusted)
        if url.username and url.password:
            relay.login(unquote(url.username), unquote(url.password))
        return _hand_over(relay, message)


def _hand_over(relay: smtplib.SMTP, message: EmailMessage) -> Sized:
    try:
        return relay.send_message(message)
    except OSError as error:
        if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
            raise  # it said no
        words = f"The mail relay did not say whether it took the letter ({type(error).__name__})."
        raise Unanswered(words) from None


def _write(folder: Path, name: str, message: EmailMessage) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}"
        unfinished.write_bytes(message.as_bytes())
        unfinished.replace(folder / f"{name}.eml")
    except OSError as error:
        raise OutsideFailed(f"The letter could not be written ({error.strerror}).") from None
