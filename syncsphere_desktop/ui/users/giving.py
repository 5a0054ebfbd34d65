"""The dialogs about what a user owns: handing it over, and removing users."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QRadioButton, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.hand_over import Part
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.impact import UserImpact, belongings_sentence
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio import hand_over, remove_users
from syncsphere_desktop.studio.ports import UserStore
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.buttons import Kind
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel


def part_counts(impact: UserImpact) -> dict[Part, str]:
    """Return the kinds of things that there are, with their number in words."""
    counts = {
        Part.PROJECTS: (impact.projects_owned, "project owned", "projects owned"),
        Part.AUDIO: (impact.audio_files, "audio file uploaded", "audio files uploaded"),
        Part.BUNDLES: (impact.bundles, "bundle version made", "bundle versions made"),
        Part.BOXES: (impact.boxes, "track held", "tracks held"),
        Part.MEMBERSHIPS: (impact.collaborations, "project worked on", "projects worked on"),
    }
    return {part: counted(value, one, many) for part, (value, one, many) in counts.items() if value}


class HandOverDialog(FormDialog[str]):
    """Asks who receives what a user owns, and hands it over; the result is the sentence that tells it."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        users: UserStore,
        source: User,
        impact: UserImpact,
    ) -> None:
        super().__init__(
            parent, f"Hand over what {source.username} owns", scope, confirm="Hand over", width=520
        )
        self._users = users
        self._source = source
        self._picker = PersonPicker(scope, users.rows, without=(source.id,))
        self._picker.person_changed.connect(lambda _person: self._refresh())
        self._boxes: dict[Part, QCheckBox] = {}
        parts = QWidget()
        column = QVBoxLayout(parts)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part, words in part_counts(impact).items():
            box = QCheckBox(words)
            box.setChecked(True)
            box.toggled.connect(lambda _on: self._refresh())
            self._boxes[part] = box
            column.addWidget(box)
        parts.setFocusProxy(next(iter(self._boxes.values()), self._picker))
        self.fields.add("parts", FormField("What", parts))
        self.fields.add("to", FormField("To whom", self._picker))
        self._refresh()

    @override
    async def submit(self) -> str:
        receiver = self._picker.person
        if receiver is None:
            raise InputError("Choose who receives it.", field="to")
        parts = [part for part, box in self._boxes.items() if box.isChecked()]
        plan = await hand_over.plan_hand_over(self._users, self._source, receiver, parts)
        _counts, sentence = await hand_over.carry_out(self._users, plan)
        return sentence

    def _refresh(self) -> None:
        receiver = self._picker.person
        self.set_ready(ready=receiver is not None and any(box.isChecked() for box in self._boxes.values()))
        self.set_confirm("Hand over" if receiver is None else f"Hand over to {receiver.username}")


class RemoveUsersDialog(FormDialog[UserImpact]):
    """Says what removing users will touch, asks what becomes of it, and removes them."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        users: UserStore,
        chosen: Sequence[User],
        impact: UserImpact,
    ) -> None:
        one = len(chosen) == 1
        title = f"Delete {chosen[0].username}?" if one else f"Delete {len(chosen):,} users?"
        deed = "Delete user" if one else f"Delete {len(chosen):,} users"
        super().__init__(parent, title, scope, confirm=deed, kind=Kind.DANGER, width=520)
        self._users = users
        self._chosen = tuple(chosen)
        self._impact = impact
        self._sentence = PlainLabel()
        self._sentence.setWordWrap(True)
        self.body.insertWidget(0, self._sentence)
        self._give = QRadioButton("Hand everything over to")
        self._release = QRadioButton("Leave it without an owner")
        self._picker = PersonPicker(scope, users.rows, without=[user.id for user in chosen])
        if impact.blocks_removal:
            self._ask_what_becomes()
        self._refresh()

    def _ask_what_becomes(self) -> None:
        group = QButtonGroup(self)
        choice = QWidget()
        column = QVBoxLayout(choice)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for button in (self._give, self._release):
            group.addButton(button)
            button.toggled.connect(lambda _on: self._refresh())
        column.addWidget(self._give)
        column.addWidget(self._picker)
        column.addWidget(self._release)
        self._give.setChecked(True)
        if self._impact.projects_owned:
            self._release.setEnabled(False)
            self._release.setText("Leave it without an owner (not possible for projects)")
        self._picker.person_changed.connect(lambda _person: self._refresh())
        self.fields.add("to", FormField("What becomes of it", choice))

    @override
    async def submit(self) -> UserImpact:
        removal = await remove_users.plan_removal(
            self._users, self._chosen, receiver=self._receiver(), release=self._releases()
        )
        removal.check()
        return await remove_users.carry_out(self._users, removal)

    def _receiver(self) -> User | None:
        gives = self._impact.blocks_removal and self._give.isChecked()
        return self._picker.person if gives else None

    def _releases(self) -> bool:
        return self._impact.blocks_removal and self._release.isChecked()

    def _refresh(self) -> None:
        receiver, release = self._receiver(), self._releases()
        self._picker.setEnabled(self._give.isChecked())
        removal = remove_users.Removal(self._chosen, self._impact, receiver, release)
        if self._impact.blocks_removal and receiver is None and not release:
            things = belongings_sentence(self._impact)
            self._sentence.setText(f"Choose who receives {things}.")
        else:
            self._sentence.setText(f"{removal.sentence} This can't be undone.")
        self.set_ready(ready=receiver is not None or release or not self._impact.blocks_removal)
