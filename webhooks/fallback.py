"""The fallback: the page outside our own servers that takes a message while none of them answers.

It is the same for every caller of a line, so it can lie on any web server, or with the network itself. Its recordings
belong to calls that we may never have heard of: reconciliation collects them.
"""

from advice_line.lines.directory import Line
from webhooks import addresses, sentences, twiml
from webhooks.twiml import Recorder


def page_of(line: Line, public_url: str) -> str:
    """The whole text of a line's page."""
    recorder = Recorder(
        longest=line.recording.max_message_seconds,
        silence=line.recording.silence_end_seconds,
        action="",
        status=addresses.recording_status(public_url, line.key),
    )
    said = (sentences.SOMETHING_WRONG, sentences.LEAVE_MESSAGE_OUTSIDE)
    return twiml.outside(line.voice, said, recorder, sentences.THANK_YOU).decode()
