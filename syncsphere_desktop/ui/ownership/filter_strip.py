"""The filters of the grid: by state with live counts, by person, and how dense it is."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QSizePolicy

from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.geometry import Density
from syncsphere_desktop.ui.ownership.values import NOBODY, Person, Shown, Tally
from syncsphere_desktop.ui.ownership.words import NOBODY_WORD, SHOWN_WORDS
from syncsphere_desktop.ui.widgets.segments import Segments

_EVERYBODY = "Everybody"
_TONES = {Shown.STALE: "warning", Shown.CONTESTED: "danger"}
_DENSITY_WORDS = {
    Density.COMFORTABLE: "Comfortable",
    Density.COMPACT: "Compact",
    Density.OVERVIEW: "Overview",
}


class FilterStrip(QFrame):
    """Emits what the user wants to see of the tracks."""

    shown_chosen = Signal(object)
    """A `Shown`."""
    person_chosen = Signal(object)
    """The id of whose tracks are wanted alone, NOBODY, or None for everybody's."""
    density_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "0")
        self.states = Segments("Which tracks are shown")
        for shown in Shown:
            self.states.add(shown.value, SHOWN_WORDS[shown], tone=_TONES.get(shown))
        self.states.chosen.connect(lambda name: self.shown_chosen.emit(Shown(name)))
        self.people = QComboBox()
        self.people.setAccessibleName("Tracks of")
        self.people.setToolTip("Show one person's tracks alone")
        self.people.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.people.setMinimumWidth(132)
        self.people.activated.connect(self._on_people_activated)
        self.density = QComboBox()
        self.density.setAccessibleName("Density")
        self.density.setToolTip("How much of the grid is on screen (Ctrl++, Ctrl+−)")
        for density, words in _DENSITY_WORDS.items():
            self.density.addItem(words, density)
        self.density.activated.connect(lambda _at: self.density_chosen.emit(self.density.currentData()))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(8)
        row.addWidget(self.states)
        row.addStretch(1)
        row.addWidget(self.people)
        row.addWidget(self.density)
        self.show_tally(Tally())
        self.show_people(())

    def show_tally(self, tally: Tally) -> None:
        """Show how many tracks each filter leaves."""
        for shown in Shown:
            self.states.set_count(shown.value, number(tally.of(shown)))

    def show_people(self, people: Iterable[Person]) -> None:
        """Offer these people; the choice stays where it is among them."""
        chosen = self.person
        wanted = [(_EVERYBODY, None), *((one.name, one.id) for one in people), (NOBODY_WORD, NOBODY)]
        if wanted == [
            (self.people.itemText(at), self.people.itemData(at)) for at in range(self.people.count())
        ]:
            return
        self.people.clear()
        for name, user in wanted:
            self.people.addItem(name, user)
        self.choose_person(chosen)

    @property
    def person(self) -> UserId | None:
        """Return whose tracks alone are wanted, or None for everybody's."""
        chosen = self.people.currentData()
        return None if chosen is None else UserId(chosen)

    def choose_person(self, user: UserId | None) -> None:
        """Show a choice that was made elsewhere."""
        self.people.setCurrentIndex(max(0, self.people.findData(user)))

    def choose_density(self, density: Density) -> None:
        """Show a density that was chosen elsewhere."""
        self.density.setCurrentIndex(self.density.findData(density))

    def _on_people_activated(self, _at: int) -> None:
        self.person_chosen.emit(self.person)
