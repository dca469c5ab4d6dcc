"""What can go wrong with the embedded database."""


class EmbeddedError(Exception):
    """The embedded database cannot be used; the message is one sentence that says what to do."""
