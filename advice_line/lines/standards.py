"""Standards in a configuration: by when things are to be done, who hears of it before they are late, and who is told
at once of a flag.

None of it is told to callers. Clocks of safeguarding and urgent enquiries, and of listening, run in the service's
office hours; those of the other callbacks in their line's callback windows.
"""

from datetime import datetime, timedelta

from pydantic import Field, model_validator

from advice_line.lines.values import Email, Mobile, Part, Text, clash
from advice_line.working_time import Hours

LONGEST_STRETCH = timedelta(days=1)
# Untold for long, an alert is told ever more slowly, but never less often than this many times the first pause.
SLOWEST = 4


class Escalation(Part):
    """How much of a standard's working time is left, in percent, when each step is taken before it breaks."""

    first_on_lists_percent: int = Field(default=40, ge=1, le=100)
    leads_page_percent: int = Field(default=25, ge=1, le=100)
    letter_percent: int = Field(default=15, ge=1, le=100)

    @model_validator(mode="after")
    def _in_order(self) -> "Escalation":
        if self.leads_page_percent > self.first_on_lists_percent:
            raise clash(
                "leads_page_percent",
                "The lists come before the lead’s page: leads_page_percent cannot be more than first_on_lists_percent.",
            )
        if self.letter_percent > self.leads_page_percent:
            raise clash(
                "letter_percent",
                "The lead’s page comes before a letter: letter_percent cannot be more than leads_page_percent.",
            )
        return self


class Standards(Part):
    """The service's own targets: none of them is told to callers.

    `urgent_working_days` counts from receipt like the others; 0 is the same working day, or the next when the message
    came after its end.
    """

    first_attempt_working_days: int = Field(default=2, ge=1, le=60)
    breach_working_days: int = Field(default=5, ge=1, le=60)
    listen_working_days: int = Field(default=1, ge=1, le=60)
    urgent_working_days: int = Field(default=0, ge=0, le=60)
    safeguarding_working_hours: int = Field(default=1, ge=1, le=8)
    escalation: Escalation = Escalation()

    @model_validator(mode="after")
    def _in_order(self) -> "Standards":
        if self.breach_working_days < self.first_attempt_working_days:
            raise clash(
                "breach_working_days",
                "The breach cannot come before the first attempt is due: raise breach_working_days.",
            )
        if self.urgent_working_days > self.first_attempt_working_days:
            raise clash(
                "urgent_working_days",
                "What is urgent cannot be due after everything else: lower urgent_working_days.",
            )
        return self


class Alerts(Part):
    """When a flag of possible safeguarding or urgency is told to the duty leads by e-mail and text.

    Outside office hours at once. Inside them staff see it first on their lists, and the duty leads are told when
    nobody took it within `office_minutes`. Until somebody does, it is told again: after `repeat_minutes`, then twice
    as long, then every four times as long.
    """

    office_minutes: int = Field(default=15, ge=0, le=240)
    repeat_minutes: int = Field(default=15, ge=5, le=240)

    def first_told(self, now: datetime, office: Hours) -> datetime:
        """When the duty lead is told of what is flagged now; never later than the office closes."""
        if not office.is_open(now):
            return now
        closes = office.intervals(now, now + LONGEST_STRETCH)[0].end
        return min(now + timedelta(minutes=self.office_minutes), closes)

    def pause(self, rounds: int) -> timedelta:
        """How long after so many rounds (1 or more) the next one comes."""
        return timedelta(minutes=self.repeat_minutes * min(2 ** min(rounds - 1, 10), SLOWEST))


class DutyLeadConfiguration(Part):
    """Somebody who is told at once of a flag; by text only where a mobile is given."""

    name: Text
    email: Email
    mobile: Mobile | None = None


class Listening(Part):
    """Minutes for listening that somebody on the rota has each working day: so many, and so many for each message.

    How many messages there will be is taken from the last four weeks.
    """

    minutes_a_day: int = Field(default=10, ge=0, le=240)
    minutes_for_each_message: int = Field(default=3, ge=0, le=60)
    at_most_minutes: int = Field(default=60, ge=5, le=480)

    @model_validator(mode="after")
    def _possible(self) -> "Listening":
        if self.minutes_a_day > self.at_most_minutes:
            raise clash("minutes_a_day", "Listening takes more minutes than it may at most: raise at_most_minutes.")
        return self
