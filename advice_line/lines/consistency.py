"""Whether the parts of a configuration agree with one another: what one names, another has; no two claim the same.

Works on what the file says, so that everything is found at once, whatever else is wrong with it.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from pydantic import ValidationError

from advice_line.lines import menu_tree
from advice_line.lines.configuration import SessionHours
from advice_line.lines.faults import Found, Path
from advice_line.lines.numbers import is_reserved, read_number
from advice_line.lines.source import Plain, group
from advice_line.working_time import Window

Placed = tuple[Path, str]


def faults(file: Plain) -> Iterator[Found]:
    """Everything in a configuration file that does not agree with the rest of it."""
    yield from _twice(file)
    yield from _numbers_of_our_own(file)
    yield from _hours(file)
    yield from _sites(file)
    for path, line in _items(file, "lines"):
        for found in menu_tree.faults(line.get("menu")):
            yield Found((*path, "menu", *found.path), found.sentence)
        yield from _names_in_menu(path, line, group(file).get("transfer_targets"))


def example_numbers(file: Plain) -> Iterator[Found]:
    """A fault for each number that is kept for examples: on the real network it would ring nobody."""
    for path, number in (
        *_lines(file),
        *_transfers(file),
        *_phones(file),
        *_mobiles(file),
        *_contacts(file),
        *_switchboards(file),
    ):
        if is_reserved(number):
            yield Found(path, "This number is kept for examples and rings nobody: give the real one.")


def _twice(file: Plain) -> Iterator[Found]:
    yield from _repeated(_texts(file, "lines", "key"), "Two lines have the same key: give each its own.")
    yield from _repeated(_lines(file), "Two lines have the same number: each line needs its own.")
    yield from _repeated(_texts(file, "rota", "key"), "Two therapists have the same key: give each their own.")
    emails = [(path, email.lower()) for path, email in _texts(file, "rota", "email")]
    yield from _repeated(emails, "Two therapists have the same e-mail address: give each their own.")
    yield from _repeated(_phones(file), "Two therapists have the same telephone: one of them could never be rung.")
    told = [(path, email.lower()) for path, email in _texts(file, "duty_leads", "email")]
    yield from _repeated(told, "Two duty leads have the same e-mail address: name each of them once.")
    yield from _repeated(_mobiles(file), "Two duty leads have the same mobile: one of them would get every text twice.")
    contacts = _texts(file, "safeguarding_contacts", "key")
    yield from _repeated(contacts, "Two safeguarding contacts have the same key: give each its own.")
    calendars = _texts(file, "term_calendars", "key")
    yield from _repeated(calendars, "Two term calendars have the same key: give each its own.")
    yield from _repeated(_postcodes(file), "This beginning of a postcode has a term calendar already: name it once.")
    yield from _repeated(_texts(file, "sites", "key"), "Two sites have the same key: give each its own.")
    yield from _repeated(_texts(file, "closures", "date"), "This day is closed already: keep one of the two.")


def _numbers_of_our_own(file: Plain) -> Iterator[Found]:
    ours = {number for _, number in _lines(file)}
    for path, number in _transfers(file):
        if number in ours:
            yield Found(path, "Callers cannot be put through to one of our own lines: they would go round for ever.")
    for path, number in _phones(file):
        if number in ours:
            yield Found(path, "A therapist's telephone cannot be one of our own lines: we would ring ourselves.")


def _hours(file: Plain) -> Iterator[Found]:
    yield from _overlaps(("office_hours",), group(file).get("office_hours"))
    yield from _ends_for_good(("office_hours",), group(file).get("office_hours"))
    for path, line in _items(file, "lines"):
        for name in ("callback_windows", "live_windows"):
            yield from _overlaps((*path, name), line.get(name))
        yield from _ends_for_good((*path, "callback_windows"), line.get("callback_windows"))
    for path, therapist in _items(file, "rota"):
        yield from _overlaps((*path, "sessions"), therapist.get("sessions"))


def _sites(file: Plain) -> Iterator[Found]:
    known = {key for _, key in _texts(file, "sites", "key")}
    for path, therapist in _items(file, "rota"):
        theirs = [*_listed(path, therapist, "sites")]
        yield from _repeated(theirs, "This site is named already: name it once.")
        for here, site in theirs:
            if site not in known:
                yield Found(here, f"There is no site called {site}: add it to the sites of the service.")
        for here, site in _of_sessions(path, therapist):
            if site not in {one for _, one in theirs}:
                yield Found(here, f"{site} is not among the sites of this therapist: add it to them.")


def _of_sessions(path: Path, therapist: Mapping[str, Plain]) -> Iterator[Placed]:
    for here, session in _items({**therapist}, "sessions"):
        site = session.get("site")
        if isinstance(site, str):
            yield (*path, *here, "site"), site


def _names_in_menu(path: Path, line: Mapping[str, Plain], targets: Plain) -> Iterator[Found]:
    for key, node in group(group(line.get("menu")).get("nodes")).items():
        here, mailbox, target = (*path, "menu", "nodes", key), group(node).get("mailbox"), group(node).get("target")
        if isinstance(mailbox, str) and mailbox not in group(line.get("mailboxes")):
            yield Found((*here, "mailbox"), f"This line has no mailbox called {mailbox}: add it to its mailboxes.")
        if isinstance(target, str) and target not in group(targets):
            yield Found((*here, "target"), f"There is no transfer target called {target}: add it to transfer_targets.")
        kind = group(node).get("kind")
        if kind in {"branch", "queue"} and not line.get("live_windows"):
            yield Found(here, f"This line has no live_windows, so it can never be open: add them, or drop the {kind}.")


def _overlaps(path: Path, hours: Plain) -> Iterator[Found]:
    for (_, earlier), (index, later) in combinations(_windows(hours), 2):
        if _overlap(earlier, later):
            yield Found((*path, index), "These hours overlap with others above: join them, or change one of them.")


def _overlap(one: Window, other: Window) -> bool:
    same_dates = (one.valid_to is None or other.valid_from is None or other.valid_from <= one.valid_to) and (
        other.valid_to is None or one.valid_from is None or one.valid_from <= other.valid_to
    )
    return bool(one.days & other.days) and same_dates and one.start < other.end and other.start < one.end


def _ends_for_good(path: Path, hours: Plain) -> Iterator[Found]:
    windows = [window for _, window in _windows(hours)]
    if windows and all(window.valid_to for window in windows):
        yield Found(path, "All of these hours come to an end: leave out valid_to of those that go on.")


def _windows(hours: Plain) -> Iterator[tuple[int, Window]]:
    for index, item in enumerate(hours if isinstance(hours, list) else []):
        try:
            yield index, SessionHours.model_validate(item).window()  # has every field that hours of any kind have
        except ValidationError:
            continue  # said where its own shape is checked


def _repeated(placed: Iterable[Placed], sentence: str) -> Iterator[Found]:
    seen: set[str] = set()
    for path, value in placed:
        if value in seen:
            yield Found(path, sentence)
        seen.add(value)


def _items(file: Plain, name: str) -> Iterator[tuple[Path, Mapping[str, Plain]]]:
    items = group(file).get(name)
    for index, item in enumerate(items if isinstance(items, list) else []):
        yield (name, index), group(item)


def _texts(file: Plain, items: str, name: str) -> Iterator[Placed]:
    for path, item in _items(file, items):
        text = item.get(name)
        if isinstance(text, str):
            yield (*path, name), text


def _postcodes(file: Plain) -> Iterator[Placed]:
    for path, calendar in _items(file, "term_calendars"):
        yield from _listed(path, calendar, "postcodes")


def _listed(path: Path, item: Mapping[str, Plain], name: str) -> Iterator[Placed]:
    written = item.get(name)
    for index, each in enumerate(written if isinstance(written, list) else []):
        yield (*path, name, index), str(each)


def _lines(file: Plain) -> list[Placed]:
    return _numbers(_texts(file, "lines", "number"))


def _phones(file: Plain) -> list[Placed]:
    return _numbers(_texts(file, "rota", "phone"))


def _mobiles(file: Plain) -> list[Placed]:
    return _numbers(_texts(file, "duty_leads", "mobile"))


def _contacts(file: Plain) -> list[Placed]:
    return _numbers(_texts(file, "safeguarding_contacts", "number"))


def _transfers(file: Plain) -> list[Placed]:
    targets = group(group(file).get("transfer_targets")).items()
    return _numbers((("transfer_targets", key, "number"), str(group(item).get("number"))) for key, item in targets)


def _switchboards(file: Plain) -> list[Placed]:
    numbers = group(file).get("switchboard_numbers")
    written = enumerate(numbers if isinstance(numbers, list) else [])
    return _numbers((("switchboard_numbers", index), str(number)) for index, number in written)


def _numbers(written: Iterable[Placed]) -> list[Placed]:
    """Those that are telephone numbers, as +44…; what is wrong with the others is said elsewhere."""
    found: list[Placed] = []
    for path, text in written:
        try:
            found.append((path, read_number(text)))
        except ValueError:
            continue
    return found
