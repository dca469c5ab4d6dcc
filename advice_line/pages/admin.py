"""Administration: the people of a service and their roles. Who may sign in is decided by the operator's commands."""

from fastapi import APIRouter
from fastapi.responses import Response

from advice_line import audit, staff
from advice_line.pages.door import InDoor
from advice_line.pages.guard import Admin
from advice_line.pages.screen import InService, Screen

pages = APIRouter(prefix="/admin")


@pages.get("/people")
def people(who: Admin, session: InService, door: InDoor, screen: Screen) -> Response:
    audit.record(session, who.actor, "people_seen", None, door.now(), service_id=who.service_id)
    return screen.show("people.html", people=staff.of_service(session, who.service_id))
