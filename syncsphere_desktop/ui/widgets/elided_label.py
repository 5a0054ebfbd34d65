"""One line of text that gives way when there is no room for it, and can be copied whole."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QMenu, QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.widgets.plain_text import plain_tip


class ElidedLabel(QLabel):
    """Elides at the end (names) or in the middle (paths, ids); the tooltip then has the whole.

    A copyable label takes the focus, and Ctrl+C or its menu copies the whole text.
    """

    def __init__(
        self,
        text: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
        *,
        copyable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._whole = ""
        self._tooltip = ""
        self._mode = mode
        self._copyable = copyable
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if copyable:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_text(text)

    @property
    def whole_text(self) -> str:
        """Return the text as it was given."""
        return self._whole

    def set_text(self, text: str, *, tooltip: str = "") -> None:
        """Show `text`; `tooltip` replaces the whole text in the tooltip, as with an exact time."""
        self._whole = text
        self._tooltip = tooltip
        self.setAccessibleName(text)
        self._elide()
        self.updateGeometry()

    @override
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + 2 * self.margin() + 2, metrics.height())

    @override
    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(min(metrics.horizontalAdvance("MMM…"), self.sizeHint().width()), metrics.height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        # The style sheet sets the font when the label is polished, after the text was measured.
        if self.text() != self._fitting():
            self._elide()
        super().paintEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._copyable and event.matches(QKeySequence.StandardKey.Copy):
            self._copy()
            return
        super().keyPressEvent(event)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._copyable:
            super().contextMenuEvent(event)
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(self._copy)
        menu.popup(event.globalPos())

    def _fitting(self) -> str:
        return self.fontMetrics().elidedText(self._whole, self._mode, self.width())

    def _elide(self) -> None:
        shown = self._fitting()
        self.setText(shown)
        self.setToolTip(plain_tip(self._tooltip or (self._whole if shown != self._whole else "")))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._whole)
