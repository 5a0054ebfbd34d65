"""The inspector of the selected tracks: what and whose they are, what happened to them, what can be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from syncsphere_desktop.domain.humane import ago, counted, exact
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.people import People
from syncsphere_desktop.ui.ownership.values import Held, Track
from syncsphere_desktop.ui.ownership.words import NOBODY_WORD, held_for, presence_words
from syncsphere_desktop.ui.theme.fonts import monospace
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_fact
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.person import PersonBadge
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_FACTS = ("Project", "Unit", "Kind", "Held since", "Box")
_EVENTS_SHOWN = 8
_HINT = "Select a track to see who holds it and since when."


@dataclass(frozen=True, slots=True)
class EventLine:
    """What happened to a track once: when, in seconds, and what, as in `Mira claimed it`."""

    at: float
    words: str


class HolderInspector(InspectorPanel):
    """Emits wishes about what is selected; the controller fulfils them."""

    release_requested = Signal()
    hand_over_requested = Signal()
    claim_requested = Signal()
    copy_requested = Signal(str)

    def __init__(self, clock: GridClock, *, read_only: bool) -> None:
        super().__init__("track", "No track selected", _HINT)
        self._clock = clock
        self._read_only = read_only
        self._holders = QWidget()
        self._holder_rows = QVBoxLayout(self._holders)
        self._holder_rows.setContentsMargins(0, 0, 0, 0)
        self._holder_rows.setSpacing(8)
        self._notice = _wrapped()
        self._facts = {name: ElidedLabel(mode=Qt.TextElideMode.ElideMiddle, copyable=True) for name in _FACTS}
        self._facts["Box"].setFont(monospace())
        self._events = _wrapped()
        self._many = _wrapped()
        self._held_by = self.add_section("Held by", self._holders)
        self._noticed = self.add_section("", self._notice)
        self._selected = self.add_section("Selected", self._many)
        self._details = self.add_section("Track", self._fact_lines())
        self._latest = self.add_section("Latest events", self._events)
        self._release = Button("Release…", tooltip="Leave what is selected to nobody", keys="Del")
        self._release.clicked.connect(self.release_requested)
        self._hand_over = Button("Hand over…", tooltip="Give what is selected to somebody", keys="Ctrl+H")
        self._hand_over.clicked.connect(self.hand_over_requested)
        self._claim = Button("Claim for…", tooltip="Give the track to somebody", keys="Ctrl+H")
        self._claim.clicked.connect(self.claim_requested)
        self.set_footer(self._hand_over, self._claim, self._release)
        self.show_nothing()

    def _fact_lines(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._facts["Box"], 1)
        self._copy = IconButton("copy", "Copy the box's UUID")
        self._copy.clicked.connect(lambda: self.copy_requested.emit(self._facts["Box"].whole_text))
        row.addWidget(self._copy)
        return fact_rows({**self._facts, "Box": box})

    def show_nothing(self) -> None:
        """Show that nothing is selected."""
        self.show_empty("track", "No track selected", _HINT)

    def show_track(self, track: Track, held: Held, people: People, project: str) -> None:
        """Show one track; its events follow when they were read."""
        told = f"{track.kind} in {track.unit}" if track.unit and not track.is_unit else track.kind
        self.show_object(track.icon, track.name, told)
        self._show_sections(one=True)
        self._show_holders(held, people)
        now = self._clock.now()
        since = held.since
        values = {
            "Project": project,
            "Unit": track.unit or "",
            "Kind": track.kind,
            "Held since": ""
            if since is None or not held.owners
            else ago(self._clock.shown(since), self._clock.server()),
            "Box": str(track.box_uuid),
        }
        for name, text in values.items():
            exactly = exact(self._clock.shown(since)) if name == "Held since" and since is not None else ""
            self._facts[name].set_text(text, tooltip=exactly)
            if name != "Box":
                show_fact(self._facts[name], shown=bool(text))
        notices = []
        if held.is_contested:
            notices.append("Contested: the table has rows with different owners. Hand it over to settle it.")
        if not held.confirmed:
            notices.append("The feed told of this a moment ago; the table does not say it yet.")
        stale = [owner for owner in held.owners if people.is_stale(owner, held.since)]
        for owner in stale:
            person = people.find(owner)
            gone = None if person is None else person.absent_since
            away = "is away" if gone is None else f"was not seen for {held_for(now - gone)}"
            notices.append(f"Stale: {people.name_of(owner)} {away}.")
        if not track.in_bundle:
            notices.append("The newest bundle has no such track.")
        self._notice.setText("\n".join(notices))
        self._noticed.setVisible(bool(notices))
        self._show_actions(is_held=bool(held.owners))

    def show_many(self, chosen: Sequence[tuple[Track, Held]], people: People) -> None:
        """Show several tracks: how many each person holds of them."""
        self.show_object("track", f"{counted(len(chosen), 'track')} selected", "")
        owners = Counter(owner for _track, held in chosen for owner in held.owners)
        free = sum(not held.owners for _track, held in chosen)
        lines = [f"{people.name_of(owner)}: {count}" for owner, count in owners.most_common()]
        self._many.setText("\n".join([*lines, f"{NOBODY_WORD}: {free}"] if free else lines))
        self._show_sections(one=False)
        self._show_actions(is_held=bool(owners))

    def show_events(self, lines: Sequence[EventLine]) -> None:
        """Show what happened to the track, the newest first."""
        now = self._clock.server()
        told = [f"{ago(self._clock.shown(line.at), now)}: {line.words}" for line in lines[:_EVENTS_SHOWN]]
        self._events.setText("\n".join(told))
        self._events.setToolTip(
            "\n".join(exact(self._clock.shown(line.at)) for line in lines[:_EVENTS_SHOWN])
        )
        self._latest.setVisible(bool(told))

    @property
    def notice(self) -> str:
        """Return what is told besides the facts, a sentence a line."""
        return self._notice.text() if not self._noticed.isHidden() else ""

    def _show_holders(self, held: Held, people: People) -> None:
        while (item := self._holder_rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        now = self._clock.now()
        if not held.owners:
            label = PlainLabel("Nobody holds it")
            label.setProperty("role", "secondary")
            self._holder_rows.addWidget(label)
        for owner in held.owners:
            self._holder_rows.addWidget(self._holder(owner, held, people, now))

    def _holder(self, owner: UserId, held: Held, people: People, now: float) -> QWidget:
        line = QWidget()
        column = QVBoxLayout(line)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(PersonBadge(owner, people.name_of(owner)))
        person = people.find(owner)
        facts = [] if held.since is None else [f"for {held_for(now - held.since)}"]
        if person is not None:
            facts.append(presence_words(person, now).lower())
            if not person.is_collaborator:
                facts.append("not a collaborator")
        told = PlainLabel(" · ".join(facts).capitalize())
        told.setProperty("role", "caption")
        told.setContentsMargins(28, 0, 0, 0)
        column.addWidget(told)
        return line

    def _show_sections(self, *, one: bool) -> None:
        for section in (self._held_by, self._details):
            section.setVisible(one)
        self._selected.setVisible(not one)
        if not one:
            self._noticed.hide()
            self._latest.hide()

    def _show_actions(self, *, is_held: bool) -> None:
        self._release.setVisible(is_held)
        self._hand_over.setVisible(is_held)
        self._claim.setVisible(not is_held)
        self.set_footer_visible(visible=not self._read_only)


def _wrapped() -> PlainLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    return label
