"""What every store of ownership keeps to that an admin acts on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.ownership import OwnershipRepository
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, RowSource, Sort
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.domain.ownership_acts import HeldBox
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.ownership.acting import OwnershipStore
from tests.database.ownership import box, fill, hold
from tests.fakes.ownership import InMemoryOwnership
from tests.fakes.projects import InMemoryProjects
from tests.fakes.studio import InMemoryStudio
from tests.fakes.users import InMemoryUsers

SONG, OTHER = ProjectId(1), ProjectId(2)
ADA, BO, CY = UserId(1), UserId(2), UserId(3)
HELD = ((SONG, 1, ADA), (SONG, 2, ADA), (SONG, 2, BO), (SONG, 3, None), (OTHER, 1, BO))


@dataclass(frozen=True, slots=True)
class Grid:
    """A store with ada, bo and cy, and who holds what in Song and Other."""

    store: OwnershipStore
    rows: RowSource[BoxOwnership]

    async def owners(self) -> list[UserId | None]:
        """Return the owners of all rows, by their ids."""
        query = ListQuery(Sort("id"))
        total = (await self.rows.prepare(query)).value
        page = await self.rows.page(query, 0, total)
        return [row.owner_id for row in page.rows if row is not None]


async def _in_memory() -> InMemoryOwnership:
    studio = InMemoryStudio()
    users, projects = InMemoryUsers(studio), InMemoryProjects(studio)
    for name in ("ada", "bo", "cy"):
        await users.add(UserDraft(name, f"{name}@x", "-"))
    songs = [await projects.add(ProjectDraft(name, ADA)) for name in ("Song", "Other")]
    ownership = InMemoryOwnership(studio)
    for project, number, owner in HELD:
        ownership.hold(songs[project - 1], box(number), owner, datetime(2026, 1, 1))
    return ownership


@pytest.fixture(params=["database", "memory"])
def grid(request: pytest.FixtureRequest) -> Iterator[Grid]:
    """The grid, once in PostgreSQL, once in memory."""
    if request.param == "memory":
        ownership = asyncio.run(_in_memory())
        yield Grid(ownership, ownership.rows)
        return
    target: ConnectionTarget = request.getfixturevalue("target")
    fill(target)
    for project, number, owner in HELD:
        hold(target, owner, number, project=project)
    database = Database(target, recovery_seconds=5.0)
    repository = OwnershipRepository(database, "me")
    yield Grid(repository, repository.rows)
    asyncio.run(database.shutdown())


def told(boxes: tuple[HeldBox, ...]) -> list[tuple[ProjectId | None, int, str | None, bool]]:
    return [(held.project_id, held.box_uuid.int, held.owner_name, held.row is not None) for held in boxes]


async def test_rows_are_found_by_project_person_and_box(grid: Grid) -> None:
    assert told(await grid.store.boxes_of(project_id=SONG)) == [
        (SONG, 1, "ada", True),
        (SONG, 2, "ada", True),
        (SONG, 2, "bo", True),
        (SONG, 3, None, True),
    ]
    assert told(await grid.store.boxes_of(owner_id=BO)) == [(SONG, 2, "bo", True), (OTHER, 1, "bo", True)]
    assert len(await grid.store.boxes_of(project_id=SONG, held_only=True)) == 3
    wanted = (box(1), box(9))
    assert told(await grid.store.boxes_of(project_id=SONG, boxes=wanted)) == [
        (SONG, 1, "ada", True),
        (SONG, 9, None, False),
    ]
    assert told(await grid.store.boxes_of(project_id=SONG, owner_id=ADA, boxes=wanted)) == [
        (SONG, 1, "ada", True)
    ]
    assert len(await grid.store.boxes_of(boxes=(box(1),))) == 2


async def test_rows_change_hands_and_missing_ones_are_added(grid: Grid) -> None:
    wanted: tuple[UUID, ...] = (box(1), box(3), box(9))
    done = await grid.store.assign(await grid.store.boxes_of(project_id=SONG, boxes=wanted), CY, "Mixing")

    assert {(row.owner_id, row.previous_owner_id) for row in done.changed} == {(CY, ADA), (CY, None)}
    assert done.conflicts == ()
    assert await grid.owners() == [CY, ADA, BO, CY, BO, CY]


async def test_what_changed_hands_meanwhile_stays(grid: Grid) -> None:
    planned = await grid.store.boxes_of(owner_id=ADA)
    await grid.store.assign(planned[:1], BO, "Faster")
    done = await grid.store.assign(planned, None, "Away")

    [stayed] = done.conflicts
    assert (stayed.expected, stayed.found, stayed.gone) == (ADA, BO, False)
    assert [(row.owner_id, row.previous_owner_id) for row in done.changed] == [(None, ADA)]
    assert await grid.owners() == [BO, None, BO, None, BO]


async def test_what_is_as_it_is_wished_already_is_neither_changed_nor_a_conflict(grid: Grid) -> None:
    planned = await grid.store.boxes_of(owner_id=ADA)
    await grid.store.assign(planned[:1], CY, "Faster")
    done = await grid.store.assign(planned[:1], CY, "The same")

    assert (done.changed, done.conflicts) == ((), ())


async def test_an_act_needs_a_reason(grid: Grid) -> None:
    with pytest.raises(InputError, match="A reason can't be empty"):
        await grid.store.assign(await grid.store.boxes_of(owner_id=ADA), None, "  ")
