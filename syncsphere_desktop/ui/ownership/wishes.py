"""What the user wishes for tracks: releasing and giving them, by row, by person, by project."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.ui.app.actions import add_action
from syncsphere_desktop.ui.app.list_controller import Wish
from syncsphere_desktop.ui.ownership.act_dialog import Choice
from syncsphere_desktop.ui.ownership.acting import Acting
from syncsphere_desktop.ui.ownership.choices import grid_choices, person_choices, row_choices
from syncsphere_desktop.ui.ownership.grid_page import GridPage
from syncsphere_desktop.ui.ownership.list_page import ListPage
from syncsphere_desktop.ui.ownership.values import Person
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame


class TrackWishes(QObject):
    """Turns keys, buttons and menus into questions about acts, and shows the countdown on both pages."""

    def __init__(
        self, grid: GridPage, whole: ListPage, acting: Acting, *, group: str, read_only: bool
    ) -> None:
        super().__init__()
        self._grid = grid
        self._list = whole
        self._acting = acting
        self._add_actions(group, read_only=read_only)
        for inspector, page in ((grid.inspector, "grid"), (whole.inspector, "list")):
            inspector.release_requested.connect(partial(self.ask, page, gives=False))
            inspector.hand_over_requested.connect(partial(self.ask, page, gives=True))
            inspector.claim_requested.connect(partial(self.ask, page, gives=True))
        grid.canvas.release_requested.connect(partial(self.ask, "grid", gives=False))
        whole.listing.view.delete_requested.connect(partial(self.ask, "list", gives=False))
        for strip in (grid.countdown, whole.countdown):
            strip.cancel_requested.connect(acting.call_off)
            acting.counting.connect(strip.show_left)
            acting.counted_down.connect(strip.hide)

    def _add_actions(self, group: str, *, read_only: bool) -> None:
        grid: list[Wish] = [
            ("Release the tracks…", partial(self.ask, "grid", gives=False), "Del"),
            ("Hand over, or claim for somebody…", partial(self.ask, "grid", gives=True), "Ctrl+H"),
            ("Release all tracks of this person…", partial(self.ask_of_person, gives=False), "Shift+Del"),
            ("Hand over all tracks of this person…", partial(self.ask_of_person, gives=True), "Ctrl+Shift+H"),
            ("Release all tracks of the project…", partial(self.ask_of_project, gives=False), None),
            ("Hand over all tracks of the project…", partial(self.ask_of_project, gives=True), None),
        ]
        rows: list[Wish] = [
            ("Release the tracks…", partial(self.ask, "list", gives=False), "Del"),
            ("Hand over, or claim for somebody…", partial(self.ask, "list", gives=True), "Ctrl+H"),
        ]
        for frame, wishes in ((self._grid.frame, grid), (self._list.frame, rows)):
            self._add(frame, wishes, group, read_only=read_only)

    def _add(self, frame: ViewFrame, wishes: list[Wish], group: str, *, read_only: bool) -> None:
        for text, do, keys in (*wishes, ("Call off what counts down", self._acting.call_off, None)):
            add_action(frame, text, do, shortcut=keys, group=group).setEnabled(not read_only)

    def ask(self, page: str, *, gives: bool) -> None:
        """Ask about what is selected on the grid, or in the list."""
        if page == "list":
            rows = self._list.selected()
            held = any(row.owner_id is not None for row in rows)
            self._acting.ask(_title(len(rows), is_held=held, gives=gives), row_choices(rows), gives=gives)
            return
        project, chosen = self._grid.project, self._grid.selected()
        if project is None or not chosen:
            return
        held = any(one.owners for _track, one in chosen)
        choices = grid_choices(project, chosen, self._person_meant())
        self._acting.ask(_title(len(chosen), is_held=held, gives=gives), choices, gives=gives)

    def ask_of_person(self, *, gives: bool) -> None:
        """Ask about all that the person holds in whose column the keyboard is."""
        person, project = self._grid.current_person(), self._grid.project
        if person is not None and project is not None:
            deed = "Hand over" if gives else "Release"
            choices = person_choices(person.id, person.name, project)
            self._acting.ask(f"{deed} the tracks of {person.name}", choices, gives=gives)

    def ask_of_project(self, *, gives: bool) -> None:
        """Ask about all that is held in the project."""
        project = self._grid.project
        if project is not None:
            choices: list[Choice] = grid_choices(project, (), None)
            deed = "Hand over" if gives else "Release"
            self._acting.ask(f"{deed} the tracks of {project.name}", choices, gives=gives)

    def _person_meant(self) -> Person | None:
        """Return who holds all of what is selected, else the person in whose column the keyboard is."""
        owners = {owner for _track, held in self._grid.selected() for owner in held.owners}
        if len(owners) == 1:
            return self._grid.model.people.find(next(iter(owners)))
        return self._grid.current_person()


def _title(count: int, *, is_held: bool, gives: bool) -> str:
    tracks = "the track" if count == 1 else counted(count, "track")
    if not gives:
        return f"Release {tracks}"
    return f"Hand over {tracks}" if is_held else f"Claim {tracks} for somebody"
