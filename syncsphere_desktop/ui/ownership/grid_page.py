"""The page of one project: its tracks by people, live, with filters, the line of truth, and the inspector."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from syncsphere_desktop.domain.collaborator import Collaborator
from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import AppError, NotFoundError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.countdown_strip import CountdownStrip
from syncsphere_desktop.ui.ownership.event_words import event_line
from syncsphere_desktop.ui.ownership.filter_strip import FilterStrip
from syncsphere_desktop.ui.ownership.geometry import Density
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.inspector import HolderInspector
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.ownership.track_names import held_of, shown_track, unknown_track
from syncsphere_desktop.ui.ownership.truth_strip import TruthStrip
from syncsphere_desktop.ui.ownership.values import FREE, Held, Narrowing, Person, Shown, Track
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.skeleton import Skeleton
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

_COUNTING_MILLISECONDS = 250
_NAMES_AGAIN_MILLISECONDS = 1000
_EVENTS = 8
_AGING_SECONDS = 15


class GridPage(QObject):
    """Owns the grid and what stands around it; what is done with tracks is the controller's."""

    loaded = Signal()
    """The grid shows the project's tracks."""
    selection_changed = Signal()

    def __init__(self, parts: OwnershipParts, scope: TaskScope, clock: GridClock, *, read_only: bool) -> None:
        super().__init__()
        self._parts = parts
        self._scope = scope
        self._clock = clock
        self._names: dict[UserId, str] = {}
        self.project: Project | None = None
        self.wanted_box: UUID | None = None
        """The box to go to when the tracks are there."""
        self.frame = ViewFrame("Ownership", "Search tracks")
        self.truth = TruthStrip()
        self.countdown = CountdownStrip()
        self.filters = FilterStrip()
        self.model = GridModel(clock)
        self.canvas = GridCanvas(self.model)
        self.inspector = HolderInspector(clock, read_only=read_only)
        self._is_loaded = False
        self._is_gone = False
        self._told: object = None
        self._waiting = Skeleton((3, 1, 1, 1, 1, 1))
        self._empty = EmptyState("track", "")
        self._error = ErrorState(title="The tracks could not be read")
        for cover in (self._empty, self._error):
            set_surface(cover, 0)
        self._counting = QTimer(self.frame, singleShot=True, interval=_COUNTING_MILLISECONDS)
        self._counting.timeout.connect(self._count)
        self._aging = QTimer(
            self.frame, interval=_AGING_SECONDS * 1000
        )  # people become stale without any change
        self._aging.timeout.connect(self._count)
        # Of boxes that have just come a new bundle may have the names by now; those that went leave no row.
        self._renaming = QTimer(self.frame, singleShot=True, interval=_NAMES_AGAIN_MILLISECONDS)
        self._renaming.timeout.connect(self.read)
        self.frame.add_strip(self.truth)
        self.frame.add_strip(self.countdown)
        self.frame.add_strip(self.filters)
        self.frame.set_body(self.canvas, self.inspector)
        self._connect()
        self._aging.start()

    def _connect(self) -> None:
        self.frame.search_changed.connect(lambda _text: self._narrow())
        self.filters.shown_chosen.connect(lambda _shown: self._narrow())
        self.filters.person_chosen.connect(lambda _person: self._narrow())
        self.filters.density_chosen.connect(self.show_density)
        self.canvas.selection.changed.connect(self._show_selected)
        self._empty.action_triggered.connect(self.show_all)
        self._error.retry_requested.connect(self.read)
        self.inspector.close_requested.connect(self.frame.toggle_inspector)

    # What the controller asks

    @property
    def is_loaded(self) -> bool:
        """Return whether the grid shows its project's tracks."""
        return self._is_loaded

    def show_project(self, project: Project) -> None:
        """Show this project's grid in place of another's."""
        if self.project is None or self.project.id != project.id:
            self.canvas.selection.clear()
            self.model.set_tracks(())
            self.model.set_people(())
            self._is_loaded = False
            self.canvas.set_overlay(self._waiting)
        self.project = project
        self.read()

    def read(self) -> None:
        """Read the names of tracks and people again; who holds what comes from the watch."""
        if self.project is not None:
            self._scope.spawn(self._read(self.project), key="grid", on_error=self._show_failed)

    def take_repaint(self, boxes: Collection[UUID]) -> None:
        """Show these boxes as the picture has them now."""
        if self.project is None or not self._is_loaded:
            return
        picture = self._parts.watch.picture(self.project.id).boxes
        strange = False
        for box_uuid in boxes:
            box = picture.get(box_uuid)
            if box is not None and box.holding is None and box.claim is None:
                box = None  # its last row went; the picture forgets it with the next read
            held = FREE if box is None else held_of(box)
            if not self.model.set_held(box_uuid, held):
                if box is not None:
                    self.model.add_track(unknown_track(box_uuid))
                    self.model.set_held(box_uuid, held)
                    strange = True
            elif box is None:
                found = self.model.find(box_uuid)
                strange = strange or (found is not None and not found[0].in_bundle)
        if strange and not self._renaming.isActive():
            self._renaming.start()
        if not self._counting.isActive():
            self._counting.start()

    def end(self) -> None:
        """Count nothing any more: the session is left."""
        for timer in (self._counting, self._aging, self._renaming):
            timer.stop()

    def take_presence(self) -> None:
        """Show who is present as the feed tells now."""
        if self.project is not None:
            self._take_presence(self._parts.watch.presence(self.project.id))
            self._count()

    def show_all(self) -> None:
        """Drop every filter."""
        self.filters.states.choose(Shown.ALL.value)
        self.filters.choose_person(None)
        self.frame.search.clear()
        self._narrow()

    def show_only(self, shown: Shown = Shown.ALL, person: UserId | None = None) -> None:
        """Show tracks in one state, or of one person, alone."""
        self.filters.states.choose(shown.value)
        self.filters.choose_person(person)
        self._narrow()

    def show_density(self, density: Density) -> None:
        """Show more of the grid at once, or less."""
        self.filters.choose_density(density)
        self.canvas.set_density(density)

    def step_density(self, step: int) -> None:
        """Go to the next denser or less dense grid."""
        order = list(Density)
        at = order.index(self.canvas.density) + step
        self.show_density(order[max(0, min(len(order) - 1, at))])

    def selected(self) -> list[tuple[Track, Held]]:
        """Return the selected tracks with who holds them, in timeline order."""
        found = (self.model.find(box) for box in self.canvas.selection.boxes)
        return [pair for pair in found if pair is not None]

    def current_person(self) -> Person | None:
        """Return the person in whose column the keyboard is, or None."""
        at = self.canvas.selection.current
        return None if at is None else self.model.people.at(at[1])

    def save_layout(self) -> dict[str, object]:
        """Return sizes and density, JSON-ready."""
        sizes: dict[str, object] = {"names": self.canvas.names_width, "density": self.canvas.density.value}
        return {**self.frame.save_layout(), **sizes}

    def restore_layout(self, saved: Mapping[str, object]) -> None:
        """Take on what `save_layout` gave; whatever does not fit is left out."""
        self.frame.restore_layout(saved)
        width, density = saved.get("names"), saved.get("density")
        if type(width) is int and width > 0:
            self.canvas.set_names_width(width)
        if density in list(Density):
            self.show_density(Density(str(density)))

    # Reading

    async def _read(self, project: Project) -> None:
        tracks, people = await asyncio.gather(
            self._parts.names.tracks(project.id), self._parts.collaborators.of_project(project.id)
        )
        self._is_gone = not tracks and not people and await self._is_deleted(project.id)
        self._names |= {one.user_id: one.username for one in people}
        picture = self._parts.watch.picture(project.id).boxes
        known = [shown_track(track) for track in tracks]
        boxes = {track.box_uuid for track in known}
        rows = (box.box_uuid for box in picture.values() if box.holding is not None or box.claim is not None)
        known += [unknown_track(box_uuid) for box_uuid in rows if box_uuid not in boxes]
        self.model.set_tracks(known)
        self.model.set_all_held({box_uuid: held_of(box) for box_uuid, box in picture.items()})
        self.model.set_people(self._columns(people, known))
        self.model.take_changes()
        self._is_loaded = True
        self._take_presence(self._parts.watch.presence(project.id))
        self._count()
        self._name_strangers()
        if self.wanted_box is not None:
            row, self.wanted_box = self.model.row_of(self.wanted_box), None
            if row is not None:
                self.canvas.go_to(row)
        if self.canvas.selection.current is None and self.model.row_count:
            self.canvas.selection.move(0, 0)
        self.loaded.emit()

    def _columns(self, people: Sequence[Collaborator], tracks: Sequence[Track]) -> list[Person]:
        """Return the columns: those who hold something first, so that they are seen; they stay there then."""
        before = [person.id for person in self.model.people] if self._is_loaded else []
        holds = {owner for track in tracks for owner in self.model.held_of(track.box_uuid).owners}

        def place(one: Collaborator) -> tuple[int, bool, str]:
            known = before.index(one.user_id) if one.user_id in before else len(before)
            return known, one.user_id not in holds, one.username.casefold()

        return [Person(one.user_id, one.username, one.role) for one in sorted(people, key=place)]

    async def _is_deleted(self, project_id: ProjectId) -> bool:
        try:
            await self._parts.projects.get(project_id)
        except NotFoundError:
            return True
        return False

    def _name_strangers(self) -> None:
        strangers = [one.id for one in self.model.people if one.name == f"User {one.id}"]
        if strangers:
            self._scope.spawn(self._read_strangers(strangers), key="strangers")

    async def _read_strangers(self, strangers: Collection[UserId]) -> None:
        for user in strangers:
            if user not in self._names:
                try:
                    self._names[user] = (await self._parts.people.get(user)).username
                except NotFoundError:
                    self._names[user] = f"User {user}, deleted"
        self.model.set_people(
            replace(one, name=self._names.get(one.id, one.name)) for one in list(self.model.people)
        )
        self._count()

    def _take_presence(self, presence: Presence) -> None:
        ids = [person.id for person in self.model.people]
        absent = {user: presence.absent_since(user) for user in ids}
        self.model.set_presence(
            {user for user in ids if user in presence.active} if presence.is_known else None,
            {user: since.timestamp() for user, since in absent.items() if since is not None},
        )

    # What is shown

    def _narrow(self) -> None:
        words = tuple(self.frame.search.text().casefold().split())
        shown = Shown(self.filters.states.current or Shown.ALL)
        self.model.narrow(Narrowing(shown, self.filters.person, words))
        self._count()

    def _count(self) -> None:
        """Bring up to date what is told about the whole: counts, filters, columns, the selected track."""
        if not self._is_loaded:
            return
        self.model.refilter()
        self.filters.show_tally(self.model.tally())
        self.filters.show_people(self.model.people)
        self._name_strangers()
        total, shown = len(self.model.tracks), self.model.row_count
        self.frame.show_count(number(total) if shown == total else f"{number(shown)} of {number(total)}")
        self._show_empty()
        self._show_selected(with_events=False)

    def _show_empty(self) -> None:
        if self.model.row_count:
            self.canvas.set_overlay(None)
        elif self.model.narrowing:
            told = "No track of the project matches what is asked for."
            self._empty.show_state("search", "No tracks found", told, action="Show all tracks")
            self.canvas.set_overlay(self._empty)
        elif self._is_gone:
            told = "Its tracks went with it, and nobody holds any of them. Their history is kept."
            self._empty.show_state("track", "The project was deleted", told)
            self.canvas.set_overlay(self._empty)
        else:
            told = (
                "Its newest bundle has no tracks, and nobody holds anything. Saving in the studio adds them."
            )
            self._empty.show_state("track", "No tracks yet", told)
            self.canvas.set_overlay(self._empty)

    def _show_failed(self, error: AppError) -> None:
        self._error.show_error(error.message, details=error.details)
        if not self._is_loaded:
            self.canvas.set_overlay(self._error)

    def _show_selected(self, *, with_events: bool = True) -> None:
        chosen = self.selected()
        moment = (chosen, list(self.model.people), self._clock.now() // _AGING_SECONDS)
        if not with_events and moment == self._told:
            return  # what is selected looks as it did
        self._told = moment
        if with_events:
            self._scope.cancel("events")
            self.inspector.show_events(())
            self.selection_changed.emit()
        if not chosen:
            self.inspector.show_nothing()
        elif len(chosen) == 1:
            project = "" if self.project is None else self.project.name
            self.inspector.show_track(*chosen[0], self.model.people, project)
            if with_events and self._parts.events is not None:
                self._scope.spawn(self._read_events(chosen[0][0].box_uuid), key="events", on_error=_leave_out)
        else:
            self.inspector.show_many(chosen, self.model.people)

    async def _read_events(self, box_uuid: UUID) -> None:
        assert self._parts.events is not None
        assert self.project is not None
        query = ListQuery(
            Sort("id", descending=True), filters={"project_id": self.project.id, "box_uuid": str(box_uuid)}
        )
        page, _count = await self._parts.events.first_page(query, _EVENTS)
        self.inspector.show_events([event_line(event) for event in page.rows if event is not None])


def _leave_out(_error: AppError) -> None:
    """The history can't be read: the inspector does without."""
