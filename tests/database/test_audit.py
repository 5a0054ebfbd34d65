"""Each change leaves an entry in its own transaction, and none of them a secret."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.audit import AuditLog, audit_state, author, record
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.hand_over import HandOverCounts
from syncsphere_desktop.domain.impact import Leavings
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import ConflictError, DuplicateError
from syncsphere_desktop.settings import ConnectionTarget


def _all(connection: Connection) -> list[tuple[object, ...]]:
    rows = connection.exec_driver_sql(
        "SELECT actor, entity, entity_id, action, before, after FROM syncsphere_desktop.audit_log ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def test_an_edit_tells_who_when_and_what(database: Database) -> None:
    users = UserRepository(database, "ada@desk")
    user = await users.add(UserDraft("bob", "b@x", "$2b$12$secret"))
    changed = await users.update(user, {"username": "bobby"})
    changed = await users.set_password_hash(changed, "$2b$12$other-secret")
    await users.remove([user.id])
    log = AuditLog(database)
    entries = await log.history(Entity.USER, user.id)
    assert [entry.action for entry in entries] == ["remove", "set_password", "update", "add"]
    assert {entry.actor for entry in entries} == {"ada@desk"}
    removed, password, update, added = entries
    assert added.after == {"username": "bob", "email": "b@x"}
    assert (update.before, update.after) == ({"username": "bob"}, {"username": "bobby"})
    assert (password.before, password.after) == (None, {"password": "changed"})
    assert removed.before == {"username": "bobby", "email": "b@x"}
    assert "secret" not in str(await database.run(_all))
    assert await log.find(update.id) == update
    assert await log.find(10**9) is None
    assert added.at.tzinfo is not None


async def test_a_change_that_fails_leaves_no_entry(database: Database) -> None:
    users = UserRepository(database, "ada@desk")
    bob, eve = await users.add(UserDraft("bob", "b@x", "-")), await users.add(UserDraft("eve", "e@x", "-"))
    before = await database.run(_all)
    with pytest.raises(DuplicateError):
        await users.update(eve, {"username": bob.username})
    await users.update(eve, {"username": "eve"})
    assert await database.run(_all) == before


async def test_every_row_that_changes_hands_has_an_entry(database: Database) -> None:
    users, projects = UserRepository(database, "ada"), ProjectRepository(database, "ada")
    bob, eve = await users.add(UserDraft("bob", "b@x", "-")), await users.add(UserDraft("eve", "e@x", "-"))
    project = await projects.add(ProjectDraft("tape", bob.id))

    def hang_on(connection: Connection) -> None:
        names = {"p": project.id, "u": bob.id, "b": str(uuid4())}
        connection.exec_driver_sql(
            "INSERT INTO audio_files (project_id, filename, file_path, uploaded_by)"
            " SELECT %(p)s, n::text, n::text, %(u)s FROM generate_series(1, 3) n;"
            "INSERT INTO project_bundles (project_id, bundle_data, created_by) VALUES (%(p)s, '', %(u)s);"
            "INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (%(p)s, %(b)s, %(u)s)",
            names,
        )

    await database.write(hang_on)
    seen = len(await database.run(_all))
    counts = await users.hand_over(bob.id, eve.id)
    assert counts == HandOverCounts(projects=1, audio_files=3, bundles=1, boxes=1, memberships=1)
    entries = (await database.run(_all))[seen:]
    told = [(entity, action, before, after) for _, entity, _, action, before, after in entries]
    assert told.count(("audio_file", "hand_over", {"uploaded_by": bob.id}, {"uploaded_by": eve.id})) == 3
    assert ("project", "hand_over", {"owner_id": bob.id}, {"owner_id": eve.id}) in told
    assert ("bundle", "hand_over", {"created_by": bob.id}, {"created_by": eve.id}) in told
    assert ("box", "hand_over", {"owner_id": bob.id}, {"owner_id": eve.id}) in told
    assert [action for entity, action, _, _ in told if entity == "collaborator"] == [
        "add",
        "hand_over",
        "remove",
    ]
    await projects.transfer(await projects.get(project.id), bob.id)
    await users.remove([eve.id], Leavings(release=True))
    released = [entry for entry in await database.run(_all) if entry[3] == "release"]
    assert len(released) == 5
    assert released[0][4:] == ({"uploaded_by": eve.id}, {"uploaded_by": None})


async def test_a_conflict_names_who_changed_the_row_and_when(database: Database) -> None:
    mine, theirs = UserRepository(database, "me"), UserRepository(database, "eve@desk")
    base = await mine.add(UserDraft("bob", "b@x", "-"))
    await theirs.update(base, {"username": "theirs"})
    with pytest.raises(ConflictError, match=r"changed by eve@desk meanwhile") as caught:
        await mine.update(base, {"username": "mine"})
    assert caught.value.who == "eve@desk"
    assert caught.value.when is not None


async def test_a_conflict_with_another_service_names_nobody(database: Database) -> None:
    users = UserRepository(database, "me")
    base = await users.add(UserDraft("bob", "b@x", "-"))
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE users SET username = 'theirs' WHERE id = %(id)s", {"id": base.id}
        )
    )
    with pytest.raises(ConflictError, match="changed by another service meanwhile") as caught:
        await users.update(base, {"username": "mine"})
    assert (caught.value.who, caught.value.when) == (None, None)


@pytest.mark.parametrize(
    "take_away",
    [
        "DROP SCHEMA syncsphere_desktop CASCADE",
        "REVOKE ALL ON SCHEMA syncsphere_desktop FROM PUBLIC",
        "GRANT USAGE ON SCHEMA syncsphere_desktop TO PUBLIC",
        (
            "GRANT USAGE ON SCHEMA syncsphere_desktop TO PUBLIC;"
            "GRANT INSERT, SELECT ON syncsphere_desktop.audit_log TO PUBLIC"
        ),
    ],
    ids=["no schema", "no right to the schema", "no right to the table", "no right to the sequence"],
)
async def test_without_the_log_changes_are_made_all_the_same(
    database: Database, target: ConnectionTarget, take_away: str
) -> None:
    role = f"editor_{uuid4().hex[:8]}"
    await database.write(
        lambda connection: connection.exec_driver_sql(
            f"{take_away}; CREATE ROLE {role} LOGIN;"
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
        )
    )
    editor = Database(replace(target, profile=replace(target.profile, user=role)), recovery_seconds=5.0)
    try:
        users, projects = UserRepository(editor, "me"), ProjectRepository(editor, "me")
        people = CollaboratorRepository(editor, "me")
        bob, eve = [await users.add(UserDraft(name, f"{name}@x", "-")) for name in ("bob", "eve")]
        project = await projects.add(ProjectDraft("tape", bob.id))
        await people.set_role(project.id, eve.id, Role.VIEWER)
        changed = await users.update(bob, {"username": "bobby"})
        with pytest.raises(ConflictError):
            await users.update(bob, {"username": "other"})
        counts = await users.hand_over(changed.id, eve.id)
        assert (counts.projects, counts.memberships) == (1, 1)
        await users.remove([bob.id])
        log = AuditLog(editor)
        assert not (await log.state()).writable
        assert await log.history(Entity.USER, bob.id) == []
        assert await log.last_by("me") is None
    finally:
        await editor.shutdown()
        await database.write(
            lambda connection: connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")
        )


async def test_values_that_json_does_not_know_are_written_as_text(database: Database) -> None:
    def work(connection: Connection) -> None:
        user = UserDraft("a", "b", "-")
        box = uuid4()
        at = connection.exec_driver_sql("SELECT now()").scalar_one()
        record(
            connection,
            "me",
            Entity.BOX,
            7,
            Action.UPDATE,
            before={"box": box, "at": at, "draft": user},
            after=None,
        )
        entry = connection.exec_driver_sql("SELECT before, after FROM syncsphere_desktop.audit_log").one()
        assert entry.before["box"] == str(box)
        assert entry.before["at"] == at.isoformat()
        assert entry.after is None
        assert audit_state(connection).writable
        assert author(connection, Entity.BOX, 8, 1) is None

    await database.write(work)
