"""The six tables that the services share, created or adopted.

Where they are already, nothing about them changes: the runner has compared them column by column before.
Which of the two it was is recorded, so that going back never drops what somebody else made.
"""

from __future__ import annotations

from alembic import context, op
from sqlalchemy import text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SHARED_TABLES = (
    "users",
    "projects",
    "audio_files",
    "project_bundles",
    "box_ownership",
    "project_collaborators",
)

CREATE_SHARED_TABLES = (
    """
CREATE TABLE users (
    id SERIAL PRIMARY KEY,
    username VARCHAR(100) UNIQUE NOT NULL,
    email VARCHAR(255) UNIQUE NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
)""",
    """
CREATE TABLE projects (
    id SERIAL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    description TEXT,
    owner_id INTEGER REFERENCES users(id),
    room_id VARCHAR(100) UNIQUE,
    is_public BOOLEAN DEFAULT false,
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
)""",
    """
CREATE TABLE audio_files (
    id SERIAL PRIMARY KEY,
    project_id INTEGER REFERENCES projects(id) ON DELETE CASCADE,
    filename VARCHAR(255) NOT NULL,
    file_path VARCHAR(500) NOT NULL,
    file_size BIGINT,
    duration FLOAT,
    sample_rate INTEGER,
    channels INTEGER,
    format VARCHAR(50),
    uploaded_by INTEGER REFERENCES users(id),
    created_at TIMESTAMP DEFAULT NOW()
)""",
    """
CREATE TABLE project_bundles (
    id SERIAL PRIMARY KEY,
    project_id INTEGER REFERENCES projects(id) ON DELETE CASCADE,
    bundle_data BYTEA NOT NULL,
    version INTEGER DEFAULT 1,
    created_by INTEGER REFERENCES users(id),
    created_at TIMESTAMP DEFAULT NOW()
)""",
    """
CREATE TABLE box_ownership (
    id SERIAL PRIMARY KEY,
    project_id INTEGER REFERENCES projects(id) ON DELETE CASCADE,
    box_uuid UUID NOT NULL,
    track_index INTEGER,
    owner_id INTEGER REFERENCES users(id),
    created_at TIMESTAMP DEFAULT NOW(),
    updated_at TIMESTAMP DEFAULT NOW()
)""",
    "CREATE INDEX idx_box_ownership_project_uuid ON box_ownership (project_id, box_uuid)",
    "CREATE INDEX idx_box_ownership_project_index ON box_ownership (project_id, track_index)",
    """
CREATE TABLE project_collaborators (
    id SERIAL PRIMARY KEY,
    project_id INTEGER REFERENCES projects(id) ON DELETE CASCADE,
    user_id INTEGER REFERENCES users(id) ON DELETE CASCADE,
    role VARCHAR(50) DEFAULT 'editor',
    joined_at TIMESTAMP DEFAULT NOW()
)""",
    "CREATE UNIQUE INDEX idx_project_collaborators_unique ON project_collaborators (project_id, user_id)",
)

CREATE_ORIGIN = """
CREATE TABLE syncsphere_desktop.studio_origin (
    only_row BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
    origin TEXT NOT NULL CHECK (origin IN ('created', 'adopted')),
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    database_role TEXT NOT NULL DEFAULT CURRENT_USER
)"""

# Locked before they are looked at, so that nobody adds a row between the look and the end.
DROP_WHAT_WE_CREATED = """
DO $$
DECLARE
    shared text;
    has_rows boolean;
BEGIN
    IF (SELECT origin FROM syncsphere_desktop.studio_origin) = 'created' THEN
        FOREACH shared IN ARRAY ARRAY['project_collaborators', 'box_ownership', 'project_bundles',
                                      'audio_files', 'projects', 'users'] LOOP
            CONTINUE WHEN to_regclass(shared) IS NULL;
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', shared);
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', shared) INTO has_rows;
            IF has_rows AND NOT {allowed} THEN
                RAISE EXCEPTION 'The table % holds rows and is not dropped.', shared
                    USING ERRCODE = 'object_not_in_prerequisite_state';
            END IF;
        END LOOP;
        DROP TABLE IF EXISTS project_collaborators, box_ownership, project_bundles, audio_files,
            projects, users;
    END IF;
END
$$"""


def upgrade() -> None:
    """Create the six tables where there are none, and record whether we did."""
    adopted = _are_there_already()
    if not adopted:
        for statement in CREATE_SHARED_TABLES:
            op.execute(statement)
    op.execute(CREATE_ORIGIN)
    origin = "adopted" if adopted else "created"
    op.execute(f"INSERT INTO syncsphere_desktop.studio_origin (origin) VALUES ('{origin}')")
    # Every role may learn the revision, so that an app knows what it works on; nothing else is granted.
    op.execute("GRANT USAGE ON SCHEMA syncsphere_desktop TO PUBLIC")
    op.execute(
        "GRANT SELECT ON syncsphere_desktop.alembic_version, syncsphere_desktop.studio_origin TO PUBLIC"
    )


def downgrade() -> None:
    """Drop the six tables if we created them and they are empty; leave them alone if they were adopted."""
    allowed = context.config.attributes.get("allow_data_loss", False)
    op.execute(DROP_WHAT_WE_CREATED.format(allowed="true" if allowed else "false"))
    op.execute("REVOKE SELECT ON syncsphere_desktop.alembic_version FROM PUBLIC")
    op.execute("REVOKE USAGE ON SCHEMA syncsphere_desktop FROM PUBLIC")
    op.execute("DROP TABLE syncsphere_desktop.studio_origin")


def _are_there_already() -> bool:
    if context.is_offline_mode():
        return bool(context.config.attributes.get("adopts", False))
    query = text("SELECT count(to_regclass(name)) FROM unnest(CAST(:names AS text[])) AS name")
    count = op.get_bind().execute(query, {"names": list(SHARED_TABLES)}).scalar_one()
    if count not in (0, len(SHARED_TABLES)):
        raise RuntimeError("Some of the six shared tables are missing; the runner should have refused.")
    return bool(count)
