"""Shows where feed and table differ for as long as somebody looks, by the names of what they differ on."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QWidget

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.ownership import unknown_track_name
from syncsphere_desktop.domain.ownership_agreement import Agreement, Difference
from syncsphere_desktop.domain.presence import PersonRef
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.ownership.differences_dialog import DifferencesDialog
from syncsphere_desktop.ui.ownership.parts import OwnershipParts


class Differences:
    """Opens the dialog of differences and keeps it true; names are read when it is open, and only then."""

    def __init__(self, parts: OwnershipParts, scope: TaskScope, window: QWidget) -> None:
        self._parts = parts
        self._scope = scope
        self._window = window
        self._dialog: DifferencesDialog | None = None
        self._projects: dict[ProjectId, str] = {}
        self._tracks: dict[ProjectId, dict[UUID, str]] = {}
        self._people: dict[UserId, str] = {}

    async def ask(self) -> None:
        """Show the dialog until it is closed."""
        for known in (self._projects, self._tracks, self._people):
            known.clear()
        dialog = self._dialog = DifferencesDialog(self._window, self._name_box, self._name_person)
        dialog.read_again_requested.connect(self._parts.watch.read_again)
        self.take(self._parts.watch.agreement)
        try:
            await dialog.ask()
        finally:
            self._dialog = None
            self._scope.cancel("differences")

    def take(self, agreement: Agreement) -> None:
        """Show what was found last, where the dialog is open."""
        if self._dialog is not None:
            self._dialog.show_agreement(agreement)
            self._scope.spawn(self._read(self._dialog, agreement), key="differences", on_error=_leave_unnamed)

    def _name_box(self, difference: Difference) -> tuple[str, str]:
        project, box = difference.project_id, difference.box_uuid
        track = self._tracks.get(project, {}).get(box) or unknown_track_name(box)
        return self._projects.get(project, f"Project {project}"), track

    def _name_person(self, person: PersonRef) -> str:
        return person if isinstance(person, str) else self._people.get(person, f"User {person}")

    async def _read(self, dialog: DifferencesDialog, agreement: Agreement) -> None:
        projects = {one.project_id for one in agreement.differences} - self._projects.keys()
        people = {
            person
            for one in agreement.differences
            for person in (one.feed_owner, *one.table_owners)
            if person is not None and not isinstance(person, str)
        } - self._people.keys()
        for project in sorted(projects):
            try:
                self._projects[project] = (await self._parts.projects.get(project)).name
            except NotFoundError:
                self._projects[project] = f"Project {project}, deleted"
            tracks = await self._parts.names.tracks(project)
            self._tracks[project] = {track.box_uuid: track.name for track in tracks}
        for person in sorted(people):
            try:
                self._people[person] = (await self._parts.people.get(person)).username
            except NotFoundError:
                self._people[person] = f"User {person}, deleted"
        if projects or people:
            dialog.show_agreement(agreement)


def _leave_unnamed(_error: AppError) -> None:
    """What can't be named now is told by its ids."""
