"""Asks what is to happen to tracks: which ones, to whom they go, why, and how long the holders have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.ownership_acts import REASON_MAX
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import AppError, InputError
from syncsphere_desktop.studio.ownership.acting import ActPlan, ActScope, OwnershipActs
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

GRACES = (("At once", 0), ("10 seconds", 10), ("30 seconds", 30), ("1 minute", 60), ("5 minutes", 300))
_USUAL_GRACE = 10
_LOOKING = "Finding out what that touches…"
_NO_REASON = "–"


@dataclass(frozen=True, slots=True)
class Choice:
    """Some tracks that an act can be about, and what they are called, as in `All tracks of mira`."""

    words: str
    scope: ActScope


@dataclass(frozen=True, slots=True)
class ActWish:
    """An act that was agreed to, and the seconds of grace."""

    plan: ActPlan
    grace: float


class ActDialog(FormDialog[ActWish]):
    """Tells what an act touches while it is chosen. With `gives` it asks to whom the tracks go.

    `can_tell` says that the holders hear of it through the feed.
    """

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        acts: OwnershipActs,
        people: RowSource[User],
        choices: Sequence[Choice],
        *,
        title: str,
        gives: bool,
        can_tell: bool,
    ) -> None:
        super().__init__(parent, title, scope, confirm="Hand over" if gives else "Release", width=560)
        self._tasks = scope.child("act question", on_error=self._show_unplanned)
        self._acts = acts
        self._gives = gives
        self.impact = PlainLabel(_LOOKING)
        self.impact.setWordWrap(True)
        self.body.insertWidget(0, self.impact)
        self.what = QComboBox()
        for choice in choices:
            self.what.addItem(choice.words, choice.scope)
        self.what.currentIndexChanged.connect(lambda _at: self._look())
        self.person = PersonPicker(scope, people) if gives else None
        self.reason = QLineEdit()
        self.grace = QComboBox()
        for words, seconds in GRACES:
            self.grace.addItem(words, seconds)
        self.grace.setCurrentIndex(self.grace.findData(_USUAL_GRACE))
        if len(choices) > 1:
            self.fields.add("scope", FormField("Which tracks", self.what))
        if self.person is not None:
            self.person.person_changed.connect(lambda _person: self._look())
            self.fields.add("to", FormField("To whom", self.person))
        self.fields.add(
            "reason",
            FormField("Reason", self.reason, maximum=REASON_MAX, hint="Stays in the audit log."),
        )
        told = (
            "The holders are told through the feed now"
            if can_tell
            else "There is no feed to tell the holders by"
        )
        self.fields.add(
            "grace", FormField("When", self.grace, hint=f"{told}; until then it can be called off.")
        )
        self.reason.textChanged.connect(lambda _text: self._refresh())
        self._plan: ActPlan | None = None
        QTimer.singleShot(0, self, self._look)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        (self.person or self.reason).setFocus()  # which tracks is mostly right as it is

    @override
    async def submit(self) -> ActWish:
        plan = await self._acts.plan(self._scope_chosen, self._receiver, self.reason.text())
        if self._gives and self._receiver is None:
            raise InputError("Choose who gets it.", field="to")
        return ActWish(plan, float(self.grace.currentData()))

    @override
    async def wind_down(self) -> None:
        await self._tasks.shutdown()

    @property
    def _scope_chosen(self) -> ActScope:
        chosen = self.what.currentData()
        assert isinstance(chosen, ActScope)
        return chosen

    @property
    def _receiver(self) -> User | None:
        return None if self.person is None else self.person.person

    def _look(self) -> None:
        """Find out what the act would touch."""
        self._plan = None
        self._refresh()
        if self._gives and self._receiver is None:
            self._tasks.cancel("look")
            self.impact.setText("Choose who gets the tracks.")
        else:
            self._tasks.spawn(self._find_out(), key="look")

    async def _find_out(self) -> None:
        plan = await self._acts.plan(self._scope_chosen, self._receiver, _NO_REASON)
        self._plan = plan
        if plan.boxes:
            self.impact.setText(plan.sentence)
        else:
            self.impact.setText("There is nothing to do: it is so already.")
        self._refresh()

    def _refresh(self) -> None:
        plan = self._plan
        self.set_ready(ready=plan is not None and bool(plan.boxes) and bool(self.reason.text().strip()))
        count = 0 if plan is None else len({(box.project_id, box.box_uuid) for box in plan.boxes})
        tracks = f" {counted(count, 'track')}" if count else ""
        receiver = self._receiver
        if not self._gives:
            self.set_confirm(f"Release{tracks}")
        else:
            self.set_confirm(f"Give{tracks} to {receiver.username}" if receiver is not None else "Hand over")

    def _show_unplanned(self, error: AppError) -> None:
        self.impact.setText(error.message)
