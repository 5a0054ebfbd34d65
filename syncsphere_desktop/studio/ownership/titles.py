"""What tracks, projects and people are called, for those who watch: asked once, and kept."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership import unknown_track_name
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.ownership.naming import TrackNames

_KEPT = 5_000
_ASK_AGAIN_SECONDS = 10.0


class Titles:
    """Names that are good to read; where none can be had now, what stands for one. Raises nothing for it."""

    def __init__(self, database: Database) -> None:
        self._tracks = TrackNames(database)
        self._projects = ProjectRepository(database, "")
        self._users = UserRepository(database, "")
        self._names: dict[ProjectId, dict[UUID, str]] = {}
        self._asked: dict[ProjectId, float] = {}
        self._project_names: dict[ProjectId, str] = {}
        self._user_names: dict[UserId, str] = {}

    async def track(self, project_id: ProjectId, box_uuid: UUID) -> str:
        """Return what a box is called."""
        names = self._names.get(project_id, {})
        late = time.monotonic() - self._asked.get(project_id, float("-inf")) > _ASK_AGAIN_SECONDS
        if box_uuid not in names and late:
            _bound(self._names)
            _bound(self._asked)
            self._asked[project_id] = time.monotonic()
            try:
                tracks = await self._tracks.tracks(project_id)
            except AppError:
                return unknown_track_name(box_uuid)
            names = self._names[project_id] = {track.box_uuid: track.name for track in tracks}
        return names.get(box_uuid) or unknown_track_name(box_uuid)

    async def project(self, project_id: ProjectId) -> str:
        """Return what a project is called."""
        if project_id not in self._project_names:
            _bound(self._project_names)
            try:
                self._project_names[project_id] = (await self._projects.get(project_id)).name
            except AppError:
                return f"Project {project_id}"
        return self._project_names[project_id]

    async def user(self, user_id: UserId) -> str:
        """Return what a person is called."""
        if user_id not in self._user_names:
            _bound(self._user_names)
            try:
                self._user_names[user_id] = (await self._users.get(user_id)).username
            except AppError:
                return f"user {user_id}"
        return self._user_names[user_id]


def _bound(names: dict[Any, Any]) -> None:
    if len(names) >= _KEPT:
        names.clear()
