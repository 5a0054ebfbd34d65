"""What is known of stored versions: their contents in numbers, and the samples they name."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CREATE_TABLES = (
    """
CREATE TABLE syncsphere_desktop.bundle_facts (
    bundle_id INTEGER PRIMARY KEY,
    project_id INTEGER,
    row_version BIGINT NOT NULL,
    reader INTEGER NOT NULL,
    size BIGINT NOT NULL,
    sha256 BYTEA CHECK (octet_length(sha256) = 32),
    kind TEXT NOT NULL,
    problem TEXT,
    facts JSONB NOT NULL DEFAULT '{}',
    read_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
)""",
    "CREATE INDEX bundle_facts_project ON syncsphere_desktop.bundle_facts (project_id)",
    """
CREATE TABLE syncsphere_desktop.bundle_samples (
    bundle_id INTEGER NOT NULL,
    sample_uuid UUID NOT NULL,
    project_id INTEGER,
    name TEXT NOT NULL,
    stem TEXT NOT NULL,
    bytes BIGINT,
    crc32 BIGINT,
    sha256 BYTEA CHECK (octet_length(sha256) = 32),
    in_bundle BOOLEAN NOT NULL,
    PRIMARY KEY (bundle_id, sample_uuid)
)""",
    "CREATE INDEX bundle_samples_stem ON syncsphere_desktop.bundle_samples (stem, project_id, bundle_id)",
    "CREATE INDEX bundle_samples_uuid ON syncsphere_desktop.bundle_samples (sample_uuid, bundle_id)",
    "CREATE INDEX bundle_samples_sha256 ON syncsphere_desktop.bundle_samples (sha256, bundle_id)",
)


def upgrade() -> None:
    """Create the side tables of bundles. No foreign key: what other services remove counts for nothing."""
    for statement in CREATE_TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them: all that they hold is found out again by reading the bundles."""
    op.execute("DROP TABLE syncsphere_desktop.bundle_facts, syncsphere_desktop.bundle_samples")
