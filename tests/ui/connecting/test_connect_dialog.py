"""The dialog: the test shows each step, fails on the right one, can be stopped, and leads to a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from syncsphere_desktop.errors import AppError, ConnectionFailedError
from syncsphere_desktop.secret_store import SecretStore
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.connect_dialog import ConnectDialog, ConnectRequest, Prober
from syncsphere_desktop.ui.connecting.probing import probe_steps
from syncsphere_desktop.ui.connecting.steps import STEP_TITLES, StepListener, StepState
from tests.ui.connecting.conftest import until
from tests.ui.loops import QtRun


class Opened:
    """A dialog on a window, with the task that awaits it."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.bugs: list[BaseException] = []
        self.errors: list[AppError] = []
        self.scope = TaskScope("test", on_error=self.errors.append, report_bug=self.bugs.append)

    async def open(
        self,
        target: ConnectionTarget | None,
        prober: Prober = probe_steps,
        failure: AppError | None = None,
    ) -> ConnectDialog:
        secrets = SecretStore(choose=lambda: None)
        self.dialog = ConnectDialog(
            self.window, scope=self.scope, prober=prober, secrets=secrets, target=target, failure=failure
        )
        self.answer: asyncio.Task[ConnectRequest | None] = asyncio.create_task(self.dialog.ask())
        await until(self.dialog.isVisible)
        return self.dialog

    async def leave(self) -> None:
        self.dialog.reject()
        assert await self.answer is None
        await self.scope.shutdown()


@pytest.fixture
def opened(window: MainWindow) -> Iterator[Opened]:
    made = Opened(window)
    yield made
    assert not made.bugs
    assert not made.errors


def states(dialog: ConnectDialog) -> dict[str, StepState]:
    """Return how each step stands."""
    return {name: dialog.steps.line(name).state for name in STEP_TITLES}


async def after_test(dialog: ConnectDialog) -> dict[str, StepState]:
    """Run the test to its end and return how each step stands."""
    ended = asyncio.Event()
    dialog.test_ended.connect(ended.set)
    dialog.test_button.click()
    await ended.wait()
    return states(dialog)


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_all_steps_of_a_good_connection_passes(
    opened: Opened, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        dialog = await opened.open(target)
        found = await after_test(dialog)
        assert {found[name] for name in ("reach", "authenticate", "database", "version", "schema")} == {
            StepState.PASSED
        }
        assert dialog.steps.line("version").sentence.startswith("PostgreSQL")
        await opened.leave()

    qt_run(scenario())


def test_connect_gives_the_connection_once_it_passed(
    opened: Opened, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def scenario() -> None:
        dialog = await opened.open(target)
        dialog.connect_button.click()
        request = await opened.answer
        assert request is not None
        assert request.target.profile == target.profile
        assert request.remember is False  # there is no keyring to remember it in
        await opened.scope.shutdown()

    qt_run(scenario())


@pytest.mark.parametrize(
    ("field", "value", "step"),
    [
        ("host", "no-such-host.invalid", "resolve"),
        ("host", "/nowhere/at/all", "reach"),
        ("database", "no_such_database", "database"),
        ("user", "no_such_user", "authenticate"),
    ],
)
def test_a_wrong_value_fails_on_its_step_and_the_dialog_stays(
    opened: Opened, target: ConnectionTarget, qt_run: QtRun, field: str, value: str, step: str
) -> None:
    wrong = ConnectionTarget(replace(target.profile, **{field: value}))  # type: ignore[arg-type]

    async def scenario() -> None:
        dialog = await opened.open(wrong)
        ended = asyncio.Event()
        dialog.test_ended.connect(ended.set)
        dialog.connect_button.click()
        await ended.wait()
        found = states(dialog)
        assert found[step] is StepState.FAILED
        assert [name for name, state in found.items() if state is StepState.FAILED] == [step]
        later = list(STEP_TITLES)[list(STEP_TITLES).index(step) + 1 :]
        assert {found[name] for name in later} <= {StepState.WAITING}
        assert dialog.steps.line(step).sentence.endswith(".")
        assert dialog.isVisible()
        await opened.leave()

    qt_run(scenario())


def test_a_wrong_port_fails_to_be_reached(opened: Opened, target: ConnectionTarget, qt_run: QtRun) -> None:
    wrong = ConnectionTarget(replace(target.profile, host="127.0.0.1", port=closed_port()))

    async def scenario() -> None:
        found = await after_test(await opened.open(wrong))
        assert found["resolve"] is StepState.PASSED
        assert found["reach"] is StepState.FAILED
        await opened.leave()

    qt_run(scenario())


def test_a_test_can_be_stopped_in_the_middle(opened: Opened, target: ConnectionTarget, qt_run: QtRun) -> None:
    ended: list[str] = []

    async def endless(_target: ConnectionTarget, tell: StepListener) -> AppError | None:
        tell("reach", StepState.RUNNING, "")
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cancelled")
        return None

    async def scenario() -> None:
        dialog = await opened.open(target, endless)
        dialog.test_button.click()
        await until(lambda: states(dialog)["reach"] is StepState.RUNNING)
        assert dialog.test_button.text() == "Stop the test"
        assert not dialog.connect_button.isEnabled()
        dialog.test_button.click()
        await until(lambda: not dialog.is_testing)
        assert states(dialog)["reach"] is StepState.WAITING
        dialog.test_button.click()
        await until(lambda: dialog.is_testing)
        dialog.form.database.textEdited.emit("other")
        await until(lambda: not dialog.is_testing)
        dialog.test_button.click()
        await until(lambda: dialog.is_testing)
        await opened.leave()
        assert ended == ["cancelled"] * 3

    qt_run(scenario())


def test_cancelling_whoever_awaits_the_dialog_stops_its_test(
    opened: Opened, target: ConnectionTarget, qt_run: QtRun
) -> None:
    async def endless(_target: ConnectionTarget, tell: StepListener) -> AppError | None:
        tell("reach", StepState.RUNNING, "")
        await asyncio.sleep(3600)
        return None

    async def scenario() -> None:
        dialog = await opened.open(target, endless)
        dialog.test_button.click()
        await until(lambda: dialog.is_testing)
        opened.answer.cancel()
        await asyncio.wait({opened.answer})
        await asyncio.sleep(0.05)
        await opened.scope.shutdown()

    qt_run(scenario())


def test_values_that_cannot_be_are_told_before_anything_is_tried(opened: Opened, qt_run: QtRun) -> None:
    async def scenario() -> None:
        dialog = await opened.open(None)
        dialog.connect_button.click()
        assert not dialog.is_testing
        assert dialog.form.error_of("host")
        assert dialog.form.error_of("user")
        await opened.leave()

    qt_run(scenario())


def test_the_dialog_opens_with_what_failed_before(opened: Opened, qt_run: QtRun) -> None:
    profile = ConnectionProfile("Hamburg", "db.example.org", 5432, "studio", "admin", SslMode.VERIFY_FULL)
    failure = ConnectionFailedError("The password was refused for user “admin”.", step="authenticate")

    async def scenario() -> None:
        dialog = await opened.open(ConnectionTarget(profile), failure=failure)
        assert dialog.banner.isVisible()
        assert dialog.banner.sentence == failure.message
        assert dialog.form.password.editor.property("invalid") == "true"
        assert dialog.form.draft().name == "Hamburg"
        await opened.leave()

    qt_run(scenario())


def test_without_a_keyring_the_password_is_said_not_to_be_kept(opened: Opened, qt_run: QtRun) -> None:
    async def scenario() -> None:
        dialog = await opened.open(None)
        await until(lambda: "no secure keyring" in dialog.form.keyring_explanation)
        assert not dialog.form.remember.isEnabled()
        await opened.leave()

    qt_run(scenario())
