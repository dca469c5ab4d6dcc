"""A real browser for the tests: found or named in a clear error, never skipped.

    def test_…(page: Page) -> None: ...

`look(page)` is what every page must pass: no accessibility fault, no sideways scrolling, nothing asked of another host,
nothing that the content security policy had to stop.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

WITH_A_WINDOW = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The headless shell reads and draws a page the same and takes half the processor time, but it has no devices to lend.
NAMES = ("chromium-headless-shell", *WITH_A_WINDOW)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = (1280, 900)
PHONE = (320, 640)
# Words near which the style sheet draws something are looked at as well: by itself axe asks each element around them
# for it, a third of all its time, and where there is something it leaves those words to a person.
AXE = {"resultTypes": ["violations"], "checks": {"color-contrast": {"options": {"ignorePseudo": True}}}}
FRAMES = 3  # the new size is told, the header hears of it, the header is drawn
WITHIN = 60_000  # milliseconds, on a busy machine
expect.set_options(timeout=WITHIN)
NO_BROWSER = (
    "The browser tests need Chromium and found none. Install it (`apt install chromium`, or "
    "`python -m playwright install chromium`), or give the path of a Chromium or Chrome in CHROMIUM."
)


def find(playwright: Playwright, names: tuple[str, ...] = NAMES) -> str:
    """The path of a Chromium: the one named in CHROMIUM, the first of `names` on the PATH, or Playwright's own."""
    named = os.environ.get("CHROMIUM")  # noqa: TID251 - a setting of the machine that tests, not of the product
    if named:
        if not shutil.which(named):
            pytest.fail(f"CHROMIUM names {named}, which is no program.", pytrace=False)
        return named
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None and Path(playwright.chromium.executable_path).exists():
        found = playwright.chromium.executable_path
    if found is None:
        pytest.fail(NO_BROWSER, pytrace=False)
    return found


class Shared:
    """The browser of all files of tests that drive one, for as long as they follow one another.

    While it is there no other event loop may run in this thread, so it is put away before any other test.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        """The browser; another one when it was put away, or fell."""
        if self._browser is None or not self._browser.is_connected():
            self.put_away()
            playwright = self._open.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=find(playwright), args=list(FLAGS))
            self._open.callback(self._browser.close)
        return self._browser

    def put_away(self) -> None:
        """Close it, if it is there."""
        self._browser = None
        self._open.close()


SHARED = Shared()


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Shared]:
    """Puts the shared browser away at the end."""
    yield SHARED
    SHARED.put_away()


@pytest.fixture(scope="module")
def chromium(shared_browser: Shared) -> Browser:
    """The shared browser; what a test does in it, it does in a window of its own."""
    return shared_browser.browser()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a fresh, private window. What it asks for and what it complains of is kept for `look`."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/London")
    page = context.new_page()
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.set_default_timeout(WITHIN)
    _remember(page)
    yield page
    context.close()


def look(page: Page) -> None:
    """Fail unless the page, as it is now, is fit for everybody, wide and narrow."""
    for width, height in (DESKTOP, PHONE):
        _resize(page, width, height)
        found = _violations(page)
        assert found.violations_count == 0, found.generate_report()
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{page.url} scrolls sideways by {beyond} px at {width} px"
    _resize(page, *DESKTOP)
    here = urlsplit(page.url).netloc
    asked = {urlsplit(address).netloc for address in ASKED[page] if not address.startswith("data:")}
    assert asked <= {here}, f"{page.url} asked {asked - {here}} for something"
    assert not COMPLAINTS[page], f"{page.url}: {COMPLAINTS[page]}"


def _resize(page: Page, width: int, height: int) -> None:
    """Give a window of another size this one, and wait until the header has moved what no longer fits into its menu.

    It does so a frame after it hears of the new size; until then white words stand beside the page.
    """
    if page.viewport_size == {"width": width, "height": height}:
        return
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_function("width => innerWidth === width", arg=width)
    page.evaluate(f"new Promise(done => {'requestAnimationFrame(() => ' * FRAMES}done(){')' * FRAMES})")


def _violations(page: Page) -> AxeResults:
    """What axe has against the page. Its script is read once for each document, and only faults are brought back."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(Axe().axe_script)
    run = "options => axe.run(document, options).then(({violations}) => ({violations}))"
    return AxeResults(page.evaluate(run, AXE))


ASKED: dict[Page, list[str]] = {}
COMPLAINTS: dict[Page, list[str]] = {}


def _remember(page: Page) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    ASKED[page], COMPLAINTS[page] = asked, complaints
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said.type, said.text) else None)


def _is_complaint(kind: str, text: str) -> bool:
    # The browser notes every page that answers 4xx or 5xx; those are meant here.
    return kind in ("error", "warning") and not text.startswith("Failed to load resource: the server responded")


def ensure() -> int:
    """Find the browser, or install Playwright's; 1 and a sentence when there is none to be had."""
    with sync_playwright() as playwright:
        known = Path(playwright.chromium.executable_path).exists() or any(map(shutil.which, NAMES))
    if known or os.environ.get("CHROMIUM"):  # noqa: TID251 - a setting of the machine that tests, not of the product
        return 0
    sys.stderr.write("The browser tests need Chromium: fetching Playwright's …\n")
    if subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False).returncode == 0:
        return 0
    sys.stderr.write(f"{NO_BROWSER}\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(ensure())
