"""The question about the schema: what it says, what is the default, and the upgrade on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from syncsphere_desktop.database.schema.status import Revision, SchemaState, SchemaStatus
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.errors import AppError, TimedOutError
from syncsphere_desktop.settings import ConnectionProfile, Environment, SslMode
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.schema_question import SchemaAnswer, SchemaQuestion, asks_for
from tests.ui.connecting.conftest import until
from tests.ui.loops import QtRun

PROFILE = ConnectionProfile("Hamburg", "db.example.org", 5432, "studio", "admin", SslMode.VERIFY_FULL)
STATUS = SchemaStatus(
    SchemaState.ADOPTABLE,
    None,
    "0003",
    pending=(Revision("0001", "The six tables"), Revision("0002", "An activity log")),
    goes_without=("Changes leave no entry in an activity log.",),
)


async def nothing(progress: Progress) -> None:
    progress("Done", 1.0)


class Asked:
    """A question with a scope that collects what goes wrong."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.profile, self.status = PROFILE, STATUS
        self.errors: list[AppError] = []
        self.bugs: list[BaseException] = []
        self.scope = TaskScope("test", on_error=self.errors.append, report_bug=self.bugs.append)
        self.work = nothing

    def question(self) -> SchemaQuestion:
        return SchemaQuestion(self.window, self.profile, self.status, upgrade=self.work, scope=self.scope)


@pytest.fixture
def asked(window: MainWindow) -> Iterator[Asked]:
    made = Asked(window)
    yield made
    assert not made.bugs


def texts(question: SchemaQuestion) -> str:
    """Return everything that can be read in the dialog."""
    return "\n".join(label.text() for label in question.findChildren(QLabel))


def test_it_says_what_is_done_and_what_the_app_goes_without(asked: Asked, qtbot: QtBot) -> None:
    question = asked.question()
    qtbot.addWidget(question)
    told = texts(question)
    assert "Nothing of the six tables changes, and no row is touched." in told
    assert "An activity log." in told
    assert "Changes leave no entry in an activity log." in told
    assert question.upgrade_button.isDefault()


def test_on_production_the_safe_choice_is_the_default(asked: Asked, qtbot: QtBot) -> None:
    asked.profile = replace(PROFILE, environment=Environment.PRODUCTION)
    question = asked.question()
    qtbot.addWidget(question)
    assert question.open_button.isDefault()
    asked.status = replace(STATUS, state=SchemaState.EMPTY)
    empty = asked.question()
    qtbot.addWidget(empty)
    assert empty.cancel_button.isDefault()
    assert empty.open_button.isHidden()
    assert empty.upgrade_button.text() == "Create the schema"


def test_without_the_right_only_opening_is_offered(asked: Asked, qtbot: QtBot) -> None:
    asked.status = replace(STATUS, may_upgrade=False)
    question = asked.question()
    qtbot.addWidget(question)
    assert question.upgrade_button.isHidden()
    assert question.open_button.isDefault()
    assert "no right" in texts(question)


def test_only_states_that_an_upgrade_changes_are_asked_about() -> None:
    asking = {state for state in SchemaState if asks_for(replace(STATUS, state=state))}
    assert asking == {SchemaState.EMPTY, SchemaState.ADOPTABLE, SchemaState.BEHIND}
    assert not asks_for(replace(STATUS, is_standby=True))


def test_the_upgrade_tells_how_far_it_is_and_cannot_be_left(asked: Asked, qt_run: QtRun) -> None:
    async def scenario() -> None:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def work(progress: Progress) -> None:
            progress("Applying 0002", 0.5)
            begun.set()
            await may_end.wait()

        asked.work = work
        question = asked.question()
        answer = asyncio.ensure_future(question.ask())
        await asyncio.sleep(0)
        question.upgrade_button.click()
        await begun.wait()
        await until(lambda: question.sentence.text() == "Applying 0002")
        question.reject()
        assert question.isVisible()
        assert not question.open_button.isEnabled()
        may_end.set()
        assert await answer is SchemaAnswer.UPGRADED

    qt_run(scenario())


def test_a_failure_is_shown_in_place_and_can_be_tried_again(asked: Asked, qt_run: QtRun) -> None:
    async def scenario() -> None:
        failures: list[AppError] = [TimedOutError("Others are using the tables all the time.")]

        async def work(progress: Progress) -> None:
            await nothing(progress)
            if failures:
                raise failures.pop()

        asked.work = work
        question = asked.question()
        answer = asyncio.ensure_future(question.ask())
        await asyncio.sleep(0)
        question.upgrade_button.click()
        await until(question.banner.isVisible)
        assert question.banner.sentence == "Others are using the tables all the time."
        assert question.open_button.isEnabled()
        question.banner.action_triggered.emit()
        assert await answer is SchemaAnswer.UPGRADED

    qt_run(scenario())


def test_leaving_it_is_no_answer_and_open_without_is_one(asked: Asked, qt_run: QtRun) -> None:
    async def scenario() -> None:
        for press, expected in (("cancel_button", None), ("open_button", SchemaAnswer.OPEN_WITHOUT)):
            question = asked.question()
            answer = asyncio.ensure_future(question.ask())
            await asyncio.sleep(0)
            getattr(question, press).click()
            assert await answer is expected

    qt_run(scenario())
