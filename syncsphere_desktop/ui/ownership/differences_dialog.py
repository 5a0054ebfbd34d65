"""Where the live feed and the table say different things of who holds what."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ownership_agreement import Agreement, AgreementState, Difference
from syncsphere_desktop.domain.presence import PersonRef
from syncsphere_desktop.ui.ownership.words import NOBODY_WORD
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip

_COLUMNS = ("Project", "Track", "The feed says", "The table says")
_ROWS_IN_SIGHT = 8
_ROW = 28
NameOf = Callable[[Difference], tuple[str, str]]
"""Returns the names of a difference's project and track."""


class DifferencesDialog(AwaitableDialog[bool]):
    """Lists the differences; they follow what is found while it is open."""

    read_again_requested = Signal()

    def __init__(self, parent: QWidget, names: NameOf, person: Callable[[PersonRef], str]) -> None:
        super().__init__(parent, "Feed and table", width=640)
        self._names = names
        self._person = person
        self.told = PlainLabel()
        self.told.setWordWrap(True)
        self.rows = QTableWidget(0, len(_COLUMNS))
        self.rows.setAccessibleName("Differences")
        self.rows.setHorizontalHeaderLabels(list(_COLUMNS))
        self.rows.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.rows.verticalHeader().hide()
        self.rows.verticalHeader().setDefaultSectionSize(_ROW)
        self.rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.rows.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.rows.setShowGrid(False)
        self.rows.setMinimumHeight(_ROWS_IN_SIGHT * _ROW)
        again = Button("Read the table again", icon_name="refresh")
        again.clicked.connect(self.read_again_requested)
        close = Button("Close", Kind.PRIMARY)
        close.clicked.connect(self.reject)
        self.body.addWidget(self.told)
        self.body.addWidget(self.rows, 1)
        self.add_button(again, left=True)
        self.add_button(close)
        close.setDefault(True)

    def show_agreement(self, agreement: Agreement) -> None:
        """Show what was found last."""
        if agreement.state is AgreementState.AGREE:
            told = "The feed and the table say the same of every track."
        elif agreement.state is AgreementState.UNKNOWN:
            told = agreement.reason
        else:
            told = (
                f"They differ on {counted(agreement.total, 'track')}. The table is the truth, and the"
                " grid shows it; whoever works by the feed alone sees something else."
            )
        self.told.setText(told)
        self._fill(agreement.differences)

    def _fill(self, differences: Sequence[Difference]) -> None:
        self.rows.setVisible(bool(differences))
        self.rows.setRowCount(len(differences))
        for row, difference in enumerate(differences):
            project, track = self._names(difference)
            feed = NOBODY_WORD if difference.feed_owner is None else self._person(difference.feed_owner)
            table = ", ".join(map(self._person, difference.table_owners)) or NOBODY_WORD
            for column, text in enumerate((project, track, feed, table)):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text if column != 1 else f"{text}\n{difference.box_uuid}"))
                self.rows.setItem(row, column, item)
