"""The filters of the library: a menu of all facets, and a chip for each one that is on."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QToolButton, QWidget

from syncsphere_desktop.ui.library.facets import (
    DUPLICATES,
    FACETS,
    PROJECT,
    Chip,
    Facet,
    Filters,
    chips,
    chosen,
    with_choice,
    without,
)
from syncsphere_desktop.ui.theme.icons import icon
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.flow import FlowLayout
from syncsphere_desktop.ui.widgets.plain_text import without_mnemonics


class FilterBar(QFrame):
    """A line of chips, hidden while no filter is on. Emits the filters that are wanted.

    `button` opens the menu; whoever builds the view puts it in its place.
    """

    filters_wanted = Signal(object)
    project_wanted = Signal()
    """Ask for a project, and narrow the list to it."""
    uploader_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "0")
        self.setAccessibleName("Filters")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._filters: Filters = {}
        self._project: str | None = None
        self._uploader: str | None = None
        self.button = Button("Filter", icon_name="filter", tooltip="Narrow the list", keys="Ctrl+Shift+F")
        self.button.clicked.connect(self.open_menu)
        self._before: QWidget = self.button
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(16, 8, 16, 8)
        self.hide()

    def show_filters(
        self, filters: Filters, *, project: str | None = None, uploader: str | None = None
    ) -> None:
        """Show the filters that are on; the names are those behind the ids of project and uploader."""
        had_focus = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self._filters, self._project, self._uploader = filters, project, uploader
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        shown = chips(filters, project=project, uploader=uploader)
        parts = [self._chip(chip) for chip in shown]
        if len(shown) > 1:
            clear = Button("Clear all", Kind.LINK)
            clear.clicked.connect(lambda: self.filters_wanted.emit({}))
            parts.append(clear)
        before = self._before
        for part in parts:
            self._flow.addWidget(part)
            self.setTabOrder(before, part)
            before = part
        self.setVisible(bool(shown))
        if had_focus:
            self.button.setFocus()

    def stand_behind(self, widget: QWidget) -> None:
        """Let Tab reach the chips after this one."""
        self._before = widget

    def menu(self) -> QMenu:
        """Return the menu of all facets, with what is on checked."""
        menu = QMenu(self.button)
        for title, wanted in (("Project…", self.project_wanted), ("Uploader…", self.uploader_wanted)):
            menu.addAction(title).triggered.connect(lambda _on=False, wanted=wanted: wanted.emit())
        menu.addSeparator()
        for facet in FACETS:
            self._add_facet(menu, facet)
        menu.addSeparator()
        self._add_switch(menu, "Without a project", PROJECT, on=None)
        self._add_switch(menu, "Duplicates, grouped", DUPLICATES, on=True)
        if self._filters:
            menu.addSeparator()
            menu.addAction("Clear all").triggered.connect(lambda _on=False: self.filters_wanted.emit({}))
        return menu

    def open_menu(self) -> None:
        """Show the menu below its button, with its first line chosen."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
        menu.setActiveAction(menu.actions()[0])

    def _add_facet(self, menu: QMenu, facet: Facet) -> None:
        part = menu.addMenu(facet.title)
        group = QActionGroup(part)
        now = chosen(self._filters, facet)
        wanted = [("Any", None), *((choice.words, choice) for choice in facet.choices)]
        for words, choice in wanted:
            action = QAction(without_mnemonics(words), group, checkable=True, checked=choice == now)
            action.triggered.connect(
                partial(self._want, with_choice(self._filters, facet, choice)),
                Qt.ConnectionType.QueuedConnection,
            )
            part.addAction(action)

    def _add_switch(self, menu: QMenu, words: str, key: str, *, on: bool | None) -> None:
        is_on = key in self._filters and self._filters[key] == on
        action = QAction(words, menu, checkable=True, checked=is_on)
        after = without(self._filters, (key,)) if is_on else {**self._filters, key: on}
        action.triggered.connect(partial(self._want, after), Qt.ConnectionType.QueuedConnection)
        menu.addAction(action)

    def _chip(self, chip: Chip) -> QWidget:
        button = QToolButton()
        button.setText(without_mnemonics(chip.words))
        button.setIcon(icon("close"))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the cross stands at the end
        button.setProperty("chip", "true")
        button.setToolTip("Drop this filter")
        button.setAccessibleName(f"{chip.words}: drop this filter")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self._want(without(self._filters, chip.keys)))
        return button

    def _want(self, filters: Filters, _checked: bool = False) -> None:  # noqa: FBT001, FBT002  # of a signal
        self.filters_wanted.emit(dict(filters))
