"""The app's way to PostgreSQL: `Database.run` and `Database.write` on worker threads, with recovery.

A read that loses its connection is tried again. A write that loses it before COMMIT was rolled back by the
server and is tried again too. A write that loses it *at* COMMIT is looked up by its transaction id and never
repeated before the server has said that it did not happen.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid4

from psycopg2.extensions import connection as RawConnection  # noqa: N812
from sqlalchemy import Connection, create_engine

from syncsphere_desktop.database.flight import Flight, Transaction, Work
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.errors import AppError, ConnectionLostError, OutcomeUnknownError, ReadOnlyError
from syncsphere_desktop.settings import ConnectionTarget

T = TypeVar("T")

_log = logging.getLogger(__name__)

_RETRY_DELAYS = (0.0, 0.1, 0.25, 0.5, 1.0)
"""Seconds before the 1st, 2nd, ... new attempt; the last one repeats until the recovery time is over."""


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
    """One pool of connections to one database, used from one event loop. Notices of its changes carry `origin`.

    `workers` bounds threads and connections alike. `recovery_seconds` is how long a call keeps trying after
    the connection broke, before it raises ConnectionLostError.
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
        self._engine = create_engine(
            "postgresql+psycopg2://",
            creator=self.connect,
            pool_size=workers,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=self._timeouts.connect + self._timeouts.statement,
            pool_recycle=1800,
        )
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="database")
        # Cancelling is a network call of its own; it must not wait behind the work that it cancels.
        self._cancellers = ThreadPoolExecutor(1, thread_name_prefix="database-cancel")
        self._listeners: list[StateListener] = []
        self._state = ConnectionState(Health.CONNECTED)
        self._flights: set[Flight[Any]] = set()
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
        """Return a new psycopg2 connection outside the pool, for streams and LISTEN; the caller closes it."""
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
        """Cancel what is under way, wait for it, and close every connection."""
        for flight in list(self._flights):
            await self._cancel(flight)
        loop = asyncio.get_running_loop()
        closing = ThreadPoolExecutor(1, thread_name_prefix="database-close")
        await asyncio.wrap_future(closing.submit(self._close), loop=loop)
        closing.shutdown(wait=False)
        self._publish(ConnectionState(Health.CLOSED))

    def _close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._cancellers.shutdown(wait=True)
        self._engine.dispose()

    async def _recovering(self, new_flight: Callable[[], Flight[T]]) -> T:
        deadline = time.monotonic() + self._recovery_seconds
        attempt = 0
        while True:
            flight = new_flight()
            try:
                result = await self._fly(flight)
            except ConnectionLostError as error:
                sent = flight.transaction if flight.committing else None
                if sent is not None and await self._was_committed(sent, deadline):
                    return flight.result()
                await self._wait_for_server(error, attempt, deadline)
                attempt += 1
            else:
                if self._state.health is not Health.CONNECTED:
                    self._publish(ConnectionState(Health.CONNECTED))
                return result

    async def _wait_for_server(self, error: AppError, attempt: int, deadline: float) -> None:
        delay = _RETRY_DELAYS[min(attempt, len(_RETRY_DELAYS) - 1)]
        if time.monotonic() + delay > deadline:
            self._publish(ConnectionState(Health.LOST, message=error.message))
            raise error
        _log.info("Connection lost, attempt %d follows in %.2f s: %s", attempt + 1, delay, error.details)
        if attempt > 0:  # a pool of stale connections after a restart is replaced unseen
            self._publish(ConnectionState(Health.RECONNECTING, message=error.message))
        await asyncio.sleep(delay)

    async def _was_committed(self, transaction: Transaction, deadline: float) -> bool:
        """Ask the server what became of a transaction whose COMMIT got no answer."""
        attempt = 0
        while True:
            outcome: str | None = "in progress"
            try:
                outcome = await self._fly(Flight(transaction.outcome, write=False, timeouts=None))
            except ConnectionLostError as error:
                if time.monotonic() + 1.0 > deadline:
                    self._publish(ConnectionState(Health.LOST, message=error.message))
                    raise _outcome_unknown() from error
            if outcome in {"committed", "aborted"}:
                _log.warning("A commit got no answer; the server says: %s", outcome)
                return outcome == "committed"
            if outcome is None or time.monotonic() > deadline:
                raise _outcome_unknown()
            await asyncio.sleep(_RETRY_DELAYS[min(attempt, len(_RETRY_DELAYS) - 1)])
            attempt += 1

    async def _fly(self, flight: Flight[T]) -> T:
        loop = asyncio.get_running_loop()
        running = asyncio.wrap_future(self._executor.submit(flight.fly, self._engine.connect), loop=loop)
        self._flights.add(flight)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await self._cancel(flight)
            # The worker ends within milliseconds of the cancel; leaving it behind would race with shutdown.
            await asyncio.wait({running}, timeout=self._timeouts.connect)
            if running.done() and not running.cancelled():
                running.exception()  # retrieved: a cancelled call has nobody to tell
            raise
        finally:
            self._flights.discard(flight)

    async def _cancel(self, flight: Flight[T]) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.wrap_future(self._cancellers.submit(flight.cancel), loop=loop)

    def _publish(self, state: ConnectionState) -> None:
        self._state = state
        for listener in list(self._listeners):
            listener(state)


def _outcome_unknown() -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "The connection broke while the change was being saved, and the server can't tell whether it was. "
        "Reload to see what is stored before changing it again."
    )
