"""The form: an address fills the parts, the parts the address; safe choices follow the host."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from syncsphere_desktop.settings import Environment, SslMode
from syncsphere_desktop.ui.connecting.connection_form import ConnectionForm

ADDRESS = "postgresql://admin:geheim@db.example.org:6432/studio?sslmode=require"


@pytest.fixture
def form(qtbot: QtBot) -> ConnectionForm:
    made = ConnectionForm()
    qtbot.addWidget(made)
    made.show()
    return made


def paste(field: QLineEdit, text: str) -> None:
    """Paste as a user does."""
    QGuiApplication.clipboard().setText(text)
    field.setFocus()
    field.paste()


def shown_texts(form: ConnectionForm) -> list[str]:
    """Return what can be read in the form's fields."""
    return [field.displayText() for field in form.findChildren(QLineEdit)]


@pytest.mark.parametrize("place", ["address", "host"])
def test_pasting_an_address_fills_the_parts(form: ConnectionForm, place: str) -> None:
    field: QLineEdit = getattr(form, place)
    paste(field, ADDRESS)
    draft = form.draft()
    assert (draft.host, draft.port, draft.database, draft.user) == (
        "db.example.org",
        "6432",
        "studio",
        "admin",
    )
    assert draft.sslmode is SslMode.REQUIRE
    assert draft.password == "geheim"
    assert form.password.editor.echoMode() is QLineEdit.EchoMode.Password
    assert not any("geheim" in text for text in shown_texts(form))


def test_undo_does_not_bring_a_pasted_password_back(form: ConnectionForm) -> None:
    paste(form.address, ADDRESS)
    form.address.undo()
    assert "geheim" not in form.address.text()
    paste(form.host, ADDRESS)
    form.host.undo()
    assert "geheim" not in form.host.text()


def test_a_wrong_address_is_told_beside_it_without_its_password(form: ConnectionForm) -> None:
    paste(form.address, "postgresql://admin:geheim@db.example.org")
    assert form.error_of("dsn")
    assert form.draft().password == "geheim"
    assert not any("geheim" in text for text in shown_texts(form))


def test_an_address_that_is_typed_is_taken_when_the_field_is_left(form: ConnectionForm, qtbot: QtBot) -> None:
    form.address.setFocus()
    QTest.keyClicks(form.address, "postgresql://me@db/studio")
    assert form.draft().host == ""
    QTest.keyClick(form.address, Qt.Key.Key_Return)
    assert (form.draft().host, form.draft().user) == ("db", "me")


def test_the_parts_are_shown_as_an_address(form: ConnectionForm, qtbot: QtBot) -> None:
    form.host.setFocus()
    for field, text in ((form.host, "db"), (form.database, "studio"), (form.user, "me")):
        QTest.keyClicks(field, text)
    assert form.address.text() == "postgresql://me@db:5432/studio?sslmode=verify-full"


def test_the_mode_follows_the_host_until_it_is_chosen(form: ConnectionForm, qtbot: QtBot) -> None:
    form.host.setFocus()
    QTest.keyClicks(form.host, "localhost")
    assert form.draft().sslmode is SslMode.DISABLE
    assert form.draft().environment is Environment.LOCAL
    form.host.clear()
    QTest.keyClicks(form.host, "db.example.org")
    assert form.draft().sslmode is SslMode.VERIFY_FULL
    assert form.draft().environment is Environment.DEVELOPMENT
    form.sslmode.setCurrentIndex(form.sslmode.findData(SslMode.REQUIRE))
    form.sslmode.activated.emit(form.sslmode.currentIndex())
    QTest.keyClicks(form.host, ".uk")
    assert form.draft().sslmode is SslMode.REQUIRE


def test_a_weaker_mode_is_warned_of_beside_the_field(form: ConnectionForm, qtbot: QtBot) -> None:
    QTest.keyClicks(form.host, "db.example.org")
    form.sslmode.setCurrentIndex(form.sslmode.findData(SslMode.DISABLE))
    form.sslmode.activated.emit(form.sslmode.currentIndex())
    assert "read the password" in form.hint_of("sslmode")


def test_a_socket_needs_no_encryption(form: ConnectionForm, qtbot: QtBot) -> None:
    QTest.keyClicks(form.host, "/var/run/postgresql")
    assert not form.sslmode.isEnabled()
    assert form.draft().sslmode is SslMode.DISABLE
    assert form.authority.isHidden() or not form.authority.isVisible()


def test_errors_stand_beside_their_fields_with_the_focus_in_the_first(form: ConnectionForm) -> None:
    form.show_errors(form.draft().errors())
    assert form.error_of("host")
    assert form.error_of("database")
    assert form.error_of("port") is None


def test_without_a_keyring_the_reason_is_told_and_nothing_is_remembered(form: ConnectionForm) -> None:
    form.show_keyring("This system has no secure keyring.")
    assert not form.remember.isEnabled()
    assert not form.wants_remembering
    assert form.keyring_explanation == "This system has no secure keyring."
    form.show_keyring(None)
    assert form.wants_remembering


def test_changing_a_field_takes_its_error_away(form: ConnectionForm, qtbot: QtBot) -> None:
    form.show_errors(form.draft().errors())
    QTest.keyClicks(form.host, "d")
    assert form.error_of("host") is None
