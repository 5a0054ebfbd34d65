"""What the grid of one project shows: tracks by people, who holds what, and what of it changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.people import People
from syncsphere_desktop.ui.ownership.values import (
    FREE,
    NOBODY,
    Held,
    Narrowing,
    Person,
    Shown,
    Tally,
    Track,
)

Cell = tuple[int, int]
"""Row and column, both as they are shown."""
HOLDERS, NAME = -1, -2
"""The columns of changed cells beside the people's: the holders after a track's name, and the name itself."""


class GridModel:
    """Tracks, people, holders. `on_cells` is called when cells changed, `on_shape` when rows or columns did.

    Rows are what the narrowing leaves of the tracks. A holder who has no column yet is given one.
    """

    def __init__(self, clock: GridClock) -> None:
        self.clock = clock
        self.people = People(clock.now)
        self.on_cells: Callable[[], None] = _ignore
        self.on_shape: Callable[[], None] = _ignore
        self._tracks: tuple[Track, ...] = ()
        self._held: list[Held] = []
        self._index: dict[UUID, int] = {}
        self._rows: list[int] = []
        self._place: list[int] = []
        self._changed: set[Cell] = set()
        self._narrowing = Narrowing()

    # What there is

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Return all tracks in timeline order, whatever is shown of them."""
        return self._tracks

    @property
    def row_count(self) -> int:
        """Return how many tracks are shown."""
        return len(self._rows)

    @property
    def column_count(self) -> int:
        """Return how many columns there are, with that of Nobody."""
        return len(self.people) + 1

    @property
    def narrowing(self) -> Narrowing:
        """Return what is shown of the tracks."""
        return self._narrowing

    def track(self, row: int) -> Track:
        """Return the track of a row."""
        return self._tracks[self._rows[row]]

    def held(self, row: int) -> Held:
        """Return who holds the track of a row."""
        return self._held[self._rows[row]]

    def find(self, box: UUID) -> tuple[Track, Held] | None:
        """Return a box's track with who holds it, shown or not, or None."""
        index = self._index.get(box)
        return None if index is None else (self._tracks[index], self._held[index])

    def held_of(self, box: UUID) -> Held:
        """Return who holds a box; nobody where there is no such track."""
        found = self.find(box)
        return FREE if found is None else found[1]

    def row_of(self, box: UUID) -> int | None:
        """Return the row that shows a box, or None."""
        index = self._index.get(box)
        return None if index is None or self._place[index] < 0 else self._place[index]

    def boxes_of(self, user: UserId) -> list[UUID]:
        """Return the boxes that somebody holds, shown or not, in timeline order."""
        pairs = zip(self._tracks, self._held, strict=True)
        return [track.box_uuid for track, held in pairs if user in held.owners]

    def tally(self) -> Tally:
        """Count the tracks, whatever is shown of them."""
        free = stale = contested = 0
        for held in self._held:
            if not held.owners:
                free += 1
            else:
                contested += len(held.owners) > 1
                stale += self.people.any_stale(held)
        total = len(self._held)
        return Tally(total, total - free, free, stale, contested)

    # What happens

    def set_tracks(self, tracks: Iterable[Track]) -> None:
        """Have these tracks; holders of boxes that stay are kept."""
        before = {track.box_uuid: held for track, held in zip(self._tracks, self._held, strict=True)}
        self._tracks = tuple({track.box_uuid: track for track in tracks}.values())
        self._index = {track.box_uuid: index for index, track in enumerate(self._tracks)}
        self._held = [before.get(track.box_uuid, FREE) for track in self._tracks]
        self._arrange()

    def set_people(self, people: Iterable[Person]) -> None:
        """Have these columns; those who hold something without being among them come after."""
        self.people.replace(people, (owner for held in self._held for owner in held.owners))
        self._changed.clear()
        self.on_shape()

    def set_presence(self, here: Collection[UserId] | None, absent_since: Mapping[UserId, float]) -> None:
        """Take who is present, None where that is not known, and since when the others are not."""
        if self.people.take_presence(here, absent_since):
            self.on_shape()

    def set_held(self, box: UUID, held: Held) -> bool:
        """Take who holds a box; return whether there is such a track."""
        index = self._index.get(box)
        if index is None:
            return False
        before = self._held[index]
        if before == held:
            return True
        self._held[index] = held
        if self.people.admit(held.owners):
            self._changed.clear()
            self.on_shape()
        place = self._place[index]
        if place >= 0:
            for column in self.people.columns_of(before) + self.people.columns_of(held):
                self._changed.add((place, column))
            self._changed.add((place, HOLDERS))
            if before.is_contested or held.is_contested:
                self._changed.add((place, NAME))
        self.on_cells()
        return True

    def set_all_held(self, holders: Mapping[UUID, Held]) -> None:
        """Take who holds what, as the table says; boxes that are not named are free."""
        for track in self._tracks:
            self.set_held(track.box_uuid, holders.get(track.box_uuid, FREE))

    def add_track(self, track: Track) -> None:
        """Have one more track at the end, as where a box comes that no bundle knows."""
        if track.box_uuid not in self._index:
            self.set_tracks([*self._tracks, track])

    def take_changes(self) -> set[Cell]:
        """Return the cells that changed since this was asked for the last time."""
        changed, self._changed = self._changed, set()
        return changed

    # What is shown of it

    def narrow(self, narrowing: Narrowing) -> None:
        """Show only the tracks that this leaves."""
        if narrowing != self._narrowing:
            self._narrowing = narrowing
            self._arrange()

    def refilter(self) -> None:
        """Let tracks come and go that are judged otherwise by now."""
        if self._narrowing and self._kept() != self._rows:
            self._arrange()

    def _arrange(self) -> None:
        self._rows = self._kept()
        self._place = [-1] * len(self._tracks)
        for row, index in enumerate(self._rows):
            self._place[index] = row
        self._changed.clear()
        self.on_shape()

    def _kept(self) -> list[int]:
        everything = range(len(self._tracks))
        return [index for index in everything if self._passes(index)] if self._narrowing else list(everything)

    def _passes(self, index: int) -> bool:
        held, wanted = self._held[index], self._narrowing
        if wanted.person is not None and wanted.person not in (held.owners or (NOBODY,)):
            return False
        if wanted.words:
            track = self._tracks[index]
            told = f"{track.name} {track.unit or ''} {track.box_uuid}".casefold()
            if not all(word in told for word in wanted.words):
                return False
        return self._is_shown(held)

    def _is_shown(self, held: Held) -> bool:
        match self._narrowing.shown:
            case Shown.ALL:
                return True
            case Shown.HELD:
                return bool(held.owners)
            case Shown.FREE:
                return not held.owners
            case Shown.STALE:
                return self.people.any_stale(held)
            case Shown.CONTESTED:
                return held.is_contested


def _ignore() -> None:
    """Nobody looks yet."""
