"""Every environment variable the product reads, typed; `.env.example` names each with a comment.

A secret may be given as `NAME_FILE`, a path whose content is the value. Placeholders are refused, so that nothing
is ever served with a password that is printed in a public file.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, field_validator

from advice_line.errors import Misconfigured

REAL_API = "https://api.{edge}.{region}.twilio.com"
SECRETS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_REPORTS_URL", "SECRET_KEY", "RECORDINGS_KEY", "SMTP_URL")
ACCOUNT_PART = re.compile(r"(TWILIO_(?:([A-Z0-9_]+)_)?)(?:ACCOUNT_SID|AUTH_TOKEN|API_KEY|API_SECRET)")
# Promised names whose part of the product is not built: set, they are refused rather than quietly ignored.
RESERVED = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
PLACEHOLDER = re.compile(r"change.?me|change.?this|placeholder|^secret$|^password$|^x{3,}$|^your[-_ ]", re.IGNORECASE)
SHORTEST_SECRET = 32
RELAY = re.compile(r"smtps?://([^@/?#\s]+@)?([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?/?(\?from=[^@&\s]+@[^@&\s]+)?")


class Account(BaseModel):
    """One Twilio account. Any of the tokens may have signed; the first, or the API key, is used for REST."""

    model_config = ConfigDict(frozen=True)

    sid: str
    auth_tokens: tuple[SecretStr, ...]
    api_key: str | None = None
    api_secret: SecretStr | None = None

    def rest_credentials(self) -> tuple[str, str]:
        """User and password for the REST API: the API key where there is one."""
        if self.api_key and self.api_secret:
            return self.api_key, self.api_secret.get_secret_value()
        return self.sid, self.auth_tokens[0].get_secret_value()


class Settings(BaseModel):
    """What the operator chose. Built by `load`; refuses what would not be safe to serve."""

    model_config = ConfigDict(frozen=True)

    database_url: SecretStr | None = None
    database_owner_url: SecretStr | None = None
    database_reports_url: SecretStr | None = None
    advice_line_home: Path = Path("var")
    public_url: str = "http://127.0.0.1:8000"
    accounts: Mapping[str, Account] = {}
    twilio_signature_algorithm: Literal["sha1", "sha256"] = "sha1"
    twilio_edge: str | None = None
    twilio_region: str | None = None
    twilio_api_url: str | None = None
    secret_key: SecretStr | None = None
    recordings_key: SecretStr | None = None
    recordings_url: str | None = None
    smtp_url: SecretStr | None = None
    log_format: Literal["console", "json"] = "console"

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment (the process's own by default). Raises Misconfigured with one sentence a fault."""
        environ = os.environ if environ is None else environ
        for name in RESERVED:
            for written in (name, f"{name}_FILE"):
                if environ.get(written):
                    raise Misconfigured(f"{written} is set, but that part of Advice Line is not built yet: unset it.")
        values = _with_files(environ)
        given: dict[str, Any] = {
            name: values[name.upper()] for name in cls.model_fields if values.get(name.upper(), "") != ""
        }
        try:
            return cls(**given, accounts=_accounts(values))
        except ValidationError as error:
            raise Misconfigured("\n".join(_sentence(fault) for fault in error.errors())) from None

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not re.match(r"https?://[^/?#]+$", value.rstrip("/")):
            raise ValueError("must be an address such as https://advice.example.nhs.uk, without a path")
        return value.rstrip("/")

    @field_validator("secret_key", "recordings_key")
    @classmethod
    def _secret_enough(cls, value: SecretStr | None) -> SecretStr | None:
        for part in value.get_secret_value().split(",") if value else ():
            if PLACEHOLDER.search(part) or len(part) < SHORTEST_SECRET:
                raise ValueError(
                    f"is a placeholder or too short: give at least {SHORTEST_SECRET} random characters, "
                    "for example from `openssl rand -hex 32`"
                )
        return value

    @field_validator("database_url", "database_owner_url", "database_reports_url", "smtp_url")
    @classmethod
    def _password_is_real(cls, value: SecretStr | None) -> SecretStr | None:
        password = urlsplit(value.get_secret_value()).password if value else None
        if password and PLACEHOLDER.search(unquote(password)):
            raise ValueError("has a placeholder for its password: give a password of its own")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_a_relay(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not RELAY.fullmatch(value.get_secret_value()):
            raise ValueError(
                "must be an address such as smtps://user:password@mail.example.nhs.uk?from=advice-line@example.nhs.uk"
            )
        return value

    def api_url(self) -> str:
        """Base address of the telephone provider's REST API and recordings."""
        if self.twilio_api_url:
            return self.twilio_api_url.rstrip("/")
        if not (self.twilio_edge and self.twilio_region):
            raise Misconfigured(
                "TWILIO_EDGE and TWILIO_REGION must both be set for a real account (for example dublin and ie1)."
            )
        return REAL_API.format(edge=self.twilio_edge, region=self.twilio_region)

    def refuse_half_a_network(self) -> None:
        """Raise Misconfigured when there are accounts, but nobody said in which region the network has them."""
        if self.accounts:
            self.api_url()

    @property
    def rings_for_real(self) -> bool:
        """Whether calls would reach the real telephone network."""
        host = urlsplit(self.twilio_api_url).hostname or "" if self.twilio_api_url else "twilio.com"
        return bool(self.accounts) and (host == "twilio.com" or host.endswith(".twilio.com"))

    def secret(self, name: Literal["secret_key", "recordings_key"]) -> str:
        """The value of a secret that cannot be done without; Misconfigured if it is missing."""
        value: SecretStr | None = getattr(self, name)
        if value is None:
            raise Misconfigured(f"{name.upper()} is not set: give at least {SHORTEST_SECRET} random characters.")
        return value.get_secret_value()

    def account(self, name: str = "default") -> Account:
        """The Twilio account a service uses; Misconfigured when its credentials are missing."""
        try:
            return self.accounts[name]
        except KeyError:
            prefix = "TWILIO_" if name == "default" else f"TWILIO_{name.upper()}_"
            raise Misconfigured(f"{prefix}ACCOUNT_SID and {prefix}AUTH_TOKEN are not set.") from None


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    values = dict(environ)
    for name, path in environ.items():
        base = name.removesuffix("_FILE")
        if base == name or not (base in SECRETS or base.startswith("TWILIO_")) or not path:
            continue
        if environ.get(base):
            raise Misconfigured(f"{base} and {name} are both set: keep one of them.")
        try:
            values[base] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"{name} names a file that cannot be read.") from None
    return values


def _accounts(values: Mapping[str, str]) -> dict[str, Account]:
    found = (ACCOUNT_PART.fullmatch(variable) for variable, value in values.items() if value)
    names = {part[1]: (part[2] or "default").lower() for part in found if part}
    return {name: _account(prefix, values) for prefix, name in names.items()}


def _account(prefix: str, values: Mapping[str, str]) -> Account:
    def said(part: str) -> str:
        return values.get(prefix + part, "").strip()

    tokens = tuple(part.strip() for part in said("AUTH_TOKEN").split(",") if part.strip())
    other = next((part for part in ("AUTH_TOKEN", "API_KEY") if said(part)), "API_SECRET")
    _needs(prefix, "ACCOUNT_SID", of=other, given=said("ACCOUNT_SID"))
    _needs(prefix, "AUTH_TOKEN", of="ACCOUNT_SID", given="".join(tokens))
    if said("API_KEY") or said("API_SECRET"):
        _needs(prefix, "API_KEY", of="API_SECRET", given=said("API_KEY"))
        _needs(prefix, "API_SECRET", of="API_KEY", given=said("API_SECRET"))
    for part, secrets in (("AUTH_TOKEN", tokens), ("API_SECRET", (said("API_SECRET"),))):
        if any(PLACEHOLDER.search(secret) for secret in secrets):
            raise Misconfigured(
                f"{prefix}{part} is a placeholder: give the one that the telephone network made for you."
            )
    return Account(
        sid=said("ACCOUNT_SID"),
        auth_tokens=tuple(map(SecretStr, tokens)),
        api_key=said("API_KEY") or None,
        api_secret=SecretStr(said("API_SECRET")) if said("API_SECRET") else None,
    )


def _needs(prefix: str, part: str, *, of: str, given: str) -> None:
    if not given:
        raise Misconfigured(f"{prefix}{part} is not set, but {prefix}{of} is.")


def _sentence(fault: Any) -> str:
    name = "_".join(str(part) for part in fault["loc"][:1]).upper()
    message = fault["msg"].removeprefix("Value error, ")
    return f"{name} {message}." if name else f"{message[0].upper()}{message[1:]}."
