"""One transaction on a worker thread, which can be cancelled from outside and asked for its fate."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg2
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.database.failures import is_connection_loss, translate
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.errors import CancelledByServerError, ConnectionLostError

T = TypeVar("T")
Work = Callable[[Connection], T]


@dataclass(frozen=True, slots=True)
class Transaction:
    """Marks a write, so that its fate can be asked for: its id, and its `now()`."""

    xid: str
    started_at: object

    @classmethod
    def current(cls, connection: Connection) -> Transaction:
        """Give the connection's transaction an id and return its mark."""
        xid, started_at = connection.exec_driver_sql("SELECT pg_current_xact_id()::text, now()").one()
        return cls(str(xid), started_at)

    def outcome(self, connection: Connection) -> str | None:
        """Return `committed`, `aborted`, `in progress`, or None when the server has forgotten."""
        status, restarted, audited = connection.exec_driver_sql(
            "SELECT pg_xact_status(%(xid)s::text::xid8), pg_postmaster_start_time() > %(at)s,"
            " to_regclass('syncsphere_desktop.audit_log') IS NOT NULL",
            {"xid": self.xid, "at": self.started_at},
        ).one()
        if status == "committed" and restarted and audited:
            # After a crash the id may have gone to somebody else's transaction, as ours left no trace: the
            # audit entry, which carries the transaction's own now(), is the proof.
            found = connection.exec_driver_sql(
                "SELECT EXISTS (SELECT FROM syncsphere_desktop.audit_log WHERE at = %(at)s)",
                {"at": self.started_at},
            ).scalar_one()
            return "committed" if found else "aborted"
        return None if status is None else str(status)


class Flight(Generic[T]):
    """Runs `work` once in a transaction of its own. `fly` belongs to the worker, `cancel` to anybody."""

    def __init__(self, work: Work[T], *, write: bool, timeouts: Timeouts | None) -> None:
        self._work = work
        self._write = write
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._raw: RawConnection | None = None
        self._cancelled = False
        self._results: list[T] = []
        self.committing = False
        self.transaction: Transaction | None = None

    def result(self) -> T:
        """Return what `work` gave, also where the answer to COMMIT was lost."""
        return self._results[0]

    def cancel(self) -> None:
        """Cancel the statement under way. A commit that has begun is let through."""
        with self._lock:
            self._cancelled = True
            if self._raw is None or self.committing:
                return
            try:
                self._raw.cancel()
            except psycopg2.Error as error:
                # A connection that can't be cancelled is broken: the worker meets the same and reports it.
                if not is_connection_loss(error):
                    raise

    def fly(self, connect: Callable[[], AbstractContextManager[Connection]]) -> T:
        """Run on the worker thread; raises AppError, or whatever bug `work` has."""
        try:
            return self._transact(connect)
        except (psycopg2.Error, sqlalchemy_errors.SQLAlchemyError, ValueError) as error:
            if is_connection_loss(error):
                lost = translate(error)
                raise ConnectionLostError(
                    "The connection to the server broke.", details=lost.details or lost.message
                ) from error
            raise translate(error) from error

    def _transact(self, connect: Callable[[], AbstractContextManager[Connection]]) -> T:
        with connect() as connection:
            if not self._write:
                connection.execution_options(postgresql_readonly=True)
            with connection.begin():
                self._attach(connection)
                try:
                    if self._timeouts is not None:
                        connection.exec_driver_sql(self._timeouts.set_local())
                    if self._write:
                        self.transaction = Transaction.current(connection)
                    self._results.append(self._work(connection))
                finally:
                    with self._lock:
                        self._raw = None
                with self._lock:
                    if self._cancelled:
                        raise CancelledByServerError("The change was cancelled; nothing was saved.")
                    self.committing = True
            return self._results[0]

    def _attach(self, connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        with self._lock:
            if self._cancelled:
                raise CancelledByServerError("The call was cancelled before it began.")
            self._raw = raw  # type: ignore[assignment]  # SQLAlchemy types it as the DBAPI's protocol
