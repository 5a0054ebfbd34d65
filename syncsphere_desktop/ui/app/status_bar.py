"""The status bar: connection, live updates, schema and jobs, always in sight."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from syncsphere_desktop.override import override
from syncsphere_desktop.ui.theme.tokens import Tokens
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

STATUS_BAR_HEIGHT = 28


class Tone(StrEnum):
    """What a segment's dot says; a word always stands beside it."""

    QUIET = "text-muted"
    GOOD = "success"
    BUSY = "warning"
    BAD = "danger"


class StatusSegment(QToolButton):
    """A dot and a few words, with the whole story in the tooltip."""

    def __init__(self, name: str, tokens: Tokens) -> None:
        super().__init__()
        self._tokens = tokens
        self._tone: Tone | None = None
        self.setObjectName("status-segment")
        self.setAutoRaise(True)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Expanding)

    def show_state(self, text: str, tone: Tone | None, tooltip: str = "") -> None:
        """Show `text` with a dot of `tone`; an empty text hides the segment."""
        self._tone = tone
        self.setText(text)
        self.setToolTip(plain_tip(tooltip or text))
        self.setAccessibleDescription(tooltip or text)
        self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def set_tokens(self, tokens: Tokens) -> None:
        """Paint with another theme."""
        self._tokens = tokens
        self.update()

    @override
    def sizeHint(self) -> QSize:
        dot = 16 if self._tone is not None else 0
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + dot + 20, STATUS_BAR_HEIGHT)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(48, STATUS_BAR_HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._tokens
        if self.underMouse() or self.hasFocus():
            painter.fillRect(self.rect(), QColor(tokens.hover))
        left = 8
        if self._tone is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.color(self._tone.value)))
            painter.drawEllipse(left, self.height() // 2 - 4, 8, 8)
            left += 16
        painter.setPen(QColor(tokens.text if self._tone is Tone.BAD else tokens.text_muted))
        area = self.rect().adjusted(left, 0, -8, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class StatusBar(QWidget):
    """The segments in a row: what the window works on at the left, what goes on at the right."""

    jobs_requested = Signal()
    connection_requested = Signal()

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.setProperty("surface", "1")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(STATUS_BAR_HEIGHT)
        self.connection = StatusSegment("Connection", tokens)
        self.access = StatusSegment("Access", tokens)
        self.updates = StatusSegment("Live updates", tokens)
        self.feed = StatusSegment("Feed", tokens)
        self.schema = StatusSegment("Schema", tokens)
        self.jobs = StatusSegment("Jobs", tokens)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(4)
        layout.addWidget(self.connection)
        layout.addWidget(self.access)
        layout.addStretch(1)
        for segment in (self.feed, self.updates, self.schema, self.jobs):
            layout.addWidget(segment)
        for segment in self._segments():
            segment.hide()
        self.connection.clicked.connect(self.connection_requested)
        self.jobs.clicked.connect(self.jobs_requested)

    def set_tokens(self, tokens: Tokens) -> None:
        """Paint with another theme."""
        for segment in self._segments():
            segment.set_tokens(tokens)

    def clear(self) -> None:
        """Show nothing about a server, as when there is no connection."""
        for segment in (self.connection, self.access, self.feed, self.updates, self.schema):
            segment.show_state("", None)

    def _segments(self) -> tuple[StatusSegment, ...]:
        return (self.connection, self.access, self.feed, self.updates, self.schema, self.jobs)
