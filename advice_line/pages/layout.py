"""The layout: what every page shows around its content, by role: the navigation with its counts, and where to begin.

To put a page into the navigation, or a count beside it, add to PLACES.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, TypedDict

from markupsafe import Markup
from sqlalchemy.orm import Session

from advice_line.enquiries import enquiry as enquiries
from advice_line.staff import SignedIn

Count = Callable[[Session, int, datetime], int]


def _unheard(session: Session, service_id: int, _now: datetime) -> int:
    return enquiries.count_not_heard(session, service_id)


@dataclass(frozen=True)
class Place:
    """An entry of the navigation. `count(session, service_id, now)` is shown beside it when it is not nought.

    `live_line_only`: of use to services alone on whose lines callers may wait for a therapist.
    """

    label: str
    path: str
    roles: frozenset[str]
    count: Count | None = None
    live_line_only: bool = False

    @property
    def count_id(self) -> str:
        """The id of the element with the count, which a live list renews together with itself."""
        return f"count-{self.path.strip('/').replace('/', '-')}"


class NavigationItem(TypedDict):
    """What the NHS.UK header component wants."""

    html: Markup
    href: str
    current: NotRequired[bool]


PLACES: tuple[Place, ...] = (
    Place("Not yet heard", "/unheard", frozenset({"therapist", "lead"}), _unheard),
    Place("My callbacks", "/callbacks", frozenset({"therapist"})),
    Place("Live line", "/duty", frozenset({"therapist"}), live_line_only=True),
    Place("My sessions", "/my-sessions", frozenset({"therapist"})),
    Place("Enquiries", "/enquiries", frozenset({"therapist", "lead"})),
    Place("Plan", "/plan", frozenset({"lead"})),
    Place("Rota", "/rota", frozenset({"lead"})),
    Place("Reports", "/reports", frozenset({"lead"})),
    Place("People", "/admin/people", frozenset({"admin"})),
)
# Somebody with several roles begins at the first of theirs in this table.
FIRST_PAGES = {"therapist": "/unheard", "lead": "/reports", "admin": "/admin/people"}


def first_page(who: SignedIn) -> str:
    """Where a person begins, by role."""
    return next(page for role, page in FIRST_PAGES.items() if role in who.roles)


def navigation(
    who: SignedIn, path: str, session: Session | None, now: datetime, places: Sequence[Place] = PLACES
) -> list[NavigationItem]:
    """The entries for a person's roles. Without a session (an error page) the counts are left out."""
    items: list[NavigationItem] = []
    for place in places:
        if place.roles & who.roles:
            count = place.count(session, who.service_id, now) if place.count and session else None
            item = NavigationItem(html=_label(place, count), href=place.path)
            if path == place.path or path.startswith(f"{place.path}/"):
                item["current"] = True
            items.append(item)
    return items


def _label(place: Place, count: int | None) -> Markup:
    if place.count is None:
        return Markup("{}").format(place.label)
    # Present even when there is nothing to count, so that a live list has something to renew.
    shown = Markup(' <span class="al-count__number">{:,}</span>').format(count) if count else ""
    return Markup('{} <span class="al-count" id="{}">{}</span>').format(place.label, place.count_id, shown)
