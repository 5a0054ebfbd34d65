"""Real servers stop, start, kill connections and vanish: each write happens once, and is told truthfully."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.database.connection import ConnectionState, Database, Health
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.flight import Flight, Transaction
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.tables import users
from syncsphere_desktop.errors import (
    CancelledByServerError,
    ConnectionFailedError,
    ConnectionLostError,
    OutcomeUnknownError,
    ServerLimitError,
    TimedOutError,
)
from syncsphere_desktop.settings import ConnectionTarget
from tests.proxy import Cut, Proxy
from tests.servers import execute, role


def _add(name: str) -> Callable[[Connection], int]:
    def work(connection: Connection) -> int:
        row = users.insert().values(username=name, email=f"{name}@x", password_hash="-")
        added: int = connection.execute(row.returning(users.c.id)).scalar_one()
        return added

    return work


async def _names(database: Database) -> list[str]:
    statement = select(users.c.username).order_by(users.c.id)
    return list(await database.run(lambda c: c.execute(statement).scalars().all()))


def _kill_all(target: ConnectionTarget) -> None:
    execute(
        target,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  # the condition is a listener's
        await asyncio.sleep(0.01)


@asynccontextmanager
async def _opened(target: ConnectionTarget, seconds: float = 10.0) -> AsyncIterator[Database]:
    database = Database(target, recovery_seconds=seconds)
    try:
        yield database
    finally:
        await database.shutdown()


# --- servers that stop ------------------------------------------------------------------------------------


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """An embedded server that the test may stop and start."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="syncsphere-recovery-"))
    embedded = EmbeddedServer(folder)
    embedded.start()
    yield embedded
    embedded.stop()
    shutil.rmtree(folder, ignore_errors=True)


async def test_reads_come_back_after_a_restart_and_the_state_is_told(own_server: EmbeddedServer) -> None:
    async with _opened(own_server.target("postgres", name="own"), 60.0) as database:
        heard: list[Health] = []
        database.subscribe(lambda state: heard.append(state.health))
        assert await database.run(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()) == 1
        await asyncio.to_thread(own_server.stop)
        reading = asyncio.create_task(database.run(lambda c: c.exec_driver_sql("SELECT 2").scalar_one()))
        await _until(lambda: Health.RECONNECTING in heard)
        await asyncio.to_thread(own_server.start)
        assert await reading == 2
        assert heard == [Health.RECONNECTING, Health.CONNECTED]


async def test_a_read_under_way_survives_a_restart(own_server: EmbeddedServer) -> None:
    begun = threading.Event()

    def slow(connection: Connection) -> int:
        nap = 0 if begun.is_set() else 60
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(%(nap)s)", {"nap": nap})
        return 7

    async with _opened(own_server.target("postgres", name="own"), 60.0) as database:
        reading = asyncio.create_task(database.run(slow))
        await asyncio.to_thread(begun.wait)
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        assert await reading == 7


async def test_a_server_that_stays_away_is_told_as_lost_and_further_calls_fail_at_once(
    own_server: EmbeddedServer,
) -> None:
    async with _opened(own_server.target("postgres", name="own"), 0.5) as database:
        await database.ping()
        await asyncio.to_thread(own_server.stop)
        with pytest.raises(ConnectionLostError, match="lost"):
            await database.ping()
        lost = database.state
        assert lost.health is Health.LOST
        assert lost.message
        with pytest.raises(ConnectionLostError):
            await database.ping()
        await asyncio.to_thread(own_server.start)
        assert await database.ping() > 0
        assert database.state.health is Health.CONNECTED


# --- connections that are killed --------------------------------------------------------------------------


async def test_a_pool_of_killed_connections_is_replaced_unseen(target: ConnectionTarget) -> None:
    async with _opened(target) as database:
        heard: list[ConnectionState] = []
        database.subscribe(heard.append)
        await asyncio.gather(
            *(database.run(lambda c: c.exec_driver_sql("SELECT pg_sleep(0.05)")) for _ in range(4))
        )
        _kill_all(target)
        calls = (database.write(_add(f"user {number}")) for number in range(4))
        assert len(set(await asyncio.gather(*calls))) == 4
        assert heard == []


async def test_connections_killed_at_every_moment_lose_and_repeat_no_write(target: ConnectionTarget) -> None:
    async with _opened(target, 60.0) as database:
        await database.ping()
        done = asyncio.Event()

        async def keep_killing() -> None:
            while not done.is_set():
                await asyncio.to_thread(_kill_all, target)
                await asyncio.sleep(0.03)

        killing = asyncio.create_task(keep_killing())
        ids = await asyncio.gather(*(database.write(_add(f"user {number}")) for number in range(40)))
        done.set()
        await killing
        rows = await database.run(lambda c: c.execute(select(users.c.id, users.c.username)).all())
        assert {(row.id, row.username) for row in rows} == {(row, f"user {n}") for n, row in enumerate(ids)}
        assert len(rows) == len(ids)


async def test_a_write_killed_between_its_statements_begins_again(target: ConnectionTarget) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> int:
        _add(f"first {len(tries)}")(connection)
        tries.append(1)
        if len(tries) == 1:
            _kill_all(target)
        return _add("second")(connection)

    async with _opened(target) as database:
        await database.write(work)
        assert await _names(database) == ["first 1", "second"]


async def test_a_write_killed_after_its_last_statement_is_looked_up_and_begun_again(
    target: ConnectionTarget,
) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> int:
        tries.append(1)
        added = _add("ada")(connection)
        if len(tries) == 1:
            _kill_all(target)
        return added

    async with _opened(target) as database:
        added = await database.write(work)
        assert len(tries) == 2
        assert await database.run(lambda c: c.execute(select(users.c.id)).scalars().all()) == [added]


# --- commits without an answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(("cut", "tries"), [(Cut.BEFORE_COMMIT, 2), (Cut.AFTER_COMMIT, 1)])
async def test_a_commit_without_an_answer_happens_exactly_once(
    target: ConnectionTarget, cut: Cut, tries: int
) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> int:
        runs.append(1)
        return _add("ada")(connection)

    async with Proxy(target) as proxy, _opened(proxy.target) as database:
        await database.ping()
        proxy.cut = cut
        added = await database.write(work)
        assert len(runs) == tries
        assert await database.run(lambda c: c.execute(select(users.c.id)).scalars().all()) == [added]


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
async def test_a_commit_whose_server_stays_away_has_an_unknown_outcome(
    target: ConnectionTarget, cut: Cut
) -> None:
    async with Proxy(target) as proxy, _opened(proxy.target, 0.5) as database:
        await database.ping()
        proxy.cut, proxy.stays_away = cut, True
        with pytest.raises(OutcomeUnknownError):
            await database.write(_add("ada"))
        proxy.stays_away = False
        assert await _names(database) == (["ada"] if cut is Cut.AFTER_COMMIT else [])


def test_a_transaction_left_by_a_broken_connection_is_ended(target: ConnectionTarget) -> None:
    """Where the server has not noticed that the client is gone, the transaction would stay in progress."""
    profile = target.profile
    left = psycopg2.connect(host=profile.host, port=profile.port, user=profile.user, dbname=profile.database)
    with left.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text, now()")
        row = cursor.fetchone()
    assert row is not None
    transaction = Transaction(*row)

    async def ask() -> None:
        async with _opened(target) as database:
            assert await database.run(transaction.outcome) == "in progress"
            await database.run(transaction.end)
            outcome = "in progress"
            while outcome == "in progress":
                outcome = await database.run(transaction.outcome)
            assert outcome == "aborted"

    asyncio.run(ask())
    left.close()


async def test_after_a_restart_a_commit_is_believed_only_with_its_audit_entry(
    own_server: EmbeddedServer,
) -> None:
    mark = "SELECT pg_current_xact_id()::text, now()"

    def audited(connection: Connection) -> Transaction:
        transaction = Transaction(*connection.exec_driver_sql(mark).one())
        connection.exec_driver_sql("INSERT INTO syncsphere_desktop.audit_log VALUES (now())")
        return transaction

    async with _opened(own_server.target("postgres", name="own"), 60.0) as database:
        await database.write(
            lambda c: c.exec_driver_sql(
                "CREATE SCHEMA syncsphere_desktop; CREATE TABLE syncsphere_desktop.audit_log (at timestamptz)"
            )
        )
        with_entry = await database.write(audited)
        without_entry = await database.write(lambda c: Transaction(*c.exec_driver_sql(mark).one()))
        never = Transaction(str(int(without_entry.xid) + 1_000_000), without_entry.started_at)
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        assert await database.run(with_entry.outcome) == "committed"
        assert await database.run(without_entry.outcome) == "forgotten"
        assert await database.run(never.outcome) == "aborted"


# --- what the server ends ---------------------------------------------------------------------------------


async def test_a_statement_that_takes_too_long_is_told_in_clear_words(database: Database) -> None:
    with pytest.raises(TimedOutError, match="took too long"):
        await database.run(
            lambda c: c.exec_driver_sql("SELECT pg_sleep(30)"), timeouts=Timeouts(statement=0.05)
        )


async def test_a_row_that_somebody_holds_is_told_in_clear_words(database: Database) -> None:
    row_id = await database.write(_add("ada"))
    held, may_end = threading.Event(), threading.Event()
    lock = select(users.c.id).where(users.c.id == row_id).with_for_update()

    def hold(connection: Connection) -> None:
        connection.execute(lock)
        held.set()
        may_end.wait()

    holding = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(held.wait)
    with pytest.raises(TimedOutError, match="Somebody else"):
        await database.write(lambda c: c.execute(lock).all(), timeouts=Timeouts(lock=0.05))
    may_end.set()
    await holding


async def test_a_transaction_closed_for_idling_is_replaced_unseen(target: ConnectionTarget) -> None:
    tries: list[int] = []
    heard: list[ConnectionState] = []

    def idle_once(connection: Connection) -> int:
        tries.append(1)
        if len(tries) == 1:
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            threading.Event().wait(0.5)
        return _add("ada")(connection)

    async with _opened(target) as database:
        database.subscribe(heard.append)
        await database.write(idle_once)
        assert await _names(database) == ["ada"]
        assert len(tries) == 2
        assert heard == []


async def test_a_server_full_of_connections_is_told(target: ConnectionTarget) -> None:
    with role(target, "ALTER ROLE {role} CONNECTION LIMIT 0") as limited:
        async with _opened(limited) as database:
            with pytest.raises(ServerLimitError, match="too many connections"):
                await database.ping()


async def test_a_server_limit_is_told(database: Database) -> None:
    def spill(connection: Connection) -> int:
        connection.exec_driver_sql("SET LOCAL temp_file_limit = '64kB'; SET LOCAL work_mem = '64kB'")
        return int(
            connection.exec_driver_sql(
                "SELECT count(*) FROM (SELECT i FROM generate_series(1, 500000) i ORDER BY -i OFFSET 1) x"
            ).scalar_one()
        )

    with pytest.raises(ServerLimitError, match="out of resources"):
        await database.run(spill)


# --- what can't be opened at all --------------------------------------------------------------------------


async def test_what_was_never_connected_fails_at_once_with_its_step(target: ConnectionTarget) -> None:
    wrong = {
        "database": replace(target.profile, database="nowhere"),
        "authenticate": replace(target.profile, user="nobody_at_all"),
        "reach": replace(target.profile, port=1),
    }
    for step, profile in wrong.items():
        async with _opened(ConnectionTarget(profile), 3600.0) as database:
            with pytest.raises(ConnectionFailedError) as caught:
                await database.ping()
            assert caught.value.step == step
            assert caught.value.retryable == (step == "reach")


async def test_what_no_waiting_mends_is_not_waited_for(target: ConnectionTarget) -> None:
    with role(target) as guest:
        async with _opened(guest, 3600.0) as database:
            await database.ping()
            execute(target, f"ALTER ROLE {guest.profile.user} NOLOGIN")
            _kill_all(target)
            with pytest.raises(ConnectionFailedError) as caught:
                await database.ping()
            assert caught.value.step == "authenticate"
            assert database.state.health is Health.LOST


# --- cancelling and shutting down -------------------------------------------------------------------------


async def test_a_cancelled_write_leaves_nothing_and_the_connection_serves_on(
    target: ConnectionTarget,
) -> None:
    begun = threading.Event()

    def work(connection: Connection) -> None:
        _add("ada")(connection)
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    database = Database(target, workers=1)
    pid = await database.run(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    writing = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await _names(database) == []
    assert await database.run(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()) == pid
    await database.shutdown()


async def test_a_call_cancelled_while_it_waits_for_a_worker_never_begins(target: ConnectionTarget) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def hold(connection: Connection) -> None:
        begun.set()
        may_end.wait()

    ran: list[int] = []
    database = Database(target, workers=1)
    holding = asyncio.create_task(database.run(hold))
    await asyncio.to_thread(begun.wait)
    waiting = asyncio.create_task(database.run(lambda c: ran.append(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    await holding
    await database.shutdown()
    assert ran == []


async def test_a_cancel_on_a_dead_network_ends_all_the_same(target: ConnectionTarget) -> None:
    begun = threading.Event()

    def work(connection: Connection) -> None:
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    async with Proxy(target) as proxy:
        database = Database(proxy.target)
        reading = asyncio.create_task(database.run(work))
        await asyncio.to_thread(begun.wait)
        proxy.is_black_hole = True
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(reading, 30)
        await asyncio.wait_for(database.shutdown(), 30)


async def test_many_random_cancels_hit_nobody_else(target: ConnectionTarget) -> None:
    async with _opened(target) as database:

        async def work(number: int) -> int:
            return int(
                await database.run(
                    lambda c: c.exec_driver_sql(
                        "SELECT %(n)s FROM pg_sleep(0.004)", {"n": number}
                    ).scalar_one()
                )
            )

        tasks = [asyncio.create_task(work(number)) for number in range(200)]
        for number, task in enumerate(tasks):
            if number % 2:
                task.cancel()
                await asyncio.sleep(0.001)
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for number, result in enumerate(results):
        assert result == number or (number % 2 and isinstance(result, asyncio.CancelledError))


async def test_a_shutdown_ends_what_is_under_way_and_leaves_no_thread(target: ConnectionTarget) -> None:
    before = set(threading.enumerate())
    begun = threading.Barrier(4)

    def work(connection: Connection) -> None:
        begun.wait()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    database = Database(target, workers=3)
    heard: list[Health] = []
    database.subscribe(lambda state: heard.append(state.health))
    running = [asyncio.create_task(database.run(work)) for _ in range(3)]
    queued = asyncio.create_task(database.run(work))
    await asyncio.to_thread(begun.wait)
    await database.shutdown()
    await database.shutdown()
    results = await asyncio.gather(*running, queued, return_exceptions=True)
    assert {type(result) for result in results} <= {CancelledByServerError, ConnectionLostError}
    assert heard == [Health.CLOSED]
    assert not {
        thread for thread in set(threading.enumerate()) - before if thread.name.startswith("database")
    }
    with pytest.raises(ConnectionLostError, match="closed"):
        await database.ping()
    assert execute(target, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'") == [
        (0,)
    ]


async def test_a_shutdown_ends_what_a_dead_network_holds(target: ConnectionTarget) -> None:
    begun = threading.Event()

    def work(connection: Connection) -> None:
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    async with Proxy(target) as proxy:
        database = Database(proxy.target)
        reading = asyncio.create_task(database.run(work))
        await asyncio.to_thread(begun.wait)
        proxy.is_black_hole = True
        await asyncio.wait_for(database.shutdown(), 30)
        with pytest.raises(CancelledByServerError):
            await reading


async def test_a_subscription_ends(database: Database) -> None:
    heard: list[ConnectionState] = []
    end = database.subscribe(heard.append)
    end()
    end()
    await database.ping()
    assert heard == []


# --- transactions -----------------------------------------------------------------------------------------


async def test_a_savepoint_can_be_rolled_back_within_a_write(database: Database) -> None:
    def work(connection: Connection) -> None:
        _add("ada")(connection)
        with pytest.raises(sqlalchemy_errors.IntegrityError), connection.begin_nested():
            _add("ada")(connection)
        _add("bob")(connection)

    await database.write(work)
    assert await _names(database) == ["ada", "bob"]


async def test_a_write_that_swallowed_an_error_is_not_told_as_saved(database: Database) -> None:
    def work(connection: Connection) -> None:
        _add("ada")(connection)
        with pytest.raises(sqlalchemy_errors.IntegrityError):
            _add("ada")(connection)

    with pytest.raises(RuntimeError, match="ROLLBACK"):
        await database.write(work)
    assert await _names(database) == []


async def test_a_bug_in_the_work_rolls_back_and_the_connection_serves_on(target: ConnectionTarget) -> None:
    def work(connection: Connection) -> None:
        _add("ada")(connection)
        raise KeyError("a bug")

    database = Database(target, workers=1)
    with pytest.raises(KeyError):
        await database.write(work)
    assert await database.run(lambda c: c.execute(select(func.count()).select_from(users)).scalar_one()) == 0
    open_transactions = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    assert execute(target, f"{open_transactions} AND datname = current_database()") == [(0,)]
    await database.shutdown()


async def test_nothing_of_one_transaction_stays_for_the_next(target: ConnectionTarget) -> None:
    database = Database(target, workers=1)
    show = "SELECT current_setting('statement_timeout') || ' ' || current_setting('transaction_read_only')"

    async def settings() -> tuple[str, str]:
        read = await database.run(lambda c: str(c.exec_driver_sql(show).scalar_one()))
        return read, await database.write(lambda c: str(c.exec_driver_sql(show).scalar_one()))

    before = await settings()
    await database.run(lambda c: None, timeouts=Timeouts(statement=99.0))
    assert before == ("30s on", "30s off")
    assert await settings() == before
    await database.shutdown()


async def test_a_write_costs_three_messages_to_the_server(target: ConnectionTarget) -> None:
    async with Proxy(target) as proxy:
        database = Database(proxy.target, workers=1)
        await database.ping()
        before = proxy.messages
        await database.write(_add("ada"), timeouts=Timeouts(statement=5.0))
        assert proxy.messages - before == 3
        await database.shutdown()


def test_a_flight_that_was_cancelled_before_it_began_does_nothing() -> None:
    flight: Flight[int] = Flight(lambda connection: 1, write=True, timeouts=None)
    flight.cancel(lambda pid: pytest.fail("there is nothing to cancel"))
    flight.abort()
    assert not flight.can_be_cancelled
