"""What happens when two admins, or an admin and another service, meet in one row."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.impact import UserImpact
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.errors import (
    AccessDeniedError,
    AppError,
    ConflictError,
    InUseError,
    NotFoundError,
    TimedOutError,
)
from syncsphere_desktop.settings import ConnectionTarget


@pytest.fixture
async def other(target: ConnectionTarget) -> AsyncIterator[Database]:
    """A second admin's connection to the same database."""
    opened = Database(target, recovery_seconds=5.0)
    yield opened
    await opened.shutdown()


def _raw(target: ConnectionTarget) -> RawConnection:
    return psycopg2.connect(
        host=target.profile.host, dbname=target.profile.database, user=target.profile.user
    )


async def _person(database: Database, name: str) -> User:
    return await UserRepository(database, "me").add(UserDraft(name, f"{name}@x", "-"))


async def test_two_admins_edit_one_user_and_exactly_one_sees_a_conflict(
    database: Database, other: Database
) -> None:
    one, two = UserRepository(database, "one"), UserRepository(other, "two")
    for number in range(10):
        base = await _person(database, f"user{number}")
        outcomes = await asyncio.gather(
            one.update(base, {"username": f"one{number}"}),
            two.update(base, {"email": f"two{number}@x"}),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ConflictError", "User"]
        stored = await one.get(base.id)
        assert stored in outcomes
        assert (stored.username, stored.email) in {
            (f"one{number}", base.email),
            (base.username, f"two{number}@x"),
        }


async def test_no_update_is_lost_when_each_takes_the_fresh_base(database: Database, other: Database) -> None:
    base = await _person(database, "ada")

    async def add_letters(repository: UserRepository, letter: str) -> None:
        for _ in range(8):
            while True:
                user = await repository.get(base.id)
                try:
                    await repository.update(user, {"username": user.username + letter})
                except ConflictError:
                    continue
                break

    await asyncio.gather(
        add_letters(UserRepository(database, "one"), "x"), add_letters(UserRepository(other, "two"), "y")
    )
    name = (await UserRepository(database, "me").get(base.id)).username
    assert (name.count("x"), name.count("y")) == (8, 8)


async def test_two_admins_can_not_race_the_last_owner_away(database: Database, other: Database) -> None:
    ada, bob = await _person(database, "ada"), await _person(database, "bob")
    project = await ProjectRepository(database, "me").add(ProjectDraft("tape", ada.id))
    one, two = CollaboratorRepository(database, "one"), CollaboratorRepository(other, "two")
    await one.set_role(project.id, bob.id, Role.OWNER)
    # Another service took the owner out of the project's row: two owners by role are left.
    await database.write(
        lambda c: c.exec_driver_sql("UPDATE projects SET owner_id = NULL WHERE id = %(i)s", {"i": project.id})
    )
    for _ in range(5):
        outcomes = await asyncio.gather(
            one.set_role(project.id, ada.id, Role.EDITOR),
            two.set_role(project.id, bob.id, Role.EDITOR),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Collaborator", "InUseError"]
        for user in (ada, bob):
            await one.set_role(project.id, user.id, Role.OWNER)
    assert await one.repair(project.id) is None
    ids = [row.id for row in await one.of_project(project.id)]
    with pytest.raises(InUseError, match="without an owner"):
        await one.remove(ids)
    with pytest.raises(InUseError, match=r"“tape” .* would be left without an owner"):
        await UserRepository(database, "me").remove([ada.id, bob.id])
    await UserRepository(database, "me").remove([ada.id])


async def test_a_file_uploaded_during_a_removal_is_not_left_behind(
    database: Database, target: ConnectionTarget
) -> None:
    ada = await _person(database, "ada")
    service = _raw(target)
    with service.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audio_files (filename, file_path, uploaded_by) VALUES ('a', 'a', %s)", (ada.id,)
        )
        removal = asyncio.create_task(UserRepository(database, "me").remove([ada.id]))
        await asyncio.sleep(0.3)
        assert not removal.done()
        service.commit()
    with pytest.raises(InUseError, match="1 audio file"):
        await removal
    service.close()


async def test_a_row_that_somebody_holds_is_told_after_the_lock_time_out(target: ConnectionTarget) -> None:
    impatient = Database(target, timeouts=Timeouts(lock=0.2), recovery_seconds=5.0)
    holder = _raw(target)
    try:
        ada = await _person(impatient, "ada")
        with holder.cursor() as cursor:
            cursor.execute("SELECT * FROM users FOR UPDATE")
            with pytest.raises(TimedOutError, match="Somebody else holds a lock") as caught:
                await UserRepository(impatient, "me").update(ada, {"username": "x"})
        assert caught.value.retryable
        holder.rollback()
        assert (await UserRepository(impatient, "me").update(ada, {"username": "x"})).username == "x"
    finally:
        holder.close()
        await impatient.shutdown()


async def test_a_statement_that_takes_too_long_is_told(target: ConnectionTarget) -> None:
    impatient = Database(target, timeouts=Timeouts(statement=0.2), recovery_seconds=5.0)
    holder = _raw(target)
    try:
        await _person(impatient, "ada")
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(TimedOutError, match="took too long"):
                await UserRepository(impatient, "me").rows.prepare(ListQuery(Sort("id")))
        holder.rollback()
    finally:
        holder.close()
        await impatient.shutdown()


async def test_a_role_that_may_only_read_is_refused_every_write(
    database: Database, target: ConnectionTarget
) -> None:
    role = f"reader_{uuid4().hex[:8]}"
    ada, bob = await _person(database, "ada"), await _person(database, "bob")
    project = await ProjectRepository(database, "me").add(ProjectDraft("tape", ada.id))
    await database.write(
        lambda c: c.exec_driver_sql(
            f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        )
    )
    reader = Database(replace(target, profile=replace(target.profile, user=role)), recovery_seconds=5.0)
    users, projects = UserRepository(reader, "me"), ProjectRepository(reader, "me")
    people = CollaboratorRepository(reader, "me")
    row = (await people.of_project(project.id))[0]
    writes = [
        users.add(UserDraft("new", "n@x", "-")),
        users.update(ada, {"username": "x"}),
        users.set_password_hash(ada, "-"),
        users.hand_over(ada.id, bob.id),
        users.remove([bob.id]),
        projects.add(ProjectDraft("new", ada.id)),
        projects.update(project, {"name": "x"}),
        projects.transfer(project, bob.id),
        projects.remove([project.id]),
        people.set_role(project.id, bob.id, Role.EDITOR),
        people.remove([row.id]),
        people.repair(project.id),
    ]
    try:
        for write in writes:
            with pytest.raises(AccessDeniedError):
                await write
        assert await users.get(ada.id) == ada
        assert await projects.get(project.id) == project
    finally:
        await reader.shutdown()
        await database.write(lambda c: c.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}"))


_HAND_OVER = """
    import asyncio, sys
    from pathlib import Path
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, SslMode

    host, name, user, source, receiver = sys.argv[1:]
    profile = ConnectionProfile("t", host, 5432, name, user, SslMode.DISABLE)

    async def main():
        database = Database(ConnectionTarget(profile))
        print("ready", flush=True)
        await UserRepository(database, "me").hand_over(int(source), int(receiver))

    asyncio.run(main())
"""


async def test_kill_in_the_middle_of_a_hand_over_leaves_the_database_consistent(
    database: Database, target: ConnectionTarget
) -> None:
    ada, bob = await _person(database, "ada"), await _person(database, "bob")
    projects = ProjectRepository(database, "me")
    for number in range(3):
        await projects.add(ProjectDraft(f"tape{number}", ada.id))
    await database.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO audio_files (filename, file_path, uploaded_by)"
            " SELECT 'f', 'f', %(u)s FROM generate_series(1, 500);"
            "INSERT INTO box_ownership (box_uuid, owner_id) VALUES (gen_random_uuid(), %(u)s)",
            {"u": ada.id},
        )
    )
    users = UserRepository(database, "me")
    before = await users.impact([ada.id])
    assert before == UserImpact(3, 3, 500, 0, 1)
    # The hand-over has moved projects and audio when it comes to wait for the held track.
    holder = _raw(target)
    with holder.cursor() as cursor:
        cursor.execute("SELECT * FROM box_ownership FOR UPDATE")
        process = await asyncio.to_thread(
            subprocess.Popen,
            [
                sys.executable,
                "-c",
                textwrap.dedent(_HAND_OVER),
                target.profile.host,
                target.profile.database,
                target.profile.user,
                str(ada.id),
                str(bob.id),
            ],
            stdout=subprocess.PIPE,
        )
        await _until_waiting_for_a_lock(database)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        holder.rollback()
    holder.close()
    assert await users.impact([ada.id]) == before
    assert await users.impact([bob.id]) == UserImpact()
    log = await database.run(
        lambda c: c.exec_driver_sql(
            "SELECT count(*) FROM syncsphere_desktop.audit_log WHERE action = 'hand_over'"
        ).scalar_one()
    )
    assert log == 0
    counts = await users.hand_over(ada.id, bob.id)
    assert (counts.projects, counts.audio_files, counts.boxes) == (3, 500, 1)


async def _until_waiting_for_a_lock(database: Database) -> None:
    for _ in range(200):
        waiting = await database.run(
            lambda c: c.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).scalar_one()
        )
        if waiting:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the hand-over never came to the held row")


async def test_a_row_deleted_by_another_service_is_told(database: Database) -> None:
    ada = await _person(database, "ada")
    await database.write(lambda c: c.exec_driver_sql("DELETE FROM users"))
    errors: list[AppError] = []
    users = UserRepository(database, "me")
    for change in (users.update(ada, {"username": "x"}), users.set_password_hash(ada, "-")):
        with pytest.raises(NotFoundError, match="“ada” was deleted meanwhile") as caught:
            await change
        errors.append(caught.value)
    assert {error.code for error in errors} == {"not_found"}
