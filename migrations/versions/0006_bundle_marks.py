"""Labels and pins of stored versions, and what decoding them told."""

from __future__ import annotations

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CREATE_TABLES = (
    """
CREATE TABLE syncsphere_desktop.bundle_marks (
    bundle_id INTEGER PRIMARY KEY,
    label TEXT CHECK (label <> ''),
    pinned BOOLEAN NOT NULL DEFAULT false,
    actor TEXT NOT NULL,
    marked_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
)""",
    """
CREATE TABLE syncsphere_desktop.bundle_checks (
    bundle_id INTEGER PRIMARY KEY,
    row_version BIGINT NOT NULL,
    run_at TIMESTAMP WITH TIME ZONE NOT NULL,
    state TEXT NOT NULL,
    problems JSONB NOT NULL DEFAULT '[]',
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
)""",
    "CREATE INDEX bundle_checks_run ON syncsphere_desktop.bundle_checks (run_at)",
)


# What decoding told is found out again.
REFUSE_LOSS = """
DO $$
BEGIN
    LOCK TABLE syncsphere_desktop.bundle_marks IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM syncsphere_desktop.bundle_marks) THEN
        RAISE EXCEPTION 'The table syncsphere_desktop.bundle_marks holds rows and is not dropped.'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$"""


def upgrade() -> None:
    """Create the side tables. No foreign key: other services remove versions without asking us."""
    for statement in CREATE_TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop them, if no label and no pin is lost or their loss is allowed."""
    if not context.config.attributes.get("allow_data_loss", False):
        op.execute(REFUSE_LOSS)
    op.execute("DROP TABLE syncsphere_desktop.bundle_marks, syncsphere_desktop.bundle_checks")
