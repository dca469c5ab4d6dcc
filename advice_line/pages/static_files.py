"""Style sheets, scripts and icons: served by ourselves under an address that changes with their content.

An address is /static/DIGEST/…, so browsers may keep a file for a year. Relative references among the files keep
working, because the digest is that of all of them together.
"""

import hashlib
import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from advice_line.errors import Misconfigured

FOLDER = Path(__file__).with_name("static")
NEEDED = ("nhsuk-frontend.min.css", "nhsuk-frontend.min.js", "htmx.min.js", "assets/images/favicon.svg")


class Static(StaticFiles):
    """The static folder, mounted at /static."""

    def __init__(self) -> None:
        if not all((FOLDER / "vendor" / name).is_file() for name in NEEDED):
            raise Misconfigured("The pages' style sheets and scripts are missing: run `python hatch_build.py` once.")
        super().__init__(directory=FOLDER)
        self.digest = _digest(FOLDER)

    def address(self, name: str) -> str:
        """Where a file of the static folder is found today."""
        return f"/static/{self.digest}/{name}"

    def get_path(self, scope: Scope) -> str:
        """The file asked for: the address without its digest."""
        return super().get_path(scope).partition(os.sep)[2]

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A page that was opened before an update still gets its files, but is not told to keep them."""
        response = await super().get_response(path, scope)
        is_todays = super().get_path(scope).partition(os.sep)[0] == self.digest
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_todays else "no-cache"
        return response


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
