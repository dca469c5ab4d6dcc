"""The tables of services and their lines. The serving role may read them without a service, and change neither."""

from typing import Any

from sqlalchemy import ForeignKey, Identity, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from advice_line.db import Base, Moment


class ServiceRow(Base):
    """A service as the database keeps it; `configuration` is a KeptConfiguration."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(SmallInteger, Identity(), primary_key=True)
    key: Mapped[str]
    name: Mapped[str]
    configuration: Mapped[dict[str, Any]] = mapped_column(JSONB)
    configured_at: Mapped[Moment]


class LineRow(Base):
    """A line's number (+44…): what a call is known by before its service is."""

    __tablename__ = "line"

    service_id: Mapped[int] = mapped_column(SmallInteger, ForeignKey("service.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
