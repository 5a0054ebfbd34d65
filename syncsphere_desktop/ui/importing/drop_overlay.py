"""What is painted over the window while files are dragged across it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.theme.fonts import BODY_SIZE, CAPTION_SIZE, sized
from syncsphere_desktop.ui.theme.icons import LARGE, SMALL, paint_icon
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.theme.tokens import Tokens
from syncsphere_desktop.ui.widgets.shadow import paint_floating

_ROW = 28
_CAPTION = 28
_PILL_HEIGHT = 48
_EDGE = 16
_CENTRE_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class DropOverlay(QWidget):
    """Frames where a drop would go, says it in a sentence, and lists projects in a part of the sidebar.

    It covers the window and takes the drag events of all of it; what they mean is for its owner.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAcceptDrops(True)
        self.setAccessibleName("Drop files to import them")
        self._sentence = ""
        self._aside = ""
        self._refused = False
        self._area: QRect | None = None
        self._projects: tuple[tuple[Project, QRect], ...] = ()
        self._list_area = QRect()
        self.hide()

    @property
    def sentence(self) -> str:
        """Return what a drop would do."""
        return f"{self._sentence} {self._aside}".strip()

    @property
    def offered(self) -> tuple[tuple[Project, QRect], ...]:
        """Return the projects in the sidebar, each with its place."""
        return self._projects

    def show_target(self, project: str | None, area: QRect | None, *, is_audio: bool = True) -> None:
        """Say where a drop goes: into a project, whose place is `area`, or wherever is chosen next."""
        if project is None:
            what = "Drop to import audio" if is_audio else "Drop to import bundles"
            self._show(what, "You choose the project next.", area, refused=False)
        else:
            self._show(f"Drop to import into {project}", "", area, refused=False)

    def show_refusal(self, sentence: str) -> None:
        """Say why nothing can be dropped."""
        self._show(sentence, "", None, refused=True)

    def show_projects(self, projects: Sequence[Project], area: QRect) -> None:
        """List as many of these as the area has room for."""
        room = max(0, (area.height() - _CAPTION - 8) // _ROW)
        left, top = area.left() + 8, area.top() + _CAPTION + 8
        self._list_area = area
        self._projects = tuple(
            (project, QRect(left, top + line * _ROW, area.width() - 16, _ROW))
            for line, project in enumerate(projects[:room])
        )
        self.update()

    def project_at(self, place: QPoint) -> tuple[Project, QRect] | None:
        """Return the listed project at a place, with its place."""
        return next((offered for offered in self._projects if offered[1].contains(place)), None)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        self._projects = ()
        self._area = None
        self._sentence = self._aside = ""
        super().hideEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color = QColor(tokens.danger if self._refused else tokens.accent)
        wash = QColor(color)
        wash.setAlpha(14)
        if self._projects:
            painter.fillRect(self._list_area, QColor(tokens.surface_1))
        painter.fillRect(self.rect(), wash)
        self._paint_projects(painter, tokens)
        frame = self.rect().adjusted(4, 4, -5, -5) if self._area is None else self._area
        wash.setAlpha(0 if self._area is None else 40)
        painter.setBrush(wash)
        painter.setPen(QPen(color, 2))
        painter.drawRoundedRect(frame.adjusted(1, 1, -2, -2), 6, 6)
        self._paint_pill(painter, tokens)

    def _show(self, sentence: str, aside: str, area: QRect | None, *, refused: bool) -> None:
        shown = (sentence, aside, area, refused)
        if shown != (self._sentence, self._aside, self._area, self._refused):
            self._sentence, self._aside, self._area, self._refused = shown
            self.setAccessibleDescription(self.sentence)
            self.update()

    def _paint_projects(self, painter: QPainter, tokens: Tokens) -> None:
        if not self._projects:
            return
        painter.setFont(sized(CAPTION_SIZE))
        painter.setPen(QColor(tokens.text_muted))
        caption = QRect(self._list_area.left() + 18, self._list_area.top() + 8, 400, _CAPTION)
        painter.drawText(caption, _CENTRE_LEFT, "Drop on a project")
        painter.setFont(sized(BODY_SIZE))
        for project, area in self._projects:
            paint_icon(
                painter, QRect(area.left() + 10, area.top() + 6, SMALL, SMALL), "projects", tokens.text
            )
            painter.setPen(QColor(tokens.text))
            text = area.adjusted(36, 0, -8, 0)
            name = painter.fontMetrics().elidedText(project.name, Qt.TextElideMode.ElideRight, text.width())
            painter.drawText(text, _CENTRE_LEFT, name)

    def _paint_pill(self, painter: QPainter, tokens: Tokens) -> None:
        painter.setFont(sized(BODY_SIZE))
        metrics = painter.fontMetrics()
        gap = 8 if self._aside else 0
        widest = self.width() - 8 * _EDGE
        told = metrics.elidedText(self._sentence, Qt.TextElideMode.ElideMiddle, widest)
        first, second = metrics.horizontalAdvance(told), metrics.horizontalAdvance(self._aside)
        width = _EDGE + LARGE + 12 + first + gap + second + _EDGE
        pill = QRect((self.width() - width) // 2, self.height() - 96, width, _PILL_HEIGHT)
        color = tokens.danger if self._refused else tokens.accent
        paint_floating(painter, pill, tokens, edge=color)
        sign = QRect(pill.left() + _EDGE, pill.center().y() - LARGE // 2 + 1, LARGE, LARGE)
        paint_icon(painter, sign, "cancel" if self._refused else "upload", color)
        text = pill.adjusted(_EDGE + LARGE + 12, 0, -_EDGE, 0)
        painter.setPen(QColor(tokens.text))
        painter.drawText(text, _CENTRE_LEFT, told)
        painter.setPen(QColor(tokens.text_muted))
        painter.drawText(text.adjusted(first + gap, 0, 0, 0), _CENTRE_LEFT, self._aside)
