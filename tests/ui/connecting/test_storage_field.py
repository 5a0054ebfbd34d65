"""The field of the audio storage: a secret is asked for only where the address needs one."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode
from syncsphere_desktop.ui.connecting.connection_form import ConnectionForm
from syncsphere_desktop.ui.connecting.storage_field import StorageField


@pytest.fixture
def field(qtbot: QtBot) -> StorageField:
    field = StorageField()
    qtbot.addWidget(field)
    field.show()
    return field


def test_a_folder_needs_no_secret_and_a_server_has_a_field_for_it(field: StorageField) -> None:
    field.address.setText("/srv/audio")
    assert not field.secret.isVisible()
    field.address.setText("sftp://files@files.example.org/takes")
    assert field.secret.isVisible()
    assert field.secret.echoMode() is QLineEdit.EchoMode.Password
    field.address.setText("S3://takes")
    assert field.secret.placeholderText() == "Secret access key"


def test_the_form_keeps_the_storage_while_the_address_of_the_database_changes(qtbot: QtBot) -> None:
    form = ConnectionForm()
    qtbot.addWidget(form)
    profile = ConnectionProfile(
        "Studio", "db.example.org", 5432, "studio", "admin", SslMode.VERIFY_FULL, storage_url="s3://takes"
    )
    form.show_target(ConnectionTarget(profile, "one", "two"))
    assert form.take_address("postgresql://admin@other.example.org/studio")
    target = form.draft().target()
    assert (target.profile.host, target.profile.storage_url) == ("other.example.org", "s3://takes")
    assert target.storage_secret == "two"
