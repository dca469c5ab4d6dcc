"""A believable year of made-up history for one service, so that pages and reports have something to show.

Every figure is invented (`profile`): none says anything about a real service. Names are visibly made up and numbers
come from the ranges reserved for drama. The rows are as the story would have left them and pass every rule of the
database; due times come from the service's own standards.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TypeVar

from sqlalchemy import Engine

from advice_line import db, taxonomy
from advice_line.cli.demo import profile
from advice_line.cli.demo.profile import PROFILES
from advice_line.cli.demo.year import Row, Year
from advice_line.clock import LONDON, london_date
from advice_line.lines.directory import Service
from advice_line.lines.rota import therapists

DAYS = 365
SYSTEM = "history"
NOBODY_WAS_RUNG = ("passed_admin", "passed_named_therapist", "wrong_number", "not_for_service")
Key = TypeVar("Key")


def write(owner: Engine, service: Service, now: datetime, progress: Callable[[int, int], None]) -> int:
    """Write the year up to yesterday; returns how many enquiries. `progress` is told the days done, and of how many."""
    with db.transaction(owner, service.id) as session:
        people = [each.id for each in therapists(session) if each.service_id == service.id]
        maker = _Maker(service, people, now, Year.after(session))
        for day in range(DAYS, 0, -1):
            maker.day(london_date(now) - timedelta(days=day))
            progress(DAYS - day + 1, DAYS)
        maker.year.write(session)
        return len(maker.year.rows["enquiry"])


class _Maker:
    """Makes up one day after the other, the same ones each time."""

    def __init__(self, service: Service, people: Sequence[int], now: datetime, year: Year) -> None:
        self.year = year
        self._service = service
        self._line = next(iter(service.lines.values()))
        self._people = people
        self._now = now
        self._profile = PROFILES.get(service.key, PROFILES["herts_cot"])
        self._random = Random(f"{service.key} history")  # noqa: S311 - made-up data, nothing secret

    def day(self, day: date) -> None:
        """The calls of one day."""
        for received in self._arrivals(day):
            number = None if self._random.random() < self._profile.withheld else self._number()
            if self._random.random() < self._profile.hang_ups:
                ended = self._random.choice(("hung_up_menu", "hung_up_greeting", "hung_up_tone"))
                self._call(received, None, ended, self._random.randrange(4, 70), number)
            else:
                self._message(received, number)

    def _arrivals(self, day: date) -> Iterator[datetime]:
        working = self._service.calendar.is_working_day(day)
        share = self._profile.weekdays[day.weekday()] if working else self._profile.out_of_hours / 4
        expected = self._profile.weekly / (1 - self._profile.hang_ups) * share
        for _ in range(int(expected) + (self._random.random() < expected % 1)):
            late = not working or self._random.random() < self._profile.out_of_hours
            hour = self._random.choice((7, 8, 17, 18, 19, 20, 21) if late else self._profile.hours)
            wall = time(hour, self._random.randrange(60), self._random.randrange(60))
            yield datetime.combine(day, wall, LONDON).astimezone(UTC)

    def _message(self, received: datetime, number: str | None) -> None:
        heard = self._service.office_hours.add(received, timedelta(minutes=self._random.randrange(10, 300)))
        enquiry = self._enquiry(received, min(heard, self._now), number)
        spoken = min(290, max(6, round(self._random.lognormvariate(4.0, 0.6))))
        call = self._call(received, enquiry["id"], "message", spoken + 55, number)
        self.year.add(
            "message",
            service_id=self._service.id,
            call_id=call["id"],
            enquiry_id=enquiry["id"],
            mailbox=next(iter(self._line.configuration.mailboxes)),
            state="deleted",
            at=received + timedelta(seconds=55),
            recording_sid=f"RE{self._service.id:02d}{enquiry['id']:030d}",
            seconds=spoken,
            heard_at=enquiry["heard_at"],
            heard_by_system=SYSTEM,
        )
        self._event(enquiry, received, "opened", ("", "new"))
        self._event(enquiry, enquiry["heard_at"], "heard", ("new", "triaged"))
        self._call_back(enquiry, received)

    def _call_back(self, enquiry: Row, received: datetime) -> None:
        """The attempts and the end of an enquiry, as far as they lie in the past; what does not is still open."""
        end = "no_number" if enquiry["caller_number"] is None else self._one_of(profile.ENDS)
        at = self._working_moment(received, self._one_of(profile.FIRST_ATTEMPT))
        attempt = None
        for result in self._results(end):
            if attempt is not None:
                at = self._working_moment(at, 1)
            if at > self._now:
                break
            attempt = self._attempt(enquiry, at, result)
        ended = at + timedelta(minutes=20)
        if ended > self._now:
            enquiry["status"] = "retry_due" if attempt else "triaged"
            self._promise(enquiry, "waiting", None)
            return
        self._promise(enquiry, "kept" if end in taxonomy.OUTCOMES else "dropped", ended)
        self._close(enquiry, end, ended, attempt)

    def _results(self, end: str) -> list[str]:
        """What came of the attempts that lead to this end."""
        if end == "no_number" or end in NOBODY_WAS_RUNG:
            return []
        if end == "unable_to_contact":
            return [self._one_of(profile.NOT_REACHED) for _ in range(3)]
        before = self._one_of(profile.REACHED_AT) - 1
        return [*(self._one_of(profile.NOT_REACHED) for _ in range(before)), "spoke_to_caller"]

    def _close(self, enquiry: Row, end: str, at: datetime, attempt: Row | None) -> None:
        enquiry |= {"status": "closed", "closed_at": at, "updated_at": at}
        enquiry["outcome" if end in taxonomy.OUTCOMES else "closing_reason"] = end
        self._event(enquiry, at, "moved", ("triaged", "closed"))
        if end in taxonomy.OUTCOMES and attempt is not None:
            self._outcome(enquiry, end, at, attempt)

    def _outcome(self, enquiry: Row, end: str, at: datetime, attempt: Row) -> None:
        self.year.add(
            "outcome",
            service_id=self._service.id,
            enquiry_id=enquiry["id"],
            outcome=end,
            advice_details=[self._one_of(profile.ADVICE)],
            tier=self._one_of(profile.TIERS),
            note="Made-up history.",
            attempt_id=attempt["id"],
            at=at,
            system=SYSTEM,
        )
        if end == "convert_to_referral":
            self.year.add(
                "referral",
                service_id=self._service.id,
                enquiry_id=enquiry["id"],
                route=self._random.choice(self._service.configuration.taxonomy.referral_routes),
                who_will_send=self._random.choice(("senco", "health_visitor")),
                phase=self._random.choice(("pre_school", "school_age")),
                agreement=True,
                agreed_at=at,
            )

    def _enquiry(self, received: datetime, heard: datetime, number: str | None) -> Row:
        role = self._one_of(self._profile.callers)
        group = taxonomy.CALLER_ROLES[role].group
        enquiry = self.year.add(
            "enquiry",
            service_id=self._service.id,
            reference="",
            line_key=self._line.key,
            status="triaged",
            priority="routine",
            flags=[] if number else ["withheld_number"],
            received_at=received,
            heard_at=heard,
            caller_name="",
            caller_role=role,
            caller_number=number,
            caller_withheld=number is None,
            topics=[self._one_of(profile.TOPICS)],
            setting=self._one_of(profile.SETTINGS.get(group, profile.SETTINGS["health"])),
            contact_times=json.dumps([]),
            outcome=None,
            closing_reason=None,
            closed_at=None,
            updated_at=heard,
        )
        enquiry["reference"] = self._service.configuration.reference(enquiry["id"])
        enquiry["caller_name"] = f"Example Caller {enquiry['id']}"
        return enquiry

    def _call(self, at: datetime, enquiry_id: int | None, ended: str, seconds: int, number: str | None) -> Row:
        call = self.year.add(
            "call",
            service_id=self._service.id,
            sid="",
            line_key=self._line.key,
            enquiry_id=enquiry_id,
            from_number=number,
            withheld=number is None,
            status="completed",
            started_at=at,
            tone_at=None if ended == "hung_up_menu" else at + timedelta(seconds=min(50, seconds)),
            ended_at=at + timedelta(seconds=seconds),
            seconds=seconds,
            end_state=ended,
        )
        call["sid"] = f"CA{call['id']:032d}"
        return call

    def _attempt(self, enquiry: Row, at: datetime, result: str) -> Row:
        self._event(enquiry, at, "attempted", ("", ""), result)
        return self.year.add(
            "attempt",
            service_id=self._service.id,
            enquiry_id=enquiry["id"],
            therapist_id=self._random.choice(self._people) if self._people else None,
            opened_by_system=SYSTEM,
            at=at,
            self_dialled=True,
            state="finished",
            finished_at=at + timedelta(minutes=15),
            result=result,
        )

    def _promise(self, enquiry: Row, state: str, ended: datetime | None) -> None:
        received = enquiry["received_at"]
        self.year.add(
            "callback",
            service_id=self._service.id,
            enquiry_id=enquiry["id"],
            state=state,
            due_at=self._line.due(received),
            breach_at=self._line.breach(received),
            minutes=self._service.configuration.capacity.callback_minutes(),
            made_at=received,
            ended_at=ended,
        )

    def _event(self, enquiry: Row, at: datetime, what: str, moved: tuple[str, str], detail: str | None = None) -> None:
        self.year.add(
            "enquiry_event",
            service_id=self._service.id,
            enquiry_id=enquiry["id"],
            at=at,
            what=what,
            from_status=moved[0] or None,
            to_status=moved[1] or None,
            system=SYSTEM,
            detail=detail,
        )

    def _working_moment(self, after: datetime, working_days: int) -> datetime:
        """A moment in the callback hours, so many working days after another."""
        day = self._service.calendar.working_day_after(london_date(after), working_days) if working_days else None
        start = datetime.combine(day, time(0), LONDON).astimezone(UTC) if day else after
        return self._line.callback_hours.add(start, timedelta(minutes=self._random.randrange(5, 110)))

    def _number(self) -> str:
        """A number from the ranges reserved for drama."""
        prefix = "+447700900" if self._random.random() < 0.7 else "+441632960"
        return f"{prefix}{self._random.randrange(1000):03d}"

    def _one_of(self, shares: Mapping[Key, float]) -> Key:
        return self._random.choices(list(shares), list(shares.values()))[0]
