"""Between the sign-in and the views: the schema is looked at, asked about, and upgraded where wished."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.schema.inspection import read_status
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.schema.status import SchemaState, SchemaStatus
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.ui.app.main_window import MainWindow
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.schema_question import SchemaAnswer, SchemaQuestion, asks_for
from syncsphere_desktop.ui.widgets.banner import Banner


class SchemaGate:
    """Lets a connection through to the views, upgraded first where the user wants that."""

    def __init__(self, window: MainWindow, scope: TaskScope) -> None:
        self._window = window
        self._scope = scope
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="upgrade")

    async def pass_through(self, target: ConnectionTarget) -> SchemaStatus | None:
        """Return the schema's status, after an upgrade if there was one; None where it is not to be opened.

        Raises AppError.
        """
        database = Database(target, recovery_seconds=2.0)
        try:
            status = await database.run(read_status)
            if not asks_for(status):
                return status
            question = SchemaQuestion(
                self._window,
                target.profile,
                status,
                upgrade=lambda progress: self._upgrade(database, progress),
                scope=self._scope,
            )
            answer = await question.ask()
            if answer is None:
                return None
            return await database.run(read_status) if answer is SchemaAnswer.UPGRADED else status
        finally:
            await database.shutdown()

    def show_notice(self, status: SchemaStatus) -> None:
        """Say above the views why nothing can be changed, with the differences; nothing where it can."""
        if status.state not in {SchemaState.AHEAD, SchemaState.FOREIGN}:
            return
        newer = status.state is SchemaState.AHEAD
        needed = f" It needs SyncSphere Desktop {status.needs_app}." if status.needs_app else ""
        sentence = (
            f"Open for reading only: the database was set up by a newer version of this app.{needed}"
            if newer
            else f"Open for reading only: the tables differ from SyncSphere's in {_places(status)}."
        )
        details = "\n".join(status.differences) or status.read_only_reason
        self._window.show_notice(Banner(sentence, "warning", details=details))

    async def shutdown(self) -> None:
        """Wait for an upgrade that is under way; it ends by itself."""
        closing = ThreadPoolExecutor(1, thread_name_prefix="upgrade-close")
        await asyncio.wrap_future(closing.submit(self._threads.shutdown))
        closing.shutdown(wait=False)

    async def _upgrade(self, database: Database, progress: Progress) -> None:
        runner = MigrationRunner(database.connect)
        running = self._threads.submit(lambda: runner.upgrade(progress=progress))
        await asyncio.wrap_future(running)


def _places(status: SchemaStatus) -> str:
    count = len(status.hindrances or status.differences)
    return "one place" if count == 1 else f"{count} places"
