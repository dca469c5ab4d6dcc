"""`make screenshot`: the picture in the README, taken from a demonstration that is running on this machine."""

import json
import sys
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from advice_line.cli.demo import HOST, PORT
from advice_line.cli.demo.place import FILE
from advice_line.settings import Settings
from tests.browser import DESKTOP, FLAGS, find

PICTURE = Path(__file__).parent.parent / "docs" / "unheard.png"
THERAPIST = "amira.example@example.nhs.uk"


def take() -> int:
    """Sign in as the therapist and take the list of what nobody has heard; 1 and a sentence when no demo runs."""
    kept = Settings.load().advice_line_home / FILE
    address = f"http://{HOST}:{PORT}"
    try:
        httpx.get(f"{address}/healthz", timeout=2).raise_for_status()
        password = json.loads(kept.read_text(encoding="utf-8"))["passwords"][THERAPIST]
    except (httpx.HTTPError, OSError, KeyError):
        sys.stderr.write("No demonstration is running here: start one with `make demo`, then try again.\n")
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(playwright), args=list(FLAGS))
        page = browser.new_page(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
        page.goto(f"{address}/sign-in")
        page.get_by_label("Email address").fill(THERAPIST)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Not yet heard").wait_for()
        page.screenshot(path=PICTURE, full_page=True)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(take())
