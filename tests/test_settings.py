"""Settings: what the operator chose, and what is refused before anything is served."""

from pathlib import Path

import pytest

from advice_line.errors import Misconfigured
from advice_line.settings import Settings

GOOD = {"SECRET_KEY": "s" * 32, "RECORDINGS_KEY": "r" * 32}


def test_an_empty_environment_is_a_single_machine() -> None:
    settings = Settings.load({})
    assert settings.database_url is None
    assert settings.advice_line_home == Path("var")


@pytest.mark.parametrize("value", ["changeme" * 5, "please-change-this-secret-key-now!", "short"])
def test_a_placeholder_is_refused_by_name(value: str) -> None:
    with pytest.raises(Misconfigured, match=r"^SECRET_KEY is a placeholder or too short"):
        Settings.load({**GOOD, "SECRET_KEY": value})


def test_each_key_of_a_rotation_must_be_a_real_one() -> None:
    with pytest.raises(Misconfigured, match="RECORDINGS_KEY"):
        Settings.load({**GOOD, "RECORDINGS_KEY": "r" * 32 + ",changeme"})


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40 + "\n")
    assert Settings.load({"SECRET_KEY_FILE": str(tmp_path / "key")}).secret("secret_key") == "k" * 40


def test_a_secret_in_both_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"both set"):
        Settings.load({**GOOD, "SECRET_KEY_FILE": str(tmp_path / "key")})


def test_a_token_of_any_account_and_a_databases_address_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("new,old")
    (tmp_path / "url").write_text("postgresql://app@db.example.nhs.uk/advice_line")
    settings = Settings.load({
        "TWILIO_EPUT_ACCOUNT_SID": "AC2", "TWILIO_EPUT_AUTH_TOKEN_FILE": str(tmp_path / "token"),
        "DATABASE_URL_FILE": str(tmp_path / "url"),
    })  # fmt: skip
    assert settings.account("eput").rest_credentials() == ("AC2", "new")
    assert settings.database_url
    assert settings.database_url.get_secret_value().endswith("/advice_line")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    with pytest.raises(Misconfigured, match=r"^SECRET_KEY_FILE names a file that cannot be read"):
        Settings.load({"SECRET_KEY_FILE": str(tmp_path / "key")})


def test_a_missing_secret_is_named_when_it_is_needed() -> None:
    with pytest.raises(Misconfigured, match=r"^RECORDINGS_KEY is not set"):
        Settings.load({}).secret("recordings_key")


def test_a_token_may_be_a_list_and_the_first_is_used_to_ring() -> None:
    account = Settings.load({"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "new, old"}).account()
    assert [token.get_secret_value() for token in account.auth_tokens] == ["new", "old"]
    assert account.rest_credentials() == ("AC1", "new")


def test_an_api_key_is_used_to_ring_where_there_is_one() -> None:
    given = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "x"}
    assert Settings.load(given).account().rest_credentials() == ("SK1", "x")


def test_a_service_may_have_an_account_of_its_own() -> None:
    given = {"TWILIO_EPUT_ACCOUNT_SID": "AC2", "TWILIO_EPUT_AUTH_TOKEN": "t"}
    assert Settings.load(given).account("eput").sid == "AC2"
    with pytest.raises(Misconfigured, match="TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are not set"):
        Settings.load(given).account()


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"ACCOUNT_SID": "AC1"}, "AUTH_TOKEN"),
        ({"ACCOUNT_SID": "AC1", "AUTH_TOKEN": " , "}, "AUTH_TOKEN"),
        ({"AUTH_TOKEN": "t"}, "ACCOUNT_SID"),
        ({"ACCOUNT_SID": "AC1", "AUTH_TOKEN": "t", "API_KEY": "SK1"}, "API_SECRET"),
        ({"ACCOUNT_SID": "AC1", "AUTH_TOKEN": "t", "API_SECRET": "x"}, "API_KEY"),
    ],
)
@pytest.mark.parametrize("prefix", ["TWILIO_", "TWILIO_EPUT_"])
def test_half_an_account_is_refused_and_the_other_half_named(prefix: str, given: dict[str, str], missing: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{prefix}{missing} is not set, but {prefix}"):
        Settings.load({prefix + name: value for name, value in given.items()})


@pytest.mark.parametrize("name", ["TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET", "TWILIO_EPUT_AUTH_TOKEN"])
def test_a_placeholder_for_a_token_is_refused_by_name(name: str) -> None:
    given = {"AUTH_TOKEN": "t", "ACCOUNT_SID": "AC1", "API_KEY": "SK1", "API_SECRET": "s"}
    prefix = "TWILIO_EPUT_" if "EPUT" in name else "TWILIO_"
    with pytest.raises(Misconfigured, match=f"^{name} is a placeholder"):
        Settings.load({prefix + part: value for part, value in given.items()} | {name: "your-token-here"})


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_REPORTS_URL"])
@pytest.mark.parametrize("password", ["changeme", "password", "xxxxxx"])
def test_a_placeholder_for_a_databases_password_is_refused_by_name(name: str, password: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{name} has a placeholder for its password") as refused:
        Settings.load({name: f"postgresql://app:{password}@db.example.nhs.uk/advice_line"})
    assert "db.example" not in str(refused.value)
    assert Settings.load({name: "postgresql://password@db.example.nhs.uk/change-me"})


@pytest.mark.parametrize("name", ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_CLIENT_SECRET_FILE"])
def test_what_is_not_built_is_refused_rather_than_ignored(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{name} is set"):
        Settings.load({name: "https://example.nhs.uk"})


@pytest.mark.parametrize(
    "url",
    ["relay.nhs.uk", "https://relay.nhs.uk", "smtp://", "smtp://a@b@mail?x=1", "smtp://mail?from=me"],
)
def test_a_mail_relay_that_is_no_address_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"^SMTP_URL must be an address such as") as refused:
        Settings.load({"SMTP_URL": url})
    assert url not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["smtps://u:p%40@mail.example.nhs.uk:465?from=a@b.nhs.uk", "smtp://mail", "smtp://[::1]:25"]
)
def test_a_mail_relay_may_have_a_user_a_port_and_an_address_of_ours(url: str) -> None:
    given = Settings.load({"SMTP_URL": url}).smtp_url
    assert given
    assert given.get_secret_value() == url


def test_a_variable_that_is_empty_is_not_set() -> None:
    names = [name.upper() for name in Settings.model_fields if name != "accounts"]
    assert (
        Settings.load(dict.fromkeys([*names, "OIDC_ISSUER", "TWILIO_ACCOUNT_SID", "SECRET_KEY_FILE"], "")) == Settings()
    )


@pytest.mark.parametrize(
    ("name", "value"), [("LOG_FORMAT", "xml"), ("TWILIO_SIGNATURE_ALGORITHM", "md5"), ("SECRET_KEY", "short")]
)
def test_every_refusal_begins_with_the_name_of_the_variable(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{name} "):
        Settings.load({name: value})


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Misconfigured) as refused:
        Settings.load({"LOG_FORMAT": "xml", "SECRET_KEY": "short", "PUBLIC_URL": "nowhere"})
    assert sorted(line.split()[0] for line in str(refused.value).splitlines()) == [
        "LOG_FORMAT",
        "PUBLIC_URL",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize("url", ["advice.example.nhs.uk", "https://advice.example.nhs.uk/line", "ftp://example"])
def test_a_public_address_is_an_address_without_a_path(url: str) -> None:
    with pytest.raises(Misconfigured, match="PUBLIC_URL must be an address"):
        Settings.load({"PUBLIC_URL": url})


def test_the_real_network_needs_its_region_said() -> None:
    with pytest.raises(Misconfigured, match="TWILIO_EDGE and TWILIO_REGION"):
        Settings.load({}).api_url()
    assert "dublin.ie1" in Settings.load({"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}).api_url()


def test_an_account_is_not_served_without_its_region() -> None:
    account = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}
    Settings.load({}).refuse_half_a_network()
    Settings.load({**account, "TWILIO_API_URL": "http://127.0.0.1:8010"}).refuse_half_a_network()
    Settings.load({**account, "TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}).refuse_half_a_network()
    with pytest.raises(Misconfigured, match="TWILIO_EDGE and TWILIO_REGION must both be set"):
        Settings.load({**account, "TWILIO_REGION": "ie1"}).refuse_half_a_network()


@pytest.mark.parametrize(
    ("url", "real"), [("", True), ("https://api.dublin.ie1.twilio.com", True), ("http://127.0.0.1:8010", False)]
)
def test_it_is_known_whether_calls_reach_real_people(url: str, real: bool) -> None:
    given = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_URL": url}
    assert Settings.load(given).rings_for_real is real


def test_secrets_do_not_show_themselves() -> None:
    settings = Settings.load({**GOOD, "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hidden"})
    assert "hidden" not in repr(settings)
    assert "s" * 32 not in repr(settings)
