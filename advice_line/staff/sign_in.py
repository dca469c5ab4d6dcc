"""Sign-in: a password is checked, a sign-in opens, and it ends by sign-out, by 30 idle minutes or after 12 hours.

The browser holds a random token; the database holds its digest, so that nobody can sign in with a stolen copy of it.
A sign-in can be ended at any moment, and roles are read afresh each time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, SmallInteger, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line import audit
from advice_line.audit import Actor
from advice_line.db import Base, Moment
from advice_line.errors import Forbidden, NotFound, NotSignedIn, Refused, TooMany
from advice_line.staff import passwords, random_token, tries
from advice_line.staff.people import Membership, Person, by_email, memberships

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A page may ask for several things at once: one note a minute that somebody is there is enough.
NOTED_EVERY = timedelta(minutes=1)
SYSTEM = Actor.part("sign_in")
NO_ROLE = "You have no role in any service yet. Ask whoever looks after Advice Line at your service to give you one."
WRONG = "The email address or password is not right. Check both and try again"
WAIT = "There were too many tries to sign in. Wait 15 minutes, then try again"


class ServiceNotChosen(Refused):
    """Somebody with roles in several services has to say first where they are working."""

    status = 403
    title = "Choose a service"


class SignIn(Base):
    __tablename__ = "sign_in"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    service_id: Mapped[int | None] = mapped_column(SmallInteger, ForeignKey("service.id"))
    csrf_token: Mapped[str]
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


@dataclass(frozen=True)
class Offer:
    """What somebody typed who wants to sign in, and the network address it came from."""

    email: str
    password: str = field(repr=False)
    address: str


@dataclass(frozen=True)
class SignedIn:
    """A person whose sign-in holds, and where they are working: None until one of several services is chosen."""

    person: Person
    membership: Membership | None
    memberships: tuple[Membership, ...]
    since: datetime
    csrf_token: str = field(repr=False)
    token_digest: bytes = field(repr=False)

    @property
    def service_id(self) -> int:
        """The service they are working in. Forbidden for somebody without any, ServiceNotChosen before the choice."""
        if not self.memberships:
            raise Forbidden(NO_ROLE)
        if self.membership is None:
            raise ServiceNotChosen("Choose the service you are working in.")
        return self.membership.service_id

    @property
    def roles(self) -> frozenset[str]:
        """The roles held in the service they are working in."""
        return self.membership.roles if self.membership else frozenset()

    @property
    def actor(self) -> Actor:
        """The same person as the audit trail names them."""
        return Actor(person_id=self.person.id)


def check_password(session: Session, offer: Offer, key: str, now: datetime) -> Person | Refused:
    """The person whose password this is, or why not; `key` is the product's SECRET_KEY.

    A refusal is returned, not raised, so that what is recorded of it is committed. Nobody learns from its words or
    its time whether the e-mail address is known.
    """
    counted = tries.subjects(offer.email, offer.address, key)
    if tries.too_many(session, counted, now):
        return _refuse(session, None, "too_many", now)
    person = by_email(session, offer.email)
    kept = person.password_hash if person and person.disabled_at is None else None
    is_right = passwords.matches(kept, offer.password)
    if person is None or not is_right:
        tries.count_failure(session, counted, now)
        return _refuse(session, person, "wrong" if person else "unknown", now)
    tries.forget(session, counted[0])
    if passwords.is_outdated(person.password_hash):
        _keep(session, person, passwords.rehashed(offer.password))
    return person


def open_sign_in(session: Session, person: Person, now: datetime) -> str:
    """Open a sign-in and return its token, which is kept nowhere. Somebody with one service starts in it."""
    token = random_token.new()
    belongs = memberships(session, person)
    service_id = belongs[0].service_id if len(belongs) == 1 else None
    session.execute(
        insert(SignIn).values(
            token_digest=random_token.digest(token),
            person_id=person.id,
            service_id=service_id,
            csrf_token=random_token.new(),
            created_at=now,
            seen_at=now,
        )
    )
    audit.record(session, Actor(person_id=person.id), "signed_in", f"person {person.id}", now, service_id=service_id)
    return token


def signed_in(session: Session, token: str, now: datetime, *, present: bool = True) -> SignedIn | None:
    """Who holds this token, if its sign-in has not ended. `present`: a person asked, not a page by itself."""
    row = session.execute(
        select(SignIn, Person)
        .join(Person, Person.id == SignIn.person_id)
        .where(
            SignIn.token_digest == random_token.digest(token),
            SignIn.ended_at.is_(None),
            SignIn.seen_at > now - IDLE,
            SignIn.created_at > now - LONGEST,
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    sign_in, person = row
    if present and now - sign_in.seen_at >= NOTED_EVERY:
        _note(session, sign_in.token_digest, seen_at=now)
    belongs = memberships(session, person)
    working_in = next((one for one in belongs if one.service_id == sign_in.service_id), None)
    return SignedIn(person, working_in, belongs, sign_in.created_at, sign_in.csrf_token, sign_in.token_digest)


def choose_service(session: Session, who: SignedIn, service_id: int, now: datetime) -> None:
    """Work in another of one's own services from now on; NotFound for any other."""
    if service_id not in {one.service_id for one in who.memberships}:
        raise NotFound("There is no such service among yours.")
    _note(session, who.token_digest, service_id=service_id)
    audit.record(session, who.actor, "service_chosen", f"person {who.person.id}", now, service_id=service_id)


def sign_out(session: Session, who: SignedIn, now: datetime) -> None:
    """End this sign-in; its token is worth nothing from now on."""
    _note(session, who.token_digest, ended_at=now)
    service_id = who.membership.service_id if who.membership else None
    audit.record(session, who.actor, "signed_out", f"person {who.person.id}", now, service_id=service_id)


def change_password(session: Session, who: SignedIn, offer: Offer, new: str, key: str, now: datetime) -> Refused | None:
    """Take a new password, if the present one is right, and end the person's other sign-ins.

    A refusal is returned, as in `check_password`. Malformed when the new one is too easy to guess.
    """
    new_hash = passwords.hashed(new, who.person.email)
    checked = check_password(session, offer, key, now)
    if isinstance(checked, Refused):
        return checked
    _keep(session, checked, new_hash)
    session.execute(
        update(SignIn)
        .where(SignIn.person_id == checked.id, SignIn.token_digest != who.token_digest, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
    audit.record(session, who.actor, "password_changed", f"person {checked.id}", now, service_id=None)
    return None


def _refuse(session: Session, person: Person | None, why: str, now: datetime) -> Refused:
    subject = f"person {person.id}" if person else None
    audit.record(session, SYSTEM, "sign_in_failed", subject, now, service_id=None, detail={"why": why})
    return TooMany(WAIT) if why == "too_many" else NotSignedIn(WRONG)


def _keep(session: Session, person: Person, password_hash: str) -> None:
    session.execute(update(Person).where(Person.id == person.id).values(password_hash=password_hash))


def _note(session: Session, token_digest: bytes, **changes: object) -> None:
    session.execute(update(SignIn).where(SignIn.token_digest == token_digest).values(**changes))
