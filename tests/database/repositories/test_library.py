"""Audio files, bundle versions and tracks as the database has them."""

from __future__ import annotations

import math
import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.audio_list import (
    AUDIO_FILES,
    KNOWN_AUDIO_FILES,
    USED_AUDIO_FILES,
)
from syncsphere_desktop.database.repositories.bundles import BUNDLES, BundleRepository
from syncsphere_desktop.database.repositories.collaborators import COLLABORATORS
from syncsphere_desktop.database.repositories.ownership import BOXES, OwnershipRepository
from syncsphere_desktop.database.repositories.projects import PROJECTS, ProjectRepository
from syncsphere_desktop.database.repositories.records import Records
from syncsphere_desktop.database.repositories.users import USERS, UserRepository
from syncsphere_desktop.domain.audio import AudioFileDraft
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, OwnershipId, ProjectId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import ConflictError, InputError, InUseError, NotFoundError

ALL: list[Records[Any]] = [
    USERS,
    PROJECTS,
    COLLABORATORS,
    AUDIO_FILES,
    KNOWN_AUDIO_FILES,
    USED_AUDIO_FILES,
    BUNDLES,
    BOXES,
]


@pytest.fixture
async def project(database: Database) -> Project:
    ada = await UserRepository(database, "me").add(UserDraft("ada", "a@x", "-"))
    return await ProjectRepository(database, "me").add(ProjectDraft("tape", ada.id))


async def test_an_audio_file_is_added_found_changed_and_removed(database: Database, project: Project) -> None:
    files = AudioFileRepository(database, "me")
    draft = AudioFileDraft(
        project.id, "kick 🥁.wav", "1/kick.wav", 1024, 0.5, 44100, 2, "wav", project.owner_id
    )
    file = await files.add(draft)
    assert (file.project_name, file.uploader_name, file.duration) == ("tape", "ada", 0.5)
    assert await files.get(file.id) == file
    changed = await files.update(file, {"filename": "snare.wav", "format": ""})
    assert (changed.filename, changed.format, changed.file_size) == ("snare.wav", None, 1024)
    with pytest.raises(ConflictError):
        await files.update(file, {"filename": "other.wav"})
    assert await files.remove([file.id]) == 1
    assert await files.find(file.id) is None
    with pytest.raises(NotFoundError):
        await files.get(file.id)
    with pytest.raises(NotFoundError):
        await files.remove([file.id])
    assert await files.remove([]) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"filename": ""}, "filename"),
        ({"filename": "x" * 256}, "filename"),
        ({"file_path": "a\0b"}, "file_path"),
        ({"file_size": -1}, "file_size"),
        ({"file_size": 2**63}, "file_size"),
        ({"duration": math.nan}, "duration"),
        ({"channels": "two"}, "channels"),
    ],
)
async def test_a_bad_value_of_an_audio_file_is_told(
    database: Database, project: Project, changes: dict[str, object], field: str
) -> None:
    files = AudioFileRepository(database, "me")
    file = await files.add(AudioFileDraft(project.id, "a.wav", "a.wav"))
    with pytest.raises(InputError) as caught:
        await files.update(file, changes)
    assert caught.value.field == field


async def test_a_file_of_a_project_that_is_gone_is_refused(database: Database) -> None:
    with pytest.raises(InUseError):
        await AudioFileRepository(database, "me").add(AudioFileDraft(ProjectId(99), "a", "a"))
    with pytest.raises(NotFoundError):
        await AudioFileRepository(database, "me").get(AudioFileId(1))


async def test_a_bundle_tells_its_size_and_never_its_bytes(database: Database, project: Project) -> None:
    await database.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO project_bundles (project_id, bundle_data, version, created_by)"
            " VALUES (%(p)s, 'abc', 1, %(u)s), (%(p)s, '', NULL, NULL)",
            {"p": project.id, "u": project.owner_id},
        )
    )
    bundles = BundleRepository(database, "me")
    page, _ = await bundles.rows.first_page(ListQuery(Sort("size"), filters={"project_id": project.id}), 9)
    empty, first = page.rows
    assert first is not None
    assert empty is not None
    assert (first.size, first.version, first.creator_name) == (3, 1, "ada")
    assert (empty.size, empty.version, empty.creator_name) == (0, None, None)
    assert await bundles.get(first.id) == first
    with pytest.raises(NotFoundError):
        await bundles.get(BundleId(99))


async def test_a_track_is_added_handed_over_released_and_removed(
    database: Database, project: Project
) -> None:
    tracks = OwnershipRepository(database, "me")
    track = await tracks.add(project.id, uuid4(), project.owner_id, track_index=3)
    assert (track.project_name, track.owner_name, track.track_index) == ("tape", "ada", 3)
    released = await tracks.update(track, None)
    assert (released.owner_id, released.owner_name) == (None, None)
    assert released.updated_at != track.updated_at
    assert (await tracks.update(released, project.owner_id)).owner_name == "ada"
    with pytest.raises(ConflictError):
        await tracks.update(released, None)
    query = ListQuery(Sort("track_index"), search=str(track.box_uuid)[:8])
    assert (await tracks.rows.prepare(query)).value == 1
    assert await tracks.remove([track.id]) == 1
    with pytest.raises(NotFoundError):
        await tracks.get(OwnershipId(track.id))
    with pytest.raises(NotFoundError):
        await tracks.remove([track.id])


@pytest.mark.parametrize("records", ALL, ids=[records.entity.value for records in ALL])
async def test_every_list_answers_every_sort_key_search_and_filter(
    database: Database, project: Project, records: Records[Any]
) -> None:
    from syncsphere_desktop.database.paging import ListReader

    await AudioFileRepository(database, "me").add(AudioFileDraft(project.id, "a.wav", "a.wav", format="wav"))
    await OwnershipRepository(database, "me").add(project.id, uuid4(), project.owner_id)
    await database.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO project_bundles (project_id, bundle_data) VALUES (%(p)s, 'abc')", {"p": project.id}
        )
    )
    reader = ListReader(database, records.spec)
    statements: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for key in records.spec.sort_keys:
        for descending in (False, True):
            page, count = await reader.first_page(ListQuery(Sort(key, descending)), 10)
            assert count.value == 1
            assert page.rows[0] is not None
    for name in records.spec.filters:
        value = "wav" if name == "format" else "owner" if name == "role" else 1
        value = False if name == "is_public" else value
        await reader.prepare(ListQuery(Sort("id"), search="a", filters={name: value}))
    assert not [text for text in statements if "password_hash" in text]
    assert not [
        text
        for text in statements
        if "bundle_data" in re.sub(r"octet_length\((\w+\.)?bundle_data\)", "", text)
    ]
