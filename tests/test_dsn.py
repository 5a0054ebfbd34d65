"""Addresses are read as libpq reads them, and no refusal repeats a piece of a password."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop import dsn
from syncsphere_desktop.dsn import default_sslmode, format_dsn, is_loopback, parse_dsn
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionProfile, Environment, SslMode


def test_a_url_names_every_part() -> None:
    target = parse_dsn(
        "postgresql://ada:s%40cret@db.example:5433/studio?sslmode=verify-ca&sslrootcert=/etc/ca.pem"
    )
    assert target.profile == ConnectionProfile(
        name="studio on db.example",
        host="db.example",
        port=5433,
        database="studio",
        user="ada",
        sslmode=SslMode.VERIFY_CA,
        sslrootcert=Path("/etc/ca.pem"),
    )
    assert target.password == "s@cret"
    assert "s@cret" not in repr(target)


@pytest.mark.parametrize(
    "text",
    [
        "postgres://ada@db/studio",
        "POSTGRESQL://ada@db:5432/studio",
        "postgresql+psycopg2://ada@db/studio",
        "  postgresql://ada@db/studio?connect_timeout=5&application_name=x \n",
        "host=db dbname=studio user=ada",
        "host = 'db' port=5432 dbname='studio'  user=ada",
        "postgresql:///studio?host=db&user=ada",
    ],
)
def test_every_way_of_writing_it_means_the_same(text: str) -> None:
    profile = parse_dsn(text).profile
    assert (profile.user, profile.host, profile.port, profile.database) == ("ada", "db", 5432, "studio")
    assert profile.sslmode is SslMode.VERIFY_FULL


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("postgresql://ada@[::1]:5433/studio", "::1"),
        ("postgresql://ada@[fe80::1%25eth0]:5433/studio", "fe80::1%eth0"),
        ("postgresql://ada@%2Fvar%2Frun%2Fpg:5433/studio", "/var/run/pg"),
        ("postgresql://ada@/studio?host=/var/run/pg&port=5433", "/var/run/pg"),
        ("host=/var/run/pg port=5433 dbname=studio user=ada", "/var/run/pg"),
        ("host=::1 port=5433 dbname=studio user=ada", "::1"),
    ],
)
def test_addresses_and_sockets_are_hosts(text: str, host: str) -> None:
    profile = parse_dsn(text).profile
    assert (profile.host, profile.port) == (host, 5433)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("postgresql://ada:p@ss#w:rd@db/studio", "p@ss#w:rd"),
        ("postgresql://ada:%2F%3F%25@db/studio", "/?%"),
        ("postgresql://db/studio?user=ada&password=p%26q", "p&q"),
        (r"host=db dbname=studio password='it\'s \\ here'", r"it's \ here"),
        (r"host=db dbname=studio password=a\ b", "a b"),
        ("postgresql://ada:@db/studio", None),
        ("postgresql://ada@db/studio", None),
        ("host=db dbname=studio password=''", None),
    ],
)
def test_passwords_are_decoded(text: str, password: str | None) -> None:
    assert parse_dsn(text).password == password


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("postgresql://ada@db.example/studio", SslMode.VERIFY_FULL),
        ("postgresql://ada@10.0.0.7/studio", SslMode.VERIFY_FULL),
        ("postgresql://ada@localhost/studio", SslMode.DISABLE),
        ("postgresql://ada@127.0.0.9/studio", SslMode.DISABLE),
        ("postgresql://ada@[::1]/studio", SslMode.DISABLE),
        ("postgresql://ada@/studio?host=/run/pg", SslMode.DISABLE),
        ("postgresql://ada@/studio?host=/run/pg&sslmode=verify-full", SslMode.DISABLE),
        ("postgresql://ada@localhost/studio?sslrootcert=ca.pem", SslMode.VERIFY_FULL),
        ("postgresql://ada@localhost/studio?sslmode=prefer", SslMode.DISABLE),
        ("postgresql://ada@localhost/studio?sslmode=allow", SslMode.DISABLE),
        ("postgresql://ada@localhost/studio?sslmode=require", SslMode.REQUIRE),
        ("postgresql://ada@db.example/studio?sslmode=disable", SslMode.DISABLE),
        ("postgresql://ada@db.example/studio?ssl=true", SslMode.REQUIRE),
    ],
)
def test_tls_is_checked_off_loopback_unless_told_otherwise(text: str, mode: SslMode) -> None:
    assert parse_dsn(text).profile.sslmode is mode


def test_what_is_near_counts_as_a_local_environment() -> None:
    assert parse_dsn("postgresql://ada@localhost/studio").profile.environment is Environment.LOCAL
    assert parse_dsn("postgresql://ada@db.example/studio").profile.environment is Environment.DEVELOPMENT


def test_loopback_is_told_from_names_that_look_like_it() -> None:
    assert is_loopback("LOCALHOST.")
    assert is_loopback("db.localhost")
    assert is_loopback("::ffff:127.0.0.1")
    assert not is_loopback("127.0.0.1.example")
    assert not is_loopback("localhost.example")
    assert default_sslmode("localhost") is SslMode.DISABLE
    assert default_sslmode("/run/pg", has_authority=True) is SslMode.DISABLE


SECRETS = [
    "postgresql://ada:hunter2/x@db/studio",
    "postgresql://ada:hunter2?x@db/studio",
    "postgresql://ada:hunter2%@db/studio",
    "postgresql://ada:hunter2%zz@db/studio",
    "postgresql://ada:5432/hunter2@db/studio",
    "postgresql://ada:5432?hunter2=x@db/studio",
    "postgresql://ada:hunter2@db:port/studio",
    "postgresql://ada:hunter2@db:0/studio",
    "postgresql://ada:hunter2@db:65536/studio",
    "postgresql://ada:hunter2@[::1/studio",
    "postgresql://ada:hunter2@[::1]5432/studio",
    "postgresql://ada:hunter2@db,db2/studio",
    "postgresql://ada:hunter2@db",
    "postgresql://ada:hunter2@db/",
    "postgresql://ada:hunter2@db/studio?sslmode=prefer",
    "postgresql://ada:hunter2@db/studio?sslmode=allow",
    "postgresql://ada:hunter2@db/studio?sslmode=hunter2",
    "postgresql://ada:hunter2@db/studio?sslcert=x",
    "postgresql://ada:hunter2@db/studio?nonsense=x",
    "postgresql://ada:hunter2@db/studio?sslmode",
    "postgresql://ada:hunter2%00@db/studio",
    "postgresql://ada:hunter2%ff@db/studio",
    "postgresql://ada:hunter2@d b/studio",
    "mysql://ada:hunter2@db/studio",
    "host=db password='hunter2 dbname=studio",
    "host=db dbname=studio password=hunter2 nonsense=1",
    "host=db password=hunter2 dbname",
    "password=hunter2 host=db",
    "host=db password=hunter2 dbname=postgresql://x/y",
    "hunter2",
    "",
    "  ",
    "host=db\0 dbname=hunter2",
]


@pytest.mark.parametrize("text", SECRETS)
def test_what_can_not_be_understood_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_dsn(text)
    assert caught.value.field == "dsn"
    told = f"{caught.value.message}{caught.value.details}{caught.value.__cause__}"
    assert "hunter" not in told


def test_a_missing_host_is_the_socket_that_is_there_or_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dsn, "_SOCKET_FOLDERS", (tmp_path,))
    assert parse_dsn("postgresql:///studio?user=ada").profile.host == "localhost"
    (tmp_path / ".s.PGSQL.5432").touch()
    assert parse_dsn("postgresql:///studio?user=ada").profile.host == str(tmp_path)


def test_a_missing_user_is_the_one_who_runs_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert parse_dsn("postgresql://db/studio").profile.user == "grace"


_NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: "://" not in name
)
_HOSTS = st.sampled_from(
    ["db.example", "localhost", "10.0.0.1", "::1", "fe80::1%eth0", "/run/p g/ü", "@abstract"]
)


@given(host=_HOSTS, port=st.integers(1, 65535), database=_NAMES, user=_NAMES, mode=st.sampled_from(SslMode))
def test_what_is_formatted_is_read_back(
    host: str, port: int, database: str, user: str, mode: SslMode
) -> None:
    local = host.startswith(("/", "@"))
    profile = ConnectionProfile(
        "any",
        host,
        port,
        database,
        user,
        SslMode.DISABLE if local else mode,
        None if local else Path("/c a/ü.pem"),
    )
    back = parse_dsn(format_dsn(profile)).profile
    assert (back.host, back.port, back.database, back.user) == (host, port, database, user)
    assert (back.sslmode, back.sslrootcert) == (profile.sslmode, profile.sslrootcert)


@given(st.text())
def test_any_text_gives_a_target_or_a_refusal(text: str) -> None:
    for candidate in (text, f"postgresql://{text}", f"host=x {text}"):
        with suppress(InputError):
            assert parse_dsn(candidate).profile.database
