"""What the frame gives a view, and what it asks of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from PySide6.QtWidgets import QWidget

from syncsphere_desktop.database.notifications import ChangeEvent
from syncsphere_desktop.domain.listing import FilterValue
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.app.jobs import Jobs
from syncsphere_desktop.ui.app.status_bar import Tone
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.widgets.toasts import ToastHost

Filters = Mapping[str, FilterValue]


class ImportWishes(Protocol):
    """Brings audio into the library; `into` is the project it is for, or None where that is to be asked."""

    def choose_files(self, into: Project | None = None) -> None: ...
    def choose_folder(self, into: Project | None = None) -> None: ...
    def paste(self, into: Project | None = None) -> None: ...
    def take(self, paths: Sequence[Path], into: Project | None = None) -> None: ...


class ImportPart(ImportWishes, Protocol):
    """The part of a session that imports; it lives from its opening to its end, beside the views."""

    async def shutdown(self) -> None:
        """End every import and every task."""
        ...


def ignored_feed(_words: str, _tone: Tone, _story: str) -> None:
    """Show nothing, as where there is no status bar."""


@dataclass(frozen=True, slots=True)
class ViewContext:
    """The parts of the window that a view's controller may use."""

    scope: TaskScope
    theme: ThemeController
    jobs: Jobs
    toasts: ToastHost
    window: QWidget
    show_count: Callable[[str], None]
    """Shows a short count beside the view's name in the sidebar."""
    open_view: Callable[[str, Filters], None]
    """Goes to another view by its name, with its list narrowed by these filters."""
    layout: Mapping[str, object] = field(default_factory=dict)
    """What the view's `save_layout` gave the last time."""
    show_feed: Callable[[str, Tone, str], None] = ignored_feed
    """Shows in the status bar how the feed stands: words, tone, the whole story."""
    importing: ImportWishes | None = None
    """Imports audio, or None where nothing can be imported."""


class ViewController(Protocol):
    """One view with the logic behind it. Its tasks live in a scope that its shutdown ends."""

    @property
    def view(self) -> QWidget:
        """Return the widget to show."""
        ...

    def activate(self) -> None:
        """Be shown: load what is shown if that was not done, and take the focus."""
        ...

    def reload(self) -> None:
        """Read again what is shown; selection and place stay."""
        ...

    def narrow(self, filters: Filters) -> None:
        """Show only the rows that these filters leave."""
        ...

    def take_change(self, change: ChangeEvent) -> None:
        """Learn that rows changed in the database, by whoever."""
        ...

    def unsaved(self) -> str | None:
        """Return a sentence that names edits which leaving would lose, or None where there are none."""
        ...

    def save_layout(self) -> dict[str, object]:
        """Return columns, sorting and sizes as JSON-ready values."""
        ...

    async def shutdown(self) -> None:
        """End every task."""
        ...
