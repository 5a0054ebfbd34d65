"""Claims are decided once, whoever asks and from wherever; what stands in the table is shown as it is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.ownership_claims import OwnershipClaims
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import Claimed, HeldBy, HoldingState, Released
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.ownership import box, fill, hold, recorded
from tests.database_work import opened
from tests.servers import execute, session

SONG, OTHER = ProjectId(1), ProjectId(2)
ADA, BO, CY = UserId(1), UserId(2), UserId(3)


@pytest.fixture
def claims(database: Database, target: ConnectionTarget) -> OwnershipClaims:
    """Claims in a database with three people and two projects."""
    fill(target)
    return OwnershipClaims(database)


async def test_a_free_box_is_claimed_and_released(claims: OwnershipClaims, target: ConnectionTarget) -> None:
    assert await claims.claim(SONG, box(1), ADA, track_index=4) == Claimed(OwnershipId(1))
    assert await claims.claim(SONG, box(1), ADA) == Claimed(OwnershipId(1), already=True)
    assert await claims.claim(SONG, box(1), BO) == HeldBy((ADA,))
    assert await claims.claim(OTHER, box(1), BO) == Claimed(OwnershipId(2))
    assert await claims.release(SONG, box(1), BO) == HeldBy((ADA,))
    assert await claims.release(SONG, box(1), ADA) == Released((OwnershipId(1),))
    assert await claims.release(SONG, box(1), ADA) == Released(())
    assert await claims.claim(SONG, box(1), BO) == Claimed(OwnershipId(1))

    [held] = await claims.holdings(SONG)
    assert (held.box_uuid, held.owners, held.track_index, held.project_id) == (box(1), (BO,), 4, SONG)
    assert held.since is not None
    assert abs(held.since - datetime.now(UTC)) < timedelta(minutes=5)
    assert [kind for kind, *_ in recorded(target)] == ["claimed", "claimed", "released", "claimed"]
    assert execute(target, "SELECT count(*) FROM syncsphere_desktop.audit_log") == [(0,)]


async def test_racing_claims_from_several_servers_have_one_winner(
    claims: OwnershipClaims, target: ConnectionTarget
) -> None:
    async with AsyncExitStack() as stack:
        servers = [OwnershipClaims(await stack.enter_async_context(opened(target))) for _ in range(2)]
        for number in range(20):
            outcomes = await asyncio.gather(
                *(servers[i % 2].claim(SONG, box(number), UserId(1 + i % 3)) for i in range(6))
            )
            [winner] = {
                holding.owner for holding in await claims.holdings(SONG) if holding.box_uuid == box(number)
            }
            assert winner is not None
            for i, outcome in enumerate(outcomes):
                assert isinstance(outcome, Claimed) is (1 + i % 3 == winner)

    assert execute(target, "SELECT count(*) FROM box_ownership") == [(20,)]


async def test_a_box_with_several_rows_is_contested_and_stays_so(
    claims: OwnershipClaims, target: ConnectionTarget
) -> None:
    hold(target, None, 1)
    hold(target, ADA, 1)
    hold(target, BO, 1)
    assert await claims.claim(SONG, box(1), ADA) == HeldBy((BO,))
    assert await claims.claim(SONG, box(1), CY) == HeldBy((ADA, BO))

    [held] = await claims.holdings(SONG)
    assert held.state is HoldingState.CONTESTED
    assert held.owners == (ADA, BO)
    assert [row.owner_id for row in held.rows] == [None, ADA, BO]
    assert await claims.release(SONG, box(1), BO) == Released((OwnershipId(3),))
    assert await claims.claim(SONG, box(1), ADA) == Claimed(OwnershipId(2), already=True)


async def test_odd_rows_are_shown_for_what_they_are(
    claims: OwnershipClaims, target: ConnectionTarget
) -> None:
    hold(target, ADA, 1, project=None)
    hold(target, None, 2)
    execute(
        target,
        "UPDATE box_ownership SET updated_at = 'infinity' WHERE id = 1",
        "UPDATE box_ownership SET updated_at = NULL, created_at = NULL WHERE id = 2",
    )
    nowhere, unowned = sorted(await claims.all_holdings(), key=lambda holding: holding.row_ids)

    assert (nowhere.project_id, nowhere.owners, nowhere.since) == (None, (ADA,), None)
    assert (unowned.project_id, unowned.state, unowned.since) == (SONG, HoldingState.UNOWNED, None)


async def test_people_and_projects_that_are_gone_claim_nothing(claims: OwnershipClaims) -> None:
    with pytest.raises(NotFoundError, match="no project 1, or no user 99"):
        await claims.claim(SONG, box(1), UserId(99))
    with pytest.raises(NotFoundError):
        await claims.claim(ProjectId(99), box(1), ADA)
    assert await claims.holdings(ProjectId(99)) == ()


async def test_a_service_that_writes_by_itself_is_waited_for(
    claims: OwnershipClaims, target: ConnectionTarget
) -> None:
    hold(target, None, 1)
    with session(target) as service, service.cursor() as cursor:
        cursor.execute("BEGIN; UPDATE box_ownership SET owner_id = 2")
        claim = asyncio.ensure_future(claims.claim(SONG, box(1), ADA))
        await asyncio.sleep(0.1)
        assert not claim.done()
        cursor.execute("COMMIT")
        assert await claim == HeldBy((BO,))
