"""What the timeline tells of a version beside its own columns."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.errors import InputError, NotFoundError, SchemaError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_index import index_bundles
from tests.database_work import opened
from tests.servers import execute
from tests.studio.bundles.versions import Versions, with_boxes


async def indexed(database: Database) -> None:
    await index_bundles(BundleFactsRepository(database), BundleStreams(database))


async def test_a_version_is_told_beside_the_one_before_it(versions: Versions) -> None:
    project, other = await versions.project(), await versions.project("Other")
    bundles = [with_boxes(count) for count in (100, 120, 20, 25)]
    for number, data in enumerate(bundles, 1):
        await versions.store(project, data, number)
        await versions.store(other, b"12345" * number, 5)
    unread = await versions.listed(project)
    assert [row.boxes for row in unread] == [None] * 4

    await indexed(versions.database)

    rows = await versions.listed(project)
    assert [row.boxes for row in rows] == [100, 120, 20, 25]
    assert [row.boxes_delta for row in rows] == [None, 20, -100, 5]
    sizes = [len(data) for data in bundles]
    assert [row.size_delta for row in rows] == [
        None,
        *(b - a for a, b in pairwise(sizes)),
    ]
    assert [row.collapsed for row in rows] == [False, False, True, False]
    assert [row.twin for row in rows] == [False] * 4
    twins = await versions.listed(other)
    assert [(row.size_delta, row.twin) for row in twins] == [(None, True), (5, True), (5, True), (5, True)]


async def test_any_page_in_any_order_tells_the_same(versions: Versions) -> None:
    project = await versions.project()
    for number in range(1, 31):
        await versions.store(project, b"x" * (number * number), number)
    whole = {row.id: row for row in await versions.listed(project)}
    rows = BundleRepository(versions.database, "me").rows
    for sort in (Sort("version", True), Sort("size"), Sort("created_at", True), Sort("boxes"), Sort("label")):
        query = ListQuery(sort, filters={"project_id": project})
        for offset in (0, 7, 29):
            page = await rows.page(query, offset, 5)
            assert [whole[row.id] for row in page.rows if row] == list(page.rows)
    (page, _count) = await rows.first_page(ListQuery(Sort("version", True)), 3)
    assert [row.size_delta for row in page.rows if row] == [59, 57, 55]


async def test_a_version_without_project_or_number_stands_alone(versions: Versions) -> None:
    project = await versions.project()
    await versions.store(None, b"123", 1)
    await versions.store(None, b"12", 1)
    await versions.store(project, b"1", None)
    await versions.store(project, b"12", None)
    await versions.store(project, b"12345", 1)
    rows = sorted(await versions.listed(), key=lambda row: row.id)
    assert [row.size_delta for row in rows] == [None, None, None, 1, 3]
    assert not any(row.twin for row in rows)


async def test_a_version_that_was_replaced_is_unknown_again(
    versions: Versions, target: ConnectionTarget
) -> None:
    project = await versions.project()
    first = await versions.store(project, with_boxes(3), 1)
    await versions.store(project, with_boxes(5), 2)
    await indexed(versions.database)
    execute(target, f"UPDATE project_bundles SET bundle_data = 'y' WHERE id = {first}")
    rows = await versions.listed(project)
    assert [(row.boxes, row.boxes_delta) for row in rows] == [(None, None), (5, None)]


async def test_without_our_tables_the_timeline_goes_without(
    versions: Versions, target: ConnectionTarget
) -> None:
    project = await versions.project()
    version = await versions.store(project, b"1", 1)
    await versions.store(project, b"123", 2)
    execute(target, "DROP SCHEMA syncsphere_desktop CASCADE")
    async with opened(target) as database:
        rows = await Versions(database).listed(project)
        assert [(row.size_delta, row.boxes, row.label, row.pinned, row.check) for row in rows] == [
            (None, None, None, False, None),
            (2, None, None, False, None),
        ]
        for sort in ("boxes", "label", "pinned"):
            query = ListQuery(Sort(sort), search="night", filters={"labelled": False, "pinned": False})
            assert (await BundleRepository(database, "me").rows.prepare(query)).value == 2
        marks = BundleMarkRepository(database, "ada")
        assert not await marks.can_mark()
        with pytest.raises(SchemaError, match="no place"):
            await marks.label(version, "Mix")


async def test_a_label_and_a_pin_are_kept_and_audited(versions: Versions, target: ConnectionTarget) -> None:
    project = await versions.project()
    version = await versions.store(project)
    await versions.store(project, number=2)
    marks = BundleMarkRepository(versions.database, "ada")
    assert await marks.can_mark()

    marked = await marks.label(version, "  Before the mix ")
    assert (marked.label, marked.pinned) == ("Before the mix", False)
    assert (await marks.pin(version)).pinned
    assert (await marks.label(version, "Before the mix")).label == "Before the mix"

    assert [row.id for row in await versions.listed(search="before mix")] == [version]
    rows = BundleRepository(versions.database, "me").rows
    for filters in ({"pinned": True}, {"labelled": True}):
        found = await rows.page(ListQuery(Sort("label"), filters=filters), 0, 9)
        assert [row.id for row in found.rows if row] == [version]
    assert (await marks.pin(version, pinned=False)).label == "Before the mix"
    assert (await marks.label(version, None)).label is None
    assert execute(target, "SELECT count(*) FROM syncsphere_desktop.bundle_marks") == [(0,)]
    audited = execute(
        target,
        "SELECT actor, action, before, after FROM syncsphere_desktop.audit_log WHERE entity_id"
        f" = {version} AND entity = 'bundle' ORDER BY id",
    )
    assert audited == [
        ("ada", "update", {"label": None}, {"label": "Before the mix"}),
        ("ada", "update", {"pinned": False}, {"pinned": True}),
        ("ada", "update", {"pinned": True}, {"pinned": False}),
        ("ada", "update", {"label": "Before the mix"}, {"label": None}),
    ]


async def test_a_label_is_refused_where_it_can_not_be_shown_or_the_version_is_gone(
    versions: Versions,
) -> None:
    marks = BundleMarkRepository(versions.database, "ada")
    version = await versions.store(await versions.project())
    with pytest.raises(InputError) as refused:
        await marks.label(version, "two\nlines")
    assert refused.value.field == "label"
    with pytest.raises(InputError):
        await marks.label(version, "x" * 101)
    with pytest.raises(NotFoundError):
        await marks.label(BundleId(4711), "Mix")


async def test_listing_never_touches_the_bytes(versions: Versions, target: ConnectionTarget) -> None:
    project = await versions.project()
    for number in range(1, 20):
        await versions.store(project, os.urandom(100_000), number)

    def touched() -> int:
        ((blocks,),) = execute(
            target,
            "SELECT toast_blks_hit + toast_blks_read FROM pg_statio_user_tables"
            " WHERE relname = 'project_bundles'",
        )
        return int(blocks)

    await versions.database.shutdown()  # a connection that ends tells the server what it has read
    before = touched()
    assert before > 0
    async with opened(target) as database:
        assert len(await Versions(database).listed(project)) == 19
        await BundleRepository(database, "me").rows.first_page(ListQuery(Sort("size", True)), 10)
        assert await BundleRepository(database, "me").newest(project)
    assert touched() == before
