"""A database that has the six tables is adopted: nothing of them changes. One that differs is left alone."""

from __future__ import annotations

import subprocess

import pytest

from syncsphere_desktop.database.schema.revisions import known_revisions
from syncsphere_desktop.database.schema.runner import MigrationRunner
from syncsphere_desktop.database.schema.status import Origin, SchemaState
from syncsphere_desktop.database.server_programs import programs_folder
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.errors import AccessDeniedError, SchemaError
from syncsphere_desktop.settings import ConnectionTarget
from tests.servers import execute, role

REVISIONS = [revision.revision for revision in known_revisions()]
TABLES = ("users", "projects", "audio_files", "project_bundles", "box_ownership", "project_collaborators")


def dump(target: ConnectionTarget) -> list[str]:
    """Return what pg_dump writes of `public`, without our triggers and the random words of each dump."""
    profile = target.profile
    done = subprocess.run(
        [
            str(programs_folder() / "pg_dump"),
            *("--host", profile.host, "--port", str(profile.port), "--username", profile.user),
            *("--schema", "public", profile.database),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    noise = ("CREATE TRIGGER syncsphere_desktop_", "\\restrict", "\\unrestrict", "-- Name: ", "--", "")
    return [line for line in done.stdout.splitlines() if not line.startswith(noise[:4]) and line not in noise]


def places(target: ConnectionTarget) -> list[list[tuple[object, ...]]]:
    """Return where each row lies on disk, who wrote it, and each table's file."""
    rows = [execute(target, f"SELECT ctid::text, xmin::text, xmax::text FROM {name}") for name in TABLES]
    files = [execute(target, f"SELECT pg_relation_filenode('{name}')") for name in TABLES]
    return [*rows, *files]


def test_a_database_made_by_hand_is_adopted_and_nothing_of_it_changes(by_hand: ConnectionTarget) -> None:
    runner = MigrationRunner(by_hand)
    before = (dump(by_hand), places(by_hand))
    assert runner.status().state is SchemaState.ADOPTABLE
    assert runner.status().differences == ()

    done = runner.upgrade()

    assert (dump(by_hand), places(by_hand)) == before
    assert done.status.state is SchemaState.CURRENT
    assert done.status.origin is Origin.ADOPTED
    assert execute(by_hand, "SELECT * FROM public.alembic_version") == [("3f9c2ab81d04",)]


def test_going_back_leaves_an_adopted_database_as_it_was(by_hand: ConnectionTarget) -> None:
    runner = MigrationRunner(by_hand)
    before = (dump(by_hand), places(by_hand))
    runner.upgrade()
    assert runner.losses("base") == {}

    done = runner.downgrade("base", allow_data_loss=True)

    assert (dump(by_hand), places(by_hand)) == before
    assert done.status.state is SchemaState.ADOPTABLE
    assert not execute(by_hand, f"SELECT FROM pg_namespace WHERE nspname = '{OUR_SCHEMA}'")
    assert not execute(by_hand, "SELECT FROM pg_trigger WHERE NOT tgisinternal")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "ALTER TABLE users RENAME CONSTRAINT users_email_key TO uq_users_email",
            "What keeps users (email) unique is named uq_users_email, not users_email_key.",
        ),
        (
            "ALTER TABLE projects RENAME CONSTRAINT projects_owner_id_fkey TO fk_owner",
            "The foreign key of projects.owner_id is named fk_owner, not projects_owner_id_fkey.",
        ),
        (
            "ALTER INDEX users_pkey RENAME TO pk_users",
            "The primary key of users is named pk_users, not users_pkey.",
        ),
        (
            "DROP INDEX idx_box_ownership_project_uuid",
            "The index idx_box_ownership_project_uuid on box_ownership (project_id, box_uuid) is missing.",
        ),
        (
            "ALTER INDEX idx_box_ownership_project_uuid RENAME TO other",
            (
                "The index on box_ownership (project_id, box_uuid) is named other, not"
                " idx_box_ownership_project_uuid."
            ),
        ),
        (
            "ALTER TABLE users ADD COLUMN avatar text",
            "users has a column avatar (text) that SyncSphere does not know.",
        ),
        (
            "ALTER TABLE users ADD COLUMN level integer NOT NULL DEFAULT 0",
            "users has a column level (integer) that SyncSphere does not know.",
        ),
        ("ALTER TABLE users ALTER created_at SET NOT NULL", "users.created_at may not be empty."),
        (
            "ALTER TABLE users ADD CONSTRAINT short CHECK (length(username) > 1)",
            "users has a rule short that SyncSphere does not know: CHECK ((length((username)::text) > 1)).",
        ),
        ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "Row security on users may hide rows."),
        (
            "CREATE TABLE sessions (user_id integer REFERENCES users)",
            "The table sessions refers to the shared tables.",
        ),
    ],
)
def test_what_does_not_affect_the_app_is_told_and_tolerated(
    by_hand: ConnectionTarget, change: str, sentence: str
) -> None:
    execute(by_hand, change)
    status = MigrationRunner(by_hand).status()

    assert status.state is SchemaState.ADOPTABLE
    assert status.differences == (sentence,)
    assert status.read_only_reason is None
    assert MigrationRunner(by_hand).upgrade().status.state is SchemaState.CURRENT


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("ALTER TABLE users DROP COLUMN updated_at", "The column users.updated_at is missing."),
        (
            "ALTER TABLE users ALTER username TYPE text",
            "users.username is text, not character varying(100).",
        ),
        (
            "ALTER TABLE users ALTER username TYPE varchar(50)",
            "users.username is character varying(50), not character varying(100).",
        ),
        (
            "ALTER TABLE users ALTER created_at TYPE timestamptz",
            "users.created_at is timestamp with time zone, not timestamp without time zone.",
        ),
        ("ALTER TABLE users ALTER id DROP DEFAULT", "users.id does not number itself."),
        ("ALTER TABLE users ALTER created_at DROP DEFAULT", "users.created_at has no default, not now()."),
        (
            "ALTER TABLE projects ALTER is_public SET DEFAULT true",
            "projects.is_public has the default true, not false.",
        ),
        ("ALTER TABLE users ALTER email DROP NOT NULL", "users.email may be empty."),
        (
            "UPDATE projects SET room_id = id; ALTER TABLE projects ALTER room_id SET NOT NULL",
            "projects.room_id may not be empty.",
        ),
        ("ALTER TABLE users DROP CONSTRAINT users_email_key", "users (email) is not unique."),
        (
            "DROP INDEX idx_project_collaborators_unique",
            "project_collaborators (project_id, user_id) is not unique.",
        ),
        (
            "ALTER TABLE audio_files DROP CONSTRAINT audio_files_uploaded_by_fkey",
            "audio_files.uploaded_by does not refer to users.id.",
        ),
        (
            (
                "ALTER TABLE audio_files DROP CONSTRAINT audio_files_project_id_fkey,"
                " ADD FOREIGN KEY (project_id) REFERENCES projects"
            ),
            "audio_files.project_id has ON DELETE NO ACTION, not CASCADE.",
        ),
        (
            "ALTER TABLE users ADD fax text NOT NULL DEFAULT ''; ALTER TABLE users ALTER fax DROP DEFAULT",
            "users has a column fax (text) that SyncSphere does not know and that has to be filled.",
        ),
        ("DROP TABLE box_ownership", "The table box_ownership is missing."),
    ],
)
def test_what_affects_the_app_makes_a_database_foreign(
    by_hand: ConnectionTarget, change: str, sentence: str
) -> None:
    execute(by_hand, change)
    runner = MigrationRunner(by_hand)
    before = dump(by_hand)
    status = runner.status()

    assert status.state is SchemaState.FOREIGN
    assert status.hindrances == (sentence,)
    assert sentence in (status.read_only_reason or "")
    with pytest.raises(SchemaError):
        runner.upgrade()
    assert dump(by_hand) == before
    assert not execute(by_hand, f"SELECT FROM pg_namespace WHERE nspname = '{OUR_SCHEMA}'")


def test_ids_that_are_uuids_are_foreign(empty: ConnectionTarget, runner: MigrationRunner) -> None:
    execute(
        empty,
        *(f"CREATE TABLE {name} (id uuid PRIMARY KEY DEFAULT gen_random_uuid())" for name in TABLES),
    )
    status = runner.status()

    assert status.state is SchemaState.FOREIGN
    assert "users.id is uuid, not integer." in status.hindrances
    assert "The column users.username is missing." in status.hindrances
    assert "And " in (status.read_only_reason or "")


def test_a_view_in_the_place_of_a_table_is_foreign(by_hand: ConnectionTarget) -> None:
    execute(by_hand, "ALTER TABLE box_ownership RENAME TO boxes", "CREATE VIEW box_ownership AS TABLE boxes")
    status = MigrationRunner(by_hand).status()

    assert status.hindrances == ("box_ownership is not a table.",)


def test_an_identity_column_numbers_itself_as_well(by_hand: ConnectionTarget) -> None:
    execute(
        by_hand,
        "ALTER TABLE users ALTER id DROP DEFAULT",
        "ALTER TABLE users ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
    )

    assert MigrationRunner(by_hand).status().state is SchemaState.ADOPTABLE


def test_adoption_works_without_the_right_to_create_triggers(by_hand: ConnectionTarget) -> None:
    name = by_hand.profile.database
    grants = (f"GRANT CREATE ON DATABASE {name} TO {{role}}", "GRANT SELECT ON users TO {role}")
    with role(by_hand, *grants) as limited:
        done = MigrationRunner(limited).upgrade()

        assert done.status.state is SchemaState.CURRENT
        assert done.status.has_audit
        assert not done.status.has_notices
        assert done.status.goes_without == (
            ("What happens to tracks is not recorded: the app's triggers are not on the table of ownership."),
            "The database does not tell of every change of others; the tables are asked every 3 seconds.",
        )
        # Once it has the right, the same role brings what was left out.
        execute(by_hand, f"GRANT TRIGGER ON ALL TABLES IN SCHEMA public TO {limited.profile.user}")
        attached = MigrationRunner(limited).upgrade()
        assert (attached.revisions, attached.attached) == ((), 28)
        assert attached.status.has_notices
        assert attached.status.goes_without == ()


def test_nobody_attaches_triggers_to_the_function_of_a_role_that_could_change_it(
    by_hand: ConnectionTarget,
) -> None:
    with role(by_hand, f"GRANT CREATE ON DATABASE {by_hand.profile.database} TO {{role}}") as limited:
        MigrationRunner(limited).upgrade()
        owner = MigrationRunner(by_hand)

        assert owner.upgrade().attached == 0
        owner.downgrade("0002")
        assert owner.upgrade().status.has_notices


def test_a_role_without_rights_is_told_who_can(by_hand: ConnectionTarget) -> None:
    with role(
        by_hand, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ) as any_role:
        runner = MigrationRunner(any_role)
        status = runner.status()

        assert status.state is SchemaState.ADOPTABLE
        assert not status.may_upgrade
        assert status.read_only_reason is None
        assert any("the owner of the database can" in sentence for sentence in status.goes_without)
        with pytest.raises(AccessDeniedError, match=", ".join(REVISIONS)):
            runner.upgrade()
    assert not execute(by_hand, f"SELECT FROM pg_namespace WHERE nspname = '{OUR_SCHEMA}'")


def test_another_role_learns_the_revision_but_not_the_log(by_hand: ConnectionTarget) -> None:
    MigrationRunner(by_hand).upgrade()
    with role(by_hand) as reader:
        status = MigrationRunner(reader).status()

        assert (status.state, status.current) == (SchemaState.CURRENT, REVISIONS[-1])
        assert not status.has_audit
        assert status.goes_without == (
            (
                f"The role {reader.profile.user} may not add to the activity log,"
                " so changes leave no entry in it."
            ),
            (
                f"The role {reader.profile.user} may not keep what is found out about audio files:"
                " imports can't be undone, and nothing can be put into quarantine."
            ),
            (
                f"The role {reader.profile.user} may not keep what is found out about stored versions:"
                " they can't be labelled and pinned."
            ),
            f"The role {reader.profile.user} may not read the history of ownership.",
        )


def test_a_role_that_may_not_read_the_revision_is_told_so(by_hand: ConnectionTarget) -> None:
    MigrationRunner(by_hand).upgrade()
    execute(by_hand, f"REVOKE USAGE ON SCHEMA {OUR_SCHEMA} FROM PUBLIC")
    with role(by_hand) as reader:
        status = MigrationRunner(reader).status()

        assert status.state is SchemaState.CURRENT
        assert any("may not read which revision" in sentence for sentence in status.goes_without)
