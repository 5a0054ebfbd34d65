"""Tracks change hands as planned, told and audited; what others did meanwhile stays; all of it goes back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from syncsphere_desktop.database.audit import AuditLog
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.database.repositories.users import UserRepository
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import OwnershipChange
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import ConflictError, InputError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.acting import ActPlan, ActScope, OwnershipActs
from syncsphere_desktop.studio.undo import Undo
from tests.database.ownership import box, fill, hold, recorded
from tests.database_work import until
from tests.servers import execute

SONG = ProjectId(1)
ADA, BO, CY = UserId(1), UserId(2), UserId(3)


class Heard:
    """Takes what owners are told."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, float]] = []
        self.changes: list[OwnershipChange] = []

    async def announce(self, plan: ActPlan, grace: float) -> int:
        self.announced.append((plan.sentence, grace))
        return len(plan.owners)

    async def done(self, changes: Sequence[OwnershipChange]) -> None:
        self.changes.extend(changes)


class Desk:
    """An admin at work on tracks."""

    def __init__(self, database: Database, target: ConnectionTarget) -> None:
        self.target = target
        self.heard = Heard()
        self.rows = OwnershipRepository(database, "me")
        self.users = UserRepository(database, "me")
        self.log = AuditLog(database)
        self.acts = OwnershipActs(self.rows, self.heard)
        self.undo = Undo(
            self.log,
            self.users,
            ProjectRepository(database, "me"),
            CollaboratorRepository(database, "me"),
            AudioFileRepository(database, "me"),
            BundleMarkRepository(database, "me"),
            self.rows,
        )

    async def bo(self) -> User:
        return await self.users.get(BO)

    def owners(self) -> list[int | None]:
        return [owner for (owner,) in execute(self.target, "SELECT owner_id FROM box_ownership ORDER BY id")]


@pytest.fixture
def desk(database: Database, target: ConnectionTarget) -> Desk:
    """Ada holds boxes 1 and 2 of Song, bo box 3, nobody box 4, and ada one of Other."""
    fill(target)
    hold(target, ADA, 1, 2)
    hold(target, BO, 3)
    hold(target, None, 4)
    hold(target, ADA, 5, project=2)
    return Desk(database, target)


async def test_a_persons_tracks_are_released_with_the_reason_in_the_log(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(owner_id=ADA), None, " On holiday ")
    assert plan.sentence == "Releases 3 tracks of ada in “Song” and “Other”."
    report = await desk.acts.carry_out(plan)

    assert (report.sentence, report.told) == ("Released 3 tracks.", 1)
    assert desk.owners() == [None, None, BO, None, None]
    assert desk.heard.announced == [(plan.sentence, 0.0)]
    assert [(change.owner_id, change.previous_owner_id) for change in desk.heard.changes] == [(None, ADA)] * 3
    [entry] = await desk.log.history(Entity.BOX, 1)
    assert (entry.action, entry.before) == ("release", {"owner_id": 1})
    assert entry.after == {"owner_id": None, "reason": "On holiday"}
    assert recorded(desk.target)[-1] == ("released", None, ADA)


async def test_an_act_is_undone_as_a_whole(desk: Desk) -> None:
    await desk.acts.carry_out(await desk.acts.plan(ActScope(owner_id=ADA), None, "Away"))
    assert await desk.undo.undo_last("me") == "3 tracks have their former owners again."
    assert desk.owners() == [ADA, ADA, BO, None, ADA]
    with pytest.raises(Exception, match="nothing to undo"):
        await desk.undo.undo_last("me")


async def test_an_act_that_is_not_the_last_is_undone_by_its_entry_also_what_had_no_row(desk: Desk) -> None:
    scope = ActScope(project_id=SONG, boxes=(box(3), box(4), box(9)))
    done = await desk.acts.carry_out(await desk.acts.plan(scope, await desk.users.get(ADA), "Session"))
    await desk.acts.carry_out(await desk.acts.plan(ActScope(row_ids=(OwnershipId(1),)), None, "Away"))
    assert desk.owners() == [None, ADA, ADA, ADA, ADA, ADA]
    assert done.assignment.entry_id is not None
    assert await desk.undo.undo(done.assignment.entry_id) == "3 tracks have their former owners again."
    assert desk.owners() == [None, ADA, BO, None, ADA, None]
    with pytest.raises(InputError, match="taken back already"):
        await desk.undo.undo(done.assignment.entry_id)


async def test_undoing_leaves_what_changed_hands_since(desk: Desk) -> None:
    await desk.acts.carry_out(await desk.acts.plan(ActScope(project_id=SONG), await desk.bo(), "Mixing"))
    assert desk.owners() == [BO, BO, BO, BO, ADA]
    execute(
        desk.target,
        "UPDATE box_ownership SET owner_id = 3 WHERE id = 1",
        "DELETE FROM box_ownership WHERE id = 2",
    )
    told = await desk.undo.undo_last("me")
    assert told.startswith("1 track has its former owner again.")
    assert desk.owners() == [CY, BO, None, ADA]


async def test_undoing_what_was_all_changed_since_is_a_conflict(desk: Desk) -> None:
    await desk.acts.carry_out(await desk.acts.plan(ActScope(row_ids=(OwnershipId(1),)), None, "Away"))
    execute(desk.target, "UPDATE box_ownership SET owner_id = 3 WHERE id = 1")
    with pytest.raises(ConflictError, match="changed hands again since"):
        await desk.undo.undo_last("me")
    assert desk.owners()[0] == CY


async def test_tracks_are_claimed_for_somebody_also_without_a_row(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(project_id=SONG, boxes=(box(4), box(9))), await desk.bo(), "Session")
    assert plan.sentence == "Claims 2 tracks in “Song” for bo."
    report = await desk.acts.carry_out(plan)

    assert report.sentence == "bo holds 2 tracks now."
    assert desk.owners() == [ADA, ADA, BO, BO, ADA, BO]
    assert desk.heard.announced == []


async def test_what_is_held_by_the_receiver_already_is_left_out(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(project_id=SONG), await desk.bo(), "Mixing")

    assert plan.sentence == "Hands 3 tracks of ada and nobody in “Song” over to bo."
    assert {held.box_uuid for held in plan.boxes} == {box(1), box(2), box(4)}


async def test_during_the_grace_nothing_is_changed_and_it_can_be_called_off(desk: Desk) -> None:
    ticks: list[float] = []
    plan = await desk.acts.plan(ActScope(owner_id=ADA), None, "Away")
    acting = asyncio.ensure_future(desk.acts.carry_out(plan, 60.0, ticks.append))
    await until(lambda: bool(ticks))
    assert desk.heard.announced == [(plan.sentence, 60.0)]
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
    assert desk.owners() == [ADA, ADA, BO, None, ADA]
    assert await desk.log.history(Entity.BOX, 1) == []


async def test_what_changed_hands_during_the_grace_stays(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(owner_id=ADA), None, "Away")
    execute(
        desk.target,
        "UPDATE box_ownership SET owner_id = 3 WHERE id = 1",
        "DELETE FROM box_ownership WHERE id = 2",
    )
    report = await desk.acts.carry_out(plan, 0.05)

    assert report.sentence.startswith("Released 1 track. 2")
    assert [(conflict.found, conflict.gone) for conflict in report.assignment.conflicts] == [
        (CY, False),
        (None, True),
    ]
    assert desk.owners() == [CY, BO, None, None]


async def test_an_act_that_came_too_late_for_all_is_a_conflict(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(project_id=SONG, boxes=(box(1), box(9))), await desk.bo(), "Mixing")
    execute(desk.target, "UPDATE box_ownership SET owner_id = 3 WHERE id = 1")
    hold(desk.target, CY, 9)
    with pytest.raises(ConflictError, match="changed hands meanwhile"):
        await desk.acts.carry_out(plan)
    assert desk.heard.changes == []


async def test_a_release_that_others_made_meanwhile_is_no_conflict(desk: Desk) -> None:
    plan = await desk.acts.plan(ActScope(owner_id=ADA), None, "Away")
    execute(desk.target, "UPDATE box_ownership SET owner_id = NULL WHERE id = 1")
    report = await desk.acts.carry_out(plan)
    assert report.sentence == "Released 2 tracks."


async def test_an_act_needs_a_reason_a_scope_and_a_receiver_that_is_there(desk: Desk) -> None:
    bo = await desk.bo()
    with pytest.raises(InputError, match="A reason can't be empty"):
        await desk.acts.plan(ActScope(owner_id=ADA), None, " ")
    with pytest.raises(InputError, match="whose tracks"):
        await desk.acts.plan(ActScope(), None, "Away")
    plan = await desk.acts.plan(ActScope(row_ids=(OwnershipId(1),)), bo, "Mixing")
    execute(
        desk.target,
        "UPDATE box_ownership SET owner_id = NULL WHERE owner_id = 2",
        "UPDATE projects SET owner_id = 1",
    )
    execute(desk.target, "DELETE FROM users WHERE id = 2")
    with pytest.raises(InputError, match="is gone"):
        await desk.acts.carry_out(plan)
    assert desk.owners()[0] == ADA


async def test_a_hand_over_of_all_belongings_is_not_undone_by_its_tracks_alone(desk: Desk) -> None:
    await desk.users.hand_over(ADA, BO)
    with pytest.raises(InputError, match="can't be taken back"):
        await desk.undo.undo_last("me")
