"""Fills a database with any number of users, projects, audio rows and boxes, made by the server itself.

Everything is made in one transaction: it is all there, or nothing of it. The same amounts and seed on the
same database give the same rows but for their times. A later run continues the numbering.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from psycopg2.errors import QueryCanceled
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database import seed_statements as statements
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.errors import CancelledByServerError, InputError

_CHUNK = 50_000
_LARGEST = 50_000_000


@dataclass(frozen=True, slots=True)
class SeedAmounts:
    """How many rows to add. Raises InputError for a negative or absurd number."""

    users: int = 0
    projects: int = 0
    audio: int = 0
    boxes: int = 0

    def __post_init__(self) -> None:
        for field in ("users", "projects", "audio", "boxes"):
            value: int = getattr(self, field)
            if not 0 <= value <= _LARGEST:
                raise InputError(f"The number of {field} is between 0 and {_LARGEST:,}.", field=field)

    @property
    def total(self) -> int:
        """All rows together, without the collaborators that come with projects."""
        return self.users + self.projects + self.audio + self.boxes


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What was added."""

    users: int
    projects: int
    collaborators: int
    audio: int
    boxes: int


class Seeder:
    """Adds rows through one connection. `run` blocks; `cancel` may be called from any thread."""

    def __init__(self, connection: RawConnection, *, seed: int = 1, password_hash: str) -> None:
        self._connection = connection
        self._parameters: dict[str, object] = {"seed": seed, "password_hash": password_hash}
        self._cancelled = Event()
        self._done = 0
        self._total = 1
        self._progress: Progress = silent

    def cancel(self) -> None:
        """End `run` within moments; nothing of it stays."""
        self._cancelled.set()
        self._connection.cancel()

    def run(self, amounts: SeedAmounts, progress: Progress = silent) -> SeedReport:
        """Add the rows, commit, and say how many.

        Raises InputError where audio or boxes are wanted and there is no project to put them in,
        CancelledByServerError after `cancel`, and psycopg2's errors; nothing was changed then.
        """
        self._progress, self._done, self._total = progress, 0, max(amounts.total, 1)
        try:
            with self._connection, self._connection.cursor() as cursor:
                report = self._add_all(cursor, amounts)
                self._stop_if_cancelled()
                progress("Committing", 1.0)
        except QueryCanceled:
            self._stop_if_cancelled()
            raise
        return report

    def _add_all(self, cursor: Any, amounts: SeedAmounts) -> SeedReport:
        cursor.execute(statements.SESSION)
        cursor.execute(statements.FIRST_NUMBERS)
        first_user, first_project, first_file, first_box = cursor.fetchone()
        self._chunks(cursor, "users", statements.USERS, first_user, amounts.users)
        collaborators = self._add_projects(cursor, first_project, amounts.projects)
        if amounts.audio or amounts.boxes:
            self._progress("Looking up who works where", self._done / self._total)
            cursor.execute(statements.TARGETS)
            cursor.execute("SELECT count(*) FROM seed_targets")
            targets: int = cursor.fetchone()[0]
            if not targets:
                raise InputError(
                    "There is no project that audio files or boxes could belong to; add projects too.",
                    field="projects",
                )
            counted = {"targets": targets, "first_box": first_box}
            self._chunks(cursor, "audio files", statements.AUDIO, first_file, amounts.audio, counted)
            self._chunks(cursor, "boxes", statements.BOXES, first_box, amounts.boxes, counted)
        self._progress("Gathering statistics", 1.0)
        cursor.execute(statements.ANALYZE)
        return SeedReport(amounts.users, amounts.projects, collaborators, amounts.audio, amounts.boxes)

    def _add_projects(self, cursor: Any, first: int, amount: int) -> int:
        if not amount:
            return 0
        cursor.execute(statements.PEOPLE)
        cursor.execute("SELECT count(*) FROM seed_people")
        people: int = cursor.fetchone()[0]
        if not people:
            raise InputError("There is no user who could own a project; add users too.", field="users")
        counted = {"people": people}
        owners = self._chunks(cursor, "projects", statements.PROJECTS, first, amount, counted)
        return owners + self._chunks(
            cursor, "collaborators", statements.COLLABORATORS, first, amount, counted, counts=False
        )

    def _chunks(
        self,
        cursor: Any,
        what: str,
        statement: str,
        first: int,
        amount: int,
        more: Mapping[str, object] | None = None,
        *,
        counts: bool = True,
    ) -> int:
        """Run the statement for the numbers from `first` on, some at a time; return the rows it made."""
        made = 0
        for start in range(first, first + amount, _CHUNK):
            self._stop_if_cancelled()
            end = min(start + _CHUNK, first + amount)
            self._progress(f"Adding {what}", self._done / self._total)
            cursor.execute(statement, {**self._parameters, **(more or {}), "first": start, "last": end - 1})
            made += cursor.rowcount
            self._done += (end - start) if counts else 0
        return made

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CancelledByServerError("Seeding was cancelled; nothing was changed.", retryable=False)
