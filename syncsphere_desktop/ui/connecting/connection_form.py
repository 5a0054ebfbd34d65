"""The fields of a connection: one address, or its parts; each fills the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from syncsphere_desktop.dsn import default_sslmode, format_dsn
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionTarget, Environment, SslMode
from syncsphere_desktop.ui.connecting.draft import LONGEST_NAME, ConnectionDraft, suggested_name
from syncsphere_desktop.ui.connecting.feed_part import FeedPart
from syncsphere_desktop.ui.connecting.pasted import PastedAddress, looks_like_address, take_apart
from syncsphere_desktop.ui.connecting.recents import WORDS
from syncsphere_desktop.ui.connecting.storage_field import HINT as STORAGE_HINT
from syncsphere_desktop.ui.connecting.storage_field import StorageField
from syncsphere_desktop.ui.connecting.tls_words import (
    TITLES,
    explanation,
    is_on_this_machine,
    needs_authority,
    weakness,
)
from syncsphere_desktop.ui.theme.style import set_role
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.password_field import PasswordField
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_ADDRESS_HINT = "Paste one and it fills the fields below; its password goes into the password field."
_AUTHORITY_HINT = "A file, or “system” for this machine's own. Empty: ~/.postgresql/root.crt."
_REMEMBER_HINT = "It is kept where the system keeps its passwords, never in a file of this app."

_BESIDE_THE_DATABASE = tuple(
    field.name for field in fields(ConnectionDraft) if field.name.startswith(("storage_", "feed_"))
)

_NARROW = 224
"""How wide the second column of fields is."""

# Which field a failed step of the test points at.
_FIELD_OF_STEP = {
    "resolve": "host",
    "reach": "port",
    "tls": "sslmode",
    "authenticate": "password",
    "database": "database",
}


class ConnectionForm(QWidget):
    """Shows a draft and gives it back. A password never stands in the address, whatever was pasted."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.address = QLineEdit()
        self.address.setPlaceholderText("postgresql://user@host:5432/syncsphere")
        self.name = QLineEdit()
        self.environment = QComboBox()
        self.host = QLineEdit()
        self.host.setPlaceholderText("db.example.org, or /var/run/postgresql")
        self.port = QLineEdit()
        self.port.setValidator(QIntValidator(0, 99999, self))
        self.database = QLineEdit()
        self.user = QLineEdit()
        self.password = PasswordField(meter=False)
        self.remember = QCheckBox("Remember in the keyring")
        self.remember.setMinimumHeight(32)  # as high as the field beside it
        self._keyring = PlainLabel()
        self._keyring.setProperty("role", "caption")
        self._keyring.setWordWrap(True)
        self.sslmode = QComboBox()
        self.authority = QLineEdit()
        self.storage = StorageField()
        self.feed = FeedPart()
        self.choose_authority = Button("Choose…")
        self.choose_authority.setAccessibleName("Choose the CA certificate")
        self._fields: dict[str, FormField] = {}
        self._mode_was_chosen = False
        self._environment_was_chosen = False
        self._filling = False
        self._suggestion = ""
        self._address_before = ""
        for environment in Environment:
            self.environment.addItem(WORDS[environment], environment)
        for mode in (SslMode.VERIFY_FULL, SslMode.VERIFY_CA, SslMode.REQUIRE, SslMode.DISABLE):
            self.sslmode.addItem(f"{TITLES[mode]} ({mode.value})", mode)
        self._build()
        self._connect()
        self.show_draft(ConnectionDraft())
        self.show_keyring("Looking for the system's keyring…")

    def _build(self) -> None:
        authority = QWidget()
        row = QHBoxLayout(authority)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.authority, 1)
        row.addWidget(self.choose_authority)
        authority.setFocusProxy(self.authority)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(1, _NARROW)
        parts: tuple[tuple[str, str, QWidget, str, int, int, int], ...] = (
            ("dsn", "Address", self.address, _ADDRESS_HINT, 0, 0, 2),
            ("host", "Host, or folder of the socket", self.host, "", 1, 0, 1),
            ("port", "Port", self.port, "", 1, 1, 1),
            ("database", "Database", self.database, "", 2, 0, 1),
            ("user", "User", self.user, "", 2, 1, 1),
            ("password", "Password", self.password, "", 3, 0, 1),
            ("sslmode", "Encryption", self.sslmode, "", 5, 0, 1),
            ("sslrootcert", "CA certificate", authority, _AUTHORITY_HINT, 5, 1, 1),
            ("name", "Name of this connection", self.name, "", 6, 0, 1),
            ("environment", "What the server is for", self.environment, "", 6, 1, 1),
            ("storage_url", "Audio files", self.storage, STORAGE_HINT, 7, 0, 2),
        )
        for name, label, editor, hint, line, column, span in parts:
            maximum = LONGEST_NAME if name == "name" else None
            field = FormField(label, editor, hint=hint, maximum=maximum)
            self._fields[name] = field
            grid.addWidget(field, line, column, 1, span, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.remember, 3, 1, Qt.AlignmentFlag.AlignBottom)
        grid.addWidget(self._keyring, 4, 0, 1, 2)
        self._fields |= self.feed.fields
        grid.addWidget(self.feed, 8, 0, 1, 2)
        grid.setRowStretch(9, 1)
        self.authority.setAccessibleName("CA certificate")

    def _connect(self) -> None:
        self.address.textEdited.connect(self._on_address_text_edited)
        self.address.editingFinished.connect(self._on_address_editing_finished)
        self.host.textEdited.connect(self._on_host_text_edited)
        for field in (self.name, self.port, self.database, self.user, self.authority):
            field.textEdited.connect(self._on_part_edited)
        self.password.text_changed.connect(self._on_part_edited)
        self.storage.changed.connect(self._take_changes)
        self.feed.changed.connect(self._take_changes)
        self.sslmode.activated.connect(self._on_sslmode_activated)
        self.environment.activated.connect(self._on_environment_activated)
        self.choose_authority.clicked.connect(self._on_choose_authority_clicked)

    def draft(self) -> ConnectionDraft:
        """Return what the fields hold."""
        return ConnectionDraft(
            name=self.name.text(),
            host=self.host.text(),
            port=self.port.text(),
            database=self.database.text(),
            user=self.user.text(),
            password=self.password.text(),
            environment=Environment(self.environment.currentData()),
            sslmode=SslMode(self.sslmode.currentData()),
            sslrootcert=self.authority.text(),
            storage_url=self.storage.address.text(),
            storage_secret=self.storage.secret.text(),
            feed_url=self.feed.address.text(),
            feed_authorities=self.feed.authority.text(),
            feed_fingerprint=self.feed.fingerprint.text(),
            feed_secret=self.feed.token.text(),
            feed_plain=self.feed.plain.isChecked(),
            feed_observes=self.feed.observes,
        )

    def show_draft(self, draft: ConnectionDraft) -> None:
        """Fill the fields."""
        self._filling = True
        self.name.setText(draft.name)
        self.host.setText(draft.host)
        self.port.setText(draft.port)
        self.database.setText(draft.database)
        self.user.setText(draft.user)
        self.password.editor.setText(draft.password)
        self.authority.setText(draft.sslrootcert)
        self.storage.show_storage(draft.storage_url, draft.storage_secret)
        self.feed.show_feed(draft)
        self.environment.setCurrentIndex(self.environment.findData(draft.environment))
        self.sslmode.setCurrentIndex(self.sslmode.findData(draft.sslmode))
        self._filling = False
        self._take_changes()

    def show_target(self, target: ConnectionTarget) -> None:
        """Fill the fields with a connection that is known; its choices stay as they are."""
        self._mode_was_chosen = self._environment_was_chosen = True
        self.show_draft(ConnectionDraft.of(target))

    def show_errors(self, errors: Mapping[str, InputError]) -> None:
        """Show what is wrong beside the fields, with the focus in the first of them."""
        for name, field in self._fields.items():
            error = errors.get(name)
            field.set_error(None if error is None else error.message)
        for name in self._fields:
            if name in errors:
                if name in self.feed.fields:
                    self.feed.unfold()
                self._fields[name].editor.setFocus(Qt.FocusReason.OtherFocusReason)
                break

    def point_at(self, step: str) -> None:
        """Mark the field that a failed step of the test is about."""
        name = _FIELD_OF_STEP.get(step)
        if name is None:
            return
        editor = self.password.editor if name == "password" else self._fields[name].editor
        set_role(editor, "invalid", "true")
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_keyring(self, explanation: str | None) -> None:
        """Say whether a password can be remembered; `explanation` says why not."""
        self.remember.setEnabled(explanation is None)
        self.remember.setChecked(explanation is None)
        self.remember.setToolTip(_REMEMBER_HINT if explanation is None else explanation)
        self.remember.setAccessibleDescription(self.remember.toolTip())
        self._keyring.setText(explanation or "")
        self._keyring.setVisible(explanation is not None)

    @property
    def wants_remembering(self) -> bool:
        """Whether the password is to go to the keyring."""
        return self.remember.isEnabled() and self.remember.isChecked()

    def error_of(self, name: str) -> str | None:
        """Return the error shown beside a field."""
        return self._fields[name].error

    @property
    def keyring_explanation(self) -> str:
        """Return why a password can't be remembered, or an empty text."""
        return self._keyring.text()

    def hint_of(self, name: str) -> str:
        """Return what is said under a field."""
        return self._fields[name].editor.accessibleDescription()

    def take_address(self, text: str) -> bool:
        """Fill the parts from an address and return whether it could be understood.

        Its password goes into the password field, and out of sight, either way.
        """
        pasted = take_apart(text)
        if pasted.password is not None:
            self.password.editor.setText(pasted.password)
        self.address.setText(pasted.text)  # which forgets what undo could bring back
        self._fields["dsn"].set_error(None if pasted.error is None else pasted.error.message)
        if pasted.profile is None:
            return False
        self._show_profile(pasted)
        return True

    def _show_profile(self, pasted: PastedAddress) -> None:
        assert pasted.profile is not None
        profile = pasted.profile
        named = self.name.text().strip() and not self._is_suggested_name()
        self._mode_was_chosen = profile.sslmode is not default_sslmode(profile.host)
        environment = profile.environment
        if self._environment_was_chosen:
            environment = Environment(self.environment.currentData())
        found = ConnectionDraft.of(ConnectionTarget(profile, self.password.text() or None))
        # An address of a database names no storage and no feed: those stay as they are.
        kept = {name: getattr(self.draft(), name) for name in _BESIDE_THE_DATABASE}
        name = self.name.text() if named else found.name
        self.show_draft(replace(found, name=name, environment=environment, **kept))
        self.address.setText(pasted.text)

    def _is_suggested_name(self) -> bool:
        return self.name.text() == self._suggestion

    def _on_address_text_edited(self, text: str) -> None:
        # Pasted: more came at once than a key types. What is typed is taken when the field is left.
        if looks_like_address(text) and abs(len(text) - len(self._address_before)) > 1:
            self.take_address(text)
        self._address_before = self.address.text()

    def _on_address_editing_finished(self) -> None:
        text = self.address.text().strip()
        if text and text != self._shown_address():
            self.take_address(text)
        elif not text:
            self._fields["dsn"].set_error(None)

    def _on_host_text_edited(self, text: str) -> None:
        if looks_like_address(text):
            self.host.setText("")  # which forgets what undo could bring back
            self.take_address(text)
            return
        self._follow_host()
        self._take_changes()

    def _follow_host(self) -> None:
        """Choose what fits the host, unless somebody chose otherwise."""
        host = self.host.text().strip()
        if not self._mode_was_chosen:
            self.sslmode.setCurrentIndex(self.sslmode.findData(default_sslmode(host)))
        if not self._environment_was_chosen:
            near = bool(host) and is_on_this_machine(host)
            fitting = Environment.LOCAL if near else Environment.DEVELOPMENT
            self.environment.setCurrentIndex(self.environment.findData(fitting))

    def _on_part_edited(self, _text: str) -> None:
        self._take_changes()

    def _on_sslmode_activated(self, _index: int) -> None:
        self._mode_was_chosen = True
        self._take_changes()

    def _on_environment_activated(self, _index: int) -> None:
        self._environment_was_chosen = True
        self._take_changes()

    def _take_changes(self) -> None:
        """Let everything follow that hangs on the fields."""
        if self._filling:
            return
        draft = self.draft()
        host = draft.host.strip()
        by_socket = host.startswith(("/", "@"))
        self.feed.follow_host(host)
        if by_socket:
            self.sslmode.setCurrentIndex(self.sslmode.findData(SslMode.DISABLE))
        self.sslmode.setEnabled(not by_socket)
        mode = SslMode(self.sslmode.currentData())
        warning = weakness(host, mode)
        self._fields["sslmode"].set_error(None)
        self._fields["sslmode"].set_hint(warning or explanation(host, mode), warning=warning is not None)
        self._fields["sslrootcert"].setVisible(needs_authority(mode) and not by_socket)
        for name, field in self._fields.items():
            if name not in ("dsn", "sslmode"):
                field.set_error(None)
        set_role(self.password.editor, "invalid", "false")
        if not self.address.hasFocus():
            self.address.setText(self._shown_address())
            self._fields["dsn"].set_error(None)
        self._suggestion = suggested_name(host, draft.database.strip()) if host else ""
        self.name.setPlaceholderText(self._suggestion)
        self._address_before = self.address.text()
        self.changed.emit()

    def _shown_address(self) -> str:
        draft = self.draft()
        if draft.errors():
            return ""
        return format_dsn(draft.target().profile)

    def _on_choose_authority_clicked(self) -> None:
        chooser = QFileDialog(
            self, "Choose the CA certificate", "", "Certificates (*.crt *.pem *.cer);;All files (*)"
        )
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self._on_chooser_file_selected)
        chooser.open()

    def _on_chooser_file_selected(self, path: str) -> None:
        self.authority.setText(path)
        self._take_changes()
