"""The tree of things that can go wrong; each carries one sentence for the person who meets it.

AdviceLineError
├── Misconfigured          the operator must change a setting or a file
│       WindowError, NoOpeningHours, NoWorkingDays (working_time) · ConfigurationFaults (lines)
├── EmbeddedError          the embedded database cannot be used (embedded)
├── Refused    (status)    a request that a door turns down
│   ├── NotSignedIn   401
│   ├── Forbidden     403
│   ├── NotFound      404  also: another service's anything
│   ├── Conflict      409  true just now, perhaps not later
│   │   └── WrongState     a move that the table of moves does not have
│   ├── Malformed     422  names the field at fault
│   └── TooMany       429
└── OutsideFailed          the telephone network or a store did not do as asked
    ├── Unanswered         it may have done it or not: look before asking again
    ├── NotNow             it did nothing, and may be asked again later
    ├── OptedOut           whoever is at the other end wants no texts
    └── NotThere           it has no such thing, or not yet
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


class AdviceLineError(Exception):
    """Anything the product itself raises; `str(error)` is the sentence to show."""


class Misconfigured(AdviceLineError):
    """Raised before anything is served or applied; says which setting or line is wrong."""


class Refused(AdviceLineError):
    """A request that cannot be met. `status` is the HTTP status a door answers with."""

    status = 400
    title = "That did not work"


class NotSignedIn(Refused):
    status = 401
    title = "Sign in first"


class Forbidden(Refused):
    status = 403
    title = "You cannot do this"


class NotFound(Refused):
    """Nothing here, or nothing here for this service: the two are told apart to nobody."""

    status = 404
    title = "Not found"


class Conflict(Refused):
    status = 409
    title = "That cannot be done now"


class WrongState(Conflict):
    """A move that the table of moves does not have, or that somebody else made first."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was sent: the field, and what to do about it."""

    field: str
    sentence: str


class Malformed(Refused):
    """What was sent cannot be understood; carries one Fault for each field at fault."""

    status = 422
    title = "There is a problem"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)


class TooMany(Refused):
    status = 429
    title = "Too many tries"


class OutsideFailed(AdviceLineError):
    """The network or a store did not do as asked. `permanent`: trying again cannot help."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


class Unanswered(OutsideFailed):
    """The request was sent, and no answer came that can be relied on: what was asked may have been done."""


class NotNow(OutsideFailed):
    """Nothing was done, so asking again does no harm; `after` is how long we were told to wait, if we were told."""

    def __init__(self, sentence: str, *, after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.after = after


class NotThere(OutsideFailed):
    """There is no such thing on the other side, or it is not ready yet."""


class OptedOut(OutsideFailed):
    """The network knows that this number wants no texts of ours."""
