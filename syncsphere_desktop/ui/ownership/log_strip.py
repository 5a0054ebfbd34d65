"""The line of the log: pause and what waits, filters, what of the feed was not understood, export."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSizePolicy

from syncsphere_desktop.domain.humane import counted, number
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership_history import EventKind
from syncsphere_desktop.feed.state import FeedCounts
from syncsphere_desktop.ui.ownership.log_columns import KIND_WORDS
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.buttons import Button
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.status_dot import StatusDot

_PERIODS = {
    "Last hour": 3600,
    "Last 24 hours": 86400,
    "Last 7 days": 7 * 86400,
    "Last 30 days": 30 * 86400,
    "All time": None,
}
_FIRST_PERIOD = "Last 7 days"


class LogStrip(QFrame):
    """Emits `narrowed` when a filter was chosen, `pause_requested`, `export_requested`."""

    narrowed = Signal()
    pause_requested = Signal()
    export_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_surface(self, 1)
        self.light = StatusDot("success", "Live")
        self.pause = Button("Pause", tooltip="Keep the log as it is while new events wait (Space)")
        self.pause.clicked.connect(self.pause_requested)
        self.notes = ElidedLabel()
        self.notes.setProperty("role", "secondary")
        self.kinds = _combo("Kind of event", "Any event")
        for kind, words in KIND_WORDS.items():
            self.kinds.addItem(words, kind.value)
        self.people = _combo("Events of", "Everybody")
        self.periods = _combo("Period", None)
        for words, seconds in _PERIODS.items():
            self.periods.addItem(words, seconds)
        self.periods.setCurrentText(_FIRST_PERIOD)
        for combo in (self.kinds, self.people, self.periods):
            combo.activated.connect(lambda _at: self.narrowed.emit())
        self.export = Button("Export…", tooltip="Write what is listed to a CSV or JSON file", keys="Ctrl+E")
        self.export.clicked.connect(self.export_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        row.addWidget(self.light)
        row.addWidget(self.pause)
        row.addWidget(self.notes, 1)
        for widget in (self.people, self.kinds, self.periods, self.export):
            row.addWidget(widget)

    @property
    def kind(self) -> EventKind | None:
        """Return the kind of event that is wanted alone, or None."""
        chosen = self.kinds.currentData()
        return None if chosen is None else EventKind(chosen)

    @property
    def person(self) -> UserId | None:
        """Return whose events are wanted alone, or None."""
        chosen = self.people.currentData()
        return None if chosen is None else UserId(chosen)

    @property
    def seconds(self) -> int | None:
        """Return how far the log looks back, None for all the way."""
        chosen = self.periods.currentData()
        return None if chosen is None else int(chosen)

    def show_all(self) -> None:
        """Drop every filter, without a signal."""
        self.kinds.setCurrentIndex(0)
        self.people.setCurrentIndex(0)
        self.periods.setCurrentText("All time")

    def offer_people(self, people: Mapping[UserId, str]) -> None:
        """Offer these people beside those who are offered already, by name."""
        known = {self.people.itemData(at): self.people.itemText(at) for at in range(1, self.people.count())}
        if people.keys() <= known.keys():
            return
        chosen = self.person
        while self.people.count() > 1:
            self.people.removeItem(1)
        for user, name in sorted({**known, **people}.items(), key=lambda item: item[1].casefold()):
            self.people.addItem(name, user)
        self.people.setCurrentIndex(max(0, self.people.findData(chosen)))

    def show_pause(self, *, is_paused: bool, waiting: int, is_recording: bool = True) -> None:
        """Tell whether the log goes on, and how many events wait."""
        self.pause.setText("Resume" if is_paused else "Pause")
        if is_paused:
            self.light.show_state("warning", f"Paused, {number(waiting)} waiting" if waiting else "Paused")
        elif is_recording:
            self.light.show_state("success", "Live")
        else:
            self.light.show_state("text-muted", "Not recording")

    def show_counts(self, counts: FeedCounts | None) -> None:
        """Tell what the feed sent that is no event here: frames of unknown types, broken ones."""
        told = []
        if counts is not None and counts.unknown:
            told.append(f"{counted(counts.unknown, 'feed frame')} of unknown types")
        if counts is not None and counts.malformed:
            told.append(f"{number(counts.malformed)} malformed")
        if counts is not None and counts.dropped:
            told.append(f"{number(counts.dropped)} dropped")
        tip = "Counted since the window followed the feed; the table decides who holds what."
        self.notes.set_text(" · ".join(told), tooltip=tip if told else "")


def _combo(name: str, first: str | None) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(name)
    combo.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    combo.setMinimumWidth(116)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    if first is not None:
        combo.addItem(first, None)
    return combo
