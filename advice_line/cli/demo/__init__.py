"""`demo`: the real product on this machine, with two example services and the practice exchange for a network."""

import os
import sys

import httpx
import typer
from rich.console import Console
from rich.progress import Progress, TaskID

from advice_line import log
from advice_line.cli.databases import Databases, databases
from advice_line.cli.demo import coming_up
from advice_line.cli.demo.place import Place
from advice_line.cli.demo.setting_up import PEOPLE, set_up
from advice_line.cli.process_tree import ProcessTree
from advice_line.cli.serving import bring_up_to_date, check_database, environment_for, refuse_taken_ports, start_roles
from advice_line.errors import AdviceLineError
from advice_line.exchange import phone
from advice_line.settings import Settings

HOST = "127.0.0.1"
PORT = 8000
EXCHANGE_PORT = 8010
PAGES, EXCHANGE = f"http://{HOST}:{PORT}", f"http://{HOST}:{EXCHANGE_PORT}"
READY_WITHIN = 60.0  # seconds
# A few calls, so that there is something to listen to: line, keys, caller.
CALLS = {
    (
        "+441923470680",
        "31",
        "+447700900101",
    ): "Hello, this is Kit Example's mum, on 07700 900101. He finds the noise at "
    "lunch very hard. Could somebody ring me after two o'clock please? Thank you.",
    ("+441923470680", "31", "withheld"): "Hello, I am a class teacher. My number is 01632 960102. We would like advice "
    "on seating for a pupil. I can talk from half past three.",
    ("+441702372250", "", "+441632960103"): "Good morning, this is Sunny Sample Nursery on 01632 960103. A question "
    "about scissors and pencil grip for our four year olds.",
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this package."""
    app.command("demo")(demo)


def demo() -> None:
    """Run everything on this machine with made-up data, until Ctrl-C."""
    home = Settings.load().advice_line_home
    place = Place.open(home)
    os.environ.update(place.environment(PORT, EXCHANGE_PORT))  # noqa: TID251 - for itself and its children
    settings = Settings.load()
    log.configure(settings.log_format)
    refuse_taken_ports(HOST, PORT, EXCHANGE_PORT)
    console = Console(stderr=True)
    tree = ProcessTree()
    tree.stop_on_signals()
    _say(console, "Starting the database …")
    with databases(settings) as found:
        first_time = bool(bring_up_to_date(found))
        check_database(found)
        try:
            if first_time:
                _fill(found, place, settings, console)
            _start(tree, found, console)
            if not first_time:  # what is there serves already, while the examples are looked through again
                _fill(found, place, settings, console)
            _go_on(tree, place, console, first_time=first_time)
        finally:
            tree.stop()


def _start(tree: ProcessTree, found: Databases, console: Console) -> None:
    _say(console, "Starting web, webhooks, scheduler and the practice exchange …")
    environment = environment_for(found)
    start_roles(tree, environment, HOST, PORT)
    tree.add("exchange", ["advice_line.cli", "exchange", "--port", str(EXCHANGE_PORT)], environment)


def _fill(found: Databases, place: Place, settings: Settings, console: Console) -> None:
    """Bring in the example services, their people and a year of history, as far as they are missing."""
    with found.as_owner() as owner, Progress(console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(label: str, done: int, of: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=of)
            bars.update(tasks[label], completed=done)

        set_up(owner, place, settings.advice_line_home, progress)


def _go_on(tree: ProcessTree, place: Place, console: Console, *, first_time: bool) -> None:
    if not tree.wait_until(_everything_answers, READY_WITHIN) and not tree.stopping:
        raise AdviceLineError(coming_up.problem(coming_up.missing(PAGES, EXCHANGE), tree.died))
    if first_time and not tree.stopping:
        _ring_a_few_times(console)
    _tell(place)
    tree.watch()


def _everything_answers() -> bool:
    return not coming_up.missing(PAGES, EXCHANGE)


def _ring_a_few_times(console: Console) -> None:
    for number, ((line, keys, caller), words) in enumerate(CALLS.items(), 1):
        _say(console, f"Ringing the lines: call {number} of {len(CALLS)} …")
        try:
            order = {"to": line, "from": caller, "keys": keys, "say": words}
            phone.ring_once(EXCHANGE, order, lambda _line: None)
        except (phone.PracticeError, httpx.TransportError) as error:
            # The demonstration goes on: a visitor can ring the lines as well.
            _say(console, f"That call did not work: {error}")


def _tell(place: Place) -> None:
    lines = [
        "",
        "Advice Line is running. Everything in it is made up.",
        "",
        f"  Sign in      {PAGES}/sign-in",
        f"  Ring a line  {EXCHANGE}/practice-phone",
        "",
        *(f"  {_roles(roles):<22} {email:<32} {place.passwords.get(email, '')}" for email, _name, roles in PEOPLE),
        "",
        "Ctrl-C stops everything; the next `make demo` goes on from here.",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def _roles(roles: tuple[tuple[str, str], ...]) -> str:
    return f"{roles[0][0]}, {'both lines' if len(roles) > 1 else roles[0][1].removesuffix('_cot')}"


def _say(console: Console, sentence: str) -> None:
    if console.is_terminal:
        console.print(sentence)
