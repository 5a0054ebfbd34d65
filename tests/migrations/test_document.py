"""`migrate upgrade` on an empty database gives exactly what the schema document says, word by word."""

from __future__ import annotations

import pytest

from syncsphere_desktop.database.tables import our_metadata
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute

NOW = "now()"
INTEGER, TIMESTAMP = "integer", "timestamp without time zone"


def varchar(length: int) -> str:
    return f"character varying({length})"


def id_of(table: str) -> tuple[str, str, bool, str]:
    return ("id", INTEGER, False, f"nextval('{table}_id_seq'::regclass)")


# Name, type, whether it may be empty, default.
COLUMNS = {
    "users": [
        id_of("users"),
        ("username", varchar(100), False, None),
        ("email", varchar(255), False, None),
        ("password_hash", varchar(255), False, None),
        ("created_at", TIMESTAMP, True, NOW),
        ("updated_at", TIMESTAMP, True, NOW),
    ],
    "projects": [
        id_of("projects"),
        ("name", varchar(255), False, None),
        ("description", "text", True, None),
        ("owner_id", INTEGER, True, None),
        ("room_id", varchar(100), True, None),
        ("is_public", "boolean", True, "false"),
        ("created_at", TIMESTAMP, True, NOW),
        ("updated_at", TIMESTAMP, True, NOW),
    ],
    "audio_files": [
        id_of("audio_files"),
        ("project_id", INTEGER, True, None),
        ("filename", varchar(255), False, None),
        ("file_path", varchar(500), False, None),
        ("file_size", "bigint", True, None),
        ("duration", "double precision", True, None),
        ("sample_rate", INTEGER, True, None),
        ("channels", INTEGER, True, None),
        ("format", varchar(50), True, None),
        ("uploaded_by", INTEGER, True, None),
        ("created_at", TIMESTAMP, True, NOW),
    ],
    "project_bundles": [
        id_of("project_bundles"),
        ("project_id", INTEGER, True, None),
        ("bundle_data", "bytea", False, None),
        ("version", INTEGER, True, "1"),
        ("created_by", INTEGER, True, None),
        ("created_at", TIMESTAMP, True, NOW),
    ],
    "box_ownership": [
        id_of("box_ownership"),
        ("project_id", INTEGER, True, None),
        ("box_uuid", "uuid", False, None),
        ("track_index", INTEGER, True, None),
        ("owner_id", INTEGER, True, None),
        ("created_at", TIMESTAMP, True, NOW),
        ("updated_at", TIMESTAMP, True, NOW),
    ],
    "project_collaborators": [
        id_of("project_collaborators"),
        ("project_id", INTEGER, True, None),
        ("user_id", INTEGER, True, None),
        ("role", varchar(50), True, "'editor'::character varying"),
        ("joined_at", TIMESTAMP, True, NOW),
    ],
}

CONSTRAINTS = {
    ("users", "users_pkey", "PRIMARY KEY (id)"),
    ("users", "users_username_key", "UNIQUE (username)"),
    ("users", "users_email_key", "UNIQUE (email)"),
    ("projects", "projects_pkey", "PRIMARY KEY (id)"),
    ("projects", "projects_room_id_key", "UNIQUE (room_id)"),
    ("projects", "projects_owner_id_fkey", "FOREIGN KEY (owner_id) REFERENCES users(id)"),
    ("audio_files", "audio_files_pkey", "PRIMARY KEY (id)"),
    (
        "audio_files",
        "audio_files_project_id_fkey",
        "FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    ),
    ("audio_files", "audio_files_uploaded_by_fkey", "FOREIGN KEY (uploaded_by) REFERENCES users(id)"),
    ("project_bundles", "project_bundles_pkey", "PRIMARY KEY (id)"),
    (
        "project_bundles",
        "project_bundles_project_id_fkey",
        "FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    ),
    ("project_bundles", "project_bundles_created_by_fkey", "FOREIGN KEY (created_by) REFERENCES users(id)"),
    ("box_ownership", "box_ownership_pkey", "PRIMARY KEY (id)"),
    (
        "box_ownership",
        "box_ownership_project_id_fkey",
        "FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    ),
    ("box_ownership", "box_ownership_owner_id_fkey", "FOREIGN KEY (owner_id) REFERENCES users(id)"),
    ("project_collaborators", "project_collaborators_pkey", "PRIMARY KEY (id)"),
    (
        "project_collaborators",
        "project_collaborators_project_id_fkey",
        "FOREIGN KEY (project_id) REFERENCES projects(id) ON DELETE CASCADE",
    ),
    (
        "project_collaborators",
        "project_collaborators_user_id_fkey",
        "FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE",
    ),
}

INDEXES = {
    "users_pkey": "CREATE UNIQUE INDEX users_pkey ON public.users USING btree (id)",
    "users_username_key": "CREATE UNIQUE INDEX users_username_key ON public.users USING btree (username)",
    "users_email_key": "CREATE UNIQUE INDEX users_email_key ON public.users USING btree (email)",
    "projects_pkey": "CREATE UNIQUE INDEX projects_pkey ON public.projects USING btree (id)",
    "projects_room_id_key": (
        "CREATE UNIQUE INDEX projects_room_id_key ON public.projects USING btree (room_id)"
    ),
    "audio_files_pkey": "CREATE UNIQUE INDEX audio_files_pkey ON public.audio_files USING btree (id)",
    "project_bundles_pkey": (
        "CREATE UNIQUE INDEX project_bundles_pkey ON public.project_bundles USING btree (id)"
    ),
    "box_ownership_pkey": "CREATE UNIQUE INDEX box_ownership_pkey ON public.box_ownership USING btree (id)",
    "idx_box_ownership_project_uuid": (
        "CREATE INDEX idx_box_ownership_project_uuid ON public.box_ownership"
        " USING btree (project_id, box_uuid)"
    ),
    "idx_box_ownership_project_index": (
        "CREATE INDEX idx_box_ownership_project_index ON public.box_ownership"
        " USING btree (project_id, track_index)"
    ),
    "project_collaborators_pkey": (
        "CREATE UNIQUE INDEX project_collaborators_pkey ON public.project_collaborators USING btree (id)"
    ),
    "idx_project_collaborators_unique": (
        "CREATE UNIQUE INDEX idx_project_collaborators_unique ON public.project_collaborators"
        " USING btree (project_id, user_id)"
    ),
}


@pytest.mark.parametrize("table", COLUMNS)
def test_each_column_is_as_the_document_says(upgraded: ConnectionTarget, table: str) -> None:
    found = execute(
        upgraded,
        "SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, pg_get_expr(adbin, adrelid)"
        " FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
        f" WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 ORDER BY attnum",
    )

    assert found == COLUMNS[table]


def test_there_are_the_six_tables_and_nothing_else_in_public(upgraded: ConnectionTarget) -> None:
    found = execute(upgraded, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

    assert {name for (name,) in found} == set(COLUMNS)


def test_each_constraint_has_the_name_that_postgresql_gives(upgraded: ConnectionTarget) -> None:
    found = execute(
        upgraded,
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'c', 'x')",
    )

    assert set(found) == CONSTRAINTS


def test_each_index_has_the_name_that_the_document_gives(upgraded: ConnectionTarget) -> None:
    found = execute(upgraded, "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")

    assert dict(found) == INDEXES


def test_each_id_has_a_sequence_of_its_own_that_goes_with_it(upgraded: ConnectionTarget) -> None:
    found = execute(
        upgraded,
        "SELECT s.relname, d.refobjid::regclass::text, format_type(q.seqtypid, NULL)"
        " FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid"
        " JOIN pg_depend d ON d.objid = s.oid AND d.deptype = 'a'"
        " WHERE s.relnamespace = 'public'::regnamespace",
    )

    assert set(found) == {(f"{table}_id_seq", table, INTEGER) for table in COLUMNS}


def test_a_row_takes_the_defaults(upgraded: ConnectionTarget) -> None:
    [row] = execute(
        upgraded,
        "INSERT INTO users (username, email, password_hash) VALUES ('ada', 'a@x', '-')",
        "INSERT INTO projects (name, owner_id) VALUES ('Song', 1)",
        "INSERT INTO project_collaborators (project_id, user_id) VALUES (1, 1)",
        "INSERT INTO project_bundles (project_id, bundle_data) VALUES (1, '')",
        "SELECT is_public, role, version FROM projects p JOIN project_collaborators c ON c.project_id = p.id"
        " JOIN project_bundles b ON b.project_id = p.id",
    )

    assert row == (False, "editor", 1)


def test_our_side_tables_are_in_our_schema(upgraded: ConnectionTarget) -> None:
    found = execute(upgraded, "SELECT tablename FROM pg_tables WHERE schemaname = 'syncsphere_desktop'")

    ours = {table.name for table in our_metadata.sorted_tables}
    assert {name for (name,) in found if not name.startswith("ownership_events_")} == {
        "alembic_version",
        *ours,
    }
