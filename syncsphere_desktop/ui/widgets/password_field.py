"""A password's editor: show or hide, how strong it is, and how many of bcrypt's bytes it takes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.password import BCRYPT_MAX_BYTES, PasswordReport, Strength, report
from syncsphere_desktop.ui.theme.icons import icon
from syncsphere_desktop.ui.theme.style import current_tokens, set_role
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_WORDS = {
    Strength.REFUSED: "Not accepted",
    Strength.WEAK: "Weak",
    Strength.FAIR: "Fair",
    Strength.GOOD: "Good",
    Strength.STRONG: "Strong",
}
_TONES = {
    Strength.REFUSED: "danger",
    Strength.WEAK: "warning",
    Strength.FAIR: "warning",
    Strength.GOOD: "success",
    Strength.STRONG: "success",
}


class StrengthMeter(QWidget):
    """Four segments; how many are filled tells the strength, the line under them says it in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._strength: Strength | None = None
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Password strength")

    def show_strength(self, strength: Strength | None) -> None:
        """Show a strength; None, before anything was typed, fills nothing."""
        self._strength = strength
        self.setAccessibleDescription("" if strength is None else _WORDS[strength])
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(160, 4)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width = (self.width() - 3 * 4) / 4
        filled = 0 if self._strength is None else max(1, int(self._strength))
        for number in range(4):
            color = tokens.border
            if number < filled and self._strength is not None:
                color = tokens.color(_TONES[self._strength])
            painter.setBrush(QColor(color))
            painter.drawRoundedRect(QRectF(number * (width + 4), 0, width, 4), 2, 2)


class PasswordField(QWidget):
    """Holds a password while it is typed. It judges; whether it is accepted is the form's matter."""

    text_changed = Signal(str)

    def __init__(self, *, meter: bool = True, username: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._username = username
        self.editor = QLineEdit()
        self.editor.setEchoMode(QLineEdit.EchoMode.Password)
        self.editor.setAccessibleName("Password")
        self.editor.textChanged.connect(self._on_editor_text_changed)
        self._eye = self.editor.addAction(icon("eye"), QLineEdit.ActionPosition.TrailingPosition)
        self._eye.triggered.connect(self._on_eye_triggered)
        self._meter = StrengthMeter()
        self._hint = PlainLabel()
        self._hint.setProperty("role", "caption")
        self._hint.setWordWrap(True)
        self._bytes = PlainLabel()
        self._bytes.setProperty("role", "caption")
        line = QHBoxLayout()
        line.addWidget(self._hint, 1, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._bytes, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.editor)
        if meter:
            layout.addWidget(self._meter)
            layout.addLayout(line)
        self.setFocusProxy(self.editor)
        self._show_visibility()
        self._on_editor_text_changed("")

    @property
    def report(self) -> PasswordReport:
        """Return how the domain judges what is typed now."""
        return report(self.editor.text(), username=self._username)

    @property
    def hint(self) -> str:
        """Return the sentence under the meter."""
        return self._hint.text()

    @property
    def byte_count(self) -> str:
        """Return the counter, as in "12/72 bytes"."""
        return self._bytes.text()

    def text(self) -> str:
        """Return the password."""
        return self.editor.text()

    def clear(self) -> None:
        """Forget the password and hide what is typed next."""
        self.editor.clear()
        self.editor.setEchoMode(QLineEdit.EchoMode.Password)
        self._show_visibility()

    def set_username(self, username: str) -> None:
        """Judge with the user's name in mind: a password that holds it is weak."""
        self._username = username
        self._on_editor_text_changed(self.editor.text())

    def _on_eye_triggered(self) -> None:
        hidden = self.editor.echoMode() == QLineEdit.EchoMode.Password
        mode = QLineEdit.EchoMode.Normal if hidden else QLineEdit.EchoMode.Password
        self.editor.setEchoMode(mode)
        self._show_visibility()

    def _show_visibility(self) -> None:
        hidden = self.editor.echoMode() == QLineEdit.EchoMode.Password
        self._eye.setIcon(icon("eye" if hidden else "eye-off"))
        self._eye.setText("Show the password" if hidden else "Hide the password")
        self._eye.setToolTip(self._eye.text())

    def _on_editor_text_changed(self, text: str) -> None:
        judged = report(text, username=self._username)
        self._meter.show_strength(judged.strength if text else None)
        refused = bool(text) and judged.strength is Strength.REFUSED
        self._hint.setText(judged.hint if text else "")
        set_role(self._hint, "role", "error" if refused else "caption")
        self._bytes.setText(f"{judged.byte_length}/{BCRYPT_MAX_BYTES} bytes")
        over = judged.byte_length > BCRYPT_MAX_BYTES
        set_role(self._bytes, "role", "error" if over else "caption")
        self.text_changed.emit(text)
