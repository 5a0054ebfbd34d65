"""Whoever changes ownership, it is recorded, and no writer ever fails or waits for it."""

from __future__ import annotations

import pytest

from syncsphere_desktop.settings import ConnectionTarget
from tests.database.ownership import EVENTS, box, fill, hold, recorded
from tests.servers import execute, role, session


@pytest.fixture
def studio(target: ConnectionTarget) -> ConnectionTarget:
    """A database with three people and two projects."""
    fill(target)
    return target


def test_each_kind_of_change_is_recorded_with_both_owners(studio: ConnectionTarget) -> None:
    hold(studio, None, 1)
    hold(studio, 1, 2)
    execute(
        studio,
        "UPDATE box_ownership SET owner_id = 1 WHERE id = 1",
        "UPDATE box_ownership SET owner_id = 2 WHERE id = 1",
        "UPDATE box_ownership SET updated_at = now(), track_index = 7",
        "UPDATE box_ownership SET owner_id = NULL WHERE id = 1",
        "DELETE FROM box_ownership",
    )

    assert recorded(studio, "row_id, kind, owner_id, previous_owner_id")[:5] == [
        (1, "added", None, None),
        (2, "claimed", 1, None),
        (1, "claimed", 1, None),
        (1, "handed_over", 2, 1),
        (1, "released", None, 2),
    ]
    assert sorted(recorded(studio, "row_id, kind, previous_owner_id")[5:]) == [
        (1, "removed", None),
        (2, "removed", 1),
    ]


def test_a_row_that_moves_leaves_one_box_and_comes_to_another(studio: ConnectionTarget) -> None:
    hold(studio, 1, 1)
    execute(studio, "UPDATE box_ownership SET project_id = 2", "UPDATE box_ownership SET id = 900")

    assert recorded(studio, "kind, project_id, row_id, owner_id, previous_owner_id") == [
        ("claimed", 1, 1, 1, None),
        ("removed", 1, 1, None, 1),
        ("claimed", 2, 1, 1, None),
        ("removed", 2, 1, None, 1),
        ("claimed", 2, 900, 1, None),
    ]


def test_cascades_and_truncates_are_recorded(studio: ConnectionTarget) -> None:
    hold(studio, 1, 1, 2)
    hold(studio, 2, 3, project=2)
    execute(studio, "DELETE FROM projects WHERE id = 1", "TRUNCATE projects CASCADE")

    assert recorded(studio, "kind, project_id, previous_owner_id")[3:] == [
        ("removed", 1, 1),
        ("removed", 1, 1),
        ("removed", 2, 2),
    ]


def test_what_was_rolled_back_is_not_recorded(studio: ConnectionTarget) -> None:
    execute(studio, f"BEGIN; INSERT INTO box_ownership (box_uuid) VALUES ('{box(1)}'); ROLLBACK")

    assert recorded(studio) == []


def test_who_wrote_is_recorded_as_the_server_knows_them(studio: ConnectionTarget) -> None:
    grants = (
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    )
    execute(studio, "REVOKE USAGE ON SCHEMA syncsphere_desktop FROM PUBLIC")
    with role(studio, *grants) as service:
        with session(service, application_name="the studio's socket") as writer, writer.cursor() as cursor:
            cursor.execute(f"INSERT INTO box_ownership (box_uuid, owner_id) VALUES ('{box(1)}', 1)")
            cursor.execute("SET syncsphere_desktop.origin = 'me'")
            cursor.execute("DELETE FROM box_ownership")

        name = service.profile.user
        assert recorded(studio, "database_role, application, origin") == [
            (name, "the studio's socket", None),
            (name, "the studio's socket", "me"),
        ]


def test_a_locked_history_neither_stops_nor_holds_a_writer(studio: ConnectionTarget) -> None:
    with session(studio) as holder, holder.cursor() as cursor:
        cursor.execute(f"BEGIN; LOCK TABLE {EVENTS} IN ACCESS EXCLUSIVE MODE")
        with session(studio, options="-c statement_timeout=5000") as writer, writer.cursor() as writing:
            writing.execute(f"INSERT INTO box_ownership (box_uuid, owner_id) VALUES ('{box(1)}', 1)")
            writing.execute("SHOW lock_timeout")
            assert writing.fetchone() == ("0",)
        cursor.execute("ROLLBACK")

    assert execute(studio, "SELECT owner_id FROM box_ownership") == [(1,)]
    assert recorded(studio) == []


@pytest.mark.parametrize(
    "breakage",
    [
        f"DROP TABLE {EVENTS} CASCADE",
        f"ALTER TABLE {EVENTS} RENAME COLUMN kind TO kinds",
        "ALTER SEQUENCE syncsphere_desktop.ownership_events_id_seq MAXVALUE 2",
    ],
)
def test_a_broken_history_stops_no_writer(studio: ConnectionTarget, breakage: str) -> None:
    execute(studio, breakage)
    hold(studio, 1, 1, 2, 3)
    execute(studio, "UPDATE box_ownership SET owner_id = 2", "DELETE FROM projects")

    assert execute(studio, "SELECT count(*) FROM box_ownership") == [(0,)]


def test_a_month_that_nobody_made_has_a_place(studio: ConnectionTarget) -> None:
    months = execute(
        studio, f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{EVENTS}'::regclass"
    )
    execute(studio, *(f"DROP TABLE {name}" for (name,) in months if not name.endswith("_default")))
    hold(studio, 1, 1)

    assert recorded(studio) == [("claimed", 1, None)]
    # The month has events already, so it stays where it is; the others are made.
    assert execute(studio, "SELECT syncsphere_desktop.make_ownership_months(3)") == [(3,)]
    assert execute(studio, "SELECT syncsphere_desktop.make_ownership_months(3)") == [(0,)]
    hold(studio, 1, 2)
    assert len(recorded(studio)) == 2


def test_events_stand_in_their_month(studio: ConnectionTarget) -> None:
    hold(studio, 1, 1)

    assert execute(
        studio,
        f"SELECT tableoid::regclass::text = '{EVENTS}_' || to_char(at AT TIME ZONE 'UTC', 'YYYY_MM')"
        f" FROM {EVENTS}",
    ) == [(True,)]


def test_nobody_can_have_a_table_of_their_own_recorded(studio: ConnectionTarget) -> None:
    with role(studio, "GRANT CREATE ON SCHEMA public TO {role}") as other:
        assert execute(
            other, "SELECT has_function_privilege('syncsphere_desktop.record_ownership()', 'EXECUTE')"
        ) == [(False,)]
