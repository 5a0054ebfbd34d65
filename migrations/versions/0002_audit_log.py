"""The audit log: who changed what and when."""

from __future__ import annotations

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CREATE_LOG = (
    """
CREATE TABLE syncsphere_desktop.audit_log (
    id BIGSERIAL PRIMARY KEY,
    at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
    actor TEXT NOT NULL,
    database_role TEXT NOT NULL DEFAULT CURRENT_USER,
    entity TEXT NOT NULL,
    entity_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    before JSONB,
    after JSONB,
    undoes BIGINT
)""",
    "CREATE INDEX audit_log_entity ON syncsphere_desktop.audit_log (entity, entity_id, id)",
    "CREATE INDEX audit_log_at ON syncsphere_desktop.audit_log (at)",
)

REFUSE_CHANGES = (
    """
CREATE FUNCTION syncsphere_desktop.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'Entries of the audit log are never changed or removed.'
        USING ERRCODE = 'insufficient_privilege';
END
$$""",
    """
CREATE TRIGGER syncsphere_desktop_refuse_change
BEFORE UPDATE OR DELETE OR TRUNCATE ON syncsphere_desktop.audit_log
FOR EACH STATEMENT EXECUTE FUNCTION syncsphere_desktop.refuse_change()""",
    # Also in sessions that switch ordinary triggers off, as replication does.
    """
ALTER TABLE syncsphere_desktop.audit_log ENABLE ALWAYS TRIGGER syncsphere_desktop_refuse_change""",
)

REFUSE_LOSS = """
DO $$
BEGIN
    LOCK TABLE syncsphere_desktop.audit_log IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM syncsphere_desktop.audit_log) THEN
        RAISE EXCEPTION 'The audit log holds entries and is not dropped.'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$"""


def upgrade() -> None:
    """Create the log and the trigger that keeps it as it is."""
    for statement in (*CREATE_LOG, *REFUSE_CHANGES):
        op.execute(statement)


def downgrade() -> None:
    """Drop the log, if it is empty or its loss is allowed."""
    if not context.config.attributes.get("allow_data_loss", False):
        op.execute(REFUSE_LOSS)
    op.execute("DROP TABLE syncsphere_desktop.audit_log")
    op.execute("DROP FUNCTION syncsphere_desktop.refuse_change()")
