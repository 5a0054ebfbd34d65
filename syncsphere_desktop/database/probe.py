"""The connection test: one step after the other, each with what was found in a sentence."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.parameters import Timeouts, authorities
from syncsphere_desktop.database.reaching import place
from syncsphere_desktop.database.schema.inspection import read_status
from syncsphere_desktop.database.schema.status import SchemaState, SchemaStatus
from syncsphere_desktop.database.tables import studio_metadata
from syncsphere_desktop.database.wire import addresses, certificate_verdict, touch
from syncsphere_desktop.errors import AppError, ConnectionFailedError
from syncsphere_desktop.settings import ConnectionTarget, SslMode

T = TypeVar("T")

STEPS = ("resolve", "reach", "tls", "authenticate", "database", "version", "schema")

_SECONDS = 5.0

# OpenSSL's verdicts on a certificate, for those whose words say more than that it is not trusted.
_VERDICTS = {
    9: "The server's certificate is not valid yet; is the clock right?",
    10: "The server's certificate has expired.",
    18: "The server's certificate is signed by itself and not trusted; give it as the CA file.",
}

_FACTS = """
SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
       (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS protocol,
       pg_is_in_recovery() AS recovering, current_setting('default_transaction_read_only')::bool AS read_only,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       (SELECT bool_and(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'INSERT')
                        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relname = ANY(%(tables)s)) AS writable
"""


class StepState(StrEnum):
    """How far a step is."""

    PENDING = "pending"
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step of the test. `sentence` says what was found; it is empty while the step is pending."""

    name: str
    state: StepState
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What the test found; None is what it did not come to.

    `latency` is one round trip in seconds; `protocol` TLS's version, None without TLS; `may_write` whether
    the role may change every one of the six tables that is there; `read_only` whether the server is a standby
    or the role's sessions begin read-only; `error` the failure of the one step that failed.
    """

    steps: tuple[ProbeStep, ...]
    server_version: str | None = None
    latency: float | None = None
    encrypted: bool | None = None
    protocol: str | None = None
    may_write: bool | None = None
    read_only: bool | None = None
    superuser: bool | None = None
    schema: SchemaStatus | None = None
    error: AppError | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the database can be opened; its schema may still have to be made."""
        return self.error is None


StepListener = Callable[[ProbeStep], None]


@dataclass(frozen=True, slots=True)
class _Facts:
    version: str
    number: int
    protocol: str | None
    recovering: bool
    read_only: bool
    superuser: bool
    writable: bool | None
    latency: float


async def probe(
    target: ConnectionTarget, on_step: StepListener | None = None, *, timeouts: Timeouts | None = None
) -> ProbeReport:
    """Test a connection; `on_step` hears in the event loop of each step as it begins and ends.

    Never raises AppError: the report carries it. Cancelling it leaves no connection open.
    """
    return await _Probe(target, on_step or _nobody, timeouts or Timeouts(connect=_SECONDS)).run()


class _Probe:
    def __init__(self, target: ConnectionTarget, on_step: StepListener, timeouts: Timeouts) -> None:
        self._target = target
        self._profile = target.profile
        self._on_step = on_step
        self._timeouts = timeouts
        self._steps = {name: ProbeStep(name, StepState.PENDING) for name in STEPS}
        self._report = ProbeReport(())

    async def run(self) -> ProbeReport:
        error: AppError | None = None
        try:
            await self._reach()
            await self._connect()
        except ConnectionFailedError as failure:
            error = failure
            self._fail(failure.step, failure.message)
        except AppError as failure:
            error = failure
            self._fail(self._first_pending(), failure.message)
        return replace(self._report, steps=tuple(self._steps.values()), error=error)

    async def _reach(self) -> None:
        profile = self._profile
        if profile.is_local_socket:
            self._end("resolve", StepState.SKIPPED, "A socket on this machine needs no name.")
            await self._do("reach", lambda: touch(profile, [], self._timeouts.connect))
            self._end("reach", StepState.OK, f"Something listens on {place(profile)}.")
            return
        found = await self._do("resolve", lambda: addresses(profile))
        told = ", ".join(dict.fromkeys(str(address[0]) for _, address in found))
        self._end("resolve", StepState.OK, f"{profile.host} is {told}.")
        await self._do("reach", lambda: touch(profile, found, self._timeouts.connect))
        self._end("reach", StepState.OK, f"Something listens on {place(profile)}.")

    async def _connect(self) -> None:
        database = Database(self._target, timeouts=self._timeouts, workers=1, recovery_seconds=0.0)
        try:
            self._begin("tls")
            facts = await self._facts(database)
            self._tell_connected(facts)
            self._end("version", StepState.OK, f"PostgreSQL {facts.version}.")
            self._begin("schema")
            status = await database.run(read_status)
        finally:
            await database.shutdown()
        self._end("schema", StepState.OK, _schema_sentence(status))
        self._report = replace(self._report, schema=status)

    async def _facts(self, database: Database) -> _Facts:
        try:
            return await database.run(_read_facts)
        except ConnectionFailedError as error:
            before = STEPS[: STEPS.index(error.step)]
            self._tell_passed(before)
            if "certificate verify failed" in (error.details or ""):
                raise await self._explained(error) from error
            raise

    async def _explained(self, error: ConnectionFailedError) -> ConnectionFailedError:
        """Return the error with what a TLS handshake of our own says of the certificate."""
        certificates = self._profile.sslrootcert
        if certificates is None:
            return error
        code = await _off_loop(
            lambda: certificate_verdict(self._profile, authorities(certificates)), self._timeouts.connect * 2
        )
        sentence = _VERDICTS.get(code or 0)
        return (
            error if sentence is None else ConnectionFailedError(sentence, step="tls", details=error.details)
        )

    def _tell_connected(self, facts: _Facts) -> None:
        self._tell_passed(STEPS, protocol=facts.protocol)
        self._report = replace(
            self._report,
            server_version=facts.version,
            latency=facts.latency,
            encrypted=facts.protocol is not None,
            protocol=facts.protocol,
            may_write=facts.writable,
            read_only=facts.recovering or facts.read_only,
            superuser=facts.superuser,
        )

    def _tell_passed(self, passed: Sequence[str], *, protocol: str | None = None) -> None:
        profile = self._profile
        if profile.is_local_socket:
            self._end("tls", StepState.SKIPPED, "A socket on this machine needs no TLS.")
        elif profile.sslmode is SslMode.DISABLE:
            self._end("tls", StepState.SKIPPED, "TLS is switched off for this connection.")
        elif "tls" in passed:
            checked = {
                SslMode.REQUIRE: "nobody checked whose certificate it is",
                SslMode.VERIFY_CA: "the certificate's authority was checked",
            }.get(profile.sslmode, f"the certificate was checked for {profile.host}")
            self._end("tls", StepState.OK, f"{protocol or 'TLS'}: {checked}.")
        if "authenticate" in passed:
            self._end("authenticate", StepState.OK, f"The server let user “{profile.user}” in.")
        if "database" in passed:
            self._end("database", StepState.OK, f"The database “{profile.database}” is there.")

    async def _do(self, name: str, work: Callable[[], T]) -> T:
        self._begin(name)
        try:
            return await _off_loop(work, self._timeouts.connect + 1.0)
        except TimeoutError:
            raise ConnectionFailedError(
                f"The host name {self._profile.host} was not answered for in time."
                if name == "resolve"
                else f"The server on {place(self._profile)} did not answer in time.",
                step=name,
                retryable=True,
            ) from None

    def _begin(self, name: str) -> None:
        self._on_step(self._steps[name])

    def _end(self, name: str, state: StepState, sentence: str) -> None:
        self._steps[name] = ProbeStep(name, state, sentence)
        self._on_step(self._steps[name])

    def _fail(self, name: str, sentence: str) -> None:
        self._end(name, StepState.FAILED, sentence)
        for later in STEPS:
            if self._steps[later].state is StepState.PENDING:
                self._end(later, StepState.SKIPPED, "Not tried.")

    def _first_pending(self) -> str:
        return next(name for name in STEPS if self._steps[name].state is StepState.PENDING)


def _nobody(_step: ProbeStep) -> None:
    """Hear of a step and do nothing."""


def _read_facts(connection: Connection) -> _Facts:
    row = connection.exec_driver_sql(_FACTS, {"tables": list(studio_metadata.tables)}).one()
    start = time.perf_counter()
    connection.exec_driver_sql("SELECT 1")
    return _Facts(**row._mapping, latency=time.perf_counter() - start)


def _schema_sentence(status: SchemaStatus) -> str:
    match status.state:
        case SchemaState.EMPTY:
            return "The database is empty; the tables can be made when it is opened."
        case SchemaState.ADOPTABLE:
            return "SyncSphere's tables are there; the app can add its own beside them."
        case SchemaState.BEHIND:
            return f"SyncSphere's tables are there; {len(status.pending)} migrations are pending."
        case SchemaState.CURRENT:
            return "SyncSphere's tables are there and up to date."
    return status.read_only_reason or ""


async def _off_loop(work: Callable[[], T], seconds: float) -> T:
    """Run blocking work on a thread that nobody has to wait for; raises TimeoutError after `seconds`."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001  # handed over to whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="probe", daemon=True).start()
    return await asyncio.wait_for(asyncio.wrap_future(outcome), seconds)
