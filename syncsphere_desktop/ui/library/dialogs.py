"""The dialogs of the library: which project, which person, what becomes of removed and replaced files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.humane import counted, number, size
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.project_picker import ProjectPicker

_HELD = "can be restored until the quarantine is emptied"


class ChooseProjectDialog(FormDialog[Project]):
    """Asks for a project; `confirm` is what then happens, with the name put in its `{}`."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        projects: RowSource[Project],
        *,
        title: str,
        confirm: str,
        sentence: str = "",
        without: Collection[int] = (),
    ) -> None:
        super().__init__(parent, title, scope, confirm=confirm.format("…"), width=520)
        self._deed = confirm
        if sentence:
            told = PlainLabel(sentence)
            told.setWordWrap(True)
            self.body.insertWidget(0, told)
        self.picker = ProjectPicker(scope, projects, without=without)
        self.picker.row_changed.connect(self._on_picker_row_changed)
        self.fields.add("project_id", FormField("Project", self.picker))
        self.set_ready(ready=False)

    @override
    async def submit(self) -> Project:
        if self.picker.row is None:
            raise InputError("Choose a project.", field="project_id")
        return self.picker.row

    def _on_picker_row_changed(self, project: Project | None) -> None:
        self.set_ready(ready=project is not None)
        self.set_confirm(self._deed.format("…" if project is None else project.name))


class ChooseUploaderDialog(FormDialog[User]):
    """Asks whose files are to be listed."""

    def __init__(self, parent: QWidget, scope: TaskScope, people: RowSource[User]) -> None:
        super().__init__(parent, "Files of one uploader", scope, confirm="Show the files", width=520)
        self.picker = PersonPicker(scope, people)
        self.picker.person_changed.connect(lambda person: self.set_ready(ready=person is not None))
        self.fields.add("user_id", FormField("Uploader", self.picker))
        self.set_ready(ready=False)

    @override
    async def submit(self) -> User:
        if self.picker.person is None:
            raise InputError("Choose a person.", field="user_id")
        return self.picker.person


class RemoveFilesDialog(ConfirmDialog):
    """Says what the removal of files touches, and asks for a reason that the quarantine shows."""

    def __init__(self, parent: QWidget, count: int, known: Sequence[AudioFile]) -> None:
        one = count == 1 and bool(known)
        self._reason = QLineEdit()
        self._reason.setPlaceholderText("Shown in the quarantine and in the activity")
        super().__init__(
            parent,
            title=f"Remove {known[0].filename}?" if one else f"Remove {number(count)} files?",
            effects=removal_effects(count, known),
            confirm="Remove file" if one else f"Remove {number(count)} files",
            choice=FormField("Why (may stay empty)", self._reason),
        )

    @property
    def reason(self) -> str:
        """Return why, in the user's words."""
        return self._reason.text().strip() or "Removed in the library"


def removal_effects(count: int, known: Sequence[AudioFile]) -> list[str]:
    """Return what removing files does; sums are told only where every file is `known`."""
    one = count == 1
    whole = len(known) == count
    sizes = f" ({size(sum(file.file_size or 0 for file in known))})" if whole else ""
    effects = [f"{'It goes' if one else 'They go'} to quarantine{sizes} and {_HELD}."]
    used = [file for file in known if file.used_by]
    if used:
        versions = counted(sum(file.used_by or 0 for file in used), "bundle version")
        names = "names it" if versions.startswith("1 ") else "name it"
        effects.append(
            f"{versions} still {names}: it will be missing there."
            if one
            else f"{counted(len(used), 'file')} of them are still named by bundle versions."
        )
    if not whole:
        effects.append("Their uses in bundle versions are too many to be listed here.")
    elif any(file.used_by is None for file in known):
        effects.append(f"Which bundle versions use {'it' if one else 'all of them'} is not known yet.")
    return effects


class ReplaceFileDialog(ConfirmDialog):
    """Says what replacing a file's content touches."""

    def __init__(self, parent: QWidget, file: AudioFile, source: Path) -> None:
        effects = [f"The content it has now goes to quarantine and {_HELD}."]
        if file.used_by:
            versions = counted(file.used_by, "bundle version")
            effects.append(f"{versions} using it will sound the new content.")
        if file.copies > 1:
            others = counted(file.copies - 1, "other file")
            effects.append(f"{others} with the same content stay as they are.")
        super().__init__(
            parent,
            title=f"Replace the content of {file.filename} by {source.name}?",
            effects=effects,
            confirm="Replace content",
        )
