"""One transaction on a worker thread, which can be cancelled from outside and asked for its fate.

A transaction costs two round trips beside its work: BEGIN, which tests the pooled connection, sets the
time-outs and fetches the transaction's mark at once, and COMMIT.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.database.failures import is_connection_loss, sqlstate, translate
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.errors import AppError, CancelledByServerError, ConnectionLostError

T = TypeVar("T")
Work = Callable[[Connection], T]

_log = logging.getLogger(__name__)

_CANCEL_SECONDS = 2.0
"""How long the worker waits for a cancel request that is on its way, before it gives the connection up."""

_ASK_AGAIN_SECONDS = 0.1

_QUERY_CANCELLED = "57014"

_OUTCOME = """
SELECT CASE
         WHEN NOT restarted THEN pg_xact_status(%(xid)s::text::xid8)
         WHEN %(xid)s::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) THEN 'aborted'
         WHEN pg_xact_status(%(xid)s::text::xid8) IN ('aborted', 'in progress') THEN 'aborted'
         ELSE pg_xact_status(%(xid)s::text::xid8)
       END AS status,
       restarted,
       EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'syncsphere_desktop' AND c.relname = 'audit_log'
                 AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')) AS audited
FROM (SELECT pg_postmaster_start_time() > %(at)s AS restarted) AS server
"""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Marks a write, so that its fate can be asked for: its id, and its `now()`."""

    xid: str
    started_at: object

    def outcome(self, connection: Connection) -> str:
        """Return `committed`, `aborted`, `in progress`, or `forgotten` when the server can't tell.

        A restarted server has no transaction of ours under way. It may have given our id to somebody else's
        after a crash, as ours then left no trace: the audit entry, which carries the transaction's own
        `now()`, proves that ours was committed, and nothing else does.
        """
        mark = {"xid": self.xid, "at": self.started_at}
        status, restarted, audited = connection.exec_driver_sql(_OUTCOME, mark).one()
        if status == "committed" and restarted:
            found = (
                audited
                and connection.exec_driver_sql(
                    "SELECT EXISTS (SELECT FROM syncsphere_desktop.audit_log WHERE at = %(at)s)", mark
                ).scalar_one()
            )
            return "committed" if found else "forgotten"
        return str(status or "forgotten")

    def end(self, connection: Connection) -> None:
        """End the session that still holds the transaction, left by a connection that is gone."""
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_xid = %(xid)s::text::xid8::xid AND usename = current_user",
            {"xid": self.xid},
        ).all()


class Flight(Generic[T]):
    """Runs `work` once in a transaction of its own. `fly` belongs to the worker, the rest to anybody."""

    def __init__(self, work: Work[T], *, write: bool, timeouts: Timeouts | None) -> None:
        self._work = work
        self._write = write
        self._timeouts = timeouts
        self._condition = threading.Condition()
        self._raw: RawConnection | None = None
        self._ending: RawConnection | None = None
        self._cancelled = False
        self._cancels_under_way = 0
        self._spoilt = False
        self._results: list[T] = []
        self.committing = False
        self.transaction: Transaction | None = None

    @property
    def can_be_cancelled(self) -> bool:
        """Whether a statement may be under way that a cancel ends at once."""
        return self._raw is not None

    def result(self) -> T:
        """Return what `work` gave, also where the answer to COMMIT was lost."""
        return self._results[0]

    def forbid(self) -> None:
        """Let nothing of it begin any more; what has begun goes on until `cancel` or `abort` ends it."""
        with self._condition:
            self._cancelled = True

    def cancel(self, end_statement: Callable[[int], None]) -> None:
        """End what is under way by `end_statement(process id)`: a network call, which may take long.

        It asks again until the worker has let go: a request that comes just before a statement is sent ends
        nothing. A commit that has begun is let through.
        """
        with self._condition:
            self._cancelled = True
        while self._asked_to_end(end_statement):
            with self._condition:
                self._condition.wait_for(lambda: self._raw is None, timeout=_ASK_AGAIN_SECONDS)

    def _asked_to_end(self, end_statement: Callable[[int], None]) -> bool:
        """Return whether there was something to end, and a server that could be asked to."""
        with self._condition:
            if self._raw is None or self._spoilt:
                return False
            pid = self._raw.info.backend_pid
            self._cancels_under_way += 1
        try:
            end_statement(pid)
        except (psycopg2.Error, AppError) as error:  # the worker meets the same trouble, or is broken off
            _log.info("A cancel request failed: %s", str(error).strip())
            return False
        finally:
            with self._condition:
                self._cancels_under_way -= 1
                self._condition.notify_all()
        return True

    def abort(self) -> None:
        """Break the connection under a statement that can't be cancelled, as on a dead network.

        The end of a read is broken too; a write whose commit has begun is let through.
        """
        with self._condition:
            self._cancelled = True
            raw = self._raw or self._ending
            if raw is not None and not raw.closed:
                self._spoilt = True
                # The worker can't close the connection meanwhile: it has to take the lock to let go of it.
                _break(raw.fileno())

    def fly(self, connect: Callable[[], Connection]) -> T:
        """Run on the worker thread; raises AppError, or whatever bug `work` has."""
        try:
            connection = self._begin(connect)
            try:
                return self._transact(connection)
            finally:
                self._let_go(connection)
        except (psycopg2.Error, sqlalchemy_errors.SQLAlchemyError, ValueError) as error:
            lost_connection = is_connection_loss(error)
            ended = lost_connection or sqlstate(error) == _QUERY_CANCELLED
            if ended and self._cancelled and not self.committing:
                raise _cancelled() from error
            if lost_connection:
                lost = translate(error)
                raise ConnectionLostError(
                    "The connection to the server broke.", details=lost.details or lost.message
                ) from error
            raise translate(error) from error

    def _begin(self, connect: Callable[[], Connection]) -> Connection:
        """Return a connection in a transaction. One that died in the pool is replaced by a fresh one."""
        connection = connect()
        try:
            self._open(connection)
        except sqlalchemy_errors.DBAPIError as error:
            self._let_go(connection)
            if self._cancelled or not is_connection_loss(error):
                raise
        except BaseException:
            self._let_go(connection)
            raise
        else:
            return connection
        connection = connect()
        try:
            self._open(connection)
        except BaseException:
            self._let_go(connection)
            raise
        return connection

    def _open(self, connection: Connection) -> None:
        self._attach(connection)
        statements = ["BEGIN" if self._write else "BEGIN READ ONLY"]
        if self._timeouts is not None:
            statements.append(self._timeouts.set_local())
        if self._write:
            statements.append("SELECT pg_current_xact_id()::text, now()")
        result = connection.exec_driver_sql("; ".join(statements))
        if self._write:
            xid, started_at = result.one()
            self.transaction = Transaction(str(xid), started_at)

    def _transact(self, connection: Connection) -> T:
        self._results.append(self._work(connection))
        self._detach()
        with self._condition:
            if self._write:
                if self._cancelled:
                    raise _cancelled()
                self.committing = True
            else:
                self._ending = _raw(connection)
        with _raw(connection).cursor() as cursor:
            cursor.execute("COMMIT")
            if self._write and cursor.statusmessage != "COMMIT":
                # The work caught the error of a statement and went on: the server had to roll back all of it.
                raise RuntimeError(f"a write was not saved: the server answered {cursor.statusmessage}")
        return self._results[0]

    def _attach(self, connection: Connection) -> None:
        raw = _raw(connection)
        with self._condition:
            if self._cancelled:
                raise _cancelled()
            self._raw = raw

    def _detach(self) -> None:
        with self._condition:
            self._raw = self._ending = None
            self._condition.notify_all()
            if self._spoilt:
                return
            if not self._condition.wait_for(lambda: self._cancels_under_way == 0, timeout=_CANCEL_SECONDS):
                self._spoilt = True  # a cancel that comes late would hit whoever has the connection next

    def _let_go(self, connection: Connection) -> None:
        """Give the connection back to the pool, outside of any transaction; or close it."""
        self._detach()
        if not connection.invalidated and (self._spoilt or not _rolled_back(_raw(connection))):
            connection.invalidate()
        connection.close()


def _break(descriptor: int) -> None:
    wire = socket.socket(fileno=descriptor)
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError as error:  # the peer was faster
        _log.info("A connection was broken already: %s", error.strerror)
    finally:
        wire.detach()


def _rolled_back(raw: RawConnection) -> bool:
    if raw.closed:
        return False
    if raw.info.transaction_status == TRANSACTION_STATUS_IDLE:
        return True
    try:
        with raw.cursor() as cursor:
            cursor.execute("ROLLBACK")
    except psycopg2.Error as error:
        _log.info("A connection can't be used any more: %s", str(error).strip())
        return False
    return True


def _raw(connection: Connection) -> RawConnection:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    return raw  # type: ignore[return-value]  # SQLAlchemy types it as the DBAPI's protocol


def _cancelled() -> CancelledByServerError:
    return CancelledByServerError("The call was cancelled; nothing was saved.")
