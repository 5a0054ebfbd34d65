"""The dialogs of the projects view. What was typed stays until the database said yes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.collaborator import Collaborator, Role
from syncsphere_desktop.domain.project import (
    PROJECT_NAME_MAX,
    ROOM_ID_MAX,
    Project,
    ProjectDraft,
    checked_description,
    checked_project_name,
    checked_room_id,
)
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore
from syncsphere_desktop.studio.remove_projects import ProjectRemoval
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.buttons import Kind
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


class NewProjectDialog(FormDialog[Project]):
    """Asks for a new project's name, owner and the rest, and adds it."""

    def __init__(self, parent: QWidget, scope: TaskScope, projects: ProjectStore, users: UserStore) -> None:
        super().__init__(parent, "New project", scope, confirm="Add project", width=520)
        self._projects = projects
        self._name = QLineEdit()
        self._description = QPlainTextEdit()
        self._description.setFixedHeight(60)
        self._description.setTabChangesFocus(True)
        self._room = QLineEdit()
        self._public = QCheckBox("Public: everybody in the studio can open it")
        self._owner = PersonPicker(scope, users.rows)
        self.fields.add("name", FormField("Name", self._name, maximum=PROJECT_NAME_MAX))
        self.fields.add("owner_id", FormField("Owner", self._owner))
        self.fields.add("description", FormField("Description", self._description))
        self.fields.add("room_id", FormField("Room id", self._room, maximum=ROOM_ID_MAX))
        self.fields.add("is_public", FormField("", self._public))

    @override
    async def submit(self) -> Project:
        owner = self._owner.person
        name = checked_project_name(self._name.text())
        if owner is None:
            raise InputError("Choose who owns the project.", field="owner_id")
        draft = ProjectDraft(
            name=name,
            owner_id=owner.id,
            description=checked_description(self._description.toPlainText()),
            room_id=checked_room_id(self._room.text()),
            is_public=self._public.isChecked(),
        )
        return await self._projects.add(draft)


class TransferDialog(FormDialog[Project]):
    """Asks who owns the project from now on; the former owner stays as an editor."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        projects: ProjectStore,
        users: UserStore,
        project: Project,
    ) -> None:
        super().__init__(parent, f"Transfer {project.name}", scope, confirm="Transfer", width=520)
        self._projects = projects
        self._project = project
        told = "The new owner joins with the role owner."
        if project.owner_name:
            told += f" {project.owner_name} stays as an editor."
        sentence = PlainLabel(told)
        sentence.setWordWrap(True)
        self.body.insertWidget(0, sentence)
        without = () if project.owner_id is None else (project.owner_id,)
        self._picker = PersonPicker(scope, users.rows, without=without)
        self._picker.person_changed.connect(self._on_picker_person_changed)
        self.fields.add("owner_id", FormField("New owner", self._picker))
        self.set_ready(ready=False)

    @override
    async def submit(self) -> Project:
        receiver = self._picker.person
        if receiver is None:
            raise InputError("Choose the new owner.", field="owner_id")
        return await self._projects.transfer(self._project, receiver.id)

    def _on_picker_person_changed(self, person: User | None) -> None:
        self.set_ready(ready=person is not None)
        self.set_confirm("Transfer" if person is None else f"Transfer to {person.username}")


class AddPersonDialog(FormDialog[Collaborator]):
    """Asks who joins a project, and in which role."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        collaborators: CollaboratorStore,
        users: UserStore,
        project: Project,
        present: Sequence[Collaborator],
    ) -> None:
        super().__init__(parent, f"Add a person to {project.name}", scope, confirm="Add", width=520)
        self._collaborators = collaborators
        self._project = project
        without = [person.user_id for person in present]
        self._picker = PersonPicker(scope, users.rows, without=without)
        self._picker.person_changed.connect(self._on_picker_person_changed)
        self._role = QComboBox()
        for role, words in (
            (Role.EDITOR, "Editor: may claim and change tracks"),
            (Role.VIEWER, "Viewer: may listen and look"),
            (Role.OWNER, "Owner: may do everything"),
        ):
            self._role.addItem(words, role)
        self.fields.add("user_id", FormField("Person", self._picker))
        self.fields.add("role", FormField("Role", self._role))
        self.set_ready(ready=False)

    @override
    async def submit(self) -> Collaborator:
        person = self._picker.person
        if person is None:
            raise InputError("Choose who joins the project.", field="user_id")
        role = Role(self._role.currentData())
        return await self._collaborators.set_role(self._project.id, person.id, role)

    def _on_picker_person_changed(self, person: User | None) -> None:
        self.set_ready(ready=person is not None)
        self.set_confirm("Add" if person is None else f"Add {person.username}")


class RemoveProjectsDialog(FormDialog[bool]):
    """Says what goes with the projects, and removes them."""

    def __init__(
        self, parent: QWidget, scope: TaskScope, projects: ProjectStore, removal: ProjectRemoval
    ) -> None:
        chosen = removal.projects
        one = len(chosen) == 1
        title = f"Delete {chosen[0].name}?" if one else f"Delete {len(chosen)} projects?"
        deed = "Delete project" if one else f"Delete {len(chosen)} projects"
        super().__init__(parent, title, scope, confirm=deed, kind=Kind.DANGER, width=520)
        self._projects = projects
        self._removal = removal
        sentence = PlainLabel(f"{removal.sentence} This can't be undone. Files in the audio storage stay.")
        sentence.setWordWrap(True)
        self.body.insertWidget(0, sentence)

    @override
    async def submit(self) -> bool:
        await self._projects.remove([project.id for project in self._removal.projects])
        return True
