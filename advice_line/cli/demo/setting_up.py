"""Setting the demonstration up: two example services, their people, and a made-up year behind them."""

from collections.abc import Callable
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import Engine, text

from advice_line import clock, db, staff
from advice_line.cli.demo import history
from advice_line.cli.demo.place import Place
from advice_line.cli.people import add_role
from advice_line.lines import configure, reading
from advice_line.lines.directory import Directory

SERVICES = ("herts_cot", "eput_cot")
# E-mail, name, and the roles in their services.
PEOPLE = (
    ("amira.example@example.nhs.uk", "Amira Example", (("therapist", "herts_cot"),)),
    ("esi.example@example.nhs.uk", "Esi Example", (("therapist", "eput_cot"),)),
    ("lead@example.nhs.uk", "Lena Example", (("lead", "herts_cot"), ("lead", "eput_cot"))),
    ("admin@example.nhs.uk", "Idris Example", (("admin", "herts_cot"), ("admin", "eput_cot"))),
)
Progress = Callable[[str, int, int], None]


def set_up(owner: Engine, place: Place, home: Path, progress: Progress) -> None:
    """Bring in what is missing; a second time there is nothing left to do."""
    for number, key in enumerate(SERVICES, 1):
        with as_file(files("advice_line.examples") / f"{key}.yaml") as file:
            configuration = reading.read(file)
        with db.transaction(owner, None) as session:
            configure.apply(session, configuration, clock.now(), dry_run=False)
        progress("Configuring the example services", number, len(SERVICES))
    _add_people(owner, place, home)
    _write_history(owner, progress)


def _add_people(owner: Engine, place: Place, home: Path) -> None:
    for email, name, roles in PEOPLE:
        with db.transaction(owner, None) as session:
            if staff.by_email(session, email) is None:
                place.passwords[email] = staff.add_person(session, email, name, [], clock.now())
                place.keep(home)
            for role, service in roles:
                add_role(session, email, staff.Grant(service, role))


def _write_history(owner: Engine, progress: Progress) -> None:
    with db.transaction(owner, None) as session:
        directory = Directory.load(session)
        if session.scalar(text("SELECT EXISTS (SELECT FROM enquiry)")):
            return
    for key in SERVICES:
        service = directory.service(key)
        history.write(owner, service, clock.now(), partial(progress, f"Making up a year: {service.name}"))
