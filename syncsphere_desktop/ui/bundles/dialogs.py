"""The dialogs of bundle versions: what a file would become, and the new project of a copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.project import PROJECT_NAME_MAX, Project, ProjectDraft, checked_project_name
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.bundles.files import ImportCheck
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.deeds import BundleDeeds
from syncsphere_desktop.ui.bundles.words import in_short, version_of_project
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker

_MOST_TOLD = 6


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that was looked at: `check` is what is to be said of it, `refused` why it can't be stored."""

    path: Path
    check: ImportCheck | None = None
    refused: str | None = None


class ImportBundlesDialog(ConfirmDialog):
    """Says what each file is and what is odd about it, before it becomes a version."""

    def __init__(self, parent: QWidget, project: Project, files: Sequence[CheckedFile]) -> None:
        good = [file for file in files if file.check is not None]
        odd = any(file.check.warnings for file in good if file.check is not None)
        one = len(good) == 1
        name = good[0].path.name if one else counted(len(good), "file")
        deed = (
            "Import it all the same"
            if odd and one
            else ("Import bundle" if one else f"Import {counted(len(good), 'bundle')}")
        )
        super().__init__(
            parent,
            title=f"Import {name} into {project.name}?",
            effects=import_effects(project, files),
            confirm=deed,
            dangerous=False,
        )


def import_effects(project: Project, files: Sequence[CheckedFile]) -> list[str]:
    """Return what is to be said of files that become versions, a sentence each."""
    good = [file for file in files if file.check is not None]
    effects = [
        "It becomes the newest version; every other stays as it is."
        if len(good) == 1
        else f"They become the newest versions of {project.name}, in the order of their names."
    ]
    for file in files:
        if file.check is None:
            effects.append(f"{file.path.name} is left out: {file.refused}")
            continue
        bundle = file.check.bundle
        effects.append(f"{file.path.name}: {in_short(bundle)} · {size(bundle.size)}.")
        effects += [f"{file.path.name}: {told}" for told in file.check.warnings[:_MOST_TOLD]]
    return effects


class NewProjectCopyDialog(FormDialog[BundleVersion]):
    """Asks for the name and the owner of a project that begins with a copy of a version."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        deeds: BundleDeeds,
        people: RowSource[User],
        version: BundleVersion,
    ) -> None:
        super().__init__(
            parent, f"Copy {version_of_project(version)} into a new project", scope, confirm="Add project"
        )
        self._deeds = deeds
        self._version = version
        self._name = QLineEdit(f"{version.project_name or 'Project'} (copy)"[:PROJECT_NAME_MAX])
        self._owner = PersonPicker(scope, people)
        self.fields.add("name", FormField("Name", self._name, maximum=PROJECT_NAME_MAX))
        self.fields.add("owner_id", FormField("Owner", self._owner))

    @override
    async def submit(self) -> BundleVersion:
        owner = self._owner.person
        name = checked_project_name(self._name.text())
        if owner is None:
            raise InputError("Choose who owns the project.", field="owner_id")
        return await self._deeds.copy_to_new_project(self._version.id, ProjectDraft(name, owner.id))
