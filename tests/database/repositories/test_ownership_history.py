"""The history tells what the grid looked like at any moment, who held what when, and how much went on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.ownership_history import OwnershipHistory
from syncsphere_desktop.database.repositories.ownership_months import HistoryMonths
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.ownership import HoldingState
from syncsphere_desktop.domain.ownership_history import EventKind, Span
from syncsphere_desktop.errors import AccessDeniedError, InputError, SchemaError
from syncsphere_desktop.settings import ConnectionTarget
from tests.database.ownership import EVENTS, box, fill, hold
from tests.database_work import opened
from tests.servers import execute, role

SONG, OTHER = ProjectId(1), ProjectId(2)
ADA, BO, CY = UserId(1), UserId(2), UserId(3)
T0 = datetime(2026, 5, 1, 12, tzinfo=UTC)


def hour(number: float) -> datetime:
    """A moment of the story that `told` tells."""
    return T0 + timedelta(hours=number)


@pytest.fixture
def history(database: Database, target: ConnectionTarget) -> OwnershipHistory:
    """A story by the hour: ada claims box 1, bo claims 2, bo takes 1 over, 2 is removed."""
    fill(target)
    story = (
        f"INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (1, '{box(1)}', 1)",
        f"INSERT INTO box_ownership (project_id, box_uuid, owner_id) VALUES (1, '{box(2)}', 2)",
        "UPDATE box_ownership SET owner_id = 2 WHERE id = 1",
        "DELETE FROM box_ownership WHERE id = 2",
    )
    execute(target, *story)
    execute(target, f"UPDATE {EVENTS} SET at = '{T0.isoformat()}'::timestamptz + id * interval '1 hour'")
    execute(
        target, f"UPDATE box_ownership SET created_at = '{T0.isoformat()}'::timestamptz + interval '1 hour'"
    )
    return OwnershipHistory(database)


async def owners_at(history: OwnershipHistory, moment: datetime) -> dict[int, tuple[UserId, ...]]:
    return {held.box_uuid.int: held.owners for held in await history.at(SONG, moment)}


async def test_the_grid_of_any_moment_is_known(history: OwnershipHistory) -> None:
    assert await owners_at(history, hour(0.5)) == {}
    assert await owners_at(history, hour(1)) == {1: (ADA,)}
    assert await owners_at(history, hour(2.5)) == {1: (ADA,), 2: (BO,)}
    assert await owners_at(history, hour(3.5)) == {1: (BO,), 2: (BO,)}
    assert await owners_at(history, hour(9)) == {1: (BO,)}
    [held] = await history.at(SONG, hour(9))
    assert (held.since, held.row_ids, held.row_owners) == (hour(3), (OwnershipId(1),), (BO,))
    assert await history.at(ProjectId(99), hour(9)) == ()


async def test_what_came_before_the_history_is_told_as_far_as_it_tells(
    history: OwnershipHistory, target: ConnectionTarget
) -> None:
    execute(
        target,
        "ALTER TABLE box_ownership DISABLE TRIGGER USER",
        "INSERT INTO box_ownership (project_id, box_uuid, owner_id, created_at)"
        f" VALUES (1, '{box(7)}', 3, '2026-04-01')",
        "ALTER TABLE box_ownership ENABLE TRIGGER USER",
        f"DELETE FROM {EVENTS} WHERE id <= 2",
    )

    assert await owners_at(history, hour(0.5)) == {1: (ADA,), 2: (BO,), 7: (CY,)}
    assert await owners_at(history, hour(5)) == {1: (BO,), 7: (CY,)}
    # Nothing happened to it in all the time that is known of.
    assert await owners_at(history, datetime(2026, 3, 1, tzinfo=UTC)) == {1: (ADA,), 2: (BO,)}


async def test_several_rows_of_a_box_are_contested_in_the_past_too(
    history: OwnershipHistory, target: ConnectionTarget
) -> None:
    hold(target, CY, 1)
    [held] = await history.at(SONG, datetime.now(UTC) + timedelta(hours=1))

    assert held.state is HoldingState.CONTESTED
    assert held.owners == (BO, CY)


async def test_lanes_show_who_held_a_box_when(history: OwnershipHistory) -> None:
    lanes = {lane.box_uuid.int: lane.spans for lane in await history.lanes(SONG, hour(1.5), hour(9))}

    assert lanes == {
        1: (Span(ADA, hour(1), hour(3)), Span(BO, hour(3), None)),
        2: (Span(BO, hour(2), hour(4)),),
    }
    assert await history.lanes(OTHER, hour(0), hour(9)) == ()


async def test_heat_counts_the_events_of_each_part(
    history: OwnershipHistory, target: ConnectionTarget
) -> None:
    hold(target, ADA, 5, project=2)
    execute(target, f"UPDATE {EVENTS} SET at = '{hour(1.5).isoformat()}' WHERE project_id = 2")
    first, second = await history.heat(hour(1), hour(5), 2)

    assert (first.project_name, first.counts, first.total) == ("Song", (2, 2), 4)
    assert (second.project_name, second.counts) == ("Other", (1, 0))
    assert await history.heat(hour(8), hour(9), 5) == ()
    with pytest.raises(InputError):
        await history.heat(hour(2), hour(1), 5)


async def test_the_log_can_be_read_from_its_end_and_narrowed_down(
    history: OwnershipHistory, target: ConnectionTarget
) -> None:
    execute(target, "UPDATE projects SET owner_id = 2", "DELETE FROM users WHERE id = 1")
    newest_first = ListQuery(Sort("id", descending=True))
    page, count = await history.events.first_page(newest_first, 10)
    assert (await history.events.prepare(newest_first)).value == count.value == 4
    events = [event for event in page.rows if event is not None]

    assert [event.kind for event in events] == [
        EventKind.REMOVED,
        EventKind.HANDED_OVER,
        EventKind.CLAIMED,
        EventKind.CLAIMED,
    ]
    handed = events[1]
    assert (handed.project_name, handed.owner_name, handed.previous_owner_id) == ("Song", "bo", ADA)
    assert handed.previous_owner_name is None  # the user is gone
    assert await history.newest_id() == 4
    for filters, ids in (
        ({"kind": "claimed"}, [1, 2]),
        ({"user_id": 1}, [1, 3]),
        ({"box_uuid": str(box(2))}, [2, 4]),
        ({"since_id": 3}, [4]),
        ({"since": hour(2).isoformat(), "until": hour(4).isoformat()}, [2, 3]),
        ({"project_id": 2}, []),
    ):
        query = ListQuery(Sort("id"), filters=filters)
        total = (await history.events.prepare(query)).value
        assert list(await history.events.ids(query, 0, total)) == ids


async def test_ids_beyond_four_bytes_are_read(history: OwnershipHistory, target: ConnectionTarget) -> None:
    execute(target, "SELECT setval('syncsphere_desktop.ownership_events_id_seq', 5000000000)")
    hold(target, ADA, 5)
    query = ListQuery(Sort("id", descending=True))
    assert (await history.events.prepare(query)).value == 5
    page = await history.events.page(query, 0, 1)
    assert page.rows[0] is not None
    assert page.rows[0].id == 5_000_000_001


async def test_the_state_says_what_is_missing(
    history: OwnershipHistory, database: Database, target: ConnectionTarget
) -> None:
    state = await history.state()
    assert (state.readable, state.recording, state.since, state.reason) == (True, True, hour(1), None)
    execute(target, "DROP TRIGGER syncsphere_desktop_record_update ON box_ownership")
    assert not (await history.state()).recording
    MigrationRunner(target).downgrade("0006", allow_data_loss=True)
    async with opened(target) as without:
        bare = OwnershipHistory(without)
        state = await bare.state()
        assert (state.readable, state.recording) == (False, False)
        assert "migrate upgrade" in str(state.reason)
        with pytest.raises(SchemaError):
            await bare.at(SONG, hour(1))
        with pytest.raises(SchemaError):
            await bare.events.first_page(ListQuery(Sort("id")), 10)
        with pytest.raises(SchemaError):
            await HistoryMonths(without).list()
        assert await HistoryMonths(without).make() == 0


async def test_old_months_are_dropped_and_nothing_else(
    history: OwnershipHistory, database: Database, target: ConnectionTarget
) -> None:
    months = HistoryMonths(database)
    before = await months.list()
    assert await months.make(14) == 2
    hold(target, ADA, 9)
    assert await months.events_before(datetime.now(UTC)) == 4  # those of the story, which have no month
    assert await months.forget_before(datetime.now(UTC)) == ()
    assert await months.events_before(datetime.now(UTC)) == 0
    later = before[0] + timedelta(days=70)
    assert await months.forget_before(later) == before[:2]
    assert (await months.list())[0] == before[2]
    assert await history.newest_id() == 0
    hold(target, ADA, 10)  # has no month any more, and is kept all the same
    assert await history.newest_id() == 6


async def test_a_role_without_the_right_neither_makes_nor_drops_months(
    history: OwnershipHistory, target: ConnectionTarget
) -> None:
    with role(target, f"GRANT SELECT ON {EVENTS} TO {{role}}") as reader:
        async with opened(reader) as database:
            months = HistoryMonths(database)
            assert await months.make() == 0
            with pytest.raises(AccessDeniedError):
                await months.forget_before(datetime.now(UTC) + timedelta(days=40))
