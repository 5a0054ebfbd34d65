"""Which members of a studio are sent to work in it for show."""

from __future__ import annotations

from itertools import groupby

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.feed.activity import Player
from syncsphere_desktop.studio.actor import current_actor

_PROJECTS = 6
_PLAYERS_A_PROJECT = 4
_FEWEST_BOXES = 3


async def sample_players(database: Database) -> tuple[Player, ...]:
    """Return members who may claim boxes, of the first projects that have some. Raises AppError."""
    holdings = [one for one in await OwnershipClaims(database).all_holdings() if one.project_id is not None]
    collaborators = CollaboratorRepository(database, current_actor())
    players: list[Player] = []
    projects = 0
    for project, found in groupby(holdings, key=lambda one: one.project_id):
        boxes = tuple(holding.box_uuid for holding in found)
        if project is None or len(boxes) < _FEWEST_BOXES:
            continue
        people = [
            Player(project, one.user_id, one.username, boxes)
            for one in await collaborators.of_project(project)
            if one.role in (Role.OWNER, Role.EDITOR)
        ]
        if len(people) > 1:
            players += people[:_PLAYERS_A_PROJECT]
            projects += 1
        if projects == _PROJECTS:
            break
    return tuple(players)
