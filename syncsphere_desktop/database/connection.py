"""The app's way to PostgreSQL: `Database.run` and `Database.write` on worker threads, with recovery.

A read that loses its connection is tried again. A write that loses it before COMMIT was rolled back by the
server and is tried again too. A write that loses it *at* COMMIT is looked up by its transaction id and never
repeated before the server has said that it did not happen. What fails before there ever was a connection,
and what no waiting mends (a refused password, a certificate), fails at once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid4

from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection, create_engine

from syncsphere_desktop.database.canceller import Canceller
from syncsphere_desktop.database.flight import Flight, Transaction, Work
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.reaching import reach
from syncsphere_desktop.errors import (
    AppError,
    ConnectionFailedError,
    ConnectionLostError,
    OutcomeUnknownError,
    ReadOnlyError,
)
from syncsphere_desktop.settings import ConnectionTarget

T = TypeVar("T")

_log = logging.getLogger(__name__)

_RETRY_DELAYS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Seconds before the 1st, 2nd, ... new attempt; the last one repeats until the recovery time is over."""

_CANCEL_SECONDS = 1.0
"""How long a cancelled statement has to end before its connection is broken."""


class Health(StrEnum):
    """How the connection is, as the status bar tells it."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """The connection's health; `latency` is the last round trip in seconds."""

    health: Health
    latency: float | None = None
    message: str | None = None


StateListener = Callable[[ConnectionState], None]


class Database:
    """One pool of connections to one database, used from one event loop.

    Notices of the changes that are made through it carry its `origin`.

    `workers` bounds threads and connections alike; one more connection is opened to cancel with.
    `recovery_seconds` is how long a call keeps trying after the connection broke, before it raises
    ConnectionLostError; a call made while it is lost tries once.
    """

    def __init__(
        self,
        target: ConnectionTarget,
        *,
        timeouts: Timeouts | None = None,
        workers: int = 4,
        recovery_seconds: float = 15.0,
    ) -> None:
        self.profile = target.profile
        self._timeouts = timeouts or Timeouts()
        self.origin = uuid4().hex
        self._parameters = connect_parameters(target, self._timeouts, origin=self.origin)
        self._recovery_seconds = recovery_seconds
        # Flights begin and end their transactions themselves, and test a pooled connection by doing so.
        self._engine = create_engine(
            "postgresql+psycopg2://",
            creator=self._open,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            pool_size=workers,
            max_overflow=0,
            pool_reset_on_return=None,
            pool_timeout=self._timeouts.connect + self._timeouts.statement,
            pool_recycle=1800,
        )
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="database")
        self._listeners: list[StateListener] = []
        self._state = ConnectionState(Health.CONNECTED)
        self._flights: dict[Flight[Any], asyncio.Future[Any]] = {}
        self._cancels: set[threading.Thread] = set()
        self._canceller = Canceller(self._open)
        self._was_connected = False
        self._read_only_reason: str | None = None

    @property
    def state(self) -> ConnectionState:
        """Return how the connection is, as far as the last call told."""
        return self._state

    def subscribe(self, listener: StateListener) -> Callable[[], None]:
        """Call `listener` in the event loop at each change of state; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    @property
    def read_only_reason(self) -> str | None:
        """Return the sentence that says why `write` is refused, or None where it is not."""
        return self._read_only_reason

    def restrict(self, reason: str | None) -> None:
        """Refuse every `write` from now on with this sentence, or with None allow them again."""
        self._read_only_reason = reason

    def connect(self) -> RawConnection:
        """Return a new psycopg2 connection outside the pool, for streams and LISTEN; the caller closes it.

        Raises psycopg2's errors; `reaching.connect_failure` translates them.
        """
        return open_connection(self._parameters)

    async def run(self, work: Work[T], *, timeouts: Timeouts | None = None) -> T:
        """Run `work(connection)` in one read-only transaction on a worker thread and return what it gives.

        `work` may run more than once. Raises AppError. Cancelling the awaiting task cancels the statement.
        """
        return await self._recovering(lambda: Flight(work, write=False, timeouts=timeouts))

    async def write(self, work: Work[T], *, timeouts: Timeouts | None = None) -> T:
        """Run `work(connection)` in one transaction on a worker thread, commit, and return what it gives.

        `work` runs again only when the server is known to have rolled it back. Raises AppError;
        ReadOnlyError while the database is restricted,
        OutcomeUnknownError when the connection broke at commit and the outcome can't be learnt.
        Cancelling the awaiting task rolls back, unless the commit has begun: that is let through.
        """
        if self._read_only_reason is not None:
            raise ReadOnlyError(self._read_only_reason)
        return await self._recovering(lambda: Flight(work, write=True, timeouts=timeouts))

    async def ping(self) -> float:
        """Make one round trip, publish its latency and return it in seconds. Raises AppError."""

        def measure(connection: Connection) -> float:
            start = time.perf_counter()
            connection.exec_driver_sql("SELECT 1")
            return time.perf_counter() - start

        latency = await self.run(measure)
        self._publish(ConnectionState(Health.CONNECTED, latency))
        return latency

    async def shutdown(self) -> None:
        """Cancel what is under way, wait for it, and close every connection. A second call does nothing."""
        if self._state.health is Health.CLOSED:
            return
        self._publish(ConnectionState(Health.CLOSED))
        flights = dict(self._flights)
        for flight in flights:  # all of them first: a worker that a cancel sets free takes the next one
            flight.forbid()
        for flight in flights:
            self._cancel(flight)
        if flights:
            await asyncio.wait(flights.values(), timeout=_CANCEL_SECONDS)
        for flight in self._flights:
            flight.abort()
        closed: Future[None] = Future()
        closing = threading.Thread(target=self._close, args=(closed,), name="database-close")
        closing.start()
        await asyncio.wrap_future(closed)
        closing.join()

    def _close(self, closed: Future[None]) -> None:
        closed.set_running_or_notify_cancel()
        self._executor.shutdown(wait=True, cancel_futures=True)
        for thread in list(self._cancels):
            thread.join(_CANCEL_SECONDS)
        self._canceller.close()
        self._engine.dispose()
        closed.set_result(None)

    def _open(self) -> RawConnection:
        raw = reach(self.profile, self._parameters)
        self._was_connected = True
        return raw

    async def _recovering(self, new_flight: Callable[[], Flight[T]]) -> T:
        patience = 0.0 if self._state.health is Health.LOST else self._recovery_seconds
        deadline = 0.0
        attempt = 0
        while True:
            flight = new_flight()
            try:
                result = await self._fly(flight)
            except (ConnectionLostError, ConnectionFailedError) as error:
                sent = flight.transaction if flight.committing else None
                if attempt == 0:
                    deadline = time.monotonic() + patience
                if sent is not None and await self._was_committed(sent):
                    result = flight.result()
                else:
                    await self._wait_for_server(error, attempt, deadline)
                    attempt += 1
                    continue
            if self._state.health is not Health.CONNECTED:
                self._publish(ConnectionState(Health.CONNECTED))
            return result

    async def _wait_for_server(self, error: AppError, attempt: int, deadline: float) -> None:
        if self._is_hopeless(error):
            if self._was_connected:
                self._publish(ConnectionState(Health.LOST, message=error.message))
            raise error
        delay = _RETRY_DELAYS[min(attempt, len(_RETRY_DELAYS) - 1)]
        if time.monotonic() + delay > deadline:
            self._publish(ConnectionState(Health.LOST, message=error.message))
            if isinstance(error, ConnectionLostError):
                raise error
            raise ConnectionLostError(
                f"The connection to the server was lost. {error.message}", details=error.details
            ) from error
        _log.info("Connection lost, attempt %d follows in %.2f s: %s", attempt + 1, delay, error.details)
        if attempt > 0:  # a pool of stale connections after a restart is replaced unseen
            self._publish(ConnectionState(Health.RECONNECTING, message=error.message))
        await asyncio.sleep(delay)

    def _is_hopeless(self, error: AppError) -> bool:
        if not error.retryable or self._state.health is Health.CLOSED:
            return True
        return isinstance(error, ConnectionFailedError) and not self._was_connected

    async def _was_committed(self, transaction: Transaction) -> bool:
        """Ask the server what became of a transaction whose COMMIT got no answer."""
        deadline = time.monotonic() + self._recovery_seconds
        attempt = 0
        while True:
            outcome = await self._ask(transaction.outcome)
            if outcome in {"committed", "aborted"}:
                _log.warning("A commit got no answer; the server says: %s", outcome)
                return outcome == "committed"
            delay = _RETRY_DELAYS[min(attempt, len(_RETRY_DELAYS) - 1)]
            if outcome == "forgotten" or time.monotonic() + delay > deadline:
                raise _outcome_unknown()
            if outcome == "in progress" and attempt > 0:
                await self._ask(transaction.end)
            await asyncio.sleep(delay)
            attempt += 1

    async def _ask(self, question: Work[T]) -> T | None:
        """Return the server's answer, or None when it could not be reached this time."""
        try:
            return await self._fly(Flight(question, write=False, timeouts=None))
        except AppError as error:
            if self._is_hopeless(error):
                raise _outcome_unknown() from error
            self._publish(ConnectionState(Health.RECONNECTING, message=error.message))
            return None

    async def _fly(self, flight: Flight[T]) -> T:
        if self._state.health is Health.CLOSED:
            raise _closed()
        waiting = self._executor.submit(flight.fly, self._engine.connect)
        running = asyncio.wrap_future(waiting)
        self._flights[flight] = running
        running.add_done_callback(lambda landed: self._on_landed(flight, landed))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if running.cancelled() and (caller is None or not caller.cancelling()):
                raise _closed() from None  # by the shutdown of the executor, not by whoever waits for it
            if not waiting.cancel():
                await self._end(flight, running)
            raise

    async def _end(self, flight: Flight[T], running: asyncio.Future[T]) -> None:
        """Cancel a flight whose caller is gone; what has no statement under way ends by itself."""
        self._cancel(flight)
        if flight.can_be_cancelled:
            await asyncio.wait({running}, timeout=_CANCEL_SECONDS)
            if not running.done():
                flight.abort()
                await asyncio.wait({running}, timeout=_CANCEL_SECONDS)

    def _cancel(self, flight: Flight[Any]) -> None:
        # A thread of its own: the request may hang on a dead network, and must not keep the app from ending.
        thread = threading.Thread(
            target=self._run_cancel, args=(flight,), name="database-cancel", daemon=True
        )
        self._cancels.add(thread)
        thread.start()

    def _run_cancel(self, flight: Flight[Any]) -> None:
        try:
            flight.cancel(self._canceller.cancel)
        finally:
            self._cancels.discard(threading.current_thread())

    def _on_landed(self, flight: Flight[Any], landed: asyncio.Future[Any]) -> None:
        self._flights.pop(flight, None)
        if not landed.cancelled():
            landed.exception()  # retrieved: a cancelled call has nobody to tell

    def _publish(self, state: ConnectionState) -> None:
        if state == self._state or self._state.health is Health.CLOSED:
            return
        self._state = state
        for listener in list(self._listeners):
            listener(state)


def _outcome_unknown() -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "The connection broke while the change was being saved, and the server can't tell whether it was. "
        "Reload to see what is stored before changing it again."
    )


def _closed() -> ConnectionLostError:
    return ConnectionLostError("The connection was closed.", retryable=False)
