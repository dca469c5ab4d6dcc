"""The rules of the house that no linter knows."""

import re
from pathlib import Path

import pytest

from advice_line.api import audio, calling, enquiries, figures, plan
from advice_line.api.asker import asker
from advice_line.pages.app import PAGES
from advice_line.pages.guard import unguarded
from advice_line.settings import RESERVED, Settings

ROOT = Path(__file__).parent.parent
SOURCES = [
    path
    for folder in ("advice_line", "webhooks", "scheduler", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
]
LONGEST = 300
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def test_no_file_is_longer_than_a_noun() -> None:
    assert [str(path) for path in SOURCES if len(path.read_text("utf-8").splitlines()) > LONGEST] == []


def test_no_file_speaks_of_a_machine_or_leaves_work_behind() -> None:
    unwelcome = re.compile("|".join([r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", "/wo" + "rk/", "/fa" + "rm/"]))
    found = {str(path): unwelcome.findall(path.read_text("utf-8")) for path in SOURCES}
    assert {path: words for path, words in found.items() if words} == {}


def test_every_setting_is_in_the_example_with_a_comment_and_nothing_else_is() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    settings = {name.upper() for name in Settings.model_fields if name != "accounts"}
    account = {f"TWILIO_{part}" for part in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_SECRET")}
    assert named == settings | account | set(RESERVED)


def test_every_page_says_who_may_use_it() -> None:
    assert [route for router in PAGES for route in unguarded(router)] == []


@pytest.mark.parametrize("module", [audio, calling, enquiries, figures, plan], ids=lambda module: module.__name__)
def test_every_route_of_the_api_asks_for_a_token(module: object) -> None:
    def calls(dependant: object) -> set[object]:
        needed = dependant.dependencies  # type: ignore[attr-defined]
        return {one.call for one in needed}.union(*(calls(one) for one in needed))

    for route in module.router.routes:  # type: ignore[attr-defined]
        assert asker in calls(route.dependant), route.path


def test_the_readme_begins_with_the_two_commands_and_stays_short() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(readme) <= 80
    assert any("make demo" in line for line in readme[:25])


def test_lock_files_carry_hashes_and_no_addresses() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
    assert "resolved" not in (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
