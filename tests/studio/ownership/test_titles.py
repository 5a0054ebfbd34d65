"""Those who watch see names where there are any, and what stands for them where there are none."""

from __future__ import annotations

from uuid import UUID

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership import titles as titles_module
from syncsphere_desktop.studio.ownership.titles import Titles
from tests.bundle_maker import BoxOf, bundle, graph
from tests.servers import execute
from tests.studio.bundles.versions import Versions

BASS = UUID(int=1)
STRANGE = UUID("3f2a91c0-0000-0000-0000-000000000000")
SONG = bundle(graph([BoxOf("AudioUnitBox", BASS, {1: "instrument", 11: 0})]))


async def test_names_are_asked_for_once_and_kept(database: Database, target: ConnectionTarget) -> None:
    versions, titles = Versions(database), Titles(database)
    project, ada = await versions.project("Night train"), await versions.user("ada")
    await versions.store(project, SONG)
    for _ in range(2):
        assert await titles.project(project) == "Night train"
        assert await titles.user(ada) == "ada"
        assert await titles.track(project, BASS) == "Instrument"
        assert await titles.track(project, STRANGE) == "Box 3f2a91c0"
        execute(target, "UPDATE projects SET name = 'Day train'")
        execute(target, "UPDATE users SET username = 'eve'")
        execute(target, "DELETE FROM project_bundles")


async def test_what_is_not_there_is_called_by_its_number(database: Database) -> None:
    titles = Titles(database)
    assert await titles.project(ProjectId(7)) == "Project 7"
    assert await titles.user(UserId(9)) == "user 9"
    assert await titles.track(ProjectId(7), STRANGE) == "Box 3f2a91c0"


async def test_a_table_that_cannot_be_read_gives_what_stands_for_a_name(
    database: Database, target: ConnectionTarget
) -> None:
    execute(target, "ALTER TABLE box_ownership RENAME TO away")
    assert await Titles(database).track(ProjectId(7), STRANGE) == "Box 3f2a91c0"


async def test_names_do_not_grow_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles_module, "_KEPT", 1)
    versions, titles = Versions(database), Titles(database)
    first, second = await versions.project("One"), await versions.project("Two")
    assert [await titles.project(project) for project in (first, second, first)] == ["One", "Two", "One"]
