"""The build's part of the pages: what is taken from npm, and what is left out of it."""

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_file_names_versions_and_digests_and_no_host() -> None:
    text = (ROOT / "frontend" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    taken = {name: package for name, package in packages.items() if name}
    assert set(taken) == {"node_modules/nhsuk-frontend", "node_modules/htmx.org"}
    assert all(package["version"] and package["integrity"].startswith("sha512-") for package in taken.values())
    assert "resolved" not in text
    assert "http" not in text


def test_a_second_run_finds_nothing_to_do(build: ModuleType) -> None:
    assert build.take_frontend() is False


def test_the_font_of_another_host_is_left_out(build: ModuleType) -> None:
    css = (
        '@font-face{font-family:Frutiger W01;src:url(https://assets.nhs.uk/f.woff2) format("woff2")}'
        "body{font-family:Frutiger W01,arial,sans-serif}i{background:url(/assets/images/tick.svg)}"
    )
    assert build._at_home(css) == "body{font-family:arial,sans-serif}i{background:url(assets/images/tick.svg)}"


@pytest.mark.parametrize("outside", ["url(https://x.example/a)", 'url("//x.example/a")', "url('http://x.example/a')"])
def test_a_style_sheet_that_asks_another_host_ends_the_build(build: ModuleType, outside: str) -> None:
    with pytest.raises(SystemExit, match="asks another host"):
        build._at_home(f"body{{background:{outside}}}")


def test_the_wheel_depends_on_what_the_requirements_name(build: ModuleType) -> None:
    metadata: dict[str, list[str]] = {}
    build.DependenciesHook(str(ROOT), {}).update(metadata)
    assert "nhsuk-frontend-jinja==0.10.2" in metadata["dependencies"]
    assert not any(line.startswith(("#", "-")) for line in metadata["dependencies"])
