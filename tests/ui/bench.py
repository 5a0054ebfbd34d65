"""A view in a window over a studio in memory, on a loop that tells what its tasks leave behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.jobs import Jobs
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import Filters, ViewContext, ViewController
from syncsphere_desktop.ui.projects.controller import ProjectsController
from syncsphere_desktop.ui.tables.view import ListView
from syncsphere_desktop.ui.theme.controller import ThemeController
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.widgets.toasts import ToastHost
from tests.fakes.collaborators import InMemoryCollaborators
from tests.fakes.projects import InMemoryProjects
from tests.fakes.studio import InMemoryStudio
from tests.fakes.users import InMemoryUsers

WidgetT = TypeVar("WidgetT", bound=QWidget)
ControllerT = TypeVar("ControllerT", bound=ViewController)
NOW = datetime(2025, 6, 1, 12, 0, 0)


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so; fail when it is not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # widgets and models make no events
            await asyncio.sleep(0.002)


async def turns(number: int = 20) -> None:
    """Let tasks and posted events go on, so that what is about to happen has happened."""
    for _ in range(number):
        await asyncio.sleep(0)
    await asyncio.sleep(0.01)


@dataclass
class Stores:
    """One studio in memory through its three stores."""

    studio: InMemoryStudio = field(default_factory=InMemoryStudio)

    def __post_init__(self) -> None:
        self.users = InMemoryUsers(self.studio)
        self.projects = InMemoryProjects(self.studio)
        self.collaborators = InMemoryCollaborators(self.studio)

    async def user(self, name: str) -> User:
        """Add a user with that name."""
        return await self.users.add(UserDraft(name, f"{name}@studio.example", "-"))

    async def project(self, name: str, owner: User) -> Project:
        """Add a project with that name."""
        return await self.projects.add(ProjectDraft(name, owner.id))


@dataclass
class Bench(Generic[ControllerT]):
    """A shown view with its parts, and what it reported."""

    stores: Stores
    window: MainWindow
    toasts: ToastHost
    jobs: Jobs
    theme: ThemeController
    controller: ControllerT
    errors: list[AppError]
    bugs: list[BaseException]
    counts: list[str]
    opened: list[tuple[str, Filters]]

    def dialog(self, kind: type[WidgetT]) -> WidgetT | None:
        """Return the open dialog of a kind, or None."""
        return next((found for found in self.window.findChildren(kind) if found.isVisible()), None)

    async def asked(self, kind: type[WidgetT]) -> WidgetT:
        """Wait for a dialog of a kind and return it."""
        await until(lambda: self.dialog(kind) is not None)
        found = self.dialog(kind)
        assert found is not None
        return found

    def dialogs(self) -> list[QDialog]:
        """Return the dialogs that are open."""
        return [found for found in self.window.findChildren(QDialog) if found.isVisible()]

    async def told(self, part: str) -> None:
        """Wait for a notification that holds these words."""
        await until(lambda: any(part in sentence for sentence in self.toasts.sentences))


@asynccontextmanager
async def view_bench(
    make: Callable[[Stores, ViewContext], ControllerT],
    stores: Stores,
    *,
    layout: Mapping[str, object] | None = None,
    shown: bool = True,
) -> AsyncIterator[Bench[ControllerT]]:
    """Open a view at 1100 x 700 pixels; a bug reported by any task fails the test."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme = ThemeController(app)
    window = MainWindow(DESTINATIONS, theme)
    window.resize(1100, 700)
    window.show()
    errors: list[AppError] = []
    bugs: list[BaseException] = []
    counts: list[str] = []
    opened: list[tuple[str, Filters]] = []
    scope = TaskScope("test", on_error=errors.append, report_bug=bugs.append)
    toasts, jobs = ToastHost(window), Jobs(window)
    context = ViewContext(
        scope=scope,
        theme=theme,
        jobs=jobs,
        toasts=toasts,
        window=window,
        show_count=counts.append,
        open_view=lambda name, filters: opened.append((name, filters)),
        layout=layout or {},
    )
    controller = make(stores, context)
    window.add_view(controller.view)
    if shown:
        window.show_view(controller.view)
        controller.activate()
        await loaded(controller)
    try:
        yield Bench(stores, window, toasts, jobs, theme, controller, errors, bugs, counts, opened)
    finally:
        stores.studio.gate.failure = None
        stores.studio.gate.open()
        await controller.shutdown()
        await scope.shutdown()
        window.close_now()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not bugs, bugs


async def loaded(controller: ViewController) -> None:
    """Wait until a view's list has its rows and nothing is on its way."""
    model = controller.view.findChildren(ListView)[0].list_model
    await until(lambda: model.error is not None or (not model.is_loading and not model.is_dimmed))
    await turns()


def users_view(*, read_only: bool = False) -> Callable[[Stores, ViewContext], UsersController]:
    """Return what makes the users view."""
    return lambda stores, context: UsersController(stores.users, context, lambda: NOW, read_only=read_only)


def projects_view(*, read_only: bool = False) -> Callable[[Stores, ViewContext], ProjectsController]:
    """Return what makes the projects view."""
    return lambda stores, context: ProjectsController(
        stores.projects, stores.collaborators, stores.users, context, lambda: NOW, read_only=read_only
    )


def line(parent: QWidget, name: str) -> QLineEdit:
    """Return the line edit with this accessible name."""
    return _named(parent.findChildren(QLineEdit), name)


def prose(parent: QWidget, name: str) -> QPlainTextEdit:
    """Return the text edit with this accessible name."""
    return _named(parent.findChildren(QPlainTextEdit), name)


def _named(widgets: Sequence[WidgetT], name: str) -> WidgetT:
    found = [widget for widget in widgets if widget.accessibleName() == name]
    assert found, f"Nothing to type into is called {name!r}."
    return found[0]


def find_button(parent: QWidget, text: str) -> QPushButton | None:
    """Return the visible button with this text, or None."""
    found = (found for found in parent.findChildren(QPushButton) if found.text() == text)
    return next((button for button in found if button.isVisible()), None)


def button(parent: QWidget, text: str) -> QPushButton:
    """Return the visible button with this text."""
    found = find_button(parent, text)
    assert found is not None, f"There is no button {text!r}."
    return found


def texts(parent: QWidget) -> list[str]:
    """Return what the visible labels say."""
    return [label.text() for label in parent.findChildren(QLabel) if label.isVisible() and label.text()]


def cut_buttons(parent: QWidget) -> list[str]:
    """Return the texts of the visible buttons that have less room than they ask for."""
    found = (found for found in parent.findChildren(QPushButton) if found.isVisible())
    return [
        f"{found.text()!r} wants {found.sizeHint().width()} has {found.width()}"
        for found in found
        if found.sizeHint().width() > found.width()
    ]
