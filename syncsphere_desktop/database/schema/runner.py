"""The embedded migration runner: Alembic without its command, a file of settings, or a checkout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.database.failures import sqlstate, translate
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters
from syncsphere_desktop.database.reaching import reach
from syncsphere_desktop.database.schema.advisory_lock import migration_lock
from syncsphere_desktop.database.schema.inspection import read_status
from syncsphere_desktop.database.schema.revisions import BASE, HEAD, known_revisions, position_of
from syncsphere_desktop.database.schema.status import Origin, Revision, SchemaState, SchemaStatus
from syncsphere_desktop.database.schema.steps import (
    attach_notices,
    count_losses,
    create_schema,
    drop_schema,
    print_steps,
    run_steps,
)
from syncsphere_desktop.database.tables import OUR_SCHEMA, studio_metadata
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.errors import (
    AccessDeniedError,
    AppError,
    ReadOnlyError,
    SchemaError,
    TimedOutError,
    UsageError,
)
from syncsphere_desktop.settings import ConnectionTarget

_TIMEOUTS = "SET statement_timeout = '10min'; SET lock_timeout = '3s'"

_KEPT = (
    (2, "entries of the activity log", "audit_log"),
    (4, "entries of the quarantine", "trash"),
    (6, "rows of bundle_marks", "bundle_marks"),
    (4, "rows of audio_content", "audio_content"),
    (4, "rows of audio_imports", "audio_imports"),
    (7, "events of the history of ownership", "ownership_events"),
)
"""How many revisions must be applied for a side table to be there, what its rows are called, and its name.

What a check finds out again is not among them.
"""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a run did: the revisions it applied, or took back, in that order, and the status afterwards.

    `attached` counts triggers that an earlier run had no right to create.
    """

    revisions: tuple[Revision, ...]
    status: SchemaStatus
    attached: int = 0


class MigrationRunner:
    """Brings a database's schema up, or back. Blocking: run it on a thread.

    `database` is where it is, or a function that opens a psycopg2 connection, as `Database.connect` does;
    `lock_seconds` bounds the wait for another app that is at it. Every method raises AppError.
    """

    def __init__(
        self, database: ConnectionTarget | Callable[[], RawConnection], *, lock_seconds: float = 60.0
    ) -> None:
        if isinstance(database, ConnectionTarget):
            parameters = connect_parameters(database, Timeouts())
            self._open_connection = lambda: reach(database.profile, parameters)
        else:
            self._open_connection = database
        self._lock_seconds = lock_seconds

    def status(self) -> SchemaStatus:
        """Return how the schema is now."""
        with self._connected() as connection:
            return _status(connection)

    def upgrade(self, revision: str = HEAD, progress: Progress | None = None) -> Migrated:
        """Apply what is pending up to `revision`; a database that has the six tables is adopted.

        Safe when several apps start it at once: one applies, the others find it done. Raises SchemaError
        where the database is foreign or newer than the app, AccessDeniedError where a right lacks.
        """
        tell = progress or silent
        with self._connected() as connection:
            if _is_whole(_refuse_upgrade(_status(connection), revision)):
                return Migrated((), _status(connection))
            with migration_lock(connection, self._lock_seconds, tell):
                return _upgrade(connection, revision, tell)

    def downgrade(
        self, revision: str, progress: Progress | None = None, *, allow_data_loss: bool = False
    ) -> Migrated:
        """Take back what was applied after `revision`; `base` removes all that is ours.

        Tables that were adopted always stay. Raises SchemaError where rows would be lost, if not allowed.
        """
        tell = progress or silent
        with self._connected() as connection, migration_lock(connection, self._lock_seconds, tell):
            return _downgrade(connection, revision, tell, allow_data_loss=allow_data_loss)

    def losses(self, revision: str) -> Mapping[str, int]:
        """Return how many rows of what a downgrade to `revision` would remove; empty where none."""
        with self._connected() as connection:
            status = _status(connection)
            return _losses(connection, status, position_of(revision, status.current, known_revisions()))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = create_engine("postgresql+psycopg2://", creator=self._open_connection, poolclass=NullPool)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(_TIMEOUTS)
                yield connection
        except (psycopg2.Error, sqlalchemy_errors.SQLAlchemyError) as error:
            raise _translated(error) from error
        finally:
            engine.dispose()


def counted(losses: Mapping[str, int]) -> str:
    """Return losses in words: `40 rows of users, 1 entry of the activity log`."""
    one = {"rows": "row", "entries": "entry", "events": "event"}
    words = []
    for label, count in losses.items():
        kind, _, rest = label.partition(" ")
        words.append(f"{count:,} {one[kind] if count == 1 else kind} {rest}")
    return ", ".join(words)


def migration_sql(start: str = BASE, end: str = HEAD, *, adopts: bool = False) -> str:
    """Return the SQL from one revision to another, without a database.

    `adopts` leaves out the creation of the six tables, for a database that has them.
    """
    revisions = known_revisions()
    first, last = (position_of(name, None, revisions) for name in (start, end))
    return "" if first == last else print_steps(revisions, first, last, adopts=adopts)


def _status(connection: Connection) -> SchemaStatus:
    status = read_status(connection)
    connection.commit()
    return status


def _upgrade(connection: Connection, revision: str, tell: Progress) -> Migrated:
    status = _refuse_upgrade(_status(connection), revision)
    revisions = known_revisions()
    first = _applied(status, revisions)
    last = position_of(revision, status.current, revisions)
    attached = 0
    if last > first:
        create_schema(connection)
        run_steps(connection, revisions, first, last, tell)
    elif not _is_whole(status):
        attached = attach_notices(connection)
    return Migrated(revisions[first:last], _status(connection), attached)


def _downgrade(connection: Connection, revision: str, tell: Progress, *, allow_data_loss: bool) -> Migrated:
    status = _status(connection)
    if status.state is SchemaState.AHEAD:
        raise SchemaError(status.read_only_reason or "")
    revisions = known_revisions()
    first = _applied(status, revisions)
    last = position_of(revision, status.current, revisions)
    if last > first:
        raise UsageError(f"The database is at {status.current or BASE}, which comes before {revision}.")
    losses = _losses(connection, status, last)
    if losses and not allow_data_loss:
        raise SchemaError(f"Going back to {revision} would remove {counted(losses)}. Nothing was changed.")
    if last < first:
        run_steps(connection, revisions, first, last, tell, allow_data_loss=allow_data_loss)
    if last == 0:
        drop_schema(connection)
    return Migrated(revisions[last:first][::-1], _status(connection))


def _losses(connection: Connection, status: SchemaStatus, last: int) -> dict[str, int]:
    first = _applied(status, known_revisions())
    tables: dict[str, str] = {}
    if last == 0 and first > 0 and status.origin is Origin.CREATED:
        tables |= {f"rows of {table.name}": table.name for table in studio_metadata.sorted_tables}
    tables |= {label: f"{OUR_SCHEMA}.{name}" for applied, label, name in _KEPT if last < applied <= first}
    return count_losses(connection, tables)


def _applied(status: SchemaStatus, revisions: tuple[Revision, ...]) -> int:
    return position_of(status.current or BASE, None, revisions)


def _is_whole(status: SchemaStatus) -> bool:
    """Whether an upgrade to the head would find nothing to do."""
    return status.state is SchemaState.CURRENT and status.has_triggers


def _refuse_upgrade(status: SchemaStatus, revision: str) -> SchemaStatus:
    """Return the status, or raise where the database must not, or can't, be upgraded to `revision`."""
    if status.state in {SchemaState.AHEAD, SchemaState.FOREIGN}:
        raise SchemaError(status.read_only_reason or "", details="\n".join(status.differences) or None)
    if status.is_standby:
        raise ReadOnlyError("The server is a standby that allows reading only.")
    revisions = known_revisions()
    wanted = position_of(revision, status.current, revisions)
    if wanted > _applied(status, revisions) and not status.may_upgrade:
        raise AccessDeniedError(
            "The database role may not create the app's own tables; the owner of the database can apply"
            f" {', '.join(pending.revision for pending in status.pending)}."
        )
    return status


def _translated(error: psycopg2.Error | sqlalchemy_errors.SQLAlchemyError) -> AppError:
    state = sqlstate(error)
    translated = translate(error)
    if state == "55P03":
        return TimedOutError(
            "Others are using the tables all the time; please try again in a quiet moment.",
            details=translated.details,
        )
    if state == "55000":
        return SchemaError("Rows would be lost. Nothing was changed.", details=translated.details)
    return translated
