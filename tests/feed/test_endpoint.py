from __future__ import annotations

from pathlib import Path

import pytest

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode, checked_url, offered_url
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode

PROFILE = ConnectionProfile(
    "Studio",
    "db.example.org",
    5432,
    "studio",
    "admin",
    SslMode.VERIFY_FULL,
    feed_url="wss://feed.example.org:8443/ws",
    feed_authorities=Path("/etc/ca.pem"),
    feed_observes=False,
)


def test_the_feed_of_a_connection_has_what_the_profile_says() -> None:
    endpoint = FeedEndpoint.of(
        ConnectionTarget(PROFILE, feed_secret="hunter2"), user_id=UserId(3), username="Ada"
    )

    assert endpoint is not None
    assert (endpoint.url, endpoint.authorities) == (PROFILE.feed_url, Path("/etc/ca.pem"))
    assert (endpoint.mode, endpoint.user_id, endpoint.token) == (FeedMode.JOIN, UserId(3), "hunter2")
    assert (endpoint.host, endpoint.port, endpoint.is_secure) == ("feed.example.org", 8443, True)
    assert "hunter2" not in repr(endpoint) + repr(ConnectionTarget(PROFILE, feed_secret="hunter2"))


def test_a_connection_without_a_feed_has_none() -> None:
    profile = ConnectionProfile("x", "db.example.org", 5432, "studio", "admin", SslMode.VERIFY_FULL)

    assert FeedEndpoint.of(ConnectionTarget(profile)) is None


@pytest.mark.parametrize(
    ("given", "usual"),
    [
        (" wss://Feed.Example.org:8443/ws ", "wss://feed.example.org:8443/ws"),
        ("wss://feed.example.org", "wss://feed.example.org/"),
        ("ws://localhost:8080/ws", "ws://localhost:8080/ws"),
        ("ws://127.0.0.1/ws", "ws://127.0.0.1/ws"),
        ("wss://[2001:db8::1]:8443/ws", "wss://[2001:db8::1]:8443/ws"),
        ("WSS://feed.example.org/ws", "wss://feed.example.org/ws"),
    ],
)
def test_addresses_are_taken_in_their_usual_spelling(given: str, usual: str) -> None:
    assert checked_url(given) == usual


@pytest.mark.parametrize(
    "text",
    [
        "",
        "feed.example.org:8443",
        "https://feed.example.org/ws",
        "wss:///ws",
        "wss://ada:hunter2@feed.example.org/ws",
        "wss://hunter2@feed.example.org/ws",
        "wss://feed.example.org/ws?token=hunter2",
        "wss://feed.example.org/ws#hunter2",
        "wss://feed.example.org:hunter2/ws",
        "wss://feed.example.org:99999/ws",
        "wss://feed.example.org:0/ws",
        "wss://feed example.org/ws",
        "wss://feed.example.org/w s",
        "wss://fëed.example.org/ws",
        "wss://[::1/ws",
        "wss://feed.example.org/\0",
        "ws://feed.example.org/ws",
        "ws://localhost.example.org/ws",
    ],
)
def test_addresses_that_give_no_promise_are_refused_without_their_secrets(text: str) -> None:
    with pytest.raises(InputError) as caught:
        FeedEndpoint(text)

    assert caught.value.field == "feed_url"
    assert "hunter2" not in caught.value.message


def test_plain_sockets_go_further_only_where_that_is_allowed() -> None:
    assert FeedEndpoint("ws://feed.example.org/ws", allow_plain=True).is_secure is False


@pytest.mark.parametrize("prefix", ["", "sha256:", "SHA256 Fingerprint=", "sha256 Fingerprint="])
def test_fingerprints_are_taken_as_programs_print_them(prefix: str) -> None:
    plain = "ab" * 32
    pairs = ":".join(["AB"] * 32)

    assert FeedEndpoint("wss://x/", fingerprint=prefix + pairs).fingerprint == plain


@pytest.mark.parametrize("text", ["", "ab", "zz" * 32, "ab" * 20])
def test_other_fingerprints_are_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        FeedEndpoint("wss://x/", fingerprint=text)

    assert caught.value.field == "feed_fingerprint"


@pytest.mark.parametrize("token", ["", "two words", "hunter2\r\nX-Admin: 1", "hünter2"])
def test_tokens_can_carry_nothing_else_in(token: str) -> None:
    with pytest.raises(InputError) as caught:
        FeedEndpoint("wss://x/", token=token)

    assert not token or token not in caught.value.message


def test_headers_can_carry_nothing_else_in() -> None:
    with pytest.raises(InputError):
        FeedEndpoint("wss://x/", headers={"X-Key": "a\r\nX-Admin: 1"})


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("db.example.org", "wss://db.example.org:8443/ws"),
        ("2001:db8::1", "wss://[2001:db8::1]:8443/ws"),
        ("/var/run/postgresql", "wss://localhost:8443/ws"),
        ("", "wss://localhost:8443/ws"),
    ],
)
def test_the_address_on_offer_follows_the_databases_host(host: str, url: str) -> None:
    assert offered_url(host) == url
    assert checked_url(url) == url
