"""The pages of the view: the tracks, and whatever stands beside them, such as a log and the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.bundles.project_choice import ProjectChoice
from syncsphere_desktop.ui.widgets.segments import Segments
from syncsphere_desktop.ui.widgets.view_frame import ViewFrame

TRACKS = "tracks"


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its name and title. `frame_of` gives the frame for a project, or for all of them (None).

    `show` is called when the page comes on screen or the project changes while it is there.
    """

    name: str
    title: str
    frame_of: Callable[[Project | None], ViewFrame]
    show: Callable[[Project | None], None]


class Pages(QObject):
    """Holds the frames one above the other, each with the same choice of page and project in its header."""

    page_chosen = Signal(str)
    project_requested = Signal()
    all_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.stack = QStackedWidget()
        self._pages: dict[str, Page] = {}
        self._frames: list[ViewFrame] = []
        self._switches: list[Segments] = []
        self._choices: list[ProjectChoice] = []
        self._current = TRACKS

    @property
    def current(self) -> Page:
        """Return the page that is shown."""
        return self._pages[self._current]

    def names(self) -> list[tuple[str, str]]:
        """Return the names and titles of all pages."""
        return [(page.name, page.title) for page in self._pages.values()]

    def add(self, page: Page, *frames: ViewFrame) -> None:
        """Have one more page, which shows one of these frames."""
        for switch in self._switches:
            switch.add(page.name, page.title)
            switch.setVisible(True)
        self._pages[page.name] = page
        for frame in frames:
            self._add_frame(frame)

    def show(self, name: str, project: Project | None) -> None:
        """Show a page for a project, or for all of them."""
        self._current = name
        page = self._pages[name]
        for switch in self._switches:
            switch.choose(name)
        for choice in self._choices:
            choice.show_project(None if project is None else project.name)
        self.stack.setCurrentWidget(page.frame_of(project))
        page.show(project)

    def _add_frame(self, frame: ViewFrame) -> None:
        switch = Segments("Pages of ownership")
        for page in self._pages.values():
            switch.add(page.name, page.title)
        switch.chosen.connect(self.page_chosen)
        choice = ProjectChoice("tracks")
        choice.choose_requested.connect(self.project_requested)
        choice.all_requested.connect(self.all_requested)
        frame.add_tool(switch)
        switch.setVisible(len(self._pages) > 1)  # within the frame: before, it would be a window of its own
        frame.add_tool(choice)
        self._switches.append(switch)
        self._choices.append(choice)
        self._frames.append(frame)
        self.stack.addWidget(frame)

    @property
    def frames(self) -> list[ViewFrame]:
        """Return every frame."""
        return list(self._frames)

    @property
    def choices(self) -> list[ProjectChoice]:
        """Return the choice of the project in each frame."""
        return list(self._choices)
