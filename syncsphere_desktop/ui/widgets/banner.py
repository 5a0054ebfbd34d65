"""A message that stays where it belongs, above the list or form it is about."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.fonts import monospace
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import mixed
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.icon_mark import IconMark
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

ICONS = {"info": "info", "success": "check", "warning": "warning", "danger": "error"}
TONES = {"info": "accent", "success": "success", "warning": "warning", "danger": "danger"}


class Banner(QWidget):
    """An inline message: `tone` is info, success, warning or danger.

    `action` names a button such as Retry, `second_action` another one; `details` can be unfolded and
    selected.
    """

    action_triggered = Signal()
    second_action_triggered = Signal()
    dismissed = Signal()

    def __init__(
        self,
        sentence: str = "",
        tone: str = "info",
        *,
        action: str | None = None,
        details: str | None = None,
        dismissible: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tone = tone
        self._sign = IconMark()
        self._sentence = PlainLabel()
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._action = Button("", Kind.LINK)
        self._action.clicked.connect(self.action_triggered)
        self._second_action = Button("", Kind.LINK)
        self._second_action.clicked.connect(self.second_action_triggered)
        self._more = Button("Details", Kind.LINK)
        self._more.clicked.connect(self._on_more_clicked)
        self._close = IconButton("close", "Dismiss")
        self._close.clicked.connect(self._on_close_clicked)
        self._details = details_box()
        self._build()
        self._close.setVisible(dismissible)  # without a parent it would be a window for a moment
        self.show_message(sentence, tone, action=action, details=details)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._sign)
        row.addWidget(self._sentence, 1)
        for button in (self._more, self._second_action, self._action, self._close):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self._details)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    @property
    def sentence(self) -> str:
        """Return the message."""
        return self._sentence.text()

    def show_message(
        self,
        sentence: str,
        tone: str = "info",
        *,
        action: str | None = None,
        second_action: str | None = None,
        details: str | None = None,
    ) -> None:
        """Replace what the banner says; the details are folded again."""
        self._tone = tone
        self._sign.show_icon(ICONS[tone], TONES[tone])
        self._sentence.setText(sentence)
        self.setAccessibleName(sentence)
        self._action.setText(action or "")
        self._action.setVisible(action is not None)
        self._second_action.setText(second_action or "")
        self._second_action.setVisible(second_action is not None)
        self._more.setVisible(bool(details))
        self._more.setText("Details")
        fold_details(self._details, details)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        color = tokens.color(TONES[self._tone])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(mixed(color, tokens.surface_1, 0.12)))
        painter.drawRect(self.rect())
        painter.fillRect(0, 0, 3, self.height(), QColor(color))

    def _on_more_clicked(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._more.setText("Details" if self._details.isHidden() else "Hide details")

    def _on_close_clicked(self) -> None:
        self.hide()
        self.dismissed.emit()


def details_box() -> QPlainTextEdit:
    """Return a folded box for technical details, to select and copy from."""
    box = QPlainTextEdit()
    box.setReadOnly(True)
    box.setFont(monospace())
    box.setAccessibleName("Details")
    box.setTabChangesFocus(True)
    box.hide()
    return box


def fold_details(box: QPlainTextEdit, details: str | None) -> None:
    """Put another text into a details box, as high as its lines up to seven, and fold it."""
    box.setPlainText(details or "")
    lines = min(7, max(2, (details or "").count("\n") + 1))
    box.setFixedHeight(lines * box.fontMetrics().lineSpacing() + 18)
    box.hide()
