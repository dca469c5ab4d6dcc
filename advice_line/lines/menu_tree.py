"""Whether the nodes of a menu hold together: every way leads somewhere, every node is reached, no caller is trapped.

Works on what the file says rather than on a finished menu, so that a tree with a fault elsewhere is checked too.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from advice_line.lines.faults import Found, Path
from advice_line.lines.source import Plain, group

# Ways out of a queue; those and others that a caller goes without pressing a key.
WAYS_OUT = ("message", "if_nobody", "if_full", "if_late")
SILENT_WAYS = ("no_input_then", "if_no_answer", "then", "open", "closed", *WAYS_OUT)


def faults(menu: Plain) -> Iterator[Found]:
    """Everything wrong with how the nodes of a menu lead to one another. Paths begin at the menu."""
    nodes = group(group(menu).get("nodes"))
    entry = group(menu).get("entry")
    if not isinstance(entry, str) or not nodes:
        return  # its shape is at fault, which is said elsewhere
    if entry not in nodes:
        yield Found(("entry",), _no_such_node(entry))
    for key, node in nodes.items():
        for path, target in _ways(node):
            if target not in nodes:
                yield Found(("nodes", key, *path), _no_such_node(target))
    if entry in nodes:
        for key in nodes.keys() - _reached(nodes, entry):
            yield Found(("nodes", key), f"No caller can ever reach {key}: lead a way to it, or take it out.")
    yield from _loops(nodes)
    yield from _back_into_a_queue(nodes)


def _no_such_node(key: str) -> str:
    return f"There is no node called {key} in this menu: add it, or lead to one of the others."


def _ways(node: Plain) -> Iterator[tuple[Path, str]]:
    yield from _silent_ways(node)
    for digit, target in group(group(node).get("options")).items():
        if isinstance(target, str):
            yield ("options", digit), target


def _silent_ways(node: Plain) -> Iterator[tuple[Path, str]]:
    for name in SILENT_WAYS:
        target = group(node).get(name)
        if isinstance(target, str):
            yield (name,), target


def _reached(nodes: Mapping[str, Plain], entry: str) -> set[str]:
    reached, to_visit = {entry}, [entry]
    while to_visit:
        for _, target in _ways(nodes[to_visit.pop()]):
            if target in nodes and target not in reached:
                reached.add(target)
                to_visit.append(target)
    return reached


def _back_into_a_queue(nodes: Mapping[str, Plain]) -> Iterator[Found]:
    """Who left a queue has lost their place: they are led to a recorder or to somebody else, never to wait again."""
    queues = {key for key, node in nodes.items() if group(node).get("kind") == "queue"}
    for key in sorted(queues):
        for name in WAYS_OUT:
            target = group(nodes[key]).get(name)
            if isinstance(target, str) and target in nodes and queues & _reached(nodes, target):
                yield Found(("nodes", key, name), "This leads back into a queue: lead to a message instead.")


def _loops(nodes: Mapping[str, Plain]) -> Iterator[Found]:
    """One fault for each ring of nodes that a caller would go round for ever without pressing a key."""
    ways = {key: [target for _, target in _silent_ways(node)] for key, node in nodes.items()}
    while ring := _ring(ways):
        way = ", then ".join(ring)
        sentence = f"A caller who presses nothing would go round for ever ({way}): end one of them elsewhere."
        yield Found(("nodes", ring[0]), sentence)
        for key in ring:
            ways.pop(key, None)


def _ring(ways: Mapping[str, list[str]]) -> list[str]:
    """A ring in the order in which it is walked, its first node again at the end; empty when there is none."""
    try:
        TopologicalSorter(ways).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        return ring[::-1]
    return []
