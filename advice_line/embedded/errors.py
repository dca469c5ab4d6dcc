"""What can go wrong with the embedded database."""

from advice_line.errors import AdviceLineError


class EmbeddedError(AdviceLineError):
    """The embedded database cannot be used; the message is one sentence that says what to do."""
