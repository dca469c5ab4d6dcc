"""An answer: the document that goes back to the network, and in a few neutral words what it offers."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` is kept with the event: `menu NODE`, `record MAILBOX` (from a call's second recorder on with its number,
    as in `record MAILBOX 2`), `ask` with what is asked, `number` and `callback` for what was then given or asked for,
    `transfer TARGET`, `say NODE`, `goodbye`, in a queue `queue NODE`, `wait NODE`, `leave NODE`, `keep_place NODE` and
    `connect`, and for our own calls `offer`, `bridge` and `dequeue`. The document may hold a telephone number, and is
    shown to nobody. `if_lost` is answered instead where it would promise what nobody knows of when the event is lost.
    """

    said: str
    document: bytes = field(repr=False)
    if_lost: bytes | None = field(default=None, repr=False)

    @property
    def asks_for_a_key(self) -> bool:
        """Whether the caller will wait for us again before they can leave a message, or for somebody who must know."""
        return self.said.startswith(("menu ", "queue "))
