"""This machine: the settings, and the place where recordings lie."""

import secrets
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from advice_line.cli.doctor.finding import Finding, fault, well
from advice_line.errors import AdviceLineError, Misconfigured
from advice_line.settings import Settings
from advice_line.vault import Vault

# Regions of the network and the edge that stands before each (the US has several).
EDGES = {"ie1": {"dublin"}, "au1": {"sydney"}, "us1": {"ashburn", "umatilla"}}
PROBE = b"a sound of the doctor's own"


def findings(settings: Settings) -> Iterator[Finding]:
    """The settings one by one, then the recordings."""
    yield _public_url(settings)
    for name in ("secret_key", "recordings_key"):
        yield _told(lambda name=name: settings.secret(name), f"{name.upper()} is set.")  # type: ignore[misc]
    if not settings.accounts:
        yield fault("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set: no call can be answered or placed.")
    else:
        yield _region(settings)
    yield _told(lambda: _keep_a_sound(settings), "Recordings can be stored, read and removed.")


def _public_url(settings: Settings) -> Finding:
    if settings.rings_for_real and urlsplit(settings.public_url).scheme != "https":
        return fault(
            f"PUBLIC_URL is {settings.public_url}: it must begin with https, as the network calls it from outside, even"
            " when a web server in front of the product ends https."
        )
    return well(f"PUBLIC_URL is {settings.public_url}.")


def _region(settings: Settings) -> Finding:
    try:
        host = urlsplit(settings.api_url()).hostname or ""
    except Misconfigured as error:
        return fault(str(error))
    if not settings.rings_for_real:
        return well(f"Calls go to the practice exchange at {settings.api_url()}, not to the real network.")
    region, edge = settings.twilio_region, settings.twilio_edge
    if region in EDGES and edge not in EDGES[region]:
        return fault(f"TWILIO_EDGE {edge} does not belong to TWILIO_REGION {region}: set {min(EDGES[region])}.")
    if host != f"api.{edge}.{region}.twilio.com":
        return fault(f"TWILIO_API_URL names {host}, which is not region {region} by edge {edge}: leave it unset.")
    return well(f"The network is asked in region {region} by edge {edge}.")


def _keep_a_sound(settings: Settings) -> None:
    vault, name = Vault.of(settings), f"doctor/{secrets.token_hex(8)}"
    try:
        vault.write(name, [PROBE])
        if b"".join(vault.read(name)) != PROBE:
            raise Misconfigured("What is stored among the recordings does not come back as it was: check the disk.")
    finally:
        vault.delete(name)


def _told(check: Callable[[], object], sentence: str) -> Finding:
    try:
        check()
    except AdviceLineError as error:
        return fault(str(error))
    except OSError as error:
        return fault(f"Recordings cannot be stored ({error.strerror}): check RECORDINGS_URL, its rights and its disk.")
    return well(sentence)
