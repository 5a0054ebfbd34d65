"""Each revision goes up and down with data in it, and the head is what `tables.py` says."""

from __future__ import annotations

import logging

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from syncsphere_desktop.database.schema.revisions import known_revisions
from syncsphere_desktop.database.schema.runner import MigrationRunner, migration_sql
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.database.tables import OUR_SCHEMA, our_metadata, studio_metadata
from syncsphere_desktop.errors import SchemaError, UsageError
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute, session

FILL = (
    "INSERT INTO users (username, email, password_hash) SELECT i, i, '-' FROM generate_series(1, 40) i",
    "INSERT INTO projects (name, owner_id) SELECT 'Song ' || i, i FROM generate_series(1, 20) AS i",
    "INSERT INTO audio_files (project_id, filename, file_path) SELECT i, i, i FROM generate_series(1, 9) i",
    "INSERT INTO project_bundles (project_id, bundle_data) SELECT i, 'x' FROM generate_series(1, 20) AS i",
    "INSERT INTO box_ownership (project_id, box_uuid) VALUES (1, gen_random_uuid()), (2, gen_random_uuid())",
    "INSERT INTO project_collaborators (project_id, user_id) SELECT i, i FROM generate_series(1, 20) AS i",
)
REVISIONS = [revision.revision for revision in known_revisions()]
TABLES = ("users", "projects", "audio_files", "project_bundles", "box_ownership", "project_collaborators")
ADD_ENTRY = (
    f"INSERT INTO {OUR_SCHEMA}.audit_log (actor, entity, entity_id, action) VALUES ('me', 'user', 1, 'add')"
)

LIBRARY_ROWS = {
    "audio_content": f"INSERT INTO {OUR_SCHEMA}.audio_content (file_id, file_path) VALUES (1, 'a')",
    "audio_imports": (
        f"INSERT INTO {OUR_SCHEMA}.audio_imports (id, actor, project_id, source)"
        " VALUES (gen_random_uuid(), 'me', 1, '/takes')"
    ),
    "trash": (
        f"INSERT INTO {OUR_SCHEMA}.trash (actor, reason, state, filename, original_path, expires_at)"
        " VALUES ('me', 'Silent.', 'held', 'a', 'a', now())"
    ),
}


def content(target: ConnectionTarget) -> dict[str, list[tuple[object, ...]]]:
    """Each row of the six tables with its place and version on disk: a row that was written again differs."""
    return {
        name: execute(target, f"SELECT ctid::text, xmin::text, t::text FROM {name} t ORDER BY id")
        for name in TABLES
    }


def everything(target: ConnectionTarget) -> list[tuple[object, ...]]:
    """What the catalogue holds of public and our schema."""
    return execute(
        target,
        "SELECT n.nspname, c.relname, c.relkind::text, c.relacl::text,"
        "  (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
        "     pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)"
        "   FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        "   WHERE a.attrelid = c.oid AND a.attnum > 0)::text,"
        "  (SELECT json_agg(pg_get_constraintdef(o.oid) ORDER BY o.conname) FROM pg_constraint o"
        "   WHERE o.conrelid = c.oid)::text,"
        "  (SELECT json_agg(pg_get_triggerdef(t.oid) ORDER BY t.tgname) FROM pg_trigger t"
        "   WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)::text"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname IN ('public', '{OUR_SCHEMA}') ORDER BY 1, 2",
    )


def test_the_head_is_what_the_tables_say(upgraded: ConnectionTarget) -> None:
    both = MetaData()
    for metadata in (studio_metadata, our_metadata):
        for table in metadata.tables.values():
            table.to_metadata(both)
    profile = upgraded.profile
    engine = create_engine(f"postgresql+psycopg2://{profile.user}@/{profile.database}?host={profile.host}")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                # The months of a partitioned table are made as they come.
                "include_name": lambda name, kind, _parents: (
                    kind != "table" or not str(name).startswith("ownership_events_")
                ),
                "version_table_schema": OUR_SCHEMA,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        differences = compare_metadata(context, both)
    engine.dispose()

    assert differences == []


def test_each_revision_goes_up_and_down_with_data_in_it(
    empty: ConnectionTarget, runner: MigrationRunner
) -> None:
    runner.upgrade("0001")
    execute(empty, *FILL)
    before = content(empty)
    stages = {}
    for revision in known_revisions()[1:]:
        stages[revision.revision] = everything(empty)
        runner.upgrade(revision.revision)
        assert content(empty) == before
        runner.downgrade("-1")
        assert everything(empty) == stages[revision.revision]
        assert content(empty) == before
        runner.upgrade(revision.revision)

    assert runner.status().state is SchemaState.CURRENT
    assert content(empty) == before


def test_base_is_as_empty_as_before(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    runner.upgrade()
    done = runner.downgrade("base")

    assert [revision.revision for revision in done.revisions] == REVISIONS[::-1]
    assert done.status.state is SchemaState.EMPTY
    assert everything(empty) == []
    assert not execute(empty, f"SELECT FROM pg_namespace WHERE nspname = '{OUR_SCHEMA}'")


def test_tables_that_we_created_are_not_dropped_with_rows_in_them(
    upgraded: ConnectionTarget, runner: MigrationRunner
) -> None:
    execute(upgraded, *FILL)
    before = content(upgraded)
    with pytest.raises(SchemaError, match="40 rows of users"):
        runner.downgrade("base")

    assert content(upgraded) == before
    assert runner.status().state is SchemaState.CURRENT
    assert runner.downgrade("base", allow_data_loss=True).status.state is SchemaState.EMPTY


def test_the_audit_log_is_not_dropped_with_entries_in_it(
    upgraded: ConnectionTarget, runner: MigrationRunner
) -> None:
    execute(upgraded, ADD_ENTRY)
    with pytest.raises(SchemaError, match="1 entry of the activity log"):
        runner.downgrade("0001")

    assert runner.status().current == REVISIONS[-1]
    assert runner.downgrade("0001", allow_data_loss=True).status.current == "0001"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {log} SET actor = 'somebody else'",
        "DELETE FROM {log}",
        "DELETE FROM {log} WHERE false",
        "TRUNCATE {log}",
    ],
)
def test_the_audit_log_refuses_every_change(upgraded: ConnectionTarget, change: str) -> None:
    execute(upgraded, ADD_ENTRY)
    with session(upgraded) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # switches ordinary triggers off
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(change.format(log=f"{OUR_SCHEMA}.audit_log"))

    assert execute(upgraded, f"SELECT actor FROM {OUR_SCHEMA}.audit_log") == [("me",)]


def test_the_printed_sql_gives_the_same_schema(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    runner.upgrade()
    expected = everything(empty)
    runner.downgrade("base")

    execute(empty, migration_sql())

    assert everything(empty) == expected
    assert runner.status().state is SchemaState.CURRENT
    execute(empty, migration_sql("head", "base"))
    assert everything(empty) == []


def test_the_printed_sql_refuses_to_lose_rows_too(upgraded: ConnectionTarget) -> None:
    execute(upgraded, FILL[0])
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match="users holds rows"):
        execute(upgraded, migration_sql("head", "base"))


def test_the_printed_sql_can_adopt(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    runner.upgrade()
    runner.downgrade("0001")
    execute(empty, f"DROP SCHEMA {OUR_SCHEMA} CASCADE")
    sql = migration_sql(adopts=True)
    assert "CREATE TABLE users" not in sql

    execute(empty, sql)

    assert runner.status().origin == "adopted"


def test_sql_from_a_revision_to_itself_is_nothing() -> None:
    assert migration_sql("head", "head") == ""
    with pytest.raises(UsageError, match="no revision 0099"):
        migration_sql("0099")


def test_revisions_are_one_line_in_the_order_of_their_files() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from syncsphere_desktop.assets import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    told = [revision.revision for revision in reversed(list(script.walk_revisions()))]

    assert told == [revision.revision for revision in known_revisions()]
    assert script.get_heads() == [known_revisions()[-1].revision]


def test_logging_stays_as_it_was(runner: MigrationRunner) -> None:
    ours = logging.getLogger("syncsphere_desktop.something")
    root = logging.getLogger()
    before = (list(root.handlers), root.level, ours.disabled, ours.level)

    runner.upgrade()

    assert (list(root.handlers), root.level, ours.disabled, ours.level) == before


@pytest.mark.parametrize("table", LIBRARY_ROWS)
def test_what_is_known_of_audio_files_is_not_dropped(
    upgraded: ConnectionTarget, runner: MigrationRunner, table: str
) -> None:
    execute(upgraded, LIBRARY_ROWS[table])
    with pytest.raises(SchemaError, match=r"would remove 1 (row|entry) of"):
        runner.downgrade("0003")
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match=f"{table} holds rows"):
        execute(upgraded, migration_sql("0004", "0003"))

    assert execute(upgraded, f"SELECT count(*) FROM {OUR_SCHEMA}.{table}") == [(1,)]
    assert runner.downgrade("0003", allow_data_loss=True).status.current == "0003"


def test_labels_and_pins_of_versions_are_not_dropped(
    upgraded: ConnectionTarget, runner: MigrationRunner
) -> None:
    execute(
        upgraded, f"INSERT INTO {OUR_SCHEMA}.bundle_marks (bundle_id, label, actor) VALUES (1, 'Mix', 'me')"
    )
    with pytest.raises(SchemaError, match="would remove 1 row of bundle_marks"):
        runner.downgrade("0005")
    with pytest.raises(psycopg2.errors.ObjectNotInPrerequisiteState, match="bundle_marks holds rows"):
        execute(upgraded, migration_sql("0006", "0005"))

    assert runner.downgrade("0005", allow_data_loss=True).status.current == "0005"


def test_what_a_check_finds_out_again_may_go(upgraded: ConnectionTarget, runner: MigrationRunner) -> None:
    execute(
        upgraded,
        f"INSERT INTO {OUR_SCHEMA}.audio_stores (id, url) VALUES ('s', '/audio')",
        f"INSERT INTO {OUR_SCHEMA}.audio_checks (actor, deep) VALUES ('me', true)",
        f"INSERT INTO {OUR_SCHEMA}.audio_orphans (path, size, modified, check_id) VALUES ('a', 1, 1.5, 1)",
    )

    assert runner.downgrade("0003").status.current == "0003"


def test_a_hash_has_the_length_of_a_hash(upgraded: ConnectionTarget) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        execute(
            upgraded,
            f"INSERT INTO {OUR_SCHEMA}.audio_content (file_id, file_path, sha256) VALUES (1, 'a', 'short')",
        )
