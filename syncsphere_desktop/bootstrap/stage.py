"""The stage of the tour: the running program with the means to wait for it and to take its picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from syncsphere_desktop.bootstrap.frame import Frame
from syncsphere_desktop.bootstrap.program import Program
from syncsphere_desktop.errors import FileError
from syncsphere_desktop.studio.local_studio import LocalStudio
from syncsphere_desktop.ui.app.listing import Listing
from syncsphere_desktop.ui.app.view import ViewController
from syncsphere_desktop.ui.bundles.controller import BundlesController
from syncsphere_desktop.ui.integrity.controller import IntegrityController
from syncsphere_desktop.ui.library.controller import LibraryController
from syncsphere_desktop.ui.ownership.controller import OwnershipController
from syncsphere_desktop.ui.projects.controller import ProjectsController
from syncsphere_desktop.ui.users.controller import UsersController

_PATIENCE_SECONDS = 20.0
WidgetT = TypeVar("WidgetT", bound=QWidget)
ControllerT = TypeVar("ControllerT")


class Needs(StrEnum):
    """What a scene begins with."""

    NOTHING = "nothing"
    USERS = "users"
    PROJECTS = "projects"
    LIBRARY = "library"
    BUNDLES = "bundles"
    INTEGRITY = "integrity"
    OWNERSHIP = "ownership"


class Stage:
    """Brings the window into a state, waits until it is there, and writes its picture."""

    def __init__(self, frame: Frame, program: Program, studio: LocalStudio, out: Path, theme: str) -> None:
        self.frame = frame
        self.program = program
        self.studio = studio
        self.written: list[Path] = []
        self.theme = theme
        self._out = out

    @property
    def users(self) -> UsersController:
        """Return the users view."""
        return self._controller("users", UsersController)

    @property
    def projects(self) -> ProjectsController:
        """Return the projects view."""
        return self._controller("projects", ProjectsController)

    @property
    def library(self) -> LibraryController:
        """Return the audio library."""
        return self._controller("library", LibraryController)

    @property
    def bundles(self) -> BundlesController:
        """Return the bundle versions."""
        return self._controller("bundles", BundlesController)

    @property
    def integrity(self) -> IntegrityController:
        """Return the integrity view."""
        return self._controller("integrity", IntegrityController)

    @property
    def ownership(self) -> OwnershipController:
        """Return the view of who holds which track."""
        return self._controller("ownership", OwnershipController)

    async def prepare(self, needs: Needs) -> None:
        """Open the studio on a view with its list loaded, nothing selected and nothing searched."""
        if needs is Needs.NOTHING:
            return
        if self.program.desktop.session is None:
            await self.program.connect_local(lambda _sentence, _share: None)
        self.program.desktop.show_view(needs.value)
        if needs in (Needs.INTEGRITY, Needs.OWNERSHIP):  # which need no list to begin with
            await self.settled()
            return
        listing = self._listing(needs)
        listing.view.selection.clear()
        await self.until(lambda: bool(listing.model.count.value) and not listing.model.is_loading)
        await self.settled()

    def _listing(self, needs: Needs) -> Listing[Any]:
        if needs is Needs.LIBRARY:
            return self.library.listing
        if needs is Needs.BUNDLES:
            return self.bundles.listing
        return self.users.listing if needs is Needs.USERS else self.projects.listing

    async def clear(self) -> None:
        """Leave dialogs, notifications and panels of the scene before."""
        for dialog in self.dialogs():
            dialog.reject()
        self.program.toasts.clear()
        await self.settled()

    def place_menu(self, button: QWidget) -> None:
        """Put the open menu below its button, also where the platform's screen is smaller than the window."""
        for menu in (found for found in QApplication.topLevelWidgets() if isinstance(found, QMenu)):
            if menu.isVisible():
                menu.move(button.mapToGlobal(button.rect().bottomLeft()))

    async def close_menus(self) -> None:
        """Close the menus that are open."""
        for menu in (found for found in QApplication.topLevelWidgets() if isinstance(found, QMenu)):
            menu.close()
        await self.settled()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds. Raises TimeoutError after twenty seconds."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition():  # noqa: ASYNC110  # widgets and models make no events
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Give answers on their way, layouts and fades the time to end."""
        await asyncio.sleep(0.35)

    async def dialog(self, kind: type[WidgetT]) -> WidgetT:
        """Wait for a dialog of this kind and return it."""
        await self.until(lambda: any(isinstance(dialog, kind) for dialog in self.dialogs()))
        await self.settled()
        return next(dialog for dialog in self.dialogs() if isinstance(dialog, kind))

    def dialogs(self) -> list[QDialog]:
        """Return the dialogs that are open, the lowest first."""
        found = (widget for widget in QApplication.topLevelWidgets() if isinstance(widget, QDialog))
        return [dialog for dialog in found if dialog.isVisible()]

    def child(self, parent: QWidget, kind: type[WidgetT], name: str) -> WidgetT:
        """Return the child with this accessible name."""
        return next(found for found in parent.findChildren(kind) if found.accessibleName() == name)

    def execute(self, statement: str, *values: object) -> None:
        """Change the database as another service would, on a connection of its own."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            connection.commit()

    def add_project(self, name: str) -> int:
        """Add a project of the first user's as another service would, and return its id."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO projects (name, owner_id) SELECT %s, min(id) FROM users RETURNING id", (name,)
            )
            found = int(cursor.fetchone()[0])
            connection.commit()
        return found

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Give a connection beside the app's."""
        session = self.program.desktop.session
        assert session is not None
        connection = session.database.connect()
        try:
            yield connection
        finally:
            connection.close()

    def shoot(self, name: str) -> None:
        """Write the window with its dialogs as `<name>-<theme>.png`. Raises FileError."""
        window = self.frame.window
        picture = window.grab()
        painter = QPainter(picture)
        for dialog in self.dialogs():
            painter.fillRect(picture.rect(), QColor(0, 0, 0, 90))
            shot = dialog.grab()
            place = QPoint((window.width() - dialog.width()) // 2, (window.height() - dialog.height()) // 2)
            painter.drawPixmap(place, shot)
            painter.setPen(QColor(self.frame.theme.tokens.border_strong))
            painter.drawRect(place.x(), place.y(), dialog.width(), dialog.height())
        for menu in (found for found in QApplication.topLevelWidgets() if isinstance(found, QMenu)):
            if menu.isVisible():
                painter.drawPixmap(window.mapFromGlobal(menu.pos()), menu.grab())
        painter.end()
        self._write(picture, self._out / f"{name}-{self.theme}.png")

    def _write(self, picture: QPixmap, path: Path) -> None:
        if not picture.save(str(path), "PNG"):
            raise FileError(f"The picture can't be written to {path}.")
        self.written.append(path)

    def _controller(self, name: str, kind: type[ControllerT]) -> ControllerT:
        found: ViewController | None = self.program.desktop.controller(name)
        assert isinstance(found, kind)
        return found
