"""The public address: whether what the network signs arrives as it was signed, tried with a signed post of our own."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import httpx

from advice_line.cli.doctor.finding import Finding, fault, well
from advice_line.lines.directory import Directory
from advice_line.lines.texts import LONGEST_ADDRESS, OWN_LINK
from advice_line.settings import Account, Settings
from advice_line.telephone.rest import certificates
from webhooks import self_test
from webhooks.signature import HEADER, sign

QUICK = httpx.Timeout(5.0)
TOO_OLD = 500
# Spaces, capitals and a query that is not in alphabetical order: what careless web servers change.
TARGET = f"/webhooks{self_test.PATH}?said=a%20b&n=2&A=1"


@dataclass(frozen=True)
class _Tester:
    """Posts as the network would, with one account's first token."""

    http: httpx.Client
    public_url: str
    account: Account
    algorithm: str

    def post(self, signed_url: str | None) -> httpx.Response:
        """Post the same words, signed for this address or not at all."""
        fields = {"AccountSid": self.account.sid}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        if signed_url is not None:
            words = signed_url + "".join(name + value for name, value in sorted(fields.items()))
            token = self.account.auth_tokens[0].get_secret_value().encode()
            headers[HEADER.decode()] = sign(token, words, self.algorithm).decode()
        return self.http.post(self.public_url + TARGET, content=urlencode(fields), headers=headers)


def findings(settings: Settings) -> Iterator[Finding]:
    """One finding; none without an account, which is said elsewhere."""
    account = next(iter(settings.accounts.values()), None)
    if account is None:
        return
    with httpx.Client(timeout=QUICK, follow_redirects=False, trust_env=False, verify=certificates()) as http:
        tester = _Tester(http, settings.public_url, account, settings.twilio_signature_algorithm)
        try:
            yield _finding(tester, tester.post(settings.public_url + TARGET))
        except httpx.HTTPError as error:
            yield fault(_unreachable(settings.public_url, error))


def of_links(settings: Settings, directory: Directory | None) -> Iterator[Finding]:
    """What is wrong with the address as callers get it, in texts that lead to their own page."""
    services = directory.services.values() if directory else ()
    if not any(service.configuration.texts and service.configuration.texts.lead_to_a_page for service in services):
        return
    if settings.rings_for_real and not settings.public_url.startswith("https://"):
        yield fault("Texts lead callers to their own page at PUBLIC_URL: it must begin with https://.")
    if len(settings.public_url) > LONGEST_ADDRESS:
        yield fault(
            f"PUBLIC_URL has {len(settings.public_url)} characters: texts with {OWN_LINK} are reckoned with"
            f" {LONGEST_ADDRESS}, so they may cost more than two. Use a shorter host name."
        )


def _finding(tester: _Tester, answer: httpx.Response) -> Finding:
    base, status = tester.public_url, answer.status_code
    if answer.is_redirect:
        return fault(_redirected(base, answer.headers.get("location", "")))
    if status == httpx.codes.FORBIDDEN:
        return fault(_why_refused(tester))
    if status >= TOO_OLD:
        return fault(
            f"What stands at PUBLIC_URL answers with HTTP {status}: start the product, then look at the web server."
        )
    if status != httpx.codes.NO_CONTENT or tester.post(None).status_code != httpx.codes.FORBIDDEN:
        return fault(
            f"Something answers at {base}, but not this product's telephone door (HTTP {status}): let the web server"
            " pass everything under /webhooks on to the product, with its path as it came."
        )
    return well(f"A signed post to {base} arrives as it was signed.")


def _redirected(base: str, location: str) -> str:
    there = urlsplit(location)
    lost = "a redirect loses what the network posts."
    if there.scheme == "https" and urlsplit(base).scheme == "http":
        return f"PUBLIC_URL leads on to https, and {lost} Set PUBLIC_URL to https://{there.netloc}."
    if there.netloc and there.netloc != urlsplit(base).netloc:
        return f"PUBLIC_URL leads on to {there.netloc}, and {lost} Set PUBLIC_URL to {there.scheme}://{there.netloc}."
    return f"The web server at {base} redirects posts under /webhooks, and {lost} Let it pass them on as they came."


def _why_refused(tester: _Tester) -> str:
    """Sign what may have become of the address, until one is right."""
    base = tester.public_url
    for other in _other_addresses(base):
        if tester.post(other + TARGET).status_code == httpx.codes.NO_CONTENT:
            return f"The product that runs there has PUBLIC_URL {other}, but here it is {base}: make them the same."
    for target, sentence in _changed_targets():
        if tester.post(base + target).status_code == httpx.codes.NO_CONTENT:
            return f"The web server at {base} {sentence}, so no signature fits: let it pass /webhooks on as it came."
    return (
        "The product that runs there refuses our signature: start it again with the settings of today, PUBLIC_URL and"
        " the tokens above all. If it has them, the web server in front changes the path or the query of posts."
    )


def _other_addresses(base: str) -> Iterator[str]:
    host = urlsplit(base).netloc
    bare = host.removeprefix("www.")
    for name in (host, bare, f"www.{bare}"):
        yield from (f"{scheme}://{name}" for scheme in ("https", "http") if f"{scheme}://{name}" != base)


def _changed_targets() -> Iterator[tuple[str, str]]:
    path, _, query = TARGET.partition("?")
    yield path, "drops the query"
    yield f"{path}/?{query}", "adds a slash to the path"
    yield unquote(TARGET), "decodes the query"
    yield TARGET.replace("%20", "+"), "encodes the query in another way"
    ordered = urlencode(sorted(parse_qsl(query)))
    yield f"{path}?{ordered}", "puts the query into another order"
    yield f"{path}?{ordered.replace('+', '%20')}", "puts the query into another order"


def _unreachable(base: str, error: httpx.HTTPError) -> str:
    if "CERTIFICATE" in str(error).upper():
        return f"The certificate of {base} is not one that others trust: renew it, with its whole chain."
    if isinstance(error, httpx.TimeoutException):
        return f"{base} does not answer within 5 seconds from here: check that the product runs, and the way to it."
    return (
        f"{base} cannot be reached from here: check that the product runs, the name, the web server and the firewall."
    )
