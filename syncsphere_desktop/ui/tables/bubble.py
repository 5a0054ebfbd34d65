"""A sentence beside a cell that says why an edit was not taken."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from syncsphere_desktop.ui.theme.style import current_tokens

_SHOWN_MILLISECONDS = 8000
_WIDEST = 360


class Bubble(QLabel):
    """Floats over a list, below a cell or above it, until the time is over or `hide` is called."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._list = parent
        self.setObjectName("bubble")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setMaximumWidth(_WIDEST)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MILLISECONDS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def tell(self, sentence: str, cell: QRect) -> None:
        """Show `sentence` beside `cell`, which is in the parent's coordinates."""
        tokens = current_tokens()
        self.setStyleSheet(
            f"#bubble {{ background: {tokens.surface_3}; color: {tokens.danger}; font-size: 12px;"
            f" border: 1px solid {tokens.danger}; border-radius: 6px; padding: 5px 8px }}"
        )
        self.setText(sentence)
        self.setAccessibleName(sentence)
        width = min(_WIDEST, self.fontMetrics().horizontalAdvance(sentence) + 28)
        self.resize(width, self.heightForWidth(width))
        area = self._list.rect()
        below = cell.bottom() + 4
        y = below if below + self.height() <= area.bottom() else cell.top() - 4 - self.height()
        self.move(max(4, min(cell.left(), area.right() - self.width() - 4)), max(4, y))
        self.show()
        self.raise_()
        self._timer.start()
