"""What a list shows when it has no rows: nothing there yet, nothing found, or a failure."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.icons import paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.banner import details_box, fold_details
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_TEXT_WIDTH = 380


class Emblem(QWidget):
    """An icon on an orbit, the size of a hand mirror: the drawing of empty and failed states."""

    def __init__(self, icon_name: str, tone: str = "text-muted", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self._tone = icon_name, tone
        self.setFixedSize(88, 88)

    def show_icon(self, icon_name: str, tone: str = "text-muted") -> None:
        """Show another icon."""
        self._icon_name, self._tone = icon_name, tone
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface_2 if tokens.is_dark else tokens.hover))
        painter.drawEllipse(QRectF(14, 14, 60, 60))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.border), 1.5))
        painter.drawArc(QRectF(4, 4, 80, 80), 70 * 16, 290 * 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.color(self._tone) if self._tone != "text-muted" else tokens.accent))
        painter.drawEllipse(QPointF(70.8, 13.9), 3.5, 3.5)
        paint_icon(painter, QRect(30, 30, 28, 28), self._icon_name, tokens.color(self._tone))


class EmptyState(QWidget):
    """A drawing, a title, a sentence, and the action that fills the list."""

    action_triggered = Signal()

    def __init__(
        self,
        icon_name: str,
        title: str,
        sentence: str = "",
        *,
        action: str | None = None,
        keys: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._emblem = Emblem(icon_name)
        self._title = PlainLabel()
        self._title.setProperty("role", "heading")
        self._sentence = centred_text()
        self._sentence.setProperty("role", "secondary")
        self.button = Button("", Kind.PRIMARY, tooltip=action or "", keys=keys)
        self.button.clicked.connect(self.action_triggered)
        layout = centred_column(self)
        for part in (self._emblem, self._title, self._sentence, self.button):
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.insertSpacing(4, 8)
        layout.addStretch(4)
        self.show_state(icon_name, title, sentence, action=action)

    def show_state(
        self, icon_name: str, title: str, sentence: str = "", *, action: str | None = None
    ) -> None:
        """Say something else, as "nothing found" instead of "nothing there yet"."""
        self._emblem.show_icon(icon_name)
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.button.setText(action or "")
        self.button.setVisible(action is not None)
        self.setAccessibleName(f"{title}. {sentence}".strip())


class ErrorState(QWidget):
    """A failure in place of a list: the sentence, Retry where it may help, and details."""

    retry_requested = Signal()

    def __init__(
        self,
        sentence: str = "",
        *,
        title: str = "This could not be loaded",
        details: str | None = None,
        retryable: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = PlainLabel(title)
        self._title.setProperty("role", "heading")
        self._sentence = centred_text()
        self.retry_button = Button("Retry", icon_name="refresh")
        self.retry_button.clicked.connect(self.retry_requested)
        self._more = Button("Details", Kind.LINK)
        self._more.clicked.connect(self._on_more_clicked)
        self._details = details_box()
        self._details.setFixedWidth(_TEXT_WIDTH + 80)
        layout = centred_column(self)
        parts = (Emblem("error", "danger"), self._title, self._sentence, self.retry_button, self._more)
        for part in (*parts, self._details):
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.insertSpacing(4, 8)
        layout.addStretch(4)
        self.show_error(sentence, details=details, retryable=retryable)

    def show_error(self, sentence: str, *, details: str | None = None, retryable: bool = True) -> None:
        """Show another failure; the details are folded again."""
        self._sentence.setText(sentence)
        self.setAccessibleName(f"{self._title.text()}. {sentence}")
        self.retry_button.setVisible(retryable)
        self._more.setVisible(bool(details))
        self._more.setText("Details")
        fold_details(self._details, details)

    def _on_more_clicked(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self._more.setText("Details" if self._details.isHidden() else "Hide details")


class _CentredText(QLabel):
    """Wraps at a width that reads well, and gives way below it."""

    @override
    def sizeHint(self) -> QSize:
        self.ensurePolished()  # the style sheet's font counts, also before the label was ever shown
        width = min(_TEXT_WIDTH, self.fontMetrics().horizontalAdvance(self.text()) + 8)
        return QSize(width, self.heightForWidth(width))

    @override
    def hasHeightForWidth(self) -> bool:
        # A centred item is asked for its height at the layout's whole width, not at its own: one line.
        return False

    @override
    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(200, hint.width()), hint.height())


def centred_text() -> QLabel:
    """Return a label for a centred sentence that wraps."""
    label = _CentredText()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


def centred_column(owner: QWidget) -> QVBoxLayout:
    """Give `owner` a column whose middle is a little above its own, where the eye rests."""
    layout = QVBoxLayout(owner)
    layout.setContentsMargins(24, 24, 24, 24)
    layout.setSpacing(8)
    layout.addStretch(3)
    return layout
