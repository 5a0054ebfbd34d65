"""The timeline of a project with 10,000 versions beside that of one with 100, and plain psycopg2."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result, at_most, at_most_times, measure_by_turns
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.domain.listing import ListQuery, Sort

MANY, FEW, PAGE = 10_000, 100, 100
_FEW_ID, _MANY_ID = 1, 2
_RUNS = 31
_PLAIN = """
SELECT b.id, b.project_id, p.name, b.version, octet_length(b.bundle_data), b.created_by, u.username,
       b.created_at
FROM project_bundles b LEFT JOIN projects p ON p.id = b.project_id LEFT JOIN users u ON u.id = b.created_by
WHERE b.project_id = %s ORDER BY b.version DESC NULLS LAST, b.id DESC LIMIT 100
"""
# The bytes take their place in the server's own side storage, as those of real bundles do.
_SEED = """
INSERT INTO projects (name) VALUES ('Few'), ('Many');
INSERT INTO project_bundles (project_id, bundle_data, version, created_at)
SELECT project, (SELECT string_agg(sha256((i || ' ' || n)::bytea), '') FROM generate_series(1, 200) AS n), i,
       now() - (20000 - i) * interval '1 minute'
FROM (SELECT 2 AS project, generate_series(1, {many}) AS i
      UNION ALL SELECT 1, generate_series(1, {few})) AS versions;
INSERT INTO syncsphere_desktop.bundle_facts (bundle_id, project_id, row_version, reader, size, kind, facts)
SELECT id, project_id, xmin::text::bigint, 1, 6400, 'bundle', jsonb_build_object('boxes', 100 + version)
FROM project_bundles;
INSERT INTO syncsphere_desktop.bundle_marks (bundle_id, label, actor)
SELECT id, 'Mix ' || version, 'bench' FROM project_bundles WHERE version % 50 = 0;
"""


def run() -> list[Result]:
    """Seed an embedded server and measure."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        from syncsphere_desktop.database.schema.runner import MigrationRunner

        server = EmbeddedServer(Path(name) / "studio")
        with server.held():
            target = server.target("postgres")
            parameters = connect_parameters(target, Timeouts(statement=600.0))
            MigrationRunner(lambda: open_connection(parameters)).upgrade()
            connection = open_connection(parameters)
            try:
                _seed(connection)
                with asyncio.Runner() as loop:
                    database = Database(target)
                    try:
                        return _measure(loop, database, connection)
                    finally:
                        loop.run(database.shutdown())
            finally:
                connection.close()


def _seed(connection: RawConnection) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(_SEED.format(many=MANY, few=FEW))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _measure(loop: asyncio.Runner, database: Database, connection: RawConnection) -> list[Result]:
    def opening(project: int) -> None:
        loop.run(_first_page(database, project))

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PLAIN, (_MANY_ID,))
            assert len(cursor.fetchall()) == PAGE

    of_many, of_few = measure_by_turns(lambda: opening(_MANY_ID), lambda: opening(_FEW_ID), _RUNS)
    scrolled, little = measure_by_turns(
        lambda: loop.run(_middle(database, _MANY_ID, MANY)),
        lambda: loop.run(_middle(database, _FEW_ID, FEW)),
        _RUNS,
    )
    again, beside = measure_by_turns(lambda: opening(_MANY_ID), plain, _RUNS)
    first = "a timeline of 10,000 versions: first page"
    return [
        Result(first, of_many * 1000, of_few * 1000, "ms", at_most_times(1.5), "one of 100 versions"),
        Result(
            "a timeline of 10,000 versions: order and middle page",
            scrolled * 1000,
            little * 1000,
            "ms",
            note="one of 100 versions",
        ),
        Result(
            first,
            again * 1000,
            beside * 1000,
            "ms",
            at_most(100),
            "psycopg2, one statement, without deltas, boxes and labels",
        ),
    ]


async def _first_page(database: Database, project: int) -> None:
    # A reader of its own each time, as a view that is opened has one.
    page, _count = await BundleRepository(database, "bench").rows.first_page(_query(project), PAGE)
    assert page.rows[0] is not None
    assert page.rows[0].boxes_delta == 1


async def _middle(database: Database, project: int, count: int) -> None:
    rows = BundleRepository(database, "bench").rows
    assert (await rows.prepare(_query(project))).value == count
    await rows.page(_query(project), (count - PAGE) // 2, PAGE)


def _query(project: int) -> ListQuery:
    return ListQuery(Sort("version", descending=True), filters={"project_id": project})
