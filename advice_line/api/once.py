"""Idempotency-Key: the same request with the same key, sent again within 24 hours, gets the same answer.

The key's row is written in the request's own transaction. A repeat waits for it, then reads what was answered; a
request that was refused leaves no row, so it may be mended and sent again.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from advice_line.api.asker import AnyAsker, Asker, InService, Parts
from advice_line.db import Base, Moment, ServiceId
from advice_line.door import Door
from advice_line.errors import Fault, Malformed

KEPT_FOR = timedelta(hours=24)


class IdempotentAnswer(Base):
    __tablename__ = "idempotent_answer"

    service_id: Mapped[ServiceId]
    asker: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[bytes]
    status: Mapped[int | None]
    body: Mapped[str | None]
    asked_at: Mapped[Moment]


class Once:
    """Does a request's work once for each key."""

    def __init__(self, session: Session, parts: Door, who: Asker, key: str | None, digest: bytes) -> None:
        self._session = session
        self._parts = parts
        self._who = who
        self._key = key
        self._digest = digest

    def do(self, status: int, work: Callable[[], BaseModel]) -> Response:
        """The answer of `work`, or the one that was given to this key before."""
        if self._key is None:
            return _answer(status, work().model_dump_json(by_alias=True))
        before = self._claim(self._key)
        if before is not None:
            return _answer(before.status or status, before.body or "")
        body = work().model_dump_json(by_alias=True)
        self._session.execute(update(IdempotentAnswer).where(*self._mine()).values(status=status, body=body))
        return _answer(status, body)

    def _claim(self, key: str) -> IdempotentAnswer | None:
        now = self._parts.now()
        self._session.execute(delete(IdempotentAnswer).where(*self._mine(), IdempotentAnswer.asked_at < now - KEPT_FOR))
        claimed = self._session.execute(
            insert(IdempotentAnswer)
            .values(
                service_id=self._who.service.id,
                asker=self._asker(),
                key=key,
                request_digest=self._digest,
                asked_at=now,
            )
            .on_conflict_do_nothing()
            .returning(IdempotentAnswer.key)
        ).first()
        if claimed is not None:
            return None
        known = self._session.scalars(select(IdempotentAnswer).where(*self._mine())).one()
        if known.request_digest != self._digest:
            raise Malformed([Fault("Idempotency-Key", "This key was used for another request. Choose a new one.")])
        return known

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (
            IdempotentAnswer.service_id == self._who.service.id,
            IdempotentAnswer.asker == self._asker(),
            IdempotentAnswer.key == self._key,
        )

    def _asker(self) -> str:
        return f"token {self._who.token_id}"


async def _digest(request: Request) -> bytes:
    told = f"{request.method} {request.scope['path']}\n".encode() + await request.body()
    return hashlib.sha256(told).digest()


def _once(
    session: InService,
    parts: Parts,
    who: AnyAsker,
    digest: Annotated[bytes, Depends(_digest)],
    idempotency_key: Annotated[str | None, Header(max_length=255, min_length=1)] = None,
) -> Once:
    return Once(session, parts, who, idempotency_key, digest)


OnceOnly = Annotated[Once, Depends(_once, scope="function")]


def _answer(status: int, body: str) -> Response:
    return Response(body, status, media_type="application/json")
