"""The live feed in the form: folded away, offered, never forced, and refused where it gives no promise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode
from syncsphere_desktop.ui.connecting.connection_form import ConnectionForm
from syncsphere_desktop.ui.connecting.draft import ConnectionDraft

PROFILE = ConnectionProfile(
    "Studio",
    "db.example.org",
    5432,
    "studio",
    "admin",
    SslMode.VERIFY_FULL,
    feed_url="wss://feed.example.org:8443/ws",
    feed_fingerprint="ab" * 32,
    feed_observes=False,
)
TARGET = ConnectionTarget(PROFILE, "one", feed_secret="hunter2")
FEED_FIELDS = ("feed_url", "feed_authorities", "feed_fingerprint", "feed_secret")


@pytest.fixture
def form(qtbot: QtBot) -> ConnectionForm:
    made = ConnectionForm()
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_feed_is_folded_and_offered_and_left_empty(form: ConnectionForm) -> None:
    form.take_address("postgresql://admin@db.example.org/studio")

    assert form.feed.is_folded
    assert form.feed.address.text() == ""
    assert form.feed.address.placeholderText() == "wss://db.example.org:8443/ws"
    assert form.draft().target().profile.feed_url is None


def test_the_offer_is_taken_by_its_button(form: ConnectionForm) -> None:
    form.take_address("postgresql://admin@db.example.org/studio")
    form.feed.head.click()
    form.feed.offer.click()

    assert form.draft().target().profile.feed_url == "wss://db.example.org:8443/ws"
    assert not form.feed.offer.isVisible()
    assert form.feed.observes
    assert form.feed.token.echoMode() is QLineEdit.EchoMode.Password


def test_a_feed_that_is_known_is_shown_and_given_back(form: ConnectionForm) -> None:
    form.show_target(TARGET)

    assert not form.feed.is_folded
    assert form.draft().target() == TARGET
    assert form.take_address("postgresql://admin@other.example.org/studio")
    assert form.draft().target().profile.feed_url == PROFILE.feed_url
    assert form.draft().target().feed_secret == "hunter2"


def test_what_is_wrong_unfolds_the_part(form: ConnectionForm) -> None:
    form.show_target(TARGET)
    form.feed.head.click()
    form.feed.address.setText("wss://admin:hunter2@feed.example.org")
    errors = form.draft().errors()
    form.show_errors(errors)

    assert set(errors) == {"feed_url"}
    assert not form.feed.is_folded
    assert "hunter2" not in (form.error_of("feed_url") or "hunter2")


def test_only_an_address_beyond_this_machine_asks_for_leave_to_be_plain(form: ConnectionForm) -> None:
    form.show_target(TARGET)
    form.feed.address.setText("ws://127.0.0.1:8080/ws")
    assert not form.feed.plain.isVisible()
    assert "feed_url" not in form.draft().errors()

    form.feed.address.setText("ws://feed.example.org/ws")
    assert form.feed.plain.isVisible()
    assert "feed_url" in form.draft().errors()
    form.feed.plain.setChecked(True)
    assert "feed_url" not in form.draft().errors()
    assert "Anybody on the way" in form.feed.address.accessibleDescription()


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("feed_url", "https://feed.example.org"),
        ("feed_url", "ws://feed.example.org/ws"),
        ("feed_url", "wss://feed.example.org/\0"),
        ("feed_authorities", "/nowhere/ca.pem"),
        ("feed_authorities", "/nowhere\0/ca.pem"),
        ("feed_fingerprint", "abc"),
        ("feed_secret", "two words"),
        ("feed_secret", "hunter2\r\nX: 1"),
    ],
)
def test_drafts_of_bad_feeds_name_the_field(field: str, text: str) -> None:
    draft = replace(ConnectionDraft.of(TARGET), **{field: text})  # type: ignore[arg-type]

    assert set(draft.errors()) == {field}


def test_without_an_address_the_rest_of_the_feed_is_nothing() -> None:
    draft = replace(
        ConnectionDraft.of(TARGET), feed_url="  ", feed_fingerprint="abc", feed_authorities="/nowhere"
    )
    target = draft.target()

    assert target.profile == replace(PROFILE, feed_url=None, feed_fingerprint=None, feed_observes=True)
    assert target.feed_secret is None


def test_a_draft_keeps_its_token_to_itself(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    draft = replace(ConnectionDraft.of(TARGET), feed_authorities=str(tmp_path / "ca.pem"))

    assert "hunter2" not in repr(draft)
    assert draft.target().profile.feed_authorities == tmp_path / "ca.pem"
