"""What the server ends, a caller cancels or a shutdown finds: all of it ends, and is told truthfully."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.database.connection import ConnectionState, Database, Health
from syncsphere_desktop.database.flight import Flight
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.tables import users
from syncsphere_desktop.errors import (
    CancelledByServerError,
    ConnectionFailedError,
    ConnectionLostError,
    ReadOnlyError,
    ServerLimitError,
    TimedOutError,
)
from syncsphere_desktop.settings import ConnectionTarget
from tests.database_work import add, kill_all, names, opened, until
from tests.proxy import Proxy
from tests.servers import execute, role

# --- what the server ends ---------------------------------------------------------------------------------


async def test_a_statement_that_takes_too_long_is_told_in_clear_words(database: Database) -> None:
    with pytest.raises(TimedOutError, match="took too long"):
        await database.run(
            lambda c: c.exec_driver_sql("SELECT pg_sleep(30)"), timeouts=Timeouts(statement=0.05)
        )


async def test_a_row_that_somebody_holds_is_told_in_clear_words(database: Database) -> None:
    row_id = await database.write(add("ada"))
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
        return add("ada")(connection)

    async with opened(target) as database:
        database.subscribe(heard.append)
        await database.write(idle_once)
        assert await names(database) == ["ada"]
        assert len(tries) == 2
        assert heard == []


async def test_a_server_full_of_connections_is_told(target: ConnectionTarget) -> None:
    with role(target, "ALTER ROLE {role} CONNECTION LIMIT 0") as limited:
        async with opened(limited) as database:
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
        async with opened(ConnectionTarget(profile), 3600.0) as database:
            with pytest.raises(ConnectionFailedError) as caught:
                await database.ping()
            assert caught.value.step == step
            assert caught.value.retryable == (step == "reach")


async def test_what_no_waiting_mends_is_not_waited_for(target: ConnectionTarget) -> None:
    with role(target) as guest:
        async with opened(guest, 3600.0) as database:
            await database.ping()
            execute(target, f"ALTER ROLE {guest.profile.user} NOLOGIN")
            kill_all(target)
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
        add("ada")(connection)
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    database = Database(target, workers=1)
    pid = await database.run(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    writing = asyncio.create_task(database.write(work))
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await names(database) == []
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


async def test_a_cancel_works_after_its_own_connection_was_killed(target: ConnectionTarget) -> None:
    begun = threading.Semaphore(0)

    def work(connection: Connection) -> None:
        begun.release()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    async with opened(target) as database:
        for _ in range(2):
            reading = asyncio.create_task(database.run(work))
            await asyncio.to_thread(begun.acquire)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            kill_all(target)


async def test_a_commit_that_has_begun_is_let_through_when_its_caller_goes(target: ConnectionTarget) -> None:
    execute(
        target,
        "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION nap()",
    )
    async with opened(target) as database:
        writing = asyncio.create_task(database.write(add("ada")))
        active = "SELECT count(*) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"
        await until(lambda: execute(target, active) != [(0,)])
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert execute(target, "SELECT username FROM users") == [("ada",)]


async def test_a_restricted_database_refuses_to_write_with_the_reason(database: Database) -> None:
    database.restrict("The schema is newer.")
    assert database.read_only_reason == "The schema is newer."
    with pytest.raises(ReadOnlyError, match="newer"):
        await database.write(add("ada"))
    database.restrict(None)
    await database.write(add("ada"))


def test_a_connection_of_one_s_own_is_outside_the_pool(target: ConnectionTarget) -> None:
    database = Database(target)
    raw = database.connect()
    assert not raw.autocommit
    raw.close()
    asyncio.run(database.shutdown())


async def test_many_random_cancels_hit_nobody_else(target: ConnectionTarget) -> None:
    async with opened(target) as database:

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


async def test_a_cancel_that_comes_before_the_statement_is_sent_ends_it_all_the_same(
    target: ConnectionTarget,
) -> None:
    begun = threading.Event()
    go_on = threading.Event()

    def work(connection: Connection) -> None:
        begun.set()
        go_on.wait()
        connection.exec_driver_sql("SELECT pg_sleep(60)")

    async with opened(target) as database:
        task = asyncio.create_task(database.run(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        await asyncio.sleep(0.3)  # the request has reached the server, which had nothing to end
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)'"
        assert execute(target, asleep) == [(0,)]


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


async def test_a_shutdown_ends_a_read_whose_end_gets_no_answer(target: ConnectionTarget) -> None:
    ending = threading.Event()
    async with Proxy(target) as proxy:

        def work(connection: Connection) -> None:
            connection.exec_driver_sql("SELECT 1")
            proxy.is_black_hole = True
            ending.set()

        database = Database(proxy.target)
        reading = asyncio.create_task(database.run(work))
        await asyncio.to_thread(ending.wait)
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
        add("ada")(connection)
        with pytest.raises(sqlalchemy_errors.IntegrityError), connection.begin_nested():
            add("ada")(connection)
        add("bob")(connection)

    await database.write(work)
    assert await names(database) == ["ada", "bob"]


async def test_a_write_that_swallowed_an_error_is_not_told_as_saved(database: Database) -> None:
    def work(connection: Connection) -> None:
        add("ada")(connection)
        with pytest.raises(sqlalchemy_errors.IntegrityError):
            add("ada")(connection)

    with pytest.raises(RuntimeError, match="ROLLBACK"):
        await database.write(work)
    assert await names(database) == []


async def test_a_bug_in_the_work_rolls_back_and_the_connection_serves_on(target: ConnectionTarget) -> None:
    def work(connection: Connection) -> None:
        add("ada")(connection)
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
        await database.write(add("ada"), timeouts=Timeouts(statement=5.0))
        assert proxy.messages - before == 3
        await database.shutdown()


def test_a_flight_that_was_cancelled_before_it_began_does_nothing() -> None:
    flight: Flight[int] = Flight(lambda connection: 1, write=True, timeouts=None)
    flight.cancel(lambda pid: pytest.fail("there is nothing to cancel"))
    flight.abort()
    assert not flight.can_be_cancelled
