"""Recorded prompts: which words are played instead of spoken, and the address where the network fetches them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advice_line.lines.directory import Line
from webhooks import addresses
from webhooks.context import WebhookContext
from webhooks.twiml import Played, Saying

# A name is the digest of what it names, so that what was fetched once stays right.
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def prompt(line: Line, public_url: str, words: str, recording: str | None) -> Saying:
    """The words of a node, or the sound that the service recorded of them. Without the sound the words are spoken."""
    name = line.service.sounds.get(recording or "")
    return Played(addresses.sound(public_url, name)) if name else words


def route(context: WebhookContext) -> Route:
    """Serves every service's sounds from memory, to anybody who knows their name."""

    async def fetched(request: Request) -> Response:
        sound = context.directory().sounds.get(request.path_params["name"])
        if sound is None:
            return Response("There is no such sound.", 404, media_type="text/plain")
        return Response(sound.content, headers=FOR_EVER, media_type=sound.content_type)

    return Route("/sounds/{name}", fetched, methods=["GET"])
