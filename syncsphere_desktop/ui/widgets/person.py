"""A person as initials in their stable colour, with the name beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import initials
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, sized
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens
from syncsphere_desktop.ui.widgets.plain_text import plain_tip

AVATAR = 20
LARGE_AVATAR = 36
_GAP = 8


def paint_avatar(painter: QPainter, box: QRect, person_id: int, name: str, tokens: Tokens) -> None:
    """Paint the initials in a circle that fills the square `box`."""
    color = tokens.person(person_id)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color.fill))
    painter.drawEllipse(box)
    font = QFont(painter.font())
    font.setPixelSize(max(8, round(box.height() * 0.42)))
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(color.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


def paint_person(
    painter: QPainter, rect: QRect, person_id: int, name: str, tokens: Tokens, *, selected: bool = False
) -> None:
    """Paint initials and name into a table's cell: 8 pixels inside, the name elided at its end."""
    side = min(AVATAR, rect.height())
    box = QRect(rect.left() + _GAP, rect.top() + (rect.height() - side) // 2, side, side)
    paint_avatar(painter, box, person_id, name, tokens)
    text = rect.adjusted(2 * _GAP + side, 0, -_GAP, 0)
    painter.setPen(QColor(tokens.selection_text if selected else tokens.text))
    shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, text.width())
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class PersonBadge(QWidget):
    """Initials and name; the whole name is the tooltip where it had to be elided."""

    def __init__(self, person_id: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._id = person_id
        self._name = name
        self.setFont(sized(BODY_SIZE))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_person(person_id, name)

    def show_person(self, person_id: int, name: str) -> None:
        """Show another person."""
        self._id, self._name = person_id, name
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._name) + AVATAR + _GAP + 2, 24)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(min(AVATAR + _GAP + 40, self.sizeHint().width()), 24)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        # The cell's inner margin is for tables; a badge begins at its own edge.
        paint_person(painter, self.rect().adjusted(-_GAP, 0, _GAP, 0), self._id, self._name, current_tokens())


class Avatar(QWidget):
    """The initials alone, for places where the name stands right beside them."""

    def __init__(self, side: int = LARGE_AVATAR, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._id = 0
        self._name = ""
        self.setFixedSize(side, side)

    def show_person(self, person_id: int, name: str) -> None:
        """Show a person."""
        self._id, self._name = person_id, name
        self.setAccessibleName(name)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        paint_avatar(QPainter(self), self.rect(), self._id, self._name, current_tokens())
