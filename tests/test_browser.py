"""A missing browser is named in a clear error: a browser test is never skipped."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from playwright.sync_api import Playwright

from tests import browser

NOWHERE = cast(Playwright, SimpleNamespace(chromium=SimpleNamespace(executable_path="/nowhere/chrome")))


def test_without_a_browser_the_test_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt install chromium"):
        browser.find(NOWHERE)


def test_a_browser_named_by_the_machine_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/bin/sh")
    assert browser.find(NOWHERE) == "/bin/sh"
    monkeypatch.setenv("CHROMIUM", "/nowhere/chrome")
    with pytest.raises(pytest.fail.Exception, match="is no program"):
        browser.find(NOWHERE)


def test_the_browser_without_a_window_comes_first_but_not_for_who_needs_its_devices(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("chromium", "chromium-headless-shell"):
        (tmp_path / name).touch(0o755)
    assert browser.find(NOWHERE) == str(tmp_path / "chromium-headless-shell")
    assert browser.find(NOWHERE, browser.WITH_A_WINDOW) == str(tmp_path / "chromium")
