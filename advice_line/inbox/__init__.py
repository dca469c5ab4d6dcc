"""The inbox: everything the network told us, kept as it came, and applied to the story in the order of arrival.

The telephone door stores an event before it answers; whatever follows from it is worked out here, by the scheduler.
Applying an event twice, late or out of order changes nothing more (edge case E30).
"""

from advice_line.inbox.applying import apply_waiting
from advice_line.inbox.asked import settle
from advice_line.inbox.missed import Found, Listing, add_missed
from advice_line.inbox.recordings import recording_found

__all__ = ["Found", "Listing", "add_missed", "apply_waiting", "recording_found", "settle"]
