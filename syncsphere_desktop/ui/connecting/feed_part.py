"""The live feed of a connection: where it is, whom to trust there, how to follow it; folded at first."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from syncsphere_desktop.feed.endpoint import offered_url
from syncsphere_desktop.ui.connecting.draft import ConnectionDraft
from syncsphere_desktop.ui.connecting.tls_words import is_on_this_machine
from syncsphere_desktop.ui.theme.icons import icon
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.form import FormField

_TITLE = "Live feed"
_ADDRESS_HINT = (
    "Tells who holds which track the moment it changes. Empty: changes come from the database alone."
)
_AUTHORITY_HINT = "A PEM file. Empty: this machine's own authorities."
_FINGERPRINT_HINT = "SHA-256 of the one certificate to trust, whoever signed it."
_TOKEN_HINT = "Kept as the password is."  # noqa: S105  # about it, not it
_PLAIN_WARNING = "Anybody on the way can read and change what is sent, the token too."

_OBSERVE_HINT = "Nobody sees you as present."
_JOIN_HINT = "Everybody in a project sees you."

OBSERVE, JOIN = "Observe unseen", "Join, seen as present"


_NARROW = 224
"""How wide the second column is, as in the form around it."""


class FeedPart(QWidget):
    """A head that folds and unfolds, and the fields below it. `fields` go by the names of the draft's."""

    changed = Signal()
    unfolded = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._host = ""
        self.head = Button(_TITLE, Kind.SUBTLE, icon_name="chevron-right")
        self.head.setStyleSheet("padding-left: 2px")  # in line with the labels of the fields
        self.address = QLineEdit()
        self.offer = Button("Use the usual one")
        self.authority = QLineEdit()
        self.choose = Button("Choose…")
        self.choose.setAccessibleName("Choose the CA certificate of the live feed")
        self.fingerprint = QLineEdit()
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.mode = QComboBox()
        self.mode.addItem(OBSERVE, True)
        self.mode.addItem(JOIN, False)
        self.plain = QCheckBox("Allow ws://, which is not encrypted")
        self.fields: dict[str, FormField] = {}
        self._body = QWidget()
        self._build()
        self._connect()
        self.follow_host("")
        self._show_plain()
        self._show_mode()
        self._fold(folded=True)

    def _build(self) -> None:
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(0, 1)
        grid.setColumnMinimumWidth(1, _NARROW)
        parts: tuple[tuple[str, str, QWidget, str, int, int, int], ...] = (
            ("feed_url", "Address of the feed", _row(self.address, self.offer), _ADDRESS_HINT, 0, 0, 2),
            (
                "feed_authorities",
                "Its CA certificate",
                _row(self.authority, self.choose),
                _AUTHORITY_HINT,
                2,
                0,
                1,
            ),
            ("feed_fingerprint", "Or its fingerprint", self.fingerprint, _FINGERPRINT_HINT, 2, 1, 1),
            ("feed_secret", "Bearer token", self.token, _TOKEN_HINT, 3, 0, 1),
            ("feed_observes", "How to follow it", self.mode, "", 3, 1, 1),
        )
        for name, label, editor, hint, line, column, span in parts:
            self.fields[name] = FormField(label, editor, hint=hint)
            grid.addWidget(self.fields[name], line, column, 1, span, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.plain, 1, 0, 1, 2)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.head)
        head.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._body)

    def _connect(self) -> None:
        self.head.clicked.connect(self._on_head_clicked)
        self.offer.clicked.connect(self._on_offer_clicked)
        self.choose.clicked.connect(self._on_choose_clicked)
        self.address.textChanged.connect(self._on_address_text_changed)
        for line in (self.authority, self.fingerprint, self.token):
            line.textChanged.connect(self._on_text_changed)
        self.mode.activated.connect(self._on_choice)
        self.plain.toggled.connect(self._on_choice)

    @property
    def is_folded(self) -> bool:
        """Whether the fields are out of sight."""
        return self._body.isHidden()

    @property
    def observes(self) -> bool:
        """Whether the feed is followed without appearing present."""
        return bool(self.mode.currentData())

    def unfold(self) -> None:
        """Show the fields."""
        self._fold(folded=False)

    def show_feed(self, draft: ConnectionDraft) -> None:
        """Fill the fields; unfolded where there is a feed."""
        self.address.setText(draft.feed_url)
        self.authority.setText(draft.feed_authorities)
        self.fingerprint.setText(draft.feed_fingerprint)
        self.token.setText(draft.feed_secret)
        self.mode.setCurrentIndex(0 if draft.feed_observes else 1)
        self.plain.setChecked(draft.feed_plain)
        self._show_plain()
        self._show_mode()
        if draft.feed_url:
            self.unfold()

    def follow_host(self, host: str) -> None:
        """Offer the address that usually goes with a database's host; it is never filled in unasked."""
        self._host = host
        self.address.setPlaceholderText(offered_url(host))
        self.offer.setVisible(not self.address.text())

    def _fold(self, *, folded: bool) -> None:
        self._body.setVisible(not folded)
        self.head.setIcon(icon("chevron-right" if folded else "chevron-down", "text"))
        if not folded:
            self.unfolded.emit()
        self.head.setAccessibleName(f"{_TITLE}, {'folded' if folded else 'unfolded'}")

    def _show_plain(self) -> None:
        """Ask about an address without encryption only where it leads off this machine."""
        rest = self.address.text().strip().lower().removeprefix("ws://")
        host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
        plain = self.address.text().strip().lower().startswith("ws://")
        self.plain.setVisible(plain and not is_on_this_machine(host.strip("[]")))
        for name in ("feed_authorities", "feed_fingerprint"):
            self.fields[name].setVisible(not plain)
        hint = _PLAIN_WARNING if plain and self.plain.isChecked() else _ADDRESS_HINT
        self.fields["feed_url"].set_hint(hint, warning=hint is _PLAIN_WARNING)

    def _show_mode(self) -> None:
        self.fields["feed_observes"].set_hint(_OBSERVE_HINT if self.observes else _JOIN_HINT)

    def _on_head_clicked(self) -> None:
        self._fold(folded=not self.is_folded)

    def _on_offer_clicked(self) -> None:
        self.address.setText(offered_url(self._host))
        self.address.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_address_text_changed(self, text: str) -> None:
        self.offer.setVisible(not text)
        self._show_plain()
        self.changed.emit()

    def _on_text_changed(self, _text: str) -> None:
        self.changed.emit()

    def _on_choice(self, _choice: object) -> None:
        self._show_plain()
        self._show_mode()
        self.changed.emit()

    def _on_choose_clicked(self) -> None:
        chooser = QFileDialog(
            self,
            "Choose the CA certificate of the feed",
            "",
            "Certificates (*.crt *.pem *.cer);;All files (*)",
        )
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self.authority.setText)
        chooser.open()


def _row(line: QLineEdit, button: Button) -> QWidget:
    """Return a line with a button beside it, as one editor."""
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(line, 1)
    row.addWidget(button)
    made.setFocusProxy(line)
    return made
