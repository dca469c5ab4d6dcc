"""A missing browser is named in a clear error: a browser test is never skipped."""

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
