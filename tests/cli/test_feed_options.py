"""Which feed a command follows: the options before the environment before the connection's own."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from syncsphere_desktop.cli.feed_options import add_feed_options, chosen_feed
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import FEED_URL_VARIABLE, ConnectionProfile, ConnectionTarget, SslMode

PROFILE = ConnectionProfile(
    "Studio",
    "db.example.org",
    5432,
    "studio",
    "admin",
    SslMode.VERIFY_FULL,
    feed_url="wss://feed.example.org/ws",
    feed_fingerprint="ab" * 32,
)
TARGET = ConnectionTarget(PROFILE, feed_secret="hunter2")


def options(*arguments: str) -> argparse.Namespace:
    """Return what a command line says of the feed."""
    parser = argparse.ArgumentParser()
    add_feed_options(parser)
    return parser.parse_args(arguments)


def test_the_connections_own_feed_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FEED_URL_VARIABLE, raising=False)
    endpoint = chosen_feed(TARGET, options())

    assert endpoint is not None
    assert (endpoint.url, endpoint.token) == ("wss://feed.example.org/ws", "hunter2")
    assert chosen_feed(TARGET, options("--no-feed")) is None


def test_another_feed_gets_neither_the_token_nor_the_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FEED_URL_VARIABLE, "wss://env.example.org/ws")
    by_environment = chosen_feed(TARGET, options())
    by_option = chosen_feed(TARGET, options("--feed-url", "wss://opt.example.org/ws"))

    assert by_environment is not None
    assert by_option is not None
    assert (by_environment.host, by_option.host) == ("env.example.org", "opt.example.org")
    assert by_environment.token is by_option.token is None
    assert by_environment.fingerprint is None


def test_trust_and_token_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FEED_URL_VARIABLE, raising=False)
    (tmp_path / "token").write_text("hunter3\n")
    (tmp_path / "token").chmod(0o600)
    given = options("--feed-ca", str(tmp_path / "ca.pem"), "--feed-token-file", str(tmp_path / "token"))
    endpoint = chosen_feed(TARGET, given)

    assert endpoint is not None
    assert (endpoint.authorities, endpoint.fingerprint) == (tmp_path / "ca.pem", None)
    assert endpoint.token == "hunter3"


def test_plain_addresses_have_to_be_allowed() -> None:
    with pytest.raises(InputError):
        chosen_feed(TARGET, options("--feed-url", "ws://feed.example.org/ws"))
    endpoint = chosen_feed(TARGET, options("--feed-url", "ws://feed.example.org/ws", "--feed-plain"))

    assert endpoint is not None
    assert not endpoint.is_secure
