"""Where the audio files of a connection are: a folder, or an address with a secret of its own."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from syncsphere_desktop.ui.widgets.buttons import Button

HINT = "A folder, sftp://user@host/path or s3://bucket/prefix. Empty: files are only listed."
_REMOTE = re.compile(r"\s*(sftp|s3)://", re.IGNORECASE)
_SECRET_WORDS = {
    "sftp": "Password, or the key's passphrase; empty: this machine's keys",
    "s3": "Secret access key",
}


class StorageField(QWidget):
    """A line for the folder or address; below it one for the secret, where the address needs one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.address = QLineEdit()
        self.address.setPlaceholderText("/srv/syncsphere/audio")
        self.choose = Button("Choose…")
        self.choose.setAccessibleName("Choose the folder of the audio files")
        self.choose.clicked.connect(self._on_choose_clicked)
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setAccessibleName("Secret of the audio storage")
        self.secret.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.address, 1)
        row.addWidget(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.secret)
        self.setFocusProxy(self.address)
        self.address.textChanged.connect(self._on_address_text_changed)
        self.secret.textEdited.connect(lambda _text: self.changed.emit())

    def show_storage(self, url: str, secret: str) -> None:
        """Fill both lines."""
        self.address.setText(url)
        self.secret.setText(secret)

    def _on_address_text_changed(self, text: str) -> None:
        remote = _REMOTE.match(text)
        self.secret.setVisible(remote is not None)
        if remote is not None:
            self.secret.setPlaceholderText(_SECRET_WORDS[remote[1].lower()])
        self.changed.emit()

    def _on_choose_clicked(self) -> None:
        chooser = QFileDialog(self, "Choose the folder of the audio files")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(self.address.setText)
        chooser.finished.connect(lambda _code: chooser.deleteLater())
        chooser.open()
