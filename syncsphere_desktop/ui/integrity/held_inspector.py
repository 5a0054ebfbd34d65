"""The inspector of what is selected in the quarantine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal

from syncsphere_desktop.domain.humane import ago, counted, exact, number, size
from syncsphere_desktop.domain.trash import TrashEntry
from syncsphere_desktop.ui.integrity.columns import kept_words
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_fact
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_FACTS = ("Was at", "Project", "Row id", "Size", "Put here", "By", "Kept until", "Content")
_HINT = "Select one to bring it back."


class HeldInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them for what is selected."""

    restore_requested = Signal()
    remove_requested = Signal()

    def __init__(self, now: Callable[[], datetime], *, read_only: bool) -> None:
        super().__init__("trash", "No file selected", _HINT)
        self._now = now
        self._why = PlainLabel()
        self._why.setWordWrap(True)
        self._facts = {name: ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, copyable=True) for name in _FACTS}
        self._reason = self.add_section("Why it is here", self._why)
        self._details = self.add_section("File", fact_rows(self._facts))
        restore = Button("Restore", tooltip="Bring it back to where it was", keys="Ctrl+R")
        restore.clicked.connect(self.restore_requested)
        remove = Button("Remove for good…", Kind.SUBTLE, keys="Del")
        remove.clicked.connect(self.remove_requested)
        self.set_footer(restore, remove)
        self.set_footer_visible(visible=not read_only)

    def show_entries(self, entries: Sequence[TrashEntry], count: int, projects: Mapping[int, str]) -> None:
        """Show what is selected; `entries` are those at hand of `count`."""
        if not entries:
            self.show_empty("trash", "No file selected", _HINT)
            return
        one = count == 1
        self._reason.setVisible(one)
        self._details.setVisible(one)
        if one:
            self._show_one(entries[0], projects)
        else:
            total = sum(entry.size or 0 for entry in entries)
            self.show_object("trash", counted(count, "file") + " selected", size(total))

    def _show_one(self, entry: TrashEntry, projects: Mapping[int, str]) -> None:
        now = self._now()
        kept = kept_words(entry.expires_at, now)
        self.show_object(
            "audio", entry.filename, "Its time is over" if kept == "time is over" else f"Kept {kept} more"
        )
        self._why.setText(entry.reason or "Nobody said.")
        project = entry.project_id
        orphan = entry.file_id is None
        values: dict[str, tuple[str, str]] = {
            "Was at": (entry.original_path, ""),
            "Project": ("" if project is None else projects.get(project, str(project)), ""),
            "Row id": ("None: no row named it" if orphan else str(entry.file_id), ""),
            "Size": ("No file" if entry.size is None else size(entry.size), _bytes(entry.size)),
            "Put here": (ago(entry.at, now), exact(entry.at)),
            "By": (entry.actor, ""),
            "Kept until": (exact(entry.expires_at), ""),
            "Content": (entry.sha256 or "", ""),
        }
        for name, (text, tooltip) in values.items():
            self._facts[name].set_text(text, tooltip=tooltip)
            show_fact(self._facts[name], shown=bool(text))


def _bytes(count: int | None) -> str:
    return "" if count is None else f"{number(count)} bytes"
