"""A saved change is taken back from its audit entry, and never over a newer one."""

from __future__ import annotations

import pytest

from syncsphere_desktop.database.audit import AuditLog
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audio import AudioFileDraft
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import ConflictError, InputError, NotFoundError
from syncsphere_desktop.studio.undo import Undo
from tests.studio.bundles.versions import Versions


class Desk:
    """One admin's stores and undo."""

    def __init__(self, database: Database, actor: str) -> None:
        self.actor = actor
        self.users = UserRepository(database, actor)
        self.projects = ProjectRepository(database, actor)
        self.people = CollaboratorRepository(database, actor)
        self.log = AuditLog(database)
        self.audio = AudioFileRepository(database, actor)
        self.marks = BundleMarkRepository(database, actor)
        self.tracks = OwnershipRepository(database, actor)
        stores = (self.users, self.projects, self.people, self.audio, self.marks, self.tracks)
        self.undo = Undo(self.log, *stores)

    async def undo_last(self) -> str:
        return await self.undo.undo_last(self.actor)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, "me")


async def test_edits_are_taken_back_one_after_the_other(desk: Desk) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    changed = await desk.users.update(ada, {"username": "two"})
    await desk.users.update(changed, {"username": "three", "email": "c@x"})
    assert await desk.undo_last() == "The user “two” has its former email, username again."
    assert (await desk.users.get(ada.id)).email == "a@x"
    assert await desk.undo_last() == "The user “ada” has its former username again."
    with pytest.raises(InputError, match=r"the user \d+ was added"):
        await desk.undo_last()
    undone = [entry for entry in await desk.log.history(Entity.USER, ada.id) if entry.undone]
    assert len(undone) == 2
    with pytest.raises(InputError, match="taken back already"):
        await desk.undo.undo(undone[0].id)


async def test_an_edit_of_a_project_is_taken_back(desk: Desk) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    project = await desk.projects.add(ProjectDraft("tape", ada.id))
    await desk.projects.update(project, {"room_id": "r", "is_public": True, "description": "d"})
    await desk.undo_last()
    again = await desk.projects.get(project.id)
    assert (again.room_id, again.is_public, again.description) == (None, False, None)


async def test_a_change_of_role_is_taken_back(desk: Desk) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    bob = await desk.users.add(UserDraft("bob", "b@x", "-"))
    project = await desk.projects.add(ProjectDraft("tape", ada.id))
    await desk.people.set_role(project.id, bob.id, Role.VIEWER)
    await desk.people.set_role(project.id, bob.id, Role.OWNER)
    assert await desk.undo_last() == "“bob” is viewer of “tape” again."
    row = await desk.people.find(project.id, bob.id)
    assert row is not None
    assert row.role == "viewer"


async def test_a_newer_change_of_the_same_columns_refuses_the_undo(desk: Desk, database: Database) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    changed = await desk.users.update(ada, {"username": "mine"})
    eve = Desk(database, "eve")
    await eve.users.update(changed, {"username": "theirs"})
    with pytest.raises(ConflictError, match="changed again since") as caught:
        await desk.undo_last()
    assert caught.value.base == {"username": "mine"}
    assert caught.value.theirs == {"username": "theirs"}
    assert caught.value.mine == {"username": "ada"}
    assert (await desk.users.get(ada.id)).username == "theirs"


async def test_a_newer_change_of_another_column_stays(desk: Desk, database: Database) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    changed = await desk.users.update(ada, {"username": "mine"})
    await Desk(database, "eve").users.update(changed, {"email": "theirs@x"})
    await desk.undo_last()
    again = await desk.users.get(ada.id)
    assert (again.username, again.email) == ("ada", "theirs@x")


async def test_another_name_and_project_of_an_audio_file_are_taken_back(desk: Desk) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    tape, demo = [await desk.projects.add(ProjectDraft(name, ada.id)) for name in ("tape", "demo")]
    file = await desk.audio.add(AudioFileDraft(tape.id, "take.wav", "take.wav"))
    await desk.audio.update(file, {"filename": "vox.wav", "project_id": demo.id})
    assert await desk.undo_last() == "The audio file “take.wav” has its former filename, project again."
    assert (await desk.audio.get(file.id)).project_id == tape.id


async def test_another_path_of_an_audio_file_is_not_taken_back_by_the_row_alone(desk: Desk) -> None:
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    tape = await desk.projects.add(ProjectDraft("tape", ada.id))
    file = await desk.audio.add(AudioFileDraft(tape.id, "take.wav", "take.wav"))
    await desk.audio.relocate(file, "elsewhere.wav")
    with pytest.raises(InputError, match="given other content"):
        await desk.undo_last()
    assert (await desk.audio.get(file.id)).file_path == "elsewhere.wav"


async def test_what_can_not_be_taken_back_is_told(desk: Desk, database: Database) -> None:
    with pytest.raises(NotFoundError, match="nothing to undo"):
        await desk.undo_last()
    with pytest.raises(NotFoundError, match="no audit entry 99"):
        await desk.undo.undo(99)
    ada = await desk.users.add(UserDraft("ada", "a@x", "-"))
    await desk.users.set_password_hash(ada, "-")
    with pytest.raises(InputError, match="got a new password"):
        await desk.undo_last()
    await desk.users.update(ada, {"username": "x"})
    await desk.users.remove([ada.id])
    entries = await desk.log.history(Entity.USER, ada.id)
    with pytest.raises(NotFoundError):
        await desk.undo.undo(entries[1].id)
    told = {("track_color", "paint"): "paint of track_color", ("audio_file", "update"): "given other content"}
    for (entity, action), sentence in told.items():
        await database.write(
            lambda c, entity=entity, action=action: c.exec_driver_sql(  # type: ignore[misc]
                "INSERT INTO syncsphere_desktop.audit_log (actor, entity, entity_id, action, before, after)"
                " VALUES ('me', %(e)s, 1, %(a)s, '{\"a\": 1}', '{\"a\": 2}')",
                {"e": entity, "a": action},
            )
        )
        with pytest.raises(InputError, match=sentence):
            await desk.undo_last()


async def test_labels_and_pins_of_versions_are_taken_back(desk: Desk, database: Database) -> None:
    versions = Versions(database)
    version = await versions.store(await versions.project())
    await desk.marks.label(version, "Demo")
    await desk.marks.mark(version, label="Mix", pinned=True)
    assert await desk.undo_last() == "The version 1 of “Night train” has its former label, pinned again."
    assert [(row.label, row.pinned) for row in await versions.listed()] == [("Demo", False)]
    assert await desk.undo_last() == "The version 1 of “Night train” has its former label again."
    assert [row.label for row in await versions.listed()] == [None]
    await desk.marks.label(version, "Demo")
    await BundleMarkRepository(database, "bob").label(version, "Bob's")
    with pytest.raises(ConflictError):
        await desk.undo_last()
