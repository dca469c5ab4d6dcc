"""Link: the address of a caller's own page, `/c/{token}`, made as a text is sent and known again by a digest alone.

The token is 130 random bits in letters and digits that can be read off an old phone and typed elsewhere. It stands in
the text and nowhere else: neither in our tables nor in our logs. Whoever holds it may say when to ring, and can read
nothing of the caller.

A link is good while its text might still be sent: the enquiry is open, the number is still the caller's and proved to
be, and no flag says that contact may do harm (domain rule R21: nothing to the wrong person; edge case E28: only the
agreed way). It ends after its days, when staff close the page, and at once when the enquiry is closed or the caller
said that it is sorted.
"""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, LargeBinary, Select, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.audit import Actor, record
from advice_line.callbacks.attempt import Attempt
from advice_line.db import Base, Moment, ServiceId
from advice_line.enquiries import enquiry as enquiries
from advice_line.enquiries.enquiry import Enquiry
from advice_line.lines.texts import OWN_LINK, Texts
from advice_line.staff import random_token
from advice_line.texting.claiming import Claim
from advice_line.texting.owed import UNSAFE, UNSAFE_PRIORITY
from advice_line.texts.text import TextMessage

PATH = "/c/"
# Without i, l, o and u: nobody has to tell them from 1, 0 and v.
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
READ_AS = str.maketrans("ilo", "110")
WRITTEN = re.compile(f"[{LETTERS}]{{{LENGTH}}}")
# Results that show that whoever has this number is not our caller.
NOT_THEIRS = ("spoke_wrong_person", "number_not_valid")


class CallerLink(Base):
    __tablename__ = "caller_link"

    service_id: Mapped[ServiceId]
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    text_id: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


def fill(session: Session, claim: Claim, configured: Texts, public_url: str, now: datetime) -> Claim:
    """The claim with a link of its own in its words, if they want one. To be committed before the text is sent.

    A text that is sent again gets another link; the one before stays good, in case that text arrives after all.
    """
    if OWN_LINK not in claim.words:
        return claim
    text = session.get_one(TextMessage, (claim.line.service.id, claim.text_id))
    token = make(session, text, now, now + timedelta(days=configured.link_days))
    return replace(claim, words=claim.words.replace(OWN_LINK, f"{public_url}{PATH}{token}"))


def make(session: Session, text: TextMessage, now: datetime, expires_at: datetime) -> str:
    """A new link for the enquiry of this text; its token is given back this once."""
    token = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    made = CallerLink(
        service_id=text.service_id,
        digest=random_token.digest(token),
        enquiry_id=text.enquiry_id,
        text_id=text.id,
        made_at=now,
        expires_at=expires_at,
    )
    session.add(made)
    session.flush()
    return token


def is_of(words: str, sent: str) -> bool:
    """Whether a text that was `sent` has these words, whatever link stood in it."""
    return re.fullmatch(re.escape(words).replace(re.escape(OWN_LINK), r"\S+"), sent, re.DOTALL) is not None


def read(typed: str) -> str | None:
    """A token as it was made, from what somebody tapped or typed; None for what cannot be one."""
    token = typed.strip(" .,;:!?)>\"'").lower().translate(READ_AS)
    return token if WRITTEN.fullmatch(token) else None


def service_of(session: Session, token: str) -> int | None:
    """The id of the service in which this link was made, whether it is good or not. Needs no service context."""
    found: int | None = session.scalar(select(func.service_of_caller_link(random_token.digest(token))))
    return found


def find(session: Session, service_id: int, token: str) -> CallerLink:
    """The link of this token within its service, which must exist."""
    return session.get_one(CallerLink, (service_id, random_token.digest(token)))


def enquiry_of(session: Session, link: CallerLink, *, lock: bool = False) -> Enquiry:
    """The enquiry that the link is about."""
    return enquiries.by_id(session, link.service_id, link.enquiry_id, lock=lock)


def is_good(session: Session, link: CallerLink, enquiry: Enquiry, now: datetime) -> bool:
    """Whether the page behind the link is open at this moment."""
    if link.ended_at is not None or link.expires_at <= now or not enquiry.is_open or enquiry.sorted_at is not None:
        return False
    if enquiry.priority == UNSAFE_PRIORITY or not set(UNSAFE).isdisjoint(enquiry.flags):
        return False
    text = session.get_one(TextMessage, (link.service_id, link.text_id))
    theirs = text.number in {enquiry.caller_number, enquiry.own_number}
    return theirs and not _proved_wrong(session, enquiry, text.number)


def has_open(session: Session, enquiry: Enquiry, now: datetime) -> bool:
    """Whether some page of this enquiry is open to its caller."""
    made = session.scalars(_not_ended(enquiry)).all()
    return any(is_good(session, one, enquiry, now) for one in made)


def end_all(session: Session, enquiry: Enquiry, actor: Actor, now: datetime) -> None:
    """Close every page of this enquiry, also before its time: somebody else may have the phone."""
    for one in session.scalars(_not_ended(enquiry)):
        one.ended_at = now
    enquiries.note(session, enquiry, "caller_page_closed", actor, now)
    record(session, actor, "caller page closed", f"enquiry {enquiry.id}", now, service_id=enquiry.service_id)


def _not_ended(enquiry: Enquiry) -> Select[CallerLink]:
    return select(CallerLink).where(
        CallerLink.service_id == enquiry.service_id,
        CallerLink.enquiry_id == enquiry.id,
        CallerLink.ended_at.is_(None),
    )


def _proved_wrong(session: Session, enquiry: Enquiry, number: str | None) -> bool:
    wrong = select(Attempt.id).where(
        Attempt.service_id == enquiry.service_id,
        Attempt.enquiry_id == enquiry.id,
        Attempt.result.in_(NOT_THEIRS),
        func.coalesce(Attempt.caller_number, number) == number,
    )
    return session.scalars(wrong.limit(1)).first() is not None
