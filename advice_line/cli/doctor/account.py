"""The telephone accounts and their numbers: whether we are let in, and whether calls and texts reach this product."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urlsplit

from advice_line import clock
from advice_line.cli.doctor.finding import Finding, fault, well
from advice_line.errors import Misconfigured
from advice_line.lines.directory import Directory, Line
from advice_line.settings import Account, Settings
from advice_line.telephone.account import NumberSetUp, Standing, TwilioAccount
from advice_line.telephone.calling import ASK_AGAIN, TRY_AGAIN
from advice_line.telephone.rest import RestRefused, RestUnanswered

SKEW = 5.0  # seconds: the network tells its clock in whole ones, and the answer took its time
SID = re.compile(r"AC[0-9a-f]{32}")
ANSWERING = "/webhooks/voice"  # a caller waits meanwhile: asked once more at the most, before the fallback takes over


def findings(settings: Settings, directory: Directory | None) -> Iterator[Finding]:
    """Every account of the settings, then every line at its own account."""
    try:
        api_url = settings.api_url()
    except Misconfigured:
        return  # said among the settings
    let_in = set()
    for name, account in sorted(settings.accounts.items()):
        mine = list(_account(name, account, api_url))
        yield from mine
        if all(finding.is_well for finding in mine):
            let_in.add(name)
    for line in sorted(directory.lines.values(), key=lambda line: line.key) if directory else ():
        name = line.service.configuration.account
        if name not in settings.accounts:
            yield fault(f"{line.service.name} has account {name}, but {_prefix(name)}ACCOUNT_SID is not set.")
        elif name in let_in:
            yield from _line(line, settings, api_url)


def _account(name: str, account: Account, api_url: str) -> Iterator[Finding]:
    prefix = _prefix(name)
    if not SID.fullmatch(account.sid):
        yield fault(f"{prefix}ACCOUNT_SID is not the id of an account: it begins with AC and has 34 characters.")
        return
    try:
        with TwilioAccount(account, api_url) as asked:
            standing = asked.standing()
    except RestRefused as refused:
        yield fault(_refusal(prefix, account, refused))
        return
    except RestUnanswered:
        yield fault(
            f"The telephone network does not answer at {api_url}: check the way out, and TWILIO_EDGE and _REGION."
        )
        return
    yield _active(prefix, standing)
    yield _clock(standing)
    yield _signing(prefix, account, api_url)


def _refusal(prefix: str, account: Account, refused: RestRefused) -> str:
    if refused.status not in {401, 403, 404}:
        return f"The telephone network answers with HTTP {refused.status}: try again, and look at its status page."
    setting = f"{prefix}API_KEY and {prefix}API_SECRET" if account.api_key else f"the first token of {prefix}AUTH_TOKEN"
    return (
        f"The telephone network does not accept {setting} for {prefix}ACCOUNT_SID: copy both again from its console,"
        " of the same account and of the region in TWILIO_REGION (each region has its own)."
    )


def _active(prefix: str, standing: Standing) -> Finding:
    if standing.status != "active":
        return fault(f"The account of {prefix}ACCOUNT_SID is {standing.status or 'not active'}: ask the network why.")
    return well(f"The account of {prefix}ACCOUNT_SID lets us in.")


def _clock(standing: Standing) -> Finding:
    if standing.clock is None:
        return well("The telephone network tells no time to compare ours with.")
    seconds = abs((clock.now() - standing.clock).total_seconds())
    if seconds > SKEW:
        return fault(f"This machine's clock is {seconds:.0f} seconds off the telephone network's: set it by NTP.")
    return well("This machine's clock agrees with the telephone network's.")


def _signing(prefix: str, account: Account, api_url: str) -> Finding:
    """Whether one of the tokens is the account's: with none of them every call would be refused."""
    for token in account.auth_tokens:
        try:
            with TwilioAccount(account, api_url, (account.sid, token.get_secret_value())) as asked:
                asked.standing()
        except (RestRefused, RestUnanswered):
            continue
        return well(f"{prefix}AUTH_TOKEN has a token with which the network may sign.")
    return fault(
        f"No token in {prefix}AUTH_TOKEN is the account's, so every call would be refused: copy the auth token again,"
        " of the region in TWILIO_REGION."
    )


def _line(line: Line, settings: Settings, api_url: str) -> Iterator[Finding]:
    account = settings.accounts[line.service.configuration.account]
    try:
        with TwilioAccount(account, api_url) as asked:
            number = asked.number(line.number)
    except (RestRefused, RestUnanswered):
        yield fault(f"The number of {line.key} could not be looked up: try again.")
        return
    if number is None:
        yield fault(
            f"The account has no number {line.display} ({line.key}): it belongs to another account, or its calls are"
            " routed to another region than TWILIO_REGION."
        )
        return
    wrong = [*_addresses(line, number, settings.public_url), *_fallback(line, number, settings)]
    yield from map(fault, wrong)
    if not wrong:
        yield well(f"The number {line.display} ({line.key}) calls this product, and has a fallback.{_advice(number)}")


def _addresses(line: Line, number: NumberSetUp, public_url: str) -> Iterator[str]:
    if number.tied:
        yield f"{line.display} is tied to an application or a trunk, so its own addresses count for nothing: untie it."
    wanted = {
        "A call comes in": (number.voice_url, ANSWERING),
        "Call status changes": (number.status_url, "/webhooks/call-status"),
    }
    if number.takes_texts:
        wanted["A message comes in"] = (number.texts_url, "/webhooks/sms")
    for field, (there, path) in wanted.items():
        ours, again = public_url + path, "" if path == ANSWERING else TRY_AGAIN
        if urldefrag(there).url != ours:
            yield f"{line.display}, “{field}”: set it to {ours}{again} at the network. {_is_now(there, ours)}"
        elif not there.endswith(again):
            yield f"{line.display}, “{field}”: add {again} to its end, or what it tells is lost when we are away."
    if number.voice_url and number.voice_method.upper() != "POST":
        yield f"{line.display}, “A call comes in”: choose HTTP POST at the network."


def _advice(number: NumberSetUp) -> str:
    """What would be better still: whoever wrote something of their own behind the address keeps it."""
    if urldefrag(number.voice_url).fragment:
        return ""
    return (
        f" Better: add {ASK_AGAIN} to “A call comes in”, so that an answer that is lost is asked for once more first."
    )


def _is_now(there: str, wanted: str) -> str:
    if not there:
        return "It is empty now, and nothing is told of such calls."
    if urlsplit(there)[1:3] == urlsplit(wanted)[1:3]:
        return f"It begins with {urlsplit(there).scheme} now: if that is right, correct PUBLIC_URL instead."
    return f"It leads to {urlsplit(there).hostname or 'nowhere'} now."


def _fallback(line: Line, number: NumberSetUp, settings: Settings) -> Iterator[str]:
    how = (
        f"put the page that `advice-line doctor --fallback {line.key}` prints outside our servers, and set its address."
    )
    if not number.fallback_url:
        yield f"{line.display}, “Primary handler fails” is empty, so callers hear an error while we are away: {how}"
    elif number.fallback_method.upper() != "POST":
        yield f"{line.display}, “Primary handler fails”: choose HTTP POST, for a GET writes callers' numbers into logs."
    elif settings.rings_for_real and urlsplit(number.fallback_url).hostname == urlsplit(settings.public_url).hostname:
        yield f"{line.display}, “Primary handler fails” leads to ourselves, who are away just then: {how}"


def _prefix(name: str) -> str:
    return "TWILIO_" if name == "default" else f"TWILIO_{name.upper()}_"
