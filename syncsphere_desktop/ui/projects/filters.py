"""Narrows the list of projects: all, public, private, or those of one person."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.app.listing import Listing
from syncsphere_desktop.ui.app.view import Filters
from syncsphere_desktop.ui.widgets.buttons import Button

_CHOICES = (("All projects", None), ("Public", True), ("Private", False))


class VisibilityFilter(QWidget):
    """A choice of visibility, and a chip for a person's projects where the users view asked for them."""

    def __init__(self, listing: Listing[Project]) -> None:
        super().__init__()
        self._listing = listing
        self._choice = QComboBox()
        self._choice.setAccessibleName("Visibility")
        for words, value in _CHOICES:
            self._choice.addItem(words, value)
        self._choice.activated.connect(lambda _at: self._apply())
        self._person = Button("Of one person ✕", tooltip="Show everybody's projects again")
        self._person.clicked.connect(self._drop_person)
        self._person.hide()
        self._user_id: int | None = None
        listing.filters_changed.connect(self.show_filters)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._person)
        layout.addWidget(self._choice)

    def show_filters(self, filters: Filters) -> None:
        """Show the filters that are on."""
        user_id = filters.get("user_id")
        self._user_id = user_id if isinstance(user_id, int) else None
        self._person.setVisible(self._user_id is not None)
        public = filters.get("is_public")
        self._choice.setCurrentIndex(
            [value for _words, value in _CHOICES].index(public if isinstance(public, bool) else None)
        )

    def _drop_person(self) -> None:
        self._user_id = None
        self._apply()

    def _apply(self) -> None:
        filters: dict[str, int | bool] = {}
        public = self._choice.currentData()
        if public is not None:
            filters["is_public"] = bool(public)
        if self._user_id is not None:
            filters["user_id"] = self._user_id
        self._listing.narrow(filters)
