"""The common build of a view: header with title, search and main action; banner; list; inspector."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.search_field import SearchField
from syncsphere_desktop.ui.widgets.splits import FoldingSplitter

HEADER_HEIGHT = 52
INSPECTOR_WIDTH = 360


class ViewFrame(QWidget):
    """Holds a list and an inspector side by side under a header. The inspector folds away."""

    search_changed = Signal(str)

    def __init__(self, title: str, search_placeholder: str) -> None:
        super().__init__()
        self._title = PlainLabel(title)
        self._title.setProperty("role", "title")
        self._count = PlainLabel()
        self._count.setProperty("role", "secondary")
        self.search = SearchField(search_placeholder)
        self.search.setMaximumWidth(360)
        self.search.search_changed.connect(self.search_changed)
        self._last_in_header: QWidget = self.search
        self._tools = QHBoxLayout()
        self._tools.setSpacing(8)
        self._banner_slot = QVBoxLayout()
        self._banner_slot.setContentsMargins(0, 0, 0, 0)
        self._banner: Banner | None = None
        self._strips = QVBoxLayout()
        self._strips.setContentsMargins(0, 0, 0, 0)
        self._splitter = FoldingSplitter(folding=1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header())
        layout.addLayout(self._banner_slot)
        layout.addLayout(self._strips)
        layout.addWidget(self._splitter, 1)

    def _header(self) -> QWidget:
        header = QFrame()
        header.setProperty("surface", "1")
        header.setFixedHeight(HEADER_HEIGHT)
        row = QHBoxLayout(header)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._count)
        row.addSpacing(12)
        row.addWidget(self.search, 1)
        row.addStretch(1)
        row.addLayout(self._tools)
        return header

    def set_body(self, listing: QWidget, inspector: QWidget) -> None:
        """Put the list and the inspector in their places; called once."""
        inspector.setMinimumWidth(300)
        self._splitter.set_sides(listing, inspector, [872, INSPECTOR_WIDTH])

    def add_tool(self, widget: QWidget) -> None:
        """Put a filter or a button at the header's right end; Tab reaches it before the list."""
        self._tools.addWidget(widget)
        self.setTabOrder(self._last_in_header, widget)
        self._last_in_header = widget

    @property
    def last_in_header(self) -> QWidget:
        """Return what Tab reaches last in the header."""
        return self._last_in_header

    def add_strip(self, widget: QWidget) -> None:
        """Put a line of its own between the header with its banner and the list, such as filters."""
        self._strips.addWidget(widget)

    def show_count(self, text: str) -> None:
        """Show how many rows there are, beside the title."""
        self._count.setText(text)

    def show_banner(self, banner: Banner | None) -> None:
        """Show one banner under the header in place of the one before; None takes it away."""
        if self._banner is not None:
            self._banner_slot.removeWidget(self._banner)
            self._banner.hide()
            self._banner.deleteLater()
        self._banner = banner
        if banner is not None:
            self._banner_slot.addWidget(banner)

    def toggle_inspector(self) -> None:
        """Fold the inspector, or unfold it."""
        self._splitter.toggle()

    def save_layout(self) -> dict[str, object]:
        """Return the splitter's sizes and whether the inspector is open, JSON-ready."""
        return {"splitter": self._splitter.unfolded_sizes(), "inspector": not self._splitter.is_folded}

    def restore_layout(self, saved: Mapping[str, object]) -> None:
        """Take on what `save_layout` gave; whatever does not fit is left out."""
        self._splitter.restore(saved.get("splitter"), is_folded=saved.get("inspector") is False)
