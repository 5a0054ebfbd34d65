"""Asks before a version is restored: what that changes, and whose tracks those are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from PySide6.QtWidgets import QWidget
from typing_extensions import override

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.odb.diff import ParagraphKind
from syncsphere_desktop.studio.bundles.restoring import RestoreImpact, UnitImpact
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.bundles.line_list import Line, LineList
from syncsphere_desktop.ui.bundles.reading_dialog import ReadingDialog
from syncsphere_desktop.ui.bundles.words import version_name
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_SIGNS = {
    ParagraphKind.ADDED: ("plus", "success", "comes back"),
    ParagraphKind.REMOVED: ("minus", "danger", "goes"),
    ParagraphKind.CHANGED: ("pencil", "warning", "changes"),
}
_MOST_DETAILS = 20


class RestoreDialog(ReadingDialog[bool]):
    """Finds out what it changes in the background; restoring can be agreed to when that is known."""

    def __init__(
        self,
        parent: QWidget,
        scope: TaskScope,
        version: BundleVersion,
        load: Callable[[], Awaitable[RestoreImpact]],
    ) -> None:
        name = version_name(version)
        super().__init__(parent, scope, f"Restore {name.lower()} of {version.project_name}?", width=600)
        self._load = load
        self._version = version
        self._effect = PlainLabel("Finding out what that changes…")
        self._effect.setWordWrap(True)
        self._people = PlainLabel()
        self._people.setWordWrap(True)
        self._people.hide()
        self._online = PlainLabel()
        self._online.setProperty("role", "secondary")
        self._online.setWordWrap(True)
        self._online.hide()
        self._notice = Banner(tone="warning", dismissible=False)
        self._notice.hide()
        self.units = LineList("What changes", most=9)
        self.units.hide()
        for part in (self._effect, self._people, self._online, self._notice, self.units):
            self.body.addWidget(part)
        self.body.addStretch(1)
        cancel = Button("Cancel")
        cancel.clicked.connect(self.reject)
        cancel.setDefault(True)
        self.confirm_button = Button(f"Restore {name.lower()}", Kind.PRIMARY)
        self.confirm_button.clicked.connect(lambda: self.accept_with(True))
        self.confirm_button.setEnabled(False)
        self.add_button(cancel)
        self.add_button(self.confirm_button)
        self.tasks.spawn(self._show(), key="load")

    async def _show(self) -> None:
        self.show_impact(await self._load())

    def show_impact(self, impact: RestoreImpact) -> None:
        """Say what restoring does."""
        name, newest = version_name(self._version), impact.newest
        told = f"A new version is added with what {name.lower()} holds. "
        if newest is not None and newest.id == self._version.id:
            told += "It is the newest one already, so nothing changes."
        elif newest is not None:
            told += f"{version_name(newest)} and every other version stay as they are."
        self._effect.setText(told.strip())
        owners = impact.owners
        if owners:
            self._people.setText(
                f"Tracks of {counted(len(owners), 'person', 'people')} change: {', '.join(owners)}."
                " Whoever has the project open keeps working on what they have until they load it again."
            )
        self._people.setVisible(bool(owners))
        if impact.newest is None or impact.newest.id != self._version.id:
            self._online.setText(_online_words(impact.online))
            self._online.show()
        if impact.problems:
            self._notice.show_message("\n".join(impact.problems), "warning")
        self._notice.setVisible(bool(impact.problems))
        self.units.show_lines(tuple(line for unit in impact.units for line in _lines(unit)))
        self.units.setVisible(bool(impact.units))
        self.confirm_button.setEnabled(True)

    @override
    def show_failed(self, error: AppError) -> None:
        self._effect.setText("What restoring changes could not be found out.")
        self._notice.show_message(error.message, "danger", details=error.details)
        self._notice.show()


def _online_words(online: tuple[str, ...] | None) -> str:
    if online is None:
        return "Who is online is not known."
    if not online:
        return "Nobody has the project open."
    return f"Online in the project: {', '.join(online)}."


def _lines(impact: UnitImpact) -> Iterator[Line]:
    paragraph = impact.paragraph
    icon, tone, verb = _SIGNS[paragraph.kind]
    held = f"held by {', '.join(impact.owners)}" if impact.owners else ""
    tip = "\n".join((paragraph.subject, held, *paragraph.parts, *paragraph.details[:_MOST_DETAILS]))
    yield Line(f"{paragraph.subject} {verb}", icon, held, tone=tone, tip=tip.replace("\n\n", "\n"))
    for part in paragraph.parts if paragraph.kind is ParagraphKind.CHANGED else ():
        yield Line(part, level=1, tip=tip, muted=True)
