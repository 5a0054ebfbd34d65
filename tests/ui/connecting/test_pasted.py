"""A pasted address is taken apart, and its password never stays in sight."""

from __future__ import annotations

import pytest

from syncsphere_desktop.settings import SslMode
from syncsphere_desktop.ui.connecting.pasted import looks_like_address, take_apart, without_password


def test_an_address_gives_its_parts_and_its_password_apart() -> None:
    pasted = take_apart("postgresql://admin:s%40crt@db.example.org:6432/studio?sslmode=require")
    assert pasted.profile is not None
    assert (pasted.profile.host, pasted.profile.port, pasted.profile.database) == (
        "db.example.org",
        6432,
        "studio",
    )
    assert pasted.profile.sslmode is SslMode.REQUIRE
    assert pasted.password == "s@crt"
    assert "crt" not in pasted.text
    assert "s@crt" not in repr(pasted)


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "a:b@c/d?e#f", "50%"])
def test_a_password_that_was_not_percent_encoded_is_understood(password: str) -> None:
    pasted = take_apart(f"postgresql://admin:{password}@db.example.org/studio")
    assert pasted.password == password
    assert pasted.profile is not None
    assert pasted.profile.host == "db.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "mysql://admin:secret@db/studio",
        "postgresql://admin:secret@db",
        "postgresql://admin:secret@db/studio?sslkey=x",
        "host=db user=admin password=secret",
        "host=db user=admin password='secret' sslkey=x dbname=studio",
        "postgresql://db/?user=admin&password=secret",
    ],
)
def test_an_address_that_is_wrong_loses_its_password_all_the_same(text: str) -> None:
    pasted = take_apart(text)
    assert pasted.profile is None
    assert pasted.error is not None
    assert pasted.password == "secret"
    assert "secret" not in pasted.text
    assert "secret" not in pasted.error.message


def test_a_quoted_password_of_a_keyword_address_is_unquoted() -> None:
    assert without_password(r"host=db password='it\'s it' user=a") == ("host=db user=a", "it's it")


def test_an_address_without_a_password_stays_as_it_is() -> None:
    assert without_password("postgresql://db/studio") == ("postgresql://db/studio", None)


def test_a_hosts_name_is_no_address() -> None:
    assert not looks_like_address("db.example.org")
    assert not looks_like_address("/var/run/postgresql")
    assert looks_like_address("postgres://db/studio")
    assert looks_like_address("host=db dbname=studio")
