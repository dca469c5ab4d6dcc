"""The database: reachable, of this version, served by a role that row-level security binds, with a clock like ours."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from advice_line import clock, db, schema
from advice_line.cli.databases import Databases
from advice_line.cli.doctor.finding import Finding, fault, well
from advice_line.errors import AdviceLineError
from advice_line.lines.directory import Directory, Service
from advice_line.messages import Message
from advice_line.settings import Settings
from advice_line.vault import Vault

PATIENCE = "5"  # seconds
SKEW = 2.0  # seconds between two machines that both keep time


class Examination:
    """Looks at one database. `directory` holds its services afterwards, or None when they could not be read."""

    def __init__(self, found: Databases, settings: Settings) -> None:
        address = make_url(found.serving_url).update_query_dict({"connect_timeout": PATIENCE})
        self._url = address.render_as_string(hide_password=False)
        self._settings = settings
        self.directory: Directory | None = None

    def findings(self) -> Iterator[Finding]:
        """What there is to say, as far as one gets."""
        engine = db.connect(self._url, pool_size=1)
        try:
            yield from self._examined(engine)
        except AdviceLineError as error:
            yield fault(str(error))
        except SQLAlchemyError as error:
            yield fault(f"The database does not do as asked ({type(error).__name__}): look into its own log.")
        finally:
            engine.dispose()

    def _examined(self, engine: Engine) -> Iterator[Finding]:
        db.refuse_unsafe_role(engine)
        yield well("The database answers, and row-level security binds the role that serves.")
        if not schema.is_current(engine):
            yield fault("The database is not at this version: run `advice-line migrate`.")
            return
        yield well("The database is at this version.")
        yield _clocks(engine)
        with db.transaction(engine, None) as session:
            self.directory = Directory.load(session)
        if not self.directory.services:
            yield fault("No service is configured: run `advice-line configure` with its file.")
        for service in self.directory.services.values():
            yield self._newest_recording(engine, service)

    def _newest_recording(self, engine: Engine, service: Service) -> Finding:
        """Whether what was stored last can still be read: a lost key shows here before somebody wants to listen."""
        newest = select(Message.audio_name).where(Message.service_id == service.id, Message.audio_name.is_not(None))
        with db.transaction(engine, service.id) as session:
            name = session.scalar(newest.order_by(Message.stored_at.desc().nulls_last()).limit(1))
        if name is None:
            return well(f"{service.name} has no recordings yet.")
        try:
            Vault.of(self._settings).size(name)
        except AdviceLineError as error:
            return fault(f"The newest recording of {service.name} cannot be read: {error}")
        return well(f"The newest recording of {service.name} can be read.")


def _clocks(engine: Engine) -> Finding:
    with engine.connect() as connection:
        theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    seconds = abs((clock.now() - theirs).total_seconds())
    if seconds > SKEW:
        return fault(f"The clocks of this machine and the database are {seconds:.0f} seconds apart: set both by NTP.")
    return well("The clocks of this machine and the database agree.")
