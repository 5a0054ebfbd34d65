"""Claims, the history of ownership and its notices, beside bare psycopg2 and beside a table without triggers.

A million events of a hundred projects (ten million in the long version), a tenth of them in one project with
5,000 tracks.
"""

from __future__ import annotations

import asyncio
import select
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result, at_most, at_most_times, is_soak, measure_by_turns, percentile
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.ownership_notices import OwnershipNotices
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims, box_key
from syncsphere_desktop.database.repositories.ownership_history import OwnershipHistory
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.settings import ConnectionTarget

EVENTS = 10_000_000 if is_soak() else 1_000_000
_BUSY, _CLAIMED = ProjectId(1), ProjectId(100)
_CLAIMS, _WRITES, _TOLD = 200, 500, 300
_DAYS = 360
# Ahead in time, as that is where the months are.
_SEED = f"""
INSERT INTO users (username, email, password_hash)
SELECT 'u' || i, 'e' || i, '-' FROM generate_series(1, 50) AS i;
INSERT INTO projects (name, owner_id) SELECT 'p' || i, 1 FROM generate_series(1, 100) i;
INSERT INTO syncsphere_desktop.ownership_events (at, project_id, box_uuid, row_id, kind, owner_id,
    previous_owner_id, database_role, application)
SELECT date_trunc('month', now()) + i * (interval '{_DAYS} days' / {EVENTS}), p,
       ('00000000-0000-0000-0000-' || lpad(r::text, 12, '0'))::uuid, 10000 * p + r,
       CASE i % 2 WHEN 0 THEN 'claimed' ELSE 'released' END, CASE i % 2 WHEN 0 THEN 1 + i % 50 END,
       CASE i % 2 WHEN 1 THEN 1 + i % 50 END, 'postgres', 'socket'
FROM (SELECT i, CASE WHEN i % 10 = 0 THEN 1 ELSE 2 + (i * 7919) % 99 END AS p,
             CASE WHEN i % 10 = 0 THEN (i / 10 * 7919) % 5000 ELSE (i * 104729) % 200 END AS r
      FROM generate_series(1::bigint, {EVENTS}) AS i) AS story;
INSERT INTO box_ownership (id, project_id, box_uuid, owner_id)
SELECT 10000 + r, 1, ('00000000-0000-0000-0000-' || lpad(r::text, 12, '0'))::uuid, 1 + r % 50
FROM generate_series(0, 4999) AS r;
"""
_GRID_NOW = "SELECT box_uuid, id, owner_id, updated_at FROM box_ownership WHERE project_id = 1"
_NEWEST = "SELECT * FROM syncsphere_desktop.ownership_events ORDER BY id DESC LIMIT 200"


def run() -> list[Result]:
    """Seed an embedded server and measure."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        from syncsphere_desktop.database.schema.runner import MigrationRunner

        server = EmbeddedServer(Path(name) / "studio")
        with server.held():
            target = server.target("postgres")
            parameters = connect_parameters(target, Timeouts(statement=1800.0))
            MigrationRunner(lambda: open_connection(parameters)).upgrade()
            connection = open_connection(parameters)
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute(_SEED)
                connection.autocommit = True
                _rows(connection, "VACUUM ANALYZE")
                return _measured(target, connection)
            finally:
                connection.close()


def _measured(target: ConnectionTarget, connection: RawConnection) -> list[Result]:
    with asyncio.Runner() as loop:
        database = Database(target)
        try:
            return [
                *_history(loop, database, connection),
                _claims(loop, database, connection),
                _trigger(connection),
                loop.run(_notices(database, connection)),
            ]
        finally:
            loop.run(database.shutdown())


def _history(loop: asyncio.Runner, database: Database, connection: RawConnection) -> list[Result]:
    [(start,)] = _rows(connection, "SELECT date_trunc('month', now())")
    assert isinstance(start, datetime)
    middle = start + timedelta(days=_DAYS / 2)
    history = OwnershipHistory(database)
    newest = ListQuery(Sort("id", descending=True))
    grid, log = "the grid of 5,000 tracks as it is now, psycopg2", "200 newest events, psycopg2"
    events = f"{EVENTS:,} events"
    asked: list[tuple[str, Callable[[], object], str, str, float]] = [
        (
            f"{events}: a busy grid of 5,000 tracks half a year ago",
            lambda: loop.run(history.at(_BUSY, middle)),
            _GRID_NOW,
            grid,
            2000 if is_soak() else 400,
        ),
        (
            f"{events}: a grid of 200 tracks half a year ago",
            lambda: loop.run(history.at(ProjectId(7), middle)),
            _GRID_NOW,
            grid,
            100,
        ),
        (
            f"{events}: lanes of a busy day",
            lambda: loop.run(history.lanes(_BUSY, middle, middle + timedelta(days=1))),
            _GRID_NOW,
            grid,
            2000 if is_soak() else 400,
        ),
        (
            f"{events}: heat of a month",
            lambda: loop.run(history.heat(middle, middle + timedelta(days=30), 100)),
            _NEWEST,
            log,
            2000 if is_soak() else 400,
        ),
        (
            f"{events}: first page of the log",
            lambda: loop.run(OwnershipHistory(database).events.first_page(newest, 200)),
            _NEWEST,
            log,
            100,
        ),
    ]
    results = []
    for name, ours, plain, note, most in asked:
        took, beside = measure_by_turns(ours, partial(_rows, connection, plain), 7)
        results.append(Result(name, took * 1000, beside * 1000, "ms", at_most(most), note))
    return results


def _claims(loop: asyncio.Runner, database: Database, connection: RawConnection) -> Result:
    claims = OwnershipClaims(database)
    turn = iter(range(1_000_000))

    async def ours() -> None:
        for _ in range(_CLAIMS):
            await claims.claim(_CLAIMED, UUID(int=next(turn)), UserId(1))

    def bare() -> None:
        with connection.cursor() as cursor:
            for _ in range(_CLAIMS):
                box = UUID(int=next(turn))
                cursor.execute("BEGIN")
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", (box_key(_CLAIMED, box),))
                cursor.execute(
                    "SELECT id, owner_id FROM box_ownership WHERE project_id = %s AND box_uuid = %s"
                    " FOR UPDATE",
                    (_CLAIMED, str(box)),
                )
                cursor.execute(
                    "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (%s, %s, 1)",
                    (_CLAIMED, str(box)),
                )
                cursor.execute("COMMIT")

    took, beside = measure_by_turns(lambda: loop.run(ours()), bare, 5)
    each = 1000 / _CLAIMS
    return Result(
        "a claim, one after another", took * each, beside * each, "ms", at_most_times(3), "psycopg2"
    )


def _trigger(connection: RawConnection) -> Result:
    """Measure a writer that knows nothing of us, with the triggers of the history and without."""

    def write(enabled: str) -> Callable[[], object]:
        def work() -> None:
            with connection.cursor() as cursor:
                for name in ("insert", "update", "delete", "truncate"):
                    cursor.execute(
                        f"ALTER TABLE box_ownership {enabled} TRIGGER syncsphere_desktop_record_{name}"
                    )
                for number in range(_WRITES):
                    cursor.execute(
                        "UPDATE box_ownership SET owner_id = 1 + (owner_id %% 50) WHERE id = %s",
                        (10_000 + number,),
                    )

        return work

    took, beside = measure_by_turns(write("ENABLE"), write("DISABLE"), 5)
    _rows(connection, "ALTER TABLE box_ownership ENABLE TRIGGER USER")
    each = 1000 / _WRITES
    note = "without the triggers of the history"
    return Result("a write of another service", took * each, beside * each, "ms", at_most_times(1.5), note)


async def _notices(database: Database, connection: RawConnection) -> Result:
    """Measure from before a writer's statement to the subscriber's call, and to a bare LISTEN."""
    notices = OwnershipNotices(database)
    heard: asyncio.Queue[float] = asyncio.Queue()
    notices.subscribe(lambda _news: heard.put_nowait(time.perf_counter()))
    await notices.start()
    ours = []
    try:
        for number in range(_TOLD):
            began = time.perf_counter()
            await asyncio.to_thread(_change, connection, number)
            ours.append(await heard.get() - began)
            await asyncio.sleep(0.025)  # apart, so that each is told by itself
    finally:
        await notices.shutdown()
    bare = await asyncio.to_thread(_bare_notices, database, connection)
    return Result(
        "from a write to a subscriber, p95",
        percentile(ours, 95) * 1000,
        percentile(bare, 95) * 1000,
        "ms",
        at_most_times(1.5),
        "psycopg2 that waits in LISTEN, its write included",
    )


def _bare_notices(database: Database, connection: RawConnection) -> list[float]:
    listener = database.connect()
    try:
        listener.autocommit = True
        _rows(listener, "LISTEN syncsphere_desktop_ownership")
        took = []
        for number in range(_TOLD):
            began = time.perf_counter()
            _change(connection, number)
            while not listener.notifies:
                select.select([listener], [], [], 1.0)
                listener.poll()
            listener.notifies.clear()
            took.append(time.perf_counter() - began)
        return took
    finally:
        listener.close()


def _change(connection: RawConnection, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE box_ownership SET owner_id = 1 + (owner_id %% 50) WHERE id = %s", (10_000 + number,)
        )


def _rows(connection: RawConnection, statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
