"""The names of tracks in a list over many projects: asked for when a row is on screen, kept after that."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import GridTrack
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.ownership.parts import Names

_WANTED_AT_MOST = 40
_SOON_MILLISECONDS = 30


class KnownNames(QObject):
    """Emits `named` when more names are known; projects that were asked for last are read first."""

    named = Signal()

    def __init__(self, names: Names, scope: TaskScope, parent: QObject) -> None:
        super().__init__(parent)
        self._names = names
        self._scope = scope
        self._known: dict[ProjectId, dict[UUID, GridTrack]] = {}
        self._fresh: set[ProjectId] = set()
        self._wanted: OrderedDict[ProjectId, None] = OrderedDict()
        self._is_reading = False
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MILLISECONDS)
        self._soon.timeout.connect(self._start)

    def find(self, project_id: ProjectId | None, box_uuid: UUID) -> GridTrack | None:
        """Return a box's track, or None where it is not known, or not known yet."""
        if project_id is None:
            return None
        if project_id not in self._fresh:
            self._want(project_id)
        return self._known.get(project_id, {}).get(box_uuid)

    def is_known(self, project_id: ProjectId | None) -> bool:
        """Return whether the names of a project were read."""
        return project_id is None or project_id in self._known

    def forget(self) -> None:
        """Read all names anew when they are on screen the next time; until then the old ones stay."""
        self._fresh.clear()

    def _want(self, project_id: ProjectId) -> None:
        self._wanted[project_id] = None
        self._wanted.move_to_end(project_id)
        if len(self._wanted) > _WANTED_AT_MOST:
            self._wanted.popitem(last=False)
        if not self._is_reading and not self._soon.isActive():
            self._soon.start()

    def _start(self) -> None:
        self._is_reading = True
        if self._scope.spawn(self._read(), on_error=_leave_unnamed) is None:
            self._wanted.clear()

    async def _read(self) -> None:
        try:
            while self._wanted:
                project_id, _none = self._wanted.popitem()
                self._fresh.add(project_id)
                try:
                    tracks = await self._names.tracks(project_id)
                finally:
                    self._known.setdefault(project_id, {})  # what can't be read is told by the ids
                self._known[project_id] = {track.box_uuid: track for track in tracks}
                self.named.emit()
        finally:
            self._is_reading = False


def _leave_unnamed(_error: AppError) -> None:
    """The boxes of that project are told by their ids then."""
