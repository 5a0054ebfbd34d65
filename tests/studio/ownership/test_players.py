"""Who is sent to work for show: owners and editors of projects that have boxes to be claimed."""

from __future__ import annotations

from uuid import UUID

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import project_collaborators
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.studio.ownership.players import sample_players
from tests.studio.bundles.versions import Versions


class Band:
    """Projects with people and boxes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._versions = Versions(database)

    async def project(self, name: str, *roles: str, boxes: int = 3) -> tuple[ProjectId, list[UserId]]:
        """Add a project with a person for each role; the first of them holds its boxes."""
        project = await self._versions.project(name)
        people = [await self._versions.user(f"{name}-{number}") for number in range(len(roles))]
        rows = [
            {"project_id": project, "user_id": user, "role": role}
            for user, role in zip(people, roles, strict=True)
        ]
        insert = project_collaborators.insert().values(rows)
        await self._database.write(lambda connection: connection.execute(insert).rowcount)
        for number in range(boxes):
            await self._versions.owns(people[0], project, UUID(int=project * 100 + number))
        return project, people


async def test_owners_and_editors_play_with_the_boxes_of_their_project(database: Database) -> None:
    project, people = await Band(database).project("song", "owner", "editor", "viewer")

    players = await sample_players(database)

    assert {player.user_id for player in players} == set(people[:2])
    assert {player.username for player in players} == {"song-0", "song-1"}
    assert {player.project_id for player in players} == {project}
    assert all(len(player.boxes) == 3 for player in players)


async def test_nobody_plays_alone_nor_where_there_is_little_to_claim(database: Database) -> None:
    band = Band(database)
    await band.project("solo", "owner", "viewer")
    await band.project("sketch", "owner", "editor", boxes=2)

    assert await sample_players(database) == ()


async def test_a_few_people_of_the_first_projects_are_enough(database: Database) -> None:
    band = Band(database)
    first, _ = await band.project("crowd", *["owner"], *["editor"] * 5)
    made = [first, *[(await band.project(f"p{number}", "owner", "editor"))[0] for number in range(6)]]

    players = await sample_players(database)

    of_each = [sum(player.project_id == project for player in players) for project in made]
    assert of_each == [4, 2, 2, 2, 2, 2, 0]
