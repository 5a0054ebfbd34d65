"""Pruning: planned from what is stored, and checked again when it is done."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from syncsphere_desktop.database.bundle_copy import BundleCopier
from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
from syncsphere_desktop.domain.retention import Interval, Reason, RetentionRules
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_index import index_bundles
from syncsphere_desktop.studio.bundles.retention import Retention
from tests.database_work import opened
from tests.servers import execute, session
from tests.studio.bundles.versions import Versions, with_boxes

NOTHING_OLD = RetentionRules(days=0, then=None)
MONDAY = datetime(2024, 3, 4, 12)


async def test_what_may_go_goes_and_the_rest_stays(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project, other = await versions.project(), await versions.project("B")
    ids = [
        await versions.store(project, b"x" * 100 * number, number, at=MONDAY + timedelta(days=number))
        for number in range(1, 7)
    ]
    await versions.store(other, b"alone", 1, at=MONDAY)
    marks = BundleMarkRepository(database, "ada")
    await marks.label(ids[0], "Demo")
    await marks.pin(ids[1])
    retention = Retention(database, "ada")

    plan = await retention.plan(NOTHING_OLD)
    assert {decision.candidate.id: decision.reason for decision in plan.decisions if decision.keeps} == {
        ids[0]: Reason.LABELLED,
        ids[1]: Reason.PINNED,
        ids[5]: Reason.NEWEST,
        7: Reason.NEWEST,
    }
    assert plan.freed == 300 + 400 + 500
    pruned = await retention.apply(plan)

    assert (sorted(pruned.removed), pruned.freed, pruned.stayed) == (ids[2:5], 1200, ())
    assert [row.id for row in await versions.listed(project)] == [ids[0], ids[1], ids[5]]
    audited = execute(
        target,
        "SELECT entity_id, before ->> 'size' FROM syncsphere_desktop.audit_log WHERE action = 'remove'"
        " ORDER BY entity_id",
    )
    assert audited == [(ids[2], "300"), (ids[3], "400"), (ids[4], "500")]
    again = await retention.apply(plan)
    assert (again.removed, again.freed, len(again.stayed)) == ((), 0, 3)


async def test_one_project_alone_is_pruned(versions: Versions, database: Database) -> None:
    project, other = await versions.project(), await versions.project("B")
    for number in (1, 2):
        await versions.store(project, b"x", number, at=MONDAY)
        await versions.store(other, b"x", number, at=MONDAY)
    retention = Retention(database, "ada")
    await retention.apply(await retention.plan(NOTHING_OLD, project))
    assert len(await versions.listed(project)) == 1
    assert len(await versions.listed(other)) == 2


async def test_what_changed_since_the_plan_stays(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    ids = [await versions.store(project, b"x", number, at=MONDAY) for number in range(1, 7)]
    retention, marks = Retention(database, "ada"), BundleMarkRepository(database, "bob")
    plan = await retention.plan(NOTHING_OLD)
    assert [each.id for each in plan.removed] == ids[4::-1]

    await marks.label(ids[0], "Demo")
    await marks.pin(ids[1])
    execute(target, f"UPDATE project_bundles SET version = 99 WHERE id = {ids[2]}")
    execute(target, f"DELETE FROM project_bundles WHERE id = {ids[3]}")
    new = await BundleCopier(database, "bob").restore(ids[4])
    pruned = await retention.apply(plan)

    assert pruned.removed == (ids[4],)
    assert pruned.stayed == (ids[3], ids[2], ids[1], ids[0])
    assert [row.id for row in await versions.listed(project)] == [ids[0], ids[1], ids[5], ids[2], new.id]


async def test_a_label_that_is_given_while_pruning_waits_saves_the_version(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    old = await versions.store(project, b"x", 1, at=MONDAY)
    await versions.store(project, b"x", 2, at=MONDAY)
    retention = Retention(database, "ada")
    plan = await retention.plan(NOTHING_OLD)
    with session(target) as labelling, labelling.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT FROM project_bundles WHERE id = {old} FOR SHARE")
        cursor.execute(
            f"INSERT INTO syncsphere_desktop.bundle_marks (bundle_id, label, actor) VALUES ({old}, 'A', 'b')"
        )
        pruning = asyncio.create_task(retention.apply(plan))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while execute(target, waits) != [(1,)]:  # noqa: ASYNC110  # the server is asked
            await asyncio.sleep(0.02)
        cursor.execute("COMMIT")
    assert (await pruning).stayed == (old,)


async def test_a_version_that_was_pruned_can_not_be_labelled(versions: Versions, database: Database) -> None:
    project = await versions.project()
    old = await versions.store(project, b"x", 1, at=MONDAY)
    await versions.store(project, b"x", 2, at=MONDAY)
    retention = Retention(database, "ada")
    await retention.apply(await retention.plan(NOTHING_OLD))
    with pytest.raises(NotFoundError):
        await BundleMarkRepository(database, "bob").label(old, "Demo")


async def test_the_last_whole_version_before_a_collapse_stays(versions: Versions, database: Database) -> None:
    project = await versions.project()
    ids = [
        await versions.store(project, with_boxes(count), number, at=MONDAY + timedelta(minutes=number))
        for number, count in enumerate((100, 120, 3, 4, 5), 1)
    ]
    await index_bundles(BundleFactsRepository(database), BundleStreams(database))
    plan = await Retention(database, "ada").plan(RetentionRules(0, Interval.WEEK))
    assert {decision.candidate.id: decision.reason for decision in plan.decisions if decision.keeps} == {
        ids[1]: Reason.BEFORE_COLLAPSE,
        ids[4]: Reason.NEWEST,
    }


async def test_versions_without_a_project_or_our_tables_are_pruned_too(
    versions: Versions, target: ConnectionTarget
) -> None:
    await versions.store(None, b"x", 1, at=MONDAY)
    newest = await versions.store(None, b"x", 2, at=MONDAY)
    execute(target, "DROP SCHEMA syncsphere_desktop CASCADE")
    async with opened(target) as database:
        retention = Retention(database, "ada")
        await retention.apply(await retention.plan(NOTHING_OLD))
        assert [row.id for row in await Versions(database).listed()] == [newest]
