"""Recorded prompts on the telephone: played where there is one, and fetched by anybody who knows its name."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from advice_line.lines.directory import Directory, Line, Service
from advice_line.lines.sounds import Sound
from tests.webhooks.conftest import a_directory, network_of
from tests.webhooks.network import PUBLIC_URL, Network
from webhooks.app import create_webhooks
from webhooks.context import WebhookContext

SOUND = Sound("c0ffee" * 10 + "beef.wav", b"RIFF....WAVE")
NODE = "/webhooks/voice/herts_advice_line"
PLAY = f"<Play>{PUBLIC_URL}/webhooks/sounds/{SOUND.name}</Play>"


def recorded(directory: Directory, *, there: bool = True) -> Directory:
    """Hertfordshire with a recorded main menu and greeting."""
    configuration = directory.services["herts_cot"].configuration
    line = configuration.lines[0]
    spoken = line.menu.nodes
    nodes = {key: spoken[key].model_copy(update={"recording": "a.wav"}) for key in ("root", "advice_line")}
    menu = line.menu.model_copy(update={"nodes": {**spoken, **nodes}})
    changed = configuration.model_copy(update={"lines": (line.model_copy(update={"menu": menu}),)})
    service = Service(1, changed, {"a.wav": SOUND.name} if there else {})
    lines = {key: Line(service, one.configuration) for key, one in service.lines.items()}
    numbers = {one.number: one for one in lines.values()}
    return replace(a_directory(changed), lines=lines, _by_number=numbers, sounds={SOUND.name: SOUND})


@pytest.fixture
def network(context: WebhookContext, directory: Directory) -> Iterator[Network]:
    with network_of(replace(context, directory=lambda: recorded(directory))) as network:
        yield network


def fetched(context: WebhookContext, directory: Directory, name: str) -> httpx.Response:
    webhooks = create_webhooks(replace(context, directory=lambda: recorded(directory)))
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/webhooks", webhooks)]))

    async def fetch() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            return await client.get(f"/webhooks/sounds/{name}")

    return asyncio.run(fetch())


def test_a_recorded_menu_is_played_and_listens_for_keys_meanwhile(network: Network) -> None:
    heard = network.posts("/webhooks/voice").text
    assert f">{PLAY}</Gather>" in heard
    assert "<Say" not in heard


def test_a_recorded_greeting_can_be_skipped_like_a_spoken_one(network: Network) -> None:
    heard = network.posts(f"{NODE}/ot_menu?n=2&r=0", Digits="1").text
    assert heard.index("skipped?n=3") < heard.index(PLAY) < heard.index("<Record")


def test_the_words_are_spoken_where_the_sound_is_missing(context: WebhookContext, directory: Directory) -> None:
    missing = recorded(directory, there=False)
    with network_of(replace(context, directory=lambda: missing)) as network:
        heard = network.posts("/webhooks/voice").text
    assert "Welcome to children's services" in heard
    assert "<Play" not in heard


def test_a_sound_is_fetched_without_a_signature_and_may_be_kept_for_ever(
    context: WebhookContext, directory: Directory
) -> None:
    answer = fetched(context, directory, SOUND.name)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "audio/wav", SOUND.content)
    assert "immutable" in answer.headers["cache-control"]


def test_a_sound_that_is_not_there_is_not_found(context: WebhookContext, directory: Directory) -> None:
    answer = fetched(context, directory, "guess.wav")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")
