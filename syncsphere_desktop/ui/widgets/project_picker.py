"""Chooses one of the studio's projects: type a few letters, take one from the list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem
from typing_extensions import override

from syncsphere_desktop.domain.listing import RowSource, Sort
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.row_picker import PickerDelegate, PickerWords, RowPicker

_WORDS = PickerWords("Search projects", "projects", "No project was found.")


class ProjectPicker(RowPicker[Project]):
    """Emits `row_changed` with the chosen `Project`, or None."""

    def __init__(
        self, scope: TaskScope, projects: RowSource[Project], *, without: Collection[int] = ()
    ) -> None:
        super().__init__(scope, projects, Sort("name"), _WORDS, _ProjectDelegate(), without=without)

    @override
    def words_of(self, row: Project) -> str:
        return f"{row.name} · {row.owner_name}" if row.owner_name else row.name


class _ProjectDelegate(PickerDelegate):
    """Paints the name and the owner in a line."""

    @override
    def paint_first(self, painter: QPainter, option: QStyleOptionViewItem, row: Any) -> None:
        half = option.rect.adjusted(8, 0, -option.rect.width() // 2, 0)
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, half.width())
        painter.drawText(half, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)

    @override
    def second(self, row: Any) -> str:
        return "" if row.owner_name is None else f"owned by {row.owner_name}"
