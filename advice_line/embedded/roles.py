"""The database roles of an embedded server, and the file that keeps their passwords."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

Role = Literal["owner", "serving", "admin"]
Passwords = Mapping[Role, str]

DATABASE = "advice_line"
NAMES: Mapping[Role, str] = {
    "owner": "advice_line_owner",  # migrates: owns the database, is no superuser
    "serving": "advice_line_app",  # serves: owns nothing, and row-level security binds it
    "admin": "advice_line_admin",  # the bootstrap superuser: backups and test databases
}
_POWERLESS = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


def create() -> list[str]:
    """The SQL that makes the roles and the product's database in a new cluster, to be run in template1."""
    owner, serving = NAMES["owner"], NAMES["serving"]
    return [
        f"CREATE ROLE {owner} {_POWERLESS}",
        f"CREATE ROLE {serving} {_POWERLESS}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
        "REVOKE ALL ON DATABASE template1 FROM PUBLIC",
        f"CREATE DATABASE {DATABASE} OWNER {owner}",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {serving}",
    ]


def give(passwords: Passwords) -> list[str]:
    """The SQL that gives every role its password."""
    return [f"ALTER ROLE {NAMES[role]} PASSWORD '{password}'" for role, password in passwords.items()]


def invent() -> Passwords:
    """New passwords, without a character that SQL or a URL would have to quote."""
    return {role: os.urandom(24).hex() for role in get_args(Role)}


def load(file: Path) -> Passwords | None:
    """The passwords kept in `file`, or None if there are none yet."""
    if not file.exists():
        return None
    kept = json.loads(file.read_text())
    return {role: kept[role] for role in get_args(Role)}


def save(file: Path, passwords: Passwords) -> None:
    """Keep the passwords in `file`, readable by its owner alone; whole or not at all."""
    new = file.with_suffix(".new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(passwords, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
