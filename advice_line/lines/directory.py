"""The directory: services and lines as the doors keep them in memory, so that a call is answered without asking.

Loaded when a door opens, and again on the notice `configured`. Nothing in it can be changed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Self

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from advice_line.errors import Misconfigured, NotFound
from advice_line.lines.configuration import (
    Configuration,
    KeptConfiguration,
    LineConfiguration,
    Mailbox,
    Recording,
    WeeklyHours,
)
from advice_line.lines.menu import Menu, QueueNode
from advice_line.lines.rows import LineRow, ServiceRow
from advice_line.lines.sounds import Sound
from advice_line.lines.sounds import load as load_sounds
from advice_line.working_time import Calendar, Hours, due, due_same_day


@dataclass(frozen=True, eq=False)
class Service:
    """One service. Its office hours are those in which the clocks of urgent and safeguarding items run.

    `sounds` are the names of those recorded prompts that are there, by the names of their files.
    """

    id: int
    configuration: Configuration
    sounds: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The key that files, tokens and addresses use."""
        return self.configuration.key

    @property
    def name(self) -> str:
        """The name that staff see."""
        return self.configuration.name

    @cached_property
    def calendar(self) -> Calendar:
        """The service's working days."""
        closures = frozenset(closure.date for closure in self.configuration.closures)
        return Calendar(self.configuration.nation, closures)

    @cached_property
    def office_hours(self) -> Hours:
        """When the service works."""
        return self.hours(self.configuration.office_hours)

    @cached_property
    def lines(self) -> Mapping[str, "Line"]:
        """Its lines by key."""
        return MappingProxyType({line.key: Line(self, line) for line in self.configuration.lines})

    @cached_property
    def live_lines(self) -> tuple["Line", ...]:
        """Those of its lines on which callers may wait for a therapist."""
        return tuple(line for line in self.lines.values() if line.has_queue)

    def site_label(self, key: str | None) -> str:
        """What people call one of its sites; nothing for none, or for one that is no longer in the configuration."""
        return next((site.label for site in self.configuration.sites if site.key == key), "")

    def line(self, key: str) -> "Line":
        """One of its lines. Raises NotFound, also for another service's."""
        try:
            return self.lines[key]
        except KeyError:
            raise NotFound("There is no such line in your service.") from None

    def hours(self, weekly: tuple[WeeklyHours, ...]) -> Hours:
        """Weekly hours on this service's working days."""
        return Hours(self.calendar, tuple(hours.window() for hours in weekly))

    def listen_by(self, received: datetime) -> datetime:
        """By when a message must have been heard, in UTC: the end of office hours on the working day due."""
        return due(received, self.configuration.standards.listen_working_days, self.office_hours)

    def urgent_by(self, received: datetime) -> datetime:
        """By when somebody urgent must have been rung, in UTC: the end of office hours on the working day due."""
        days = self.configuration.standards.urgent_working_days
        return due(received, days, self.office_hours) if days else due_same_day(received, self.office_hours)

    def safeguarding_by(self, flagged: datetime) -> datetime:
        """By when a possible safeguarding concern must be acted on, in UTC: so many office hours after its flag."""
        allowed = timedelta(hours=self.configuration.standards.safeguarding_working_hours)
        return self.office_hours.add(flagged, allowed)


@dataclass(frozen=True, eq=False)
class Line:
    """One telephone line of a service."""

    service: Service
    configuration: LineConfiguration

    @property
    def key(self) -> str:
        """The key that files and stored calls use."""
        return self.configuration.key

    @property
    def label(self) -> str:
        """What staff call it."""
        return self.configuration.label

    @property
    def number(self) -> str:
        """Its number as +44…: the caller ID of every call that we make."""
        return self.configuration.number

    @property
    def display(self) -> str:
        """Its number as people read it."""
        return self.configuration.display

    @property
    def voice(self) -> str:
        """The voice that speaks on it."""
        return self.configuration.voice

    @property
    def recording(self) -> Recording:
        """How long a message may be."""
        return self.configuration.recording

    @cached_property
    def menu(self) -> Menu:
        """What callers hear and where keys lead, with the privacy address filled in."""
        return self.configuration.menu.saying(self.service.configuration.privacy_address.spoken)

    @cached_property
    def callback_hours(self) -> Hours:
        """When its callers are rung back."""
        return self.service.hours(self.configuration.callback_windows)

    @cached_property
    def live_hours(self) -> Hours:
        """When it is open to callers; never, for a line without live windows."""
        return self.service.hours(self.configuration.live_windows)

    @property
    def has_queue(self) -> bool:
        """Whether callers may wait on it for a therapist."""
        return any(isinstance(node, QueueNode) for node in self.menu.nodes.values())

    def mailbox(self, key: str) -> Mailbox:
        """One of its mailboxes. Raises NotFound."""
        try:
            return self.configuration.mailboxes[key]
        except KeyError:
            raise NotFound("There is no such mailbox on this line.") from None

    def due(self, received: datetime) -> datetime:
        """By when the first attempt to ring back is due, in UTC, by the service's own standard."""
        return due(received, self.service.configuration.standards.first_attempt_working_days, self.callback_hours)

    def breach(self, received: datetime) -> datetime:
        """When a first attempt is so late that it counts as a breach, in UTC."""
        return due(received, self.service.configuration.standards.breach_working_days, self.callback_hours)


@dataclass(frozen=True, eq=False)
class Directory:
    """Every service by its key, every line by its key, and every recorded prompt by its name."""

    services: Mapping[str, Service]
    lines: Mapping[str, Line]
    _by_id: Mapping[int, Service]
    _by_number: Mapping[str, Line]
    sounds: Mapping[str, Sound] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> Self:
        """Read all services. Needs no service context; Misconfigured when one cannot be understood."""
        sounds = load_sounds(session)
        services = [_service(row, sounds) for row in session.scalars(select(ServiceRow).order_by(ServiceRow.key))]
        by_id = {service.id: service for service in services}
        by_number = {row.number: by_id[row.service_id].line(row.key) for row in session.scalars(select(LineRow))}
        return cls(
            services=MappingProxyType({service.key: service for service in services}),
            lines=MappingProxyType({line.key: line for line in by_number.values()}),
            _by_id=MappingProxyType(by_id),
            _by_number=MappingProxyType(by_number),
            sounds=sounds,
        )

    def service(self, key: str) -> Service:
        """A service by its key. Raises NotFound."""
        try:
            return self.services[key]
        except KeyError:
            raise NotFound("There is no such service.") from None

    def service_by_id(self, service_id: int) -> Service:
        """A service by its id. Raises NotFound."""
        try:
            return self._by_id[service_id]
        except KeyError:
            raise NotFound("There is no such service.") from None

    def line_by_number(self, number: str) -> Line | None:
        """The line that a number (+44…) rings; None when it is nobody's."""
        return self._by_number.get(number)


def _service(row: ServiceRow, sounds: Mapping[str, Sound]) -> Service:
    try:
        configuration = _understood(json.dumps(row.configuration))
        there = {file: name for file, name in configuration.sounds.items() if name in sounds}
        return Service(row.id, configuration, MappingProxyType(there))
    except ValidationError:
        raise Misconfigured(
            f"The service {row.key} was configured for another version of Advice Line:"
            " run `advice-line configure` with its file again."
        ) from None


@lru_cache(maxsize=64)
def _understood(kept: str) -> KeptConfiguration:
    """Doors load the directory anew when any service was configured; the others are as they were."""
    return KeptConfiguration.model_validate(json.loads(kept))
