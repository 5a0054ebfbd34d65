"""Notices of changes, told by triggers once a statement.

Triggers are the only thing that is ever added to the six tables. They are created where the role may do so; a
later `upgrade` by a role that may creates the others.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A writer must never fail, or wait, because of a notice:
# - whatever goes wrong is dropped, as who listens reads the table again from time to time anyway;
# - a queue that is half full is left alone, as a full one refuses every commit;
# - a transaction that was notified in can't be prepared, so servers that prepare get no notices;
# - after 50 notices of one transaction the others say the same words, and PostgreSQL sends equal ones once.
TELL = """
CREATE FUNCTION syncsphere_desktop.tell_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    ids bigint[];
    total bigint;
    sent integer;
BEGIN
    IF current_setting('max_prepared_transactions') <> '0' OR pg_notification_queue_usage() > 0.5 THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'TRUNCATE' THEN
        SELECT array_agg(first.id) INTO ids FROM (SELECT changed.id FROM changed LIMIT 51) AS first;
        IF ids IS NULL THEN
            RETURN NULL;
        END IF;
        sent := coalesce(nullif(current_setting('syncsphere_desktop.notices_sent', true), ''), '0');
        IF sent >= 50 THEN
            ids := NULL;
        ELSE
            PERFORM set_config('syncsphere_desktop.notices_sent', (sent + 1)::text, true);
            IF cardinality(ids) > 50 THEN
                ids := ids[1:50];
                SELECT count(*) INTO total FROM changed;
            ELSE
                total := cardinality(ids);
            END IF;
        END IF;
    END IF;
    PERFORM pg_notify('syncsphere_desktop_changes', json_build_object(
        'table', TG_TABLE_NAME,
        'operation', TG_OP,
        'ids', coalesce(ids, ARRAY[]::bigint[]),
        'count', total,
        'origin', left(coalesce(nullif(current_setting('syncsphere_desktop.origin', true), ''),
                                current_setting('application_name') || '/' || pg_backend_pid()), 100)
    )::text);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$"""

ATTACH = """
CREATE FUNCTION syncsphere_desktop.attach_change_notices() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    shared text;
    event text;
    transition text;
    trigger_name text;
    attached integer := 0;
BEGIN
    FOREACH shared IN ARRAY ARRAY['users', 'projects', 'audio_files', 'project_bundles', 'box_ownership',
                                  'project_collaborators'] LOOP
        CONTINUE WHEN to_regclass(shared) IS NULL OR NOT has_table_privilege(to_regclass(shared), 'TRIGGER');
        FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
            trigger_name := 'syncsphere_desktop_tell_' || event;
            CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger
                                  WHERE tgrelid = to_regclass(shared) AND tgname = trigger_name);
            transition := CASE event WHEN 'truncate' THEN ''
                                     WHEN 'delete' THEN 'REFERENCING OLD TABLE AS changed'
                                     ELSE 'REFERENCING NEW TABLE AS changed' END;
            EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT'
                           ' EXECUTE FUNCTION syncsphere_desktop.tell_change()',
                           trigger_name, event, to_regclass(shared), transition);
            attached := attached + 1;
        END LOOP;
    END LOOP;
    RETURN attached;
END
$$"""


def upgrade() -> None:
    """Create both functions and every trigger that the role may create."""
    op.execute(TELL)
    op.execute(ATTACH)
    op.execute("SELECT syncsphere_desktop.attach_change_notices()")


def downgrade() -> None:
    """Drop the functions, and the triggers with them."""
    op.execute("DROP FUNCTION syncsphere_desktop.attach_change_notices()")
    op.execute("DROP FUNCTION syncsphere_desktop.tell_change() CASCADE")
