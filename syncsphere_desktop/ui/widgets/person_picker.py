"""Chooses one of the studio's people: type a few letters, take one from the list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem
from typing_extensions import override

from syncsphere_desktop.domain.listing import RowSource, Sort
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.person import paint_person
from syncsphere_desktop.ui.widgets.row_picker import PickerDelegate, PickerWords, RowPicker

_WORDS = PickerWords("Search people by name or email", "people", "Nobody was found.")


class PersonPicker(RowPicker[User]):
    """Emits `person_changed` with the chosen `User`, or None."""

    person_changed = Signal(object)

    def __init__(self, scope: TaskScope, people: RowSource[User], *, without: Collection[int] = ()) -> None:
        super().__init__(scope, people, Sort("username"), _WORDS, _PersonDelegate(), without=without)
        self.row_changed.connect(self.person_changed)

    @property
    def person(self) -> User | None:
        """Return who is chosen."""
        return self.row

    @override
    def words_of(self, row: User) -> str:
        return f"{row.username} · {row.email}"


class _PersonDelegate(PickerDelegate):
    """Paints initials, name and email in a line."""

    @override
    def paint_first(self, painter: QPainter, option: QStyleOptionViewItem, row: Any) -> None:
        half = option.rect.adjusted(0, 0, -option.rect.width() // 2, 0)
        paint_person(painter, half, row.id, row.username, current_tokens())

    @override
    def second(self, row: Any) -> str:
        return str(row.email)
