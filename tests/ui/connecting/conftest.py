"""Databases in each state of the schema, on a real server, and a window to connect from."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import create_engine

from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.tables import studio_metadata
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget
from syncsphere_desktop.ui.app.destinations import DESTINATIONS
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.theme.controller import ThemeController


@contextmanager
def fresh_database(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """Make an empty database, and drop it afterwards."""
    name = f"connecting_{uuid4().hex[:12]}"
    execute(ConnectionTarget(server), f"CREATE DATABASE {name}")
    yield ConnectionTarget(replace(server, database=name))
    execute(ConnectionTarget(server), f"DROP DATABASE {name} WITH (FORCE)")


def execute(target: ConnectionTarget, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in its own transaction and return its rows."""
    connection = open_connection(connect_parameters(target, Timeouts()))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


@pytest.fixture
def empty(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """A database without tables."""
    with fresh_database(server) as target:
        yield target


@pytest.fixture
def adoptable(server: ConnectionProfile) -> Iterator[ConnectionTarget]:
    """A database with the services' six tables and a row, and nothing of ours."""
    with fresh_database(server) as target:
        parameters = connect_parameters(target, Timeouts())
        engine = create_engine("postgresql+psycopg2://", creator=lambda: open_connection(parameters))
        with engine.begin() as connection:
            studio_metadata.create_all(connection)
        engine.dispose()
        execute(
            target,
            "INSERT INTO users (username, email, password_hash) VALUES ('ada', 'ada@example.org', 'x')",
        )
        yield target


@pytest.fixture
def foreign(adoptable: ConnectionTarget) -> ConnectionTarget:
    """A database whose tables are not SyncSphere's."""
    execute(adoptable, "ALTER TABLE users DROP COLUMN email")
    return adoptable


@pytest.fixture
def theme(qapp: QApplication) -> ThemeController:
    """The theme that is on."""
    return ThemeController(qapp)


@pytest.fixture
def window(theme: ThemeController, qtbot: QtBot) -> Iterator[MainWindow]:
    """The window, shown."""
    made = MainWindow(DESTINATIONS, theme)
    made.resize(1100, 700)
    made.show()
    yield made
    made.close_now()
    made.deleteLater()
    # Here and now: what is left to the garbage collector may be destroyed on a worker's thread.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


async def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something is so; fail when it is not within `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # widgets have no event to wait for
            await asyncio.sleep(0.005)
