"""The configuration of one service: what its file may say, and what each word of it means.

Times are wall times in London. `Configuration` is what the doors keep in memory; the file adds the people, `rota`
and `duty_leads`, who are kept in tables that only their own service can see.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from advice_line.lines.menu import Menu
from advice_line.lines.numbers import read_number
from advice_line.lines.standards import Alerts, DutyLeadConfiguration, Listening, Standards
from advice_line.lines.terms import TermCalendar
from advice_line.lines.texts import Texts
from advice_line.lines.values import (
    Day,
    Email,
    Key,
    Language,
    Link,
    Number,
    Part,
    Route,
    RungNumber,
    Setting,
    SoundFile,
    Text,
    Topic,
    Voice,
    WallTime,
    WorkingDay,
    clash,
    matching,
)
from advice_line.taxonomy import REFERRAL_ROUTES, SETTINGS, TOPICS
from advice_line.working_time import Nation, Window, WindowError


class WeeklyHours(Part):
    """The same hours on some days of every week, optionally from one date to another."""

    days: tuple[WorkingDay, ...] = Field(min_length=1)
    start: WallTime
    end: WallTime
    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _possible(self) -> "WeeklyHours":
        try:
            self.window()
        except WindowError as error:
            raise clash("end", str(error)) from None
        return self

    def window(self) -> Window:
        """These hours as working time reckons with them."""
        return Window(frozenset(self.days), self.start, self.end, self.valid_from, self.valid_to)


class SessionHours(WeeklyHours):
    """Hours in which a therapist rings back; `site` is the key of the place from which they do."""

    site: Key | None = None


class Site(Part):
    """A place from which therapists work, such as a clinic. It says where somebody is, not whom they ring (0020)."""

    key: Key
    label: Text


class Closure(Part):
    """A day on which the whole service is closed although others work."""

    date: Day
    label: Text


class Attempts(Part):
    """How often and how far apart we try before we write that a caller could not be reached."""

    max_attempts: int = Field(default=3, ge=1, le=10)
    min_days: int = Field(default=2, ge=1, le=10)
    min_gap_minutes: int = Field(default=120, ge=0, le=2880)
    vary_time_of_day: bool = True
    retry_engaged_minutes: int = Field(default=10, ge=1, le=480)

    @model_validator(mode="after")
    def _possible(self) -> "Attempts":
        if self.min_days > self.max_attempts:
            raise clash("min_days", "Attempts cannot fall on more days than there are attempts: lower min_days.")
        return self


class CallLimits(Part):
    """The most calls that we place: a fault or a fraud must stay cheap. Days are London's."""

    to_one_number_a_day: int = Field(default=10, ge=1, le=100)
    an_hour: int = Field(default=60, ge=1, le=5000)
    a_day: int = Field(default=300, ge=1, le=20000)

    @model_validator(mode="after")
    def _in_order(self) -> "CallLimits":
        if self.an_hour > self.a_day:
            raise clash("an_hour", "More calls in an hour than in a day can never be made: lower an_hour.")
        return self


class Capacity(Part):
    """Minutes that a callback takes out of a therapist's session."""

    talk_minutes: int = Field(default=15, ge=5, le=120)
    wrap_minutes: int = Field(default=10, ge=0, le=120)
    retry_minutes: int = Field(default=3, ge=1, le=60)
    interpreter_factor: float = Field(default=2.0, ge=1, le=4)
    interpreter_lead_working_days: int = Field(default=1, ge=0, le=20)

    def callback_minutes(self, *, interpreted: bool = False) -> int:
        """Minutes to plan for one callback: the talk, longer with an interpreter, and writing it up."""
        talk = self.talk_minutes * (self.interpreter_factor if interpreted else 1)
        return round(talk) + self.wrap_minutes


class Offer(Part):
    """What this service chooses from the taxonomy; what is left out means all of it, or all general routes."""

    topics: tuple[Topic, ...] = Field(default=tuple(TOPICS), min_length=1)
    settings: tuple[Setting, ...] = Field(default=tuple(SETTINGS), min_length=1)
    referral_routes: tuple[Route, ...] = Field(
        default=tuple(key for key, route in REFERRAL_ROUTES.items() if route.general), min_length=1
    )


class PrivacyAddress(Part):
    """Where callers read what becomes of their message: as it is spoken, and as a link."""

    spoken: Text
    url: Link


class SafeguardingContact(Part):
    """A door for a child at risk, shown to staff beside an enquiry."""

    key: Key
    label: Text
    number: Number


class TransferTarget(Part):
    """A number that a menu may put callers through to."""

    label: Text
    number: RungNumber


class Recording(Part):
    """How long a message may be; a silence under 15 seconds never ends one (relay and stammering callers, R10)."""

    max_message_seconds: int = Field(default=300, ge=60, le=3600)
    warn_at_seconds: int = Field(default=270, ge=30)
    silence_end_seconds: int = Field(default=20, ge=15, le=120)
    min_speech_seconds: int = Field(default=2, ge=1, le=10)

    @model_validator(mode="after")
    def _in_order(self) -> "Recording":
        if self.warn_at_seconds >= self.max_message_seconds:
            raise clash(
                "warn_at_seconds", "The warning must come before the longest message ends: lower warn_at_seconds."
            )
        return self


class Mailbox(Part):
    """Where messages are kept apart for staff, such as the advice line's and the office's."""

    label: Text


class LineConfiguration(Part):
    """One telephone line of the service. Live windows are when a therapist answers; none means never."""

    key: Key
    label: Text
    number: Number
    display: Text
    voice: Voice
    callback_windows: tuple[WeeklyHours, ...] = Field(min_length=1)
    live_windows: tuple[WeeklyHours, ...] = ()
    recording: Recording = Recording()
    mailboxes: Mapping[Key, Mailbox] = Field(min_length=1)
    menu: Menu

    @model_validator(mode="after")
    def _same_number(self) -> "LineConfiguration":
        try:
            same = read_number(self.display) == self.number
        except ValueError:
            same = False
        if not same:
            raise clash("display", "The number and its display differ: write one number in both.")
        return self


class TherapistConfiguration(Part):
    """Somebody who rings back. Languages and skills (topics) are keys of the taxonomy.

    `sites` are where they work; with one alone, all their sessions are there.
    Of two phones they choose each day which one we ring; without a choice it is `phone`.
    """

    key: Key
    name: Text
    email: Email | None = None
    phone: RungNumber | None = None
    desk_phone: RungNumber | None = None
    languages: tuple[Language, ...] = ("en",)
    skills: tuple[Topic, ...] = ()
    sites: tuple[Key, ...] = ()
    sessions: tuple[SessionHours, ...] = ()


class Configuration(Part):
    """One service as the doors keep it in memory: everything but its people."""

    key: Key
    name: Text
    provider: Text
    account: Annotated[str, matching(r"[a-z][a-z0-9_]*", "must be the name of an account in small letters")] = "default"
    reference_prefix: Annotated[str, matching(r"[A-Z]{1,4}", "must be one to four capital letters")]
    nation: Nation
    closures: tuple[Closure, ...] = ()
    sites: tuple[Site, ...] = ()
    term_calendars: tuple[TermCalendar, ...] = ()
    office_hours: tuple[WeeklyHours, ...] = Field(min_length=1)
    switchboard_numbers: tuple[Number, ...] = ()
    standards: Standards = Standards()
    alerts: Alerts = Alerts()
    listening: Listening = Listening()
    attempts: Attempts = Attempts()
    call_limits: CallLimits = CallLimits()
    capacity: Capacity = Capacity()
    taxonomy: Offer = Offer()
    privacy_address: PrivacyAddress
    safeguarding_contacts: tuple[SafeguardingContact, ...] = ()
    transfer_targets: Mapping[Key, TransferTarget] = {}
    texts: Texts | None = None
    lines: tuple[LineConfiguration, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unnamed(self) -> "Configuration":
        names = [name.lower() for name in (self.name, *(line.label for line in self.lines))]
        for field, words in (self.texts.all_words() if self.texts else {}).items():
            if any(name in words.lower() for name in names):
                raise clash("texts", f"Texts do not name the service or its lines: change texts.{field}.")
        return self

    def reference(self, number: int) -> str:
        """The reference of an enquiry: "H-000123"."""
        return f"{self.reference_prefix}-{number:06d}"


class ConfigurationFile(Configuration):
    """A whole configuration file: the service and its people."""

    duty_leads: tuple[DutyLeadConfiguration, ...] = ()
    rota: tuple[TherapistConfiguration, ...] = ()


class KeptConfiguration(Configuration):
    """A configuration as the database keeps it: its therapists' e-mail addresses tie them to those who sign in, and
    the files of its recorded prompts have the names of the sounds that were in them.
    """

    therapist_emails: Mapping[Key, Email] = {}
    sounds: Mapping[SoundFile, str] = {}
