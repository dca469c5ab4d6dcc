"""The shapes that programs rely on. Every listed field is always present, null when unknown; times carry an offset."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from advice_line.enquiries.triage import Words
from advice_line.outcomes import Note


class Named(BaseModel):
    id: int
    name: str


class Slot(BaseModel):
    start: datetime
    end: datetime


class CallerOut(BaseModel):
    name: str | None
    role: str | None
    number: str | None
    withheld: bool
    language: str | None
    needs: list[str]
    contact_times: list[Any]
    texts: bool | None


class ChildOut(BaseModel):
    name: str | None
    date_of_birth: date | None
    school: str | None
    postcode: str | None
    nhs_number: str | None
    agreement: bool | None


class EnquiryOut(BaseModel):
    reference: str
    service: str
    line: str
    status: str
    priority: str
    flags: list[str]
    received_at: datetime
    due_at: datetime | None
    heard_at: datetime | None
    caller: CallerOut
    child: ChildOut | None
    topics: list[str]
    assigned_to: Named | None
    slot: Slot | None
    attempts_counted: int
    outcome: str | None
    closing_reason: str | None
    url: str


class CallOut(BaseModel):
    sid: str
    line: str
    started_at: datetime
    ended_at: datetime | None
    seconds: int | None
    keys: str
    withheld: bool
    end_state: str


class MessageOut(BaseModel):
    id: int
    kind: Literal["voicemail", "text"]
    direction: Literal["inbound", "outbound"]
    recording_sid: str | None
    seconds: int | None
    state: Literal["expected", "stored", "absent", "failed", "deleted"]
    at: datetime
    words: str | None = None
    needs_reply: bool = False


class AttemptOut(BaseModel):
    id: int
    at: datetime
    by: str | None
    result: str | None
    note: str
    state: str
    problem: str | None


class EventOut(BaseModel):
    at: datetime
    what: str
    from_status: str | None
    to_status: str | None
    by: str
    detail: str | None


class EnquiryInFull(EnquiryOut):
    calls: list[CallOut]
    messages: list[MessageOut]
    attempts: list[AttemptOut]
    events: list[EventOut]


class EnquiryPage(BaseModel):
    items: list[EnquiryOut]
    next_cursor: str | None


class CallbackOut(BaseModel):
    reference: str
    therapist: Named | None
    slot: Slot | None
    reasons: list[str]
    due_at: datetime
    priority: str


class CallbackPage(BaseModel):
    items: list[CallbackOut]
    next_cursor: str | None


class TherapistOut(BaseModel):
    id: int
    key: str
    name: str
    languages: list[str]
    skills: list[str]
    sites: list[str]


class TherapistPage(BaseModel):
    items: list[TherapistOut]
    next_cursor: str | None


class AbsenceIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    start: AwareDatetime
    end: AwareDatetime
    reason: Annotated[Words, Field(min_length=1)]


class AbsenceOut(BaseModel):
    id: int
    therapist: Named
    start: datetime
    end: datetime
    reason: str


class ReferralOut(BaseModel):
    id: int
    reference: str
    stage: str
    route: str
    who_will_send: str
    phase: str
    agreement: bool
    agreed_at: datetime


class ReferralPage(BaseModel):
    items: list[ReferralOut]
    next_cursor: str | None


class OutcomeOut(BaseModel):
    reference: str
    status: str
    outcome: str
    advice_details: list[str]
    topics: list[str]
    tier: str | None
    note: str
    by_writing: bool
    at: datetime
    referral: ReferralOut | None


class CallIn(BaseModel):
    """Whom to ring first: a therapist's id, else the token's own person, else the one assigned."""

    model_config = ConfigDict(extra="forbid")

    therapist: int | None = None


class WindowIn(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Annotated[AwareDatetime, Field(alias="from")]
    to: AwareDatetime


class AttemptIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    result: str
    note: Note = ""
    at: AwareDatetime | None = None
    next_window: WindowIn | None = None
    keep_open: bool = False


class CloseIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str
    note: Note = ""


class VolumeRow(BaseModel):
    key: str
    label: str
    calls: int
    messages: int
    enquiries: int


class VolumeOut(BaseModel):
    rows: list[VolumeRow]


class MeasureOut(BaseModel):
    key: str
    label: str
    definition: str
    numerator: int | None
    denominator: int | None
    value: float | None
    unit: str


class MeasuresOut(BaseModel):
    measures: list[MeasureOut]


class LedgerItem(BaseModel):
    sid: str
    kind: Literal["call", "recording"]
    at: datetime
    end_state: str
    enquiry: str | None


class LedgerOut(BaseModel):
    items: list[LedgerItem]
    unaccounted: list[str]
    next_cursor: str | None
