"""A version again, as a new one: nothing is lost, and it is told whose tracks change."""

from __future__ import annotations

import asyncio
import os

import pytest

from syncsphere_desktop.database.bundle_copy import BundleCopier
from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.errors import InputError, NotFoundError
from syncsphere_desktop.odb import open_bundle
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_index import index_bundles
from syncsphere_desktop.studio.bundles.restoring import restore_impact
from tests.bundle_maker import sample_bundle
from tests.database_work import opened
from tests.servers import execute
from tests.studio.bundles.versions import Versions, with_boxes


async def test_an_old_version_becomes_the_newest_and_every_other_stays(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project, ada = await versions.project(), await versions.user("ada")
    first = await versions.store(project, sample_bundle("v1"), 1)
    second = await versions.store(project, sample_bundle("v2"), 7)
    await index_bundles(BundleFactsRepository(database), BundleStreams(database))

    restored = await BundleCopier(database, "ada@desk").restore(first, created_by=ada)

    assert (restored.version, restored.size, restored.creator_name) == (8, len(sample_bundle("v1")), "ada")
    assert restored.boxes is not None
    assert await versions.bytes_of(restored.id) == sample_bundle("v1")
    assert [row.id for row in await versions.listed(project)] == [first, second, restored.id]
    facts = BundleFactsRepository(database)
    assert await facts.count_unread() == 0
    assert await facts.samples_of(restored.id) == await facts.samples_of(first)
    ((actor, action, after),) = execute(
        target,
        f"SELECT actor, action, after FROM syncsphere_desktop.audit_log WHERE entity_id = {restored.id}",
    )
    assert (actor, action) == ("ada@desk", "add")
    assert (after["origin"], after["source"], after["source_version"]) == ("restore", first, 1)


async def test_admins_who_restore_at_once_get_numbers_of_their_own(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    old = await versions.store(project, os.urandom(3_000_000), 1)
    async with opened(target) as other:
        admins = [BundleCopier(database, "ada"), BundleCopier(other, "bob")] * 4
        restored = await asyncio.gather(*(admin.restore(old) for admin in admins))
    assert sorted(row.version or 0 for row in restored) == list(range(2, 10))
    assert not any(row.twin for row in await versions.listed(project))


async def test_a_version_is_copied_to_another_or_a_new_project(
    versions: Versions, database: Database
) -> None:
    project, other, ada = await versions.project(), await versions.project("B"), await versions.user("ada")
    version = await versions.store(project, with_boxes(3), 4)
    await versions.store(other, b"x", 9)
    copier = BundleCopier(database, "ada")

    copied = await copier.copy(version, other)
    assert (copied.project_id, copied.version) == (other, 10)
    new = await copier.copy_to_new_project(version, ProjectDraft("Spin-off", ada))
    assert (new.project_name, new.version) == ("Spin-off", 1)
    assert await versions.bytes_of(new.id) == await versions.bytes_of(copied.id) == with_boxes(3)


async def test_what_can_not_be_copied_leaves_nothing(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    copier, ada = BundleCopier(database, "ada"), await versions.user("ada")
    nowhere = await versions.store(None)
    with pytest.raises(NotFoundError, match="no bundle version"):
        await copier.restore(BundleId(4711))
    with pytest.raises(InputError, match="no project"):
        await copier.restore(nowhere)
    with pytest.raises(NotFoundError, match="no project"):
        await copier.copy(nowhere, ProjectId(4711))
    with pytest.raises(NotFoundError, match="no bundle version"):
        await copier.copy_to_new_project(BundleId(4711), ProjectDraft("Spin-off", ada))
    assert execute(target, "SELECT (SELECT count(*) FROM projects), count(*) FROM project_bundles") == [
        (0, 1)
    ]


async def test_it_works_without_our_tables(versions: Versions, target: ConnectionTarget) -> None:
    version = await versions.store(await versions.project(), b"x", 1)
    execute(target, "DROP SCHEMA syncsphere_desktop CASCADE")
    async with opened(target) as database:
        assert (await BundleCopier(database, "ada").restore(version)).version == 2


class Online:
    """Says that these people have every project open."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def active(self, project_id: ProjectId) -> tuple[str, ...]:
        return self._names


async def test_it_is_told_whose_tracks_change(versions: Versions, database: Database) -> None:
    project, ada, bob = await versions.project(), await versions.user("ada"), await versions.user("bob")
    old = await versions.store(project, sample_bundle("v1"), 1)
    newest = await versions.store(project, sample_bundle("v2"), 2)
    lead = next(
        unit
        for unit in open_bundle(sample_bundle("v2")).contents.units
        if unit.name == "Lead Synth (doubled)"
    )
    await versions.owns(ada, project, lead.uuid)
    await versions.owns(bob, project, lead.tracks[0].uuid)

    impact = await restore_impact(database, old)

    assert impact.newest is not None
    assert (impact.version.id, impact.newest.id) == (old, newest)
    assert impact.owners == ("ada", "bob")
    changed = next(unit for unit in impact.units if unit.paragraph.unit == lead.uuid)
    assert changed.owners == ("ada", "bob")
    assert changed.paragraph.parts
    assert impact.is_compared
    assert impact.online is None
    assert (await restore_impact(database, old, presence=Online("cleo", "ada"))).online == ("ada", "cleo")
    assert (await restore_impact(database, old, presence=Online())).online == ()
    assert await restore_impact(database, newest) == type(impact)(impact.newest, impact.newest)


async def test_the_impact_of_what_can_not_be_read_is_said_to_be_unknown(
    versions: Versions, database: Database
) -> None:
    project = await versions.project()
    cut = await versions.store(project, sample_bundle("v1")[:5000], 1)
    await versions.store(project, sample_bundle("v2"), 2)
    impact = await restore_impact(database, cut)
    assert not impact.is_compared
    assert impact.problems[0].startswith("Version 1: ")
    with pytest.raises(NotFoundError):
        await restore_impact(database, BundleId(4711))
