"""An answer: the document that goes back to the network, and in a few neutral words what it offers."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is kept with the event: `menu NODE`, `record MAILBOX` (from a call's second recorder on with its number,
    as in `record MAILBOX 2`), `ask` with what is asked, `number` and `callback` for what was then given or asked for,
    `transfer TARGET`, `say NODE`, `goodbye`, and for our own calls `offer` and `bridge`. The document may hold a
    telephone number, and is shown to nobody.
    """

    said: str
    document: bytes = field(repr=False)

    @property
    def asks_for_a_key(self) -> bool:
        """Whether the caller will wait for us again before they can leave a message."""
        return self.said.startswith("menu ")
