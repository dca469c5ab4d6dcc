"""The command `advice-line`, run as an operator runs it."""

import csv
import io
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from advice_line import cli, embedded, log
from tests.lines.files import changed, line_of
from tests.lines.files import text as example
from tests.scene import Stage, copy

REPOSITORY = Path(__file__).parents[2]
REAL_ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "5" * 32, "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef"}
PERSON = ("user", "add", "robin@example.nhs.uk", "--service", "herts_cot", "--role")


@dataclass(frozen=True)
class Done:
    """A command that came to its end."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Operator:
    """Somebody at a terminal of one installation."""

    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def runs(self, *arguments: str, **environment: str) -> Done:
        """Run the command to its end, in this process: a process of its own spends seconds on getting ready."""
        said, complained, code = io.StringIO(), io.StringIO(), 0
        with ExitStack() as terminal:
            terminal.callback(log.configure, "json")  # as it was
            terminal.enter_context(patch.dict("os.environ", self._theirs(environment), clear=True))
            terminal.enter_context(patch.object(sys, "argv", ["advice-line", *arguments]))
            terminal.enter_context(redirect_stdout(said))
            terminal.enter_context(redirect_stderr(complained))
            try:
                cli.main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Done(code, said.getvalue(), complained.getvalue())

    def starts(self, *arguments: str, **environment: str) -> Done:
        """Run the command to its end in a process of its own, as every command is run once."""
        done = subprocess.run(
            [sys.executable, "-m", "advice_line.cli", *arguments],
            cwd=REPOSITORY,
            env=self._theirs(environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def _theirs(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"ADVICE_LINE_HOME": str(self.home), **self.environment, **more}

    def file(self, content: str) -> str:
        """The path of a configuration file."""
        path = self.home / "service.yaml"
        path.write_text(content, "utf-8")
        return str(path)


def _operator(home: Path, owner: str, serving: str) -> Operator:
    return Operator(home, {"DATABASE_URL": serving, "DATABASE_OWNER_URL": owner})


@pytest.fixture
def operator(tmp_path: Path, owner: Engine, serving: Engine) -> Operator:
    """Of a migrated database with nothing in it."""
    return _operator(tmp_path, *(engine.url.render_as_string(hide_password=False) for engine in (owner, serving)))


@pytest.fixture
def of_stage(tmp_path: Path, stage: Stage) -> Operator:
    """Of a database with both services."""
    engines = (stage.owner, stage.serving)
    return _operator(tmp_path, *(engine.url.render_as_string(hide_password=False) for engine in engines))


def test_migrate_brings_an_empty_database_up_to_date_once(cluster: embedded.Server, tmp_path: Path) -> None:
    name = f"empty_{uuid4().hex[:12]}"
    copy(cluster, "advice_line", name)
    operator = _operator(tmp_path, cluster.url_for("owner", name), cluster.url_for("serving", name))
    first, second = operator.runs("migrate"), operator.starts("migrate")
    assert (first.returncode, first.stdout[:9]) == (0, "Applied: ")
    assert (second.returncode, second.stdout) == (0, "The database was up to date.\n")


def test_configure_shows_first_then_applies_and_then_has_nothing_to_do(operator: Operator, owner: Engine) -> None:
    file = operator.file(example())
    shown = operator.runs("configure", file, "--dry-run")
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM service")) == 0
    applied, again = operator.runs("configure", file), operator.runs("configure", file)
    assert (shown.returncode, applied.returncode, again.returncode) == (0, 0, 0)
    assert shown.stdout == applied.stdout != again.stdout == "Nothing to change.\n"


def test_configure_names_the_line_of_a_fault_and_applies_nothing(operator: Operator, owner: Engine) -> None:
    faulty = changed(("nation: england_and_wales", "nation: narnia"))
    done = operator.starts("configure", operator.file(faulty))
    assert done.returncode == 1
    assert f"line {line_of('nation: narnia', faulty)}: " in done.stderr
    assert "Traceback" not in done.stderr
    with owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM service")) == 0


def test_configure_refuses_example_numbers_against_the_real_network(operator: Operator) -> None:
    file = operator.file(example())
    real = operator.runs("configure", file, "--dry-run", **REAL_ACCOUNT)
    practice = operator.runs("configure", file, "--dry-run", **REAL_ACCOUNT, TWILIO_API_URL="http://127.0.0.1:8010")
    assert (real.returncode, practice.returncode) == (1, 0)
    assert f"line {line_of('01632 960200', example())}: " in real.stderr


def test_a_person_is_added_once_and_given_further_roles(of_stage: Operator, stage: Stage) -> None:
    first, second = of_stage.starts(*PERSON, "therapist"), of_stage.runs(*PERSON, "lead")
    assert first.stdout.startswith("First password: ")
    assert second.stdout == "This person was there already: the roles were added.\n"
    with stage.owner.connect() as connection:
        known = text("SELECT count(*) FROM person WHERE email = 'robin@example.nhs.uk'")
        assert connection.scalar(known) == 1


def test_a_role_that_is_not_built_is_refused_in_a_sentence(of_stage: Operator) -> None:
    done = of_stage.runs(*PERSON, "auditor")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_a_token_is_printed_alone(of_stage: Operator) -> None:
    done = of_stage.starts("token", "add", "reports", "--role", "lead", "--service", "herts_cot")
    (token,) = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(token) >= 32
    assert " " not in token


def test_a_report_is_a_table_for_people(of_stage: Operator) -> None:
    done = of_stage.runs("report", "--service", "herts_cot", "--from", "2026-11-16", "--to", "2026-11-17")
    assert done.returncode == 0
    assert "Volume" in done.stdout
    assert "Measures" in done.stdout
    assert "2026-W47" in done.stdout


def test_a_report_is_csv_for_programs(of_stage: Operator) -> None:
    days = ("--from", "2026-11-16", "--to", "2026-11-17", "--by", "day")
    done = of_stage.starts("report", "--service", "herts_cot", *days, "--format", "csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["section", "key", "label", "calls", "messages", "enquiries"]
    assert rows[1] == ["volume", "2026-11-16", "Monday 16 November 2026", "0", "0", "0"]
    assert ["measures", "k01", "Calls offered", "0", "", "0.0", "count"] in rows


def test_the_doctor_says_each_fault_in_a_sentence_and_fails(of_stage: Operator) -> None:
    done = of_stage.runs("doctor", RECORDINGS_KEY="r" * 32)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert {line[:2] for line in lines} == {"✓ ", "✗ "}
    assert "✗ SECRET_KEY is not set: give at least 32 random characters." in lines
    assert "✓ The database is at this version." in lines


def test_the_doctor_is_quick_about_a_database_that_is_away(tmp_path: Path) -> None:
    done = Operator(tmp_path).starts("doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 1
    assert "✗ The database cannot be reached: check DATABASE_URL and that PostgreSQL runs." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("migrate",), "DATABASE_OWNER_URL"),
        ((*PERSON, "lead"), "DATABASE_OWNER_URL"),
        (("report", "--service", "herts_cot", "--from", "2026-11-16", "--to", "2026-11-17"), "DATABASE_URL"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else given,
)
def test_a_database_that_is_away_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], name: str) -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    done = _operator(tmp_path, away, away).runs(*arguments)
    sentence = f"The database cannot be reached: check {name} and that PostgreSQL runs.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def test_the_doctor_prints_the_page_of_the_fallback_alone(of_stage: Operator) -> None:
    done = of_stage.runs("doctor", "--fallback", "eput_support_line", PUBLIC_URL="https://advice.example.nhs.uk")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<?xml")
    unknown = of_stage.runs("doctor", "--fallback", "gone")
    assert (unknown.returncode, unknown.stdout, unknown.stderr.count("\n")) == (1, "", 1)


def test_serve_refuses_a_real_account_without_its_region(tmp_path: Path) -> None:
    done = Operator(tmp_path).starts("serve", **REAL_ACCOUNT)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("TWILIO_EDGE and TWILIO_REGION must both be set")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["frobnicate"], "No such command 'frobnicate'.\n"),
        (["reconcile"], "Missing option '--since'.\n"),
        (
            ["serve", "--only", "nobody"],
            "Invalid value for '--only': 'nobody' is not one of 'web', 'webhooks', 'scheduler'.\n",
        ),
    ],
)
def test_a_command_that_is_misspelt_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    assert Operator(tmp_path).runs(*arguments) == Done(2, "", sentence)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "TWILIO_API_URL is not set"),
        ({"TWILIO_API_URL": "https://api.dublin.ie1.twilio.com"}, "names the real telephone network"),
    ],
)
def test_ring_never_rings_the_real_network(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    done = Operator(tmp_path).starts("ring", "+441923470680", "--keys", "31", **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
