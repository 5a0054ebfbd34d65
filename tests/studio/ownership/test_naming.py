"""Boxes are called as the newest version that can be read names them; nothing in the table is left out."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import GridTrack, GridTrackKind
from syncsphere_desktop.odb import Pointer, open_bundle
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership import naming
from syncsphere_desktop.studio.ownership.naming import TrackNames, grid_tracks
from tests.bundle_maker import BoxOf, bundle, graph, sample_bundle
from tests.servers import execute
from tests.studio.bundles.versions import Versions

BASS, DRUMS, OUTPUT = (UUID(int=number) for number in (1, 2, 3))


def unit(uuid: UUID, index: int, kind: str = "instrument") -> BoxOf:
    return BoxOf("AudioUnitBox", uuid, {1: kind, 11: index})


def track(number: int, of: UUID, index: int, kind: int = 1) -> BoxOf:
    return BoxOf("TrackBox", UUID(int=number), {1: Pointer(of, (20,)), 10: index, 11: kind})


def song(*boxes: BoxOf) -> bytes:
    return bundle(graph(boxes))


SONG = song(
    unit(OUTPUT, 9, "output"),
    unit(DRUMS, 1),
    unit(BASS, 0),
    track(12, BASS, 1, kind=2),
    track(11, BASS, 0),
    track(21, DRUMS, 0),
)


async def test_units_come_by_index_and_each_is_followed_by_its_tracks(database: Database) -> None:
    versions = Versions(database)
    project = await versions.project()
    await versions.store(project, SONG)

    rows = await TrackNames(database).tracks(project)

    assert [row.box_uuid.int for row in rows] == [1, 11, 12, 2, 21, 3]
    assert [row.position for row in rows] == list(range(6))
    assert [row.kind for row in rows] == [
        GridTrackKind.UNIT,
        GridTrackKind.NOTES,
        GridTrackKind.AUDIO,
        GridTrackKind.UNIT,
        GridTrackKind.NOTES,
        GridTrackKind.BUS,
    ]
    assert [row.name for row in rows][:4] == ["Instrument", "Instrument 1", "Instrument 2", "Instrument"]
    assert {row.unit_uuid for row in rows[:3]} == {BASS}


async def test_boxes_that_no_version_knows_come_last(database: Database) -> None:
    versions = Versions(database)
    project = await versions.project()
    ada = await versions.user("ada")
    await versions.store(project, SONG)
    for uuid in (UUID("3f2a91c0-0000-0000-0000-000000000000"), BASS, UUID(int=99), UUID(int=99)):
        await versions.owns(ada, project, uuid)

    rows = await TrackNames(database).tracks(project)

    assert rows[6:] == (
        GridTrack(
            UUID("3f2a91c0-0000-0000-0000-000000000000"),
            6,
            "Box 3f2a91c0",
            None,
            GridTrackKind.UNKNOWN,
            in_bundle=False,
        ),
        GridTrack(UUID(int=99), 7, "Box 00000000", None, GridTrackKind.UNKNOWN, in_bundle=False),
    )
    assert all(row.in_bundle for row in rows[:6])


async def test_a_version_that_cannot_be_read_is_passed_over(database: Database) -> None:
    versions = Versions(database)
    project = await versions.project()
    await versions.store(project, SONG, 1)
    await versions.store(project, b"noise", 2)
    await versions.store(project, SONG[:300], 3)

    assert len(await TrackNames(database).tracks(project)) == 6


async def test_an_empty_song_has_no_tracks_whatever_came_before(database: Database) -> None:
    versions = Versions(database)
    project = await versions.project()
    await versions.store(project, SONG, 1)
    await versions.store(project, song(), 2)

    assert await TrackNames(database).tracks(project) == ()


async def test_a_version_is_read_once_and_a_newer_one_is_seen(
    database: Database, target: ConnectionTarget
) -> None:
    versions = Versions(database)
    names = TrackNames(database)
    project = await versions.project()
    await versions.store(project, SONG, 1)
    before = await names.tracks(project)
    assert await names.tracks(project) == before
    await versions.store(project, song(unit(DRUMS, 0)), 2)
    [only] = await names.tracks(project)
    assert only.box_uuid == DRUMS
    execute(target, "DELETE FROM project_bundles WHERE version = 2")
    assert await names.tracks(project) == before


async def test_a_project_that_is_gone_has_no_tracks(database: Database) -> None:
    assert await TrackNames(database).tracks(ProjectId(99)) == ()


def test_a_bundle_of_the_studio_is_named_as_its_own_library_does() -> None:
    contents = open_bundle(sample_bundle("v2")).contents
    rows = grid_tracks(contents.units)

    assert [row.box_uuid for row in rows if row.kind not in (GridTrackKind.UNIT, GridTrackKind.BUS)] == [
        track.uuid for track in contents.tracks
    ]
    assert rows == tuple(replace(row, position=number) for number, row in enumerate(rows))


async def test_the_versions_are_read_anew_once_they_are_forgotten(database: Database) -> None:
    versions, names = Versions(database), TrackNames(database)
    project = await versions.project()
    await versions.store(project, SONG)
    before = await names.tracks(project)
    names.forget(project)
    assert await names.tracks(project) == before


async def test_what_few_versions_told_is_kept_and_the_rest_read_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "_VERSIONS_KEPT", 1)
    versions, names = Versions(database), TrackNames(database)
    projects = [await versions.project(name) for name in ("One", "Two")]
    for project in projects:
        await versions.store(project, SONG)
    told = [await names.tracks(project) for project in (*projects, *projects)]
    assert {len(tracks) for tracks in told} == {6}
