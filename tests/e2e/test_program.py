"""The whole program in this process: real studio, real window, an admin's work from connecting to closing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg2
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QDialog, QWidget

from syncsphere_desktop.bootstrap.frame import Frame, build_frame
from syncsphere_desktop.bootstrap.program import Program, StartWish
from syncsphere_desktop.database.postmaster import is_alive
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.local_feed import LocalFeed
from syncsphere_desktop.ui.app.crash_dialog import CrashDialog
from syncsphere_desktop.ui.ownership.controller import OwnershipController
from syncsphere_desktop.ui.projects.controller import ProjectsController
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.users.dialogs import NewUserDialog
from syncsphere_desktop.ui.users.giving import RemoveUsersDialog
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.conflict import ConflictDialog, Side
from tests.e2e.conftest import paths_of, studio_of
from tests.proxy import Proxy
from tests.ui.bench import line, texts, turns, until
from tests.ui.loops import QtRun

WidgetT = TypeVar("WidgetT", bound=QWidget)


@dataclass
class Running:
    """The program under way, with what it met."""

    home: Path
    frame: Frame
    program: Program
    ended: asyncio.Task[int]
    bugs: list[object]

    @property
    def users(self) -> UsersController:
        found = self.program.desktop.controller("users")
        assert isinstance(found, UsersController)
        return found

    @property
    def projects(self) -> ProjectsController:
        found = self.program.desktop.controller("projects")
        assert isinstance(found, ProjectsController)
        return found

    def dialog(self, kind: type[WidgetT]) -> WidgetT | None:
        return next((found for found in self.frame.window.findChildren(kind) if found.isVisible()), None)

    async def asked(self, kind: type[WidgetT]) -> WidgetT:
        await until(lambda: self.dialog(kind) is not None)
        found = self.dialog(kind)
        assert found is not None
        return found

    async def told(self, part: str) -> None:
        await until(lambda: any(part in said for said in self.program.toasts.sentences))

    async def listed(self, count: int | None = None) -> None:
        """Wait until the list of users is there, with a number of rows."""

        def is_there() -> bool:
            if self.program.desktop.controller("users") is None:
                return False
            found = self.users.listing.model.count.value
            return found > 0 if count is None else found == count

        await until(is_there, 30)
        await turns()

    def position(self, name: str) -> int:
        model = self.users.listing.model
        rows = ((at, model.row(at)) for at in range(model.count.value))
        return next(at for at, row in rows if row is not None and row.username == name)

    async def select(self, name: str) -> None:
        self.users.listing.view.go_to(self.position(name))
        await until(
            lambda: self.users.editing.shown is not None and self.users.editing.shown.username == name
        )

    def execute(self, statement: str) -> None:
        """Change the studio as another service would."""
        with closing(psycopg2.connect(studio_of(self.home).database_url)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.commit()


@asynccontextmanager
async def running(home: Path, wish: StartWish = StartWish(local=True)) -> AsyncIterator[Running]:  # noqa: B008
    """Run the program; in the end it is closed, and no thread of it is left."""
    threads = set(threading.enumerate())
    frame = build_frame(paths_of(home))
    frame.window.resize(1100, 700)
    frame.window.show()
    program = Program(frame, recovery_seconds=1.0)
    bugs: list[object] = []
    program.presenter.bug_reported.connect(bugs.append)
    ended = asyncio.get_running_loop().create_task(program.run(wish), name="program")
    try:
        yield Running(home, frame, program, ended, bugs)
    finally:
        await turns()
        program.end()
        await asyncio.wait({ended}, timeout=20)
        frame.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert ended.done()
    assert not ended.exception()
    assert bugs == []
    await until(lambda: not _left_behind(threads), 5)


def _left_behind(before: set[threading.Thread]) -> list[threading.Thread]:
    """Return the threads that were begun since; those of the loop's own pool end with the loop."""
    begun = set(threading.enumerate()) - before
    return [thread for thread in begun if not isinstance(thread, threading._DummyThread)]


def test_an_admins_work_from_connecting_to_closing(home: Path, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            assert run.frame.window.windowTitle().startswith("Local studio — ")
            await _add_user(run)
            await _edit_user(run)
            await _settle_conflict(run)
            await _delete_user(run)
            run.frame.window.close()
            assert await run.ended == 0
            assert not run.frame.window.isVisible()

    qt_run(scenario())


def test_the_local_studios_feed_comes_once_the_list_is_there_and_goes_with_the_window(
    home: Path, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        feed = LocalFeed(studio_of(home).folder)
        async with running(home) as run:
            await run.listed()
            run.program.desktop.show_view("ownership")
            view = run.program.desktop.controller("ownership")
            assert isinstance(view, OwnershipController)
            await until(
                lambda: any(text.startswith("Live by the feed") for text in texts(view.list.truth)), 30
            )
            child = feed.find()
            assert child is not None
        assert feed.find() is None
        assert not is_alive(child.pid)

    qt_run(scenario())


async def _add_user(run: Running) -> None:
    run.users.add()
    dialog = await run.asked(NewUserDialog)
    for name, text in (
        ("Username", "zoe"),
        ("Email", "zoe@studio.example"),
        ("Password", "blue door ninety"),
        ("Password again", "blue door ninety"),
    ):
        line(dialog, name).setText(text)
    dialog.confirm.click()
    await run.told("zoe was added.")
    await run.listed(41)


async def _edit_user(run: Running) -> None:
    await run.select("zoe")
    line(run.users.inspector, "Email").setText("zoe.new@studio.example")
    run.users.inspector.form.save()
    await run.told("zoe was saved.")
    # Others' changes come by themselves.
    run.execute("UPDATE users SET email = 'zoe.theirs@studio.example' WHERE username = 'zoe'")
    await until(lambda: line(run.users.inspector, "Email").text() == "zoe.theirs@studio.example")
    # And an undo takes back what this admin changed, not what they did since.
    run.program.desktop.undo()
    await until(lambda: len(run.program.toasts.sentences) >= 3)


async def _settle_conflict(run: Running) -> None:
    run.program.toasts.clear()
    line(run.users.inspector, "Email").setText("zoe.mine@studio.example")
    run.execute("UPDATE users SET email = 'zoe.newer@studio.example' WHERE username = 'zoe'")
    run.users.inspector.form.save()
    dialog = await run.asked(ConflictDialog)
    assert "zoe.newer@studio.example" in texts(dialog)
    dialog.choose("email", Side.MINE)
    dialog.save_button.click()
    await run.told("zoe was saved.")
    assert line(run.users.inspector, "Email").text() == "zoe.mine@studio.example"


async def _delete_user(run: Running) -> None:
    run.users.delete()
    dialog = await run.asked(RemoveUsersDialog)
    dialog.confirm.click()
    await run.told("zoe was deleted.")
    await run.listed(40)


def test_a_server_that_stops_and_starts_again_is_told_and_the_list_comes_back(
    home: Path, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            status = run.frame.window.status.connection
            assert "reconnecting" not in status.text()
            studio = studio_of(home)
            await asyncio.to_thread(studio.stop, force=True)
            run.users.reload()
            await until(lambda: "reconnecting" in status.text() or "offline" in status.text())
            await until(lambda: run.users.listing.model.error is not None, 20)
            assert run.users.listing.model.count.value == 40
            with ExitStack() as held:
                await asyncio.to_thread(held.enter_context, studio.held())
                with closing(psycopg2.connect(studio.database_url)) as other, other.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO users (username, email, password_hash) VALUES ('back', 'b@x', '-')"
                    )
                    other.commit()
                await run.listed(41)
                await until(lambda: status.text().endswith("ms") and "offline" not in status.text())
                run.execute("DELETE FROM users WHERE username = 'back'")
                await run.listed(40)
                assert run.users.listing.model.error is None
                run.program.end()
                assert await run.ended == 0

    qt_run(scenario())


def test_another_database_takes_the_place_of_the_local_studio_which_is_let_go(
    home: Path, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            run.program.desktop.show_view("projects")
            await until(lambda: run.projects.listing.model.count.value == 25)
            await run.program.connecting.open_target(target)
            session = run.program.desktop.session
            assert session is not None
            assert session.profile.database == target.profile.database
            assert run.frame.window.windowTitle().startswith(f"{target.profile.name} — ")
            await until(lambda: "No projects yet" in texts(run.frame.window))
            assert not studio_of(home).status().running
            await run.program.connecting.open_local()
            run.program.desktop.show_view("users")
            await run.listed(40)

    qt_run(scenario())


def test_closing_asks_about_what_is_typed_and_what_runs_and_then_ends_both(
    home: Path, qt_run: QtRun, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            run.users.listing.view.go_to(0)
            await until(lambda: run.users.editing.shown is not None)
            shown = run.users.editing.shown
            assert shown is not None
            line(run.users.inspector, "Email").setText("typed@studio.example")
            with closing(psycopg2.connect(studio_of(home).database_url)) as other, other.cursor() as cursor:
                cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
                run.users.listing.export_to(tmp_path / "users.csv")
                await until(lambda: run.program.desktop.jobs.running)
                run.frame.window.close()
                question = await run.asked(ConfirmDialog)
                assert f"What you typed for {shown.username} is not saved." in texts(question)
                assert "“Export to users.csv” is under way and would be cancelled." in texts(question)
                run.frame.window.close()  # asks no second time
                await turns()
                assert [d for d in run.frame.window.findChildren(QDialog) if d.isVisible()] == [question]
                question.safe_button.click()
                await turns()
                assert not run.ended.done()
                run.frame.window.close()
                question = await run.asked(ConfirmDialog)
                question.confirm_button.click()
                assert await asyncio.wait_for(run.ended, 60) == 0
            assert list(tmp_path.iterdir()) == []

    qt_run(scenario())


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_while_dialogs_are_open(home: Path, qt_run: QtRun, number: int, code: int) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            run.users.add()
            await run.asked(NewUserDialog)
            os.kill(os.getpid(), number)
            assert await asyncio.wait_for(run.ended, 60) == code
            assert [d for d in run.frame.window.findChildren(QDialog) if d.isVisible()] == []

    qt_run(scenario())


def test_a_start_that_is_cancelled_lets_the_server_go(home: Path, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with running(home, StartWish()) as run:
            await turns()
            opening = asyncio.ensure_future(run.program.connecting.open_local())
            await asyncio.sleep(0.05)
            run.program.connecting.cancel()
            await opening
            await until(lambda: not studio_of(home).status().running)
            assert run.program.desktop.session is None
            await run.program.connecting.open_local()
            await run.listed(40)

    qt_run(scenario())


def test_a_session_whose_server_is_silent_is_left_all_the_same(
    target: ConnectionTarget, fresh_home: Path, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        async with running(fresh_home, StartWish()) as run:
            with _proxy_thread(target) as proxy:
                await run.program.connecting.open_target(proxy.target)
                await until(lambda: run.program.desktop.session is not None)
                await until(lambda: run.users.listing.model.shown_query is not None)
                proxy.is_black_hole = True
                run.users.reload()
                await asyncio.sleep(0.1)
                await asyncio.wait_for(run.program.desktop.leave(), 60)
                assert run.program.desktop.session is None

    qt_run(scenario())


class _proxy_thread:  # noqa: N801  # reads as the context manager it is
    """A proxy on a loop of its own, so that it answers whatever the window's loop does."""

    def __init__(self, target: ConnectionTarget) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asyncio-proxy")
        self._proxy = Proxy(target)

    def __enter__(self) -> Proxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._proxy.__aenter__(), self._loop).result(5)
        return self._proxy

    def __exit__(self, *_details: object) -> None:
        asyncio.run_coroutine_threadsafe(self._proxy.__aexit__(None, None, None), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def _raise(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("place", ["callback", "task", "slot", "thread"])
def test_a_bug_anywhere_is_reported_once_without_secrets(fresh_home: Path, qt_run: QtRun, place: str) -> None:
    bug = ZeroDivisionError("postgresql://ada:secret-word@host/db")

    async def fail() -> None:
        raise bug

    async def scenario() -> None:
        async with running(fresh_home, StartWish()) as run:
            await turns()
            loop = asyncio.get_running_loop()
            if place == "callback":
                loop.call_soon(_raise, bug)
            elif place == "task":
                run.program.desktop.scope.spawn(fail())
            elif place == "slot":
                run.frame.window.destination_chosen.connect(lambda _name: _raise(bug))
                run.frame.window.destination_chosen.emit("nowhere")
            else:
                thread = threading.Thread(target=_raise, args=(bug,))
                thread.start()
                await asyncio.to_thread(thread.join)
            dialog = await run.asked(CrashDialog)
            assert len(run.bugs) == 1
            run.bugs.clear()
            (report,) = (fresh_home / "logs").glob("crash-*.txt")
            assert "ZeroDivisionError" in report.read_text()
            assert "secret-word" not in report.read_text()
            # A second one is saved, and does not pile up on the first dialog.
            run.program.presenter.report_bug(KeyError("second"))
            await turns()
            assert len(list((fresh_home / "logs").glob("crash-*.txt"))) == 2
            assert [d for d in run.frame.window.findChildren(QDialog) if d.isVisible()] == [dialog]
            run.bugs.clear()
            dialog.accept()
        written = [path for path in fresh_home.rglob("*") if path.is_file()]
        assert not [path for path in written if "secret-word" in path.read_text(errors="replace")]

    qt_run(scenario())


def test_an_expected_error_that_belongs_nowhere_is_a_notification(fresh_home: Path, qt_run: QtRun) -> None:
    async def fail() -> None:
        raise NotFoundError("It is gone.")

    async def scenario() -> None:
        async with running(fresh_home, StartWish()) as run:
            run.program.desktop.scope.spawn(fail())
            await run.told("It is gone.")
            assert run.dialog(CrashDialog) is None

    qt_run(scenario())


def test_the_last_view_and_theme_come_back_at_the_next_start(home: Path, qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with running(home) as run:
            await run.listed(40)
            run.program.desktop.show_view("projects")
            await until(lambda: run.projects.listing.model.count.value == 25)
            run.projects.frame.toggle_inspector()
        async with running(home) as run:
            await until(lambda: run.program.desktop.current is not None)
            assert run.program.desktop.current is run.projects
            await until(lambda: run.projects.listing.model.count.value == 25)
            assert run.projects.inspector.isHidden()
            # The view that was not opened has its number all the same.
            run.program.desktop.show_view("users")
            run.projects.frame.toggle_inspector()

    qt_run(scenario())
