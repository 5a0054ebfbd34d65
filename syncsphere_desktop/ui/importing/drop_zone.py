"""Files dragged over the window: shows where they would go, and tells where they were dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from typing_extensions import override

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.importing.addresses import bundles_of, holds_files, lines_of
from syncsphere_desktop.ui.importing.drop_overlay import DropOverlay
from syncsphere_desktop.ui.importing.targets import DropTarget
from syncsphere_desktop.ui.widgets.dialog import open_dialog

_STRAY_MS = 200
_SPRING_MS = 450


class DropZone(QObject):
    """Takes files anywhere in the window while it lives; `refused` says in words why it takes none.

    `target_at` tells the project at a global place, `receiver` the one that takes what is dropped elsewhere.
    `goes_elsewhere` tells whether the view takes files of these addresses for something of its own.
    """

    began = Signal()
    """Files came over the window: time to find out which projects to offer."""
    dropped = Signal(object, object)
    """The addresses as a list of texts, unread; and the Project they were dropped on, or None."""
    view_wanted = Signal(str)
    """Files rest over the name of a view in the sidebar."""

    def __init__(
        self,
        window: MainWindow,
        *,
        target_at: Callable[[QPoint], DropTarget | None],
        receiver: Callable[[], Project | None],
        refused: Callable[[], str | None],
        goes_elsewhere: Callable[[Sequence[str]], bool] = lambda _lines: False,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._target_at = target_at
        self._receiver = receiver
        self._refused = refused
        self._goes_elsewhere = goes_elsewhere
        self._bundles: list[str] = []
        self.overlay = DropOverlay(window)
        self.overlay.installEventFilter(self)
        self._resting_on: str | None = None
        self._stray = QTimer(self, singleShot=True, interval=_STRAY_MS)
        self._stray.timeout.connect(self.overlay.hide)
        self._spring = QTimer(self, singleShot=True, interval=_SPRING_MS)
        self._spring.timeout.connect(self._on_spring_timeout)
        window.installEventFilter(self)
        window.setAcceptDrops(True)

    def close(self) -> None:
        """Take no files any more."""
        self._stray.stop()
        self._spring.stop()
        self._window.removeEventFilter(self)
        self._window.setAcceptDrops(False)
        self.overlay.hide()
        self.overlay.deleteLater()
        self.deleteLater()

    def offer_projects(self, projects: Sequence[Project]) -> None:
        """Show these in the sidebar, for as long as files are dragged."""
        self.overlay.show_projects(projects, self._offered_area())

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDragEnterEvent):
            return self._enter(event)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            return self._drop(event)
        if isinstance(event, QDragMoveEvent):
            return self._move(event)
        if isinstance(event, QDragLeaveEvent):
            return self._leave(watched)
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self.overlay.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)

    def _enter(self, event: QDragEnterEvent) -> bool:
        self._stray.stop()
        if not holds_files(event.mimeData()) or open_dialog(self._window) is not None:
            event.ignore()
            return True
        if self.overlay.isHidden():
            self.overlay.setGeometry(self._window.rect())
            self.overlay.show()
            self.overlay.raise_()
            self._bundles = bundles_of(event.mimeData())
            self.began.emit()
        self._point_at(event.position().toPoint(), event)
        if self._bundles and self._refused() is None:
            event.accept()  # or Qt tells of no moves: over the name of a view another one comes up
        return True

    def _move(self, event: QDragMoveEvent) -> bool:
        if self.overlay.isHidden():
            return False
        self._point_at(event.position().toPoint(), event)
        return True

    def _leave(self, watched: QObject) -> bool:
        if watched is self.overlay:
            self._end()
        elif not self.overlay.isHidden():
            # From the window the pointer usually goes to the overlay that has just come under it.
            self._stray.start()
        return True

    def _drop(self, event: QDropEvent) -> bool:
        if self.overlay.isHidden() or self._refusal() is not None:
            event.ignore()
            self._end()
            return True
        target = self._target(event.position().toPoint())
        project = self._receiver() if target is None else target.project
        lines = lines_of(event.mimeData())
        event.setDropAction(Qt.DropAction.CopyAction)  # a file manager must not delete what was dragged
        event.accept()
        self._end()
        self.dropped.emit(lines, project)
        return True

    def _point_at(self, place: QPoint, event: QDragMoveEvent) -> None:
        """Show what a drop here would do. Window and overlay have the same corner, so places are alike."""
        refused = self._refusal()
        if refused is not None:
            self.overlay.show_refusal(refused)
            self._rest_on(self._window.sidebar.destination_at(self._in_sidebar(place)))
            event.ignore()
            return
        target = self._target(place)
        project = self._receiver() if target is None else target.project
        area = None
        if target is not None:
            area = QRect(self.overlay.mapFromGlobal(target.area.topLeft()), target.area.size())
        name = None if project is None else project.name
        self.overlay.show_target(name, area, is_audio=not self._bundles)
        self._rest_on(self._window.sidebar.destination_at(self._in_sidebar(place)))
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    def _refusal(self) -> str | None:
        """Return why what is dragged can't be dropped, or None where it can."""
        refused = self._refused()
        if refused is None and self._bundles and not self._goes_elsewhere(self._bundles):
            return "Bundles are imported in the view of bundles: hold them over its name."
        return refused

    def _target(self, place: QPoint) -> DropTarget | None:
        offered = self.overlay.project_at(place)
        if offered is not None:
            project, area = offered
            return DropTarget(project, QRect(self.overlay.mapToGlobal(area.topLeft()), area.size()))
        return self._target_at(self.overlay.mapToGlobal(place))

    def _rest_on(self, name: str | None) -> None:
        if name != self._resting_on:
            self._resting_on = name
            if name is None:
                self._spring.stop()
            else:
                self._spring.start()

    def _on_spring_timeout(self) -> None:
        if self._resting_on is not None and not self.overlay.isHidden():
            self.view_wanted.emit(self._resting_on)

    def _end(self) -> None:
        self._stray.stop()
        self._rest_on(None)
        self.overlay.hide()

    def _in_sidebar(self, place: QPoint) -> QPoint:
        sidebar = self._window.sidebar
        return QPoint(-1, -1) if sidebar.isHidden() else sidebar.mapFrom(self._window, place)

    def _offered_area(self) -> QRect:
        sidebar = self._window.sidebar
        if sidebar.isHidden():
            return QRect()
        free = sidebar.free_area()
        return QRect(sidebar.mapTo(self._window, free.topLeft()), free.size())
