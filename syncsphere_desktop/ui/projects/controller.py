"""The projects view: its list, its inspector, its people, and what is done with projects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QPoint, QRect, QSize

from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.domain.collaborator import Collaborator, Role
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.override import override
from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore
from syncsphere_desktop.studio.remove_projects import plan_removal
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.editing import EditedStore, Editing
from syncsphere_desktop.ui.app.list_controller import ListController
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.importing.targets import DropTarget
from syncsphere_desktop.ui.projects.columns import project_columns
from syncsphere_desktop.ui.projects.dialogs import (
    AddPersonDialog,
    NewProjectDialog,
    RemoveProjectsDialog,
    TransferDialog,
)
from syncsphere_desktop.ui.projects.filters import VisibilityFilter
from syncsphere_desktop.ui.projects.inspector import ProjectInspector
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog

_WORDS = ListingWords(
    one="project",
    many="projects",
    icon="projects",
    empty_title="No projects yet",
    empty_sentence="A project holds the music that several people work on.",
    add_action="New project",
    tables=frozenset({"projects", "project_collaborators"}),
)
_LABELS = {"name": "Name", "description": "Description", "room_id": "Room id", "is_public": "Public"}


class ProjectsController(ListController[Project]):
    """Owns the view's widgets and tasks."""

    def __init__(
        self,
        projects: ProjectStore,
        collaborators: CollaboratorStore,
        users: UserStore,
        context: ViewContext,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(context, "Projects", "Search projects, owners, rooms", read_only=read_only)
        self._projects = projects
        self._collaborators = collaborators
        self._users = users
        self.inspector = ProjectInspector(now)
        self.inspector.set_read_only(read_only=read_only)
        columns = project_columns(now, editable=not read_only)
        self.listing = Listing(
            self.frame,
            projects.rows,
            columns,
            _WORDS,
            context,
            self._scope,
            sort=Sort("name"),
            on_add=None if read_only else self.add,
        )
        store: EditedStore[Project] = EditedStore(
            projects.get, projects.update, lambda project: project.name, _LABELS
        )
        self.editing = Editing(self.listing, self.inspector.form, store, context, self._scope)
        self.filter = VisibilityFilter(self.listing)
        self.frame.add_tool(self.filter)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)
        self._add_actions()
        self._connect()
        self.listing.count_unseen()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> ProjectsController:
        """Build the view for an open session."""
        read_only = session.database.read_only_reason is not None
        return cls(
            session.projects,
            session.collaborators,
            session.users,
            context,
            session.clock.now,
            read_only=read_only,
        )

    def _connect(self) -> None:
        view, inspector = self.listing.view, self.inspector
        self.editing.shown_changed.connect(self._on_editing_shown_changed)
        self.editing.row_refreshed.connect(inspector.show_project)
        self.editing.many_selected.connect(inspector.show_many)
        view.delete_requested.connect(self.delete)
        inspector.transfer_requested.connect(self.transfer)
        inspector.delete_requested.connect(self.delete)
        inspector.versions_requested.connect(self.show_versions)
        inspector.close_requested.connect(self.frame.toggle_inspector)
        people = inspector.people
        people.add_requested.connect(self.add_person)
        people.role_chosen.connect(self._on_people_role_chosen)
        people.remove_requested.connect(self._on_people_remove_requested)
        people.repair_requested.connect(self._on_people_repair_requested)

    def _add_actions(self) -> None:
        self._add_wishes(
            "New project",
            self.add,
            ("Add a person to the project…", self.add_person, "Ctrl+P"),
            ("Transfer the project…", self.transfer, "Ctrl+T"),
            ("Import audio into the project…", self.import_audio, None),
            ("Delete projects…", self.delete, "Del"),
        )
        add_action(self.frame, "Show its versions", self.show_versions, shortcut="Ctrl+B", group=self._group)

    def receiving_project(self) -> Project | None:
        """Return the selected project, which receives audio that is pasted or dropped beside any other."""
        return self.editing.shown

    def project_at(self, place: QPoint) -> DropTarget | None:
        """Return the project whose row is at a global place, or None."""
        view = self.listing.view
        position = view.position_at(view.viewport().mapFromGlobal(place))
        project = self.listing.model.row(position) if position >= 0 else None
        if project is None or not view.viewport().rect().contains(view.viewport().mapFromGlobal(place)):
            return None
        row = view.visualRect(self.listing.model.index(position, view.first_section()))
        corner = view.viewport().mapToGlobal(QPoint(0, row.top()))
        return DropTarget(project, QRect(corner, QSize(view.viewport().width(), row.height())))

    @override
    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed; the people of the shown project are read again."""
        super().take_change(change)
        about_people = isinstance(change, TableChanged) and change.table == "project_collaborators"
        if (about_people or isinstance(change, EverythingMayHaveChanged)) and self.editing.shown is not None:
            self._read_shown_people()

    # What is done with projects

    def add(self) -> None:
        """Ask for a new project."""
        self._ask(self._add)

    def transfer(self) -> None:
        """Ask who owns the selected project from now on."""
        self._ask_about_shown(self._transfer)

    def add_person(self) -> None:
        """Ask who joins the selected project."""
        self._ask_about_shown(self._add_person)

    def import_audio(self) -> None:
        """Ask for audio files of the selected project."""
        if self._context.importing is not None and self.editing.shown is not None:
            self._context.importing.choose_files(self.editing.shown)

    def show_versions(self) -> None:
        """Go to the bundle versions of the selected project."""
        if self.editing.shown is not None:
            self._context.open_view("bundles", {"project_id": self.editing.shown.id})

    def delete(self) -> None:
        """Say what goes with the selected projects, and ask."""
        if self.listing.view.selection.count:
            self._ask(self._delete)

    async def _add(self) -> None:
        dialog = NewProjectDialog(self._context.window, self._scope, self._projects, self._users)
        project = await dialog.ask()
        if project is not None:
            self._context.toasts.show_success(f"{project.name} was added.")
            self.editing.show_added(project)

    async def _transfer(self, project: Project) -> None:
        window = self._context.window
        moved = await TransferDialog(window, self._scope, self._projects, self._users, project).ask()
        if moved is not None:
            self.editing.take(moved)
            self._read_shown_people()
            self._context.toasts.show_success(f"{moved.name} belongs to {moved.owner_name} now.")

    async def _add_person(self, project: Project) -> None:
        present = await self._collaborators.of_project(project.id)
        window = self._context.window
        dialog = AddPersonDialog(window, self._scope, self._collaborators, self._users, project, present)
        added = await dialog.ask()
        if added is not None:
            self._read_shown_people()
            self.listing.model.reload_soon()
            self._context.toasts.show_success(f"{added.username} works on {project.name} now.")

    async def _delete(self) -> None:
        chosen = await self._chosen("projects")
        if not chosen:
            return
        removal = await plan_removal(self._projects, chosen)
        dialog = RemoveProjectsDialog(self._context.window, self._scope, self._projects, removal)
        if await dialog.ask():
            self.editing.forget({project.id for project in chosen})
            one = len(chosen) == 1
            told = f"{chosen[0].name} was" if one else f"{counted(len(chosen), 'project')} were"
            self._context.toasts.show_success(f"{told} deleted.")

    # The people of the shown project

    def _on_people_role_chosen(self, person: Collaborator, role: Role) -> None:
        self._scope.spawn(self._set_role(person, role), on_error=self._on_people_wish_failed)

    async def _set_role(self, person: Collaborator, role: Role) -> None:
        changed = await self._collaborators.set_role(person.project_id, person.user_id, role, base=person)
        self._context.toasts.show_success(
            f"{changed.username} is {changed.role} of {changed.project_name} now."
        )
        self._read_shown_people()

    def _on_people_remove_requested(self, person: Collaborator) -> None:
        self._ask(lambda: self._remove_person(person), on_error=self._on_people_wish_failed)

    async def _remove_person(self, person: Collaborator) -> None:
        dialog = ConfirmDialog(
            self._context.window,
            title=f"Remove {person.username} from {person.project_name}?",
            effects=["The tracks they hold stay theirs until they are released or handed over."],
            confirm=f"Remove {person.username}",
        )
        if await dialog.ask():
            await self._collaborators.remove([person.id])
            self._context.toasts.show_success(f"{person.username} left {person.project_name}.")
            self._read_shown_people()
            self.listing.model.reload_soon()

    def _on_people_repair_requested(self) -> None:
        if self.editing.shown is not None:
            self._scope.spawn(self._repair(self.editing.shown), on_error=self._on_people_wish_failed)

    async def _repair(self, project: Project) -> None:
        repaired = await self._collaborators.repair(project.id)
        if repaired is not None:
            self._context.toasts.show_success(f"{repaired.username} is an owner of {project.name} again.")
        self._read_shown_people()

    # What the inspector shows

    def _on_editing_shown_changed(self, project: Project | None) -> None:
        if project is None:
            self.inspector.show_nothing()
            return
        self.inspector.show_project(project)
        self.inspector.people.show_loading()
        self.inspector.show_contents(None)
        self._read_shown_people()
        self._scope.spawn(self._load_contents(project), key="contents")

    def _read_shown_people(self, failure: AppError | None = None) -> None:
        """Show the people as they are stored, with what became of a wish that failed under them."""
        project = self.editing.shown
        if project is not None:
            work = self._load_people(project, failure)
            self._scope.spawn(work, key="people", on_error=self._on_people_reading_failed)

    async def _load_people(self, project: Project, failure: AppError | None) -> None:
        people = await self._collaborators.of_project(project.id)
        if self.editing.shown is not None and self.editing.shown.id == project.id:
            self.inspector.people.show_people(people, self.editing.shown.owner_id)
            if failure is not None:
                self.inspector.people.show_error(failure.message)

    async def _load_contents(self, project: Project) -> None:
        impact = await self._projects.impact([project.id])
        if self.editing.shown is not None and self.editing.shown.id == project.id:
            self.inspector.show_contents(impact)

    def _on_people_wish_failed(self, error: AppError) -> None:
        self._read_shown_people(error)

    def _on_people_reading_failed(self, error: AppError) -> None:
        self.inspector.people.show_unread(error.message)
