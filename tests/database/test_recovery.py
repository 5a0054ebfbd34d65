"""Real servers stop, start, kill connections and vanish: each write happens once, and is told truthfully."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import Connection, select

from syncsphere_desktop.database.connection import ConnectionState, Health
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.flight import Transaction
from syncsphere_desktop.database.tables import users
from syncsphere_desktop.errors import (
    ConnectionLostError,
    OutcomeUnknownError,
)
from syncsphere_desktop.settings import ConnectionTarget
from tests.database_work import add, kill_all, names, opened, until
from tests.proxy import Cut, Proxy

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
    async with opened(own_server.target("postgres", name="own"), 60.0) as database:
        heard: list[Health] = []
        database.subscribe(lambda state: heard.append(state.health))
        assert await database.run(lambda c: c.exec_driver_sql("SELECT 1").scalar_one()) == 1
        await asyncio.to_thread(own_server.stop)
        reading = asyncio.create_task(database.run(lambda c: c.exec_driver_sql("SELECT 2").scalar_one()))
        await until(lambda: Health.RECONNECTING in heard)
        await asyncio.to_thread(own_server.start)
        assert await reading == 2
        assert heard[-1] is Health.CONNECTED
        assert set(heard) == {Health.RECONNECTING, Health.CONNECTED}


async def test_a_read_under_way_survives_a_restart(own_server: EmbeddedServer) -> None:
    begun = threading.Event()

    def slow(connection: Connection) -> int:
        nap = 0 if begun.is_set() else 60
        begun.set()
        connection.exec_driver_sql("SELECT pg_sleep(%(nap)s)", {"nap": nap})
        return 7

    async with opened(own_server.target("postgres", name="own"), 60.0) as database:
        reading = asyncio.create_task(database.run(slow))
        await asyncio.to_thread(begun.wait)
        await asyncio.to_thread(own_server.stop)
        await asyncio.to_thread(own_server.start)
        assert await reading == 7


async def test_a_server_that_stays_away_is_told_as_lost_and_further_calls_fail_at_once(
    own_server: EmbeddedServer,
) -> None:
    async with opened(own_server.target("postgres", name="own"), 0.5) as database:
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
    async with opened(target) as database:
        heard: list[ConnectionState] = []
        database.subscribe(heard.append)
        await asyncio.gather(
            *(database.run(lambda c: c.exec_driver_sql("SELECT pg_sleep(0.05)")) for _ in range(4))
        )
        kill_all(target)
        calls = (database.write(add(f"user {number}")) for number in range(4))
        assert len(set(await asyncio.gather(*calls))) == 4
        assert heard == []


async def test_connections_killed_at_every_moment_lose_and_repeat_no_write(target: ConnectionTarget) -> None:
    async with opened(target, 60.0) as database:
        await database.ping()
        done = asyncio.Event()

        async def keep_killing() -> None:
            while not done.is_set():
                await asyncio.to_thread(kill_all, target)
                await asyncio.sleep(0.03)

        killing = asyncio.create_task(keep_killing())
        ids = await asyncio.gather(*(database.write(add(f"user {number}")) for number in range(40)))
        done.set()
        await killing
        rows = await database.run(lambda c: c.execute(select(users.c.id, users.c.username)).all())
        assert {(row.id, row.username) for row in rows} == {(row, f"user {n}") for n, row in enumerate(ids)}
        assert len(rows) == len(ids)


async def test_a_write_killed_between_its_statements_begins_again(target: ConnectionTarget) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> int:
        add(f"first {len(tries)}")(connection)
        tries.append(1)
        if len(tries) == 1:
            kill_all(target)
        return add("second")(connection)

    async with opened(target) as database:
        await database.write(work)
        assert await names(database) == ["first 1", "second"]


async def test_a_write_killed_after_its_last_statement_is_looked_up_and_begun_again(
    target: ConnectionTarget,
) -> None:
    tries: list[int] = []

    def work(connection: Connection) -> int:
        tries.append(1)
        added = add("ada")(connection)
        if len(tries) == 1:
            kill_all(target)
        return added

    async with opened(target) as database:
        added = await database.write(work)
        assert len(tries) == 2
        assert await database.run(lambda c: c.execute(select(users.c.id)).scalars().all()) == [added]


# --- commits without an answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "tries"), [(Cut.BEFORE_COMMIT, 2), (Cut.AFTER_COMMIT, 1), (Cut.UNNOTICED, 2)]
)
async def test_a_commit_without_an_answer_happens_exactly_once(
    target: ConnectionTarget, cut: Cut, tries: int
) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> int:
        runs.append(1)
        return add("ada")(connection)

    async with Proxy(target) as proxy, opened(proxy.target) as database:
        await database.ping()
        proxy.cut = cut
        added = await database.write(work)
        assert len(runs) == tries
        assert await database.run(lambda c: c.execute(select(users.c.id)).scalars().all()) == [added]


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
async def test_a_commit_whose_server_stays_away_has_an_unknown_outcome(
    target: ConnectionTarget, cut: Cut
) -> None:
    async with Proxy(target) as proxy, opened(proxy.target, 0.5) as database:
        await database.ping()
        proxy.cut, proxy.stays_away = cut, True
        with pytest.raises(OutcomeUnknownError):
            await database.write(add("ada"))
        proxy.stays_away = False
        assert await names(database) == (["ada"] if cut is Cut.AFTER_COMMIT else [])


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
        async with opened(target) as database:
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

    async with opened(own_server.target("postgres", name="own"), 60.0) as database:
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
