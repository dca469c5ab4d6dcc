"""The door with a directory in memory and a store that writes into a list; the real store has tests of its own."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from advice_line.lines.configuration import Configuration
from advice_line.lines.directory import Directory, Service
from advice_line.lines.reading import Reading
from tests.fakes import MovingClock
from tests.webhooks.network import Network, some_settings
from webhooks.app import create_webhooks
from webhooks.context import Bridge, WebhookContext
from webhooks.event import Event


@dataclass
class ListStore:
    """Keeps events in a list, or raises what it is told to."""

    events: list[Event] = field(default_factory=list)
    failure: Exception | None = None

    async def keep(self, event: Event) -> bool:
        """Keep one."""
        if self.failure:
            raise self.failure
        self.events.append(event)
        return True

    @property
    def last(self) -> Event:
        """The event kept last."""
        return self.events[-1]


@dataclass
class KnownAttempts:
    """Attempts by service and id, or a failure."""

    live: dict[tuple[int, int], Bridge] = field(default_factory=dict)
    failure: Exception | None = None

    async def bridge(self, service_id: int, attempt_id: int) -> Bridge | None:
        """Look one up."""
        if self.failure:
            raise self.failure
        return self.live.get((service_id, attempt_id))


def a_directory(*configurations: Configuration) -> Directory:
    """A directory of these services, with ids from 1."""
    services = [Service(nth, configuration) for nth, configuration in enumerate(configurations, 1)]
    lines = [line for service in services for line in service.lines.values()]
    return Directory(
        services=MappingProxyType({service.key: service for service in services}),
        lines=MappingProxyType({line.key: line for line in lines}),
        _by_id=MappingProxyType({service.id: service for service in services}),
        _by_number=MappingProxyType({line.number: line for line in lines}),
    )


@contextmanager
def network_of(context: WebhookContext) -> Iterator[Network]:
    """The network, ready to post to a door with these parts."""
    app = Starlette(routes=[Mount("/webhooks", create_webhooks(context))])
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
    with asyncio.Runner() as runner:
        yield Network(lambda *given, **options: runner.run(client.post(*given, **options)))
        runner.run(client.aclose())


@pytest.fixture(scope="session")
def directory() -> Directory:
    """The two example services."""
    examples = [files("advice_line").joinpath(f"examples/{name}.yaml") for name in ("herts_cot", "eput_cot")]
    return a_directory(*[Reading.of(file.read_bytes()).configuration for file in examples])


@pytest.fixture
def store() -> ListStore:
    """What was kept."""
    return ListStore()


@pytest.fixture
def attempts() -> KnownAttempts:
    """The callbacks that are being made."""
    return KnownAttempts()


@pytest.fixture
def clock(now: datetime) -> MovingClock:
    """A Tuesday, five past ten in the morning: Hertfordshire works, Southend's line is closed."""
    return MovingClock(now)


@pytest.fixture
def context(
    directory: Directory, store: ListStore, attempts: KnownAttempts, clock: Callable[[], datetime]
) -> WebhookContext:
    """The parts behind the door."""
    return WebhookContext(some_settings(), lambda: directory, store, attempts, clock)


@pytest.fixture
def network(context: WebhookContext) -> Iterator[Network]:
    """The network, ready to post."""
    with network_of(context) as network:
        yield network
