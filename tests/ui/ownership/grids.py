"""Grids for the tests: a small project in a shown canvas, on a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from PySide6.QtCore import QEvent, QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.canvas import GridCanvas
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.grid_model import GridModel
from syncsphere_desktop.ui.ownership.values import Held, Person, Track

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SECONDS = NOW.timestamp()
CLOCK = GridClock(lambda: NOW.replace(tzinfo=None), lambda: NOW)
ADA, BOB, MIRA = UserId(1), UserId(2), UserId(3)


def box(number: int) -> UUID:
    """Return the box of a track by its place, from 0."""
    return UUID(int=number + 1)


def small_model(*names: str) -> GridModel:
    """Return a model of these tracks, with Ada and Bob as columns."""
    model = GridModel(CLOCK)
    model.set_tracks(
        Track(box(at), name, "Band") for at, name in enumerate(names or ("Kick", "Snare", "Bass"))
    )
    model.set_people((Person(ADA, "ada", "owner"), Person(BOB, "bob", "editor")))
    return model


def held_by(*owners: UserId, ago: float = 180.0, confirmed: bool = True) -> Held:
    """Return a holding that began so many seconds ago."""
    return Held(owners, SECONDS - ago, confirmed)


def shown_canvas(model: GridModel, width: int = 800, height: int = 400) -> GridCanvas:
    """Return a canvas on screen that has the focus."""
    canvas = GridCanvas(model)
    canvas.resize(width, height)
    canvas.show()
    canvas.setFocus()
    QTest.qWaitForWindowActive(canvas)
    return canvas


def close(canvas: GridCanvas) -> None:
    """Take the canvas away with all that waits for it."""
    canvas.close()
    canvas.deleteLater()
    QApplication.sendPostedEvents(canvas, QEvent.Type.DeferredDelete)


def middle(canvas: GridCanvas, row: int, column: int) -> QPoint:
    """Return the middle of a cell."""
    return canvas.geometry_now.cell(row, column).center()
