"""History of the ownership of tracks, and notices that carry it.

One row for each change of a row of `box_ownership` by whoever, in a table of our own that is split by months.
"""

from __future__ import annotations

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# No foreign key: an event outlives its project, its box and its people.
CREATE_TABLES = (
    "CREATE SEQUENCE syncsphere_desktop.ownership_events_id_seq",
    """
CREATE TABLE syncsphere_desktop.ownership_events (
    id BIGINT NOT NULL DEFAULT nextval('syncsphere_desktop.ownership_events_id_seq'),
    at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    project_id INTEGER,
    box_uuid UUID NOT NULL,
    row_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    owner_id INTEGER,
    previous_owner_id INTEGER,
    database_role TEXT NOT NULL,
    application TEXT NOT NULL,
    origin TEXT,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at)""",
    """
ALTER SEQUENCE syncsphere_desktop.ownership_events_id_seq
OWNED BY syncsphere_desktop.ownership_events.id""",
    # What a project's grid looked like at a moment is read from the first alone.
    """
CREATE INDEX ownership_events_row ON syncsphere_desktop.ownership_events (project_id, row_id, at, id)
INCLUDE (box_uuid, owner_id, previous_owner_id, kind)""",
    "CREATE INDEX ownership_events_project ON syncsphere_desktop.ownership_events (project_id, at)",
    # Takes what no month is there for, so that nothing is lost when nobody makes months.
    """
CREATE TABLE syncsphere_desktop.ownership_events_default
PARTITION OF syncsphere_desktop.ownership_events DEFAULT""",
)

# A month is made aside and then attached, which no writer waits for. One that the table for the rest has
# events of already is left there.
MONTHS = """
CREATE FUNCTION syncsphere_desktop.make_ownership_months(ahead integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    month timestamptz;
    part text;
    is_taken boolean;
    made integer := 0;
BEGIN
    FOR month IN SELECT generate_series(date_trunc('month', now()),
                                        date_trunc('month', now()) + make_interval(months => ahead),
                                        interval '1 month') LOOP
        part := to_char(month, '"ownership_events_"YYYY"_"MM');
        CONTINUE WHEN to_regclass('syncsphere_desktop.' || part) IS NOT NULL;
        SELECT EXISTS (SELECT FROM syncsphere_desktop.ownership_events_default
                       WHERE at >= month AND at < month + interval '1 month') INTO is_taken;
        CONTINUE WHEN is_taken;
        EXECUTE format('CREATE TABLE syncsphere_desktop.%I (LIKE syncsphere_desktop.ownership_events'
                       ' INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
        EXECUTE format('ALTER TABLE syncsphere_desktop.ownership_events ATTACH PARTITION'
                       ' syncsphere_desktop.%I FOR VALUES FROM (%L) TO (%L)',
                       part, month, month + interval '1 month');
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$"""

# A writer must never fail, or wait, because of this:
# - whatever goes wrong is dropped; who listens is then told to read the table again, and does so anyway;
# - a lock that somebody holds on the history is waited for no longer than a blink;
# - it runs with the rights of who made it, as a writer needs none on our schema, and with a path of its own;
# - notices follow the rules of 0003: none while the queue is half full or transactions can be prepared, and
#   after 50 of one transaction all say the same words, which PostgreSQL sends once.
# A notice has the values of up to 50 rows, `[row, project, box, owner, previous owner, kind]` each; else the
# projects to read again, or with null everything.
RECORD = """
CREATE FUNCTION syncsphere_desktop.record_ownership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '20ms' AS $$
DECLARE
    happened timestamptz := clock_timestamp();
    who text := coalesce(nullif(current_setting('role', true), 'none'), session_user);
    app text := left(current_setting('application_name'), 100);
    ours text := left(nullif(current_setting('syncsphere_desktop.origin', true), ''), 100);
    total bigint;
    told json;
    touched json;
    sent integer;
BEGIN
    BEGIN
        IF TG_OP = 'INSERT' THEN
            WITH recorded AS (
                INSERT INTO syncsphere_desktop.ownership_events
                    (at, project_id, box_uuid, row_id, kind, owner_id, previous_owner_id,
                     database_role, application, origin)
                SELECT happened, c.project_id, c.box_uuid, c.id,
                       CASE WHEN c.owner_id IS NULL THEN 'added' ELSE 'claimed' END,
                       c.owner_id, NULL, who, app, ours
                FROM changed c
                RETURNING row_id, project_id, box_uuid, owner_id, previous_owner_id, kind
            ) {summary};
        ELSIF TG_OP = 'UPDATE' THEN
            WITH recorded AS (
                INSERT INTO syncsphere_desktop.ownership_events
                    (at, project_id, box_uuid, row_id, kind, owner_id, previous_owner_id,
                     database_role, application, origin)
                SELECT happened, found.project_id, found.box_uuid, found.id, found.kind,
                       found.owner_id, found.previous, who, app, ours
                FROM (
                    SELECT f.project_id, f.box_uuid, f.id, 'removed' AS kind,
                           NULL::integer AS owner_id, f.owner_id AS previous
                    FROM former f LEFT JOIN changed c ON c.id = f.id
                    WHERE c.id IS NULL OR c.project_id IS DISTINCT FROM f.project_id
                        OR c.box_uuid <> f.box_uuid
                    UNION ALL
                    SELECT c.project_id, c.box_uuid, c.id,
                           CASE WHEN c.owner_id IS NULL THEN 'added' ELSE 'claimed' END, c.owner_id, NULL
                    FROM changed c LEFT JOIN former f ON f.id = c.id
                    WHERE f.id IS NULL OR c.project_id IS DISTINCT FROM f.project_id
                        OR c.box_uuid <> f.box_uuid
                    UNION ALL
                    SELECT c.project_id, c.box_uuid, c.id,
                           CASE WHEN f.owner_id IS NULL THEN 'claimed' WHEN c.owner_id IS NULL THEN 'released'
                                ELSE 'handed_over' END, c.owner_id, f.owner_id
                    FROM changed c JOIN former f ON f.id = c.id
                    WHERE c.project_id IS NOT DISTINCT FROM f.project_id AND c.box_uuid = f.box_uuid
                        AND c.owner_id IS DISTINCT FROM f.owner_id
                ) AS found
                RETURNING row_id, project_id, box_uuid, owner_id, previous_owner_id, kind
            ) {summary};
        ELSIF TG_OP = 'DELETE' THEN
            WITH recorded AS (
                INSERT INTO syncsphere_desktop.ownership_events
                    (at, project_id, box_uuid, row_id, kind, owner_id, previous_owner_id,
                     database_role, application, origin)
                SELECT happened, f.project_id, f.box_uuid, f.id, 'removed', NULL, f.owner_id, who, app, ours
                FROM former f
                RETURNING row_id, project_id, box_uuid, owner_id, previous_owner_id, kind
            ) {summary};
        ELSE
            EXECUTE format(
                'INSERT INTO syncsphere_desktop.ownership_events (at, project_id, box_uuid, row_id, kind,'
                '    owner_id, previous_owner_id, database_role, application, origin)'
                ' SELECT $1, project_id, box_uuid, id, ''removed'', NULL, owner_id, $2, $3, $4'
                ' FROM %s LIMIT 100000', TG_RELID::regclass) USING happened, who, app, ours;
            total := 100000;
        END IF;
        IF total = 0 THEN
            RETURN NULL;
        END IF;
    EXCEPTION WHEN OTHERS THEN
        told := NULL;
        touched := NULL;
    END;
    IF current_setting('max_prepared_transactions') <> '0' OR pg_notification_queue_usage() > 0.5 THEN
        RETURN NULL;
    END IF;
    sent := coalesce(nullif(current_setting('syncsphere_desktop.ownership_sent', true), ''), '0');
    IF sent >= 50 THEN
        PERFORM pg_notify('syncsphere_desktop_ownership', json_build_object('projects', NULL)::text);
        RETURN NULL;
    END IF;
    PERFORM set_config('syncsphere_desktop.ownership_sent', (sent + 1)::text, true);
    PERFORM pg_notify('syncsphere_desktop_ownership', CASE WHEN told IS NULL
        THEN json_build_object('projects', touched)
        ELSE json_build_object('rows', told, 'at', extract(epoch FROM happened), 'origin', ours) END::text);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$"""

# The values of a few rows, or else the projects of many, in the size that a notice can have.
SUMMARY = """
            SELECT count(*),
                   CASE WHEN count(*) <= 50 THEN (
                        SELECT json_agg(json_build_array(r.row_id, r.project_id, r.box_uuid, r.owner_id,
                                                         r.previous_owner_id, r.kind)) FROM recorded r) END,
                   CASE WHEN count(*) > 50 AND count(n.project_id) = count(*) THEN (
                        SELECT CASE WHEN count(*) <= 200 THEN json_agg(p.project_id) END
                        FROM (SELECT DISTINCT r.project_id FROM recorded r LIMIT 201) p) END
            INTO total, told, touched FROM recorded n"""

ATTACH = """
CREATE FUNCTION syncsphere_desktop.attach_ownership_history() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    grid regclass := to_regclass('box_ownership');
    event text;
    kind text;
    trigger_name text;
    attached integer := 0;
BEGIN
    IF grid IS NULL OR NOT has_table_privilege(grid, 'TRIGGER')
        OR NOT has_function_privilege('syncsphere_desktop.record_ownership()', 'EXECUTE') THEN
        RETURN 0;
    END IF;
    FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate'] LOOP
        trigger_name := 'syncsphere_desktop_record_' || event;
        CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger
                              WHERE tgrelid = grid AND tgname = trigger_name);
        kind := CASE event
            WHEN 'insert' THEN 'AFTER INSERT ON %s REFERENCING NEW TABLE AS changed'
            WHEN 'update' THEN 'AFTER UPDATE ON %s REFERENCING OLD TABLE AS former NEW TABLE AS changed'
            WHEN 'delete' THEN 'AFTER DELETE ON %s REFERENCING OLD TABLE AS former'
            ELSE 'BEFORE TRUNCATE ON %s' END;
        EXECUTE format('CREATE TRIGGER %I ' || kind || ' FOR EACH STATEMENT'
                       ' EXECUTE FUNCTION syncsphere_desktop.record_ownership()', trigger_name, grid);
        attached := attached + 1;
    END LOOP;
    RETURN attached;
END
$$"""

REFUSE_LOSS = """
DO $$
BEGIN
    LOCK TABLE syncsphere_desktop.ownership_events IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM syncsphere_desktop.ownership_events) THEN
        RAISE EXCEPTION 'The history of ownership holds events and is not dropped.'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END
$$"""


def upgrade() -> None:
    """Create the history with a year of months, and every trigger that the role may create."""
    for statement in (*CREATE_TABLES, MONTHS, RECORD.format(summary=SUMMARY.strip()), ATTACH):
        op.execute(statement)
    # It writes with the rights of its owner, so it must not run on a table that somebody else makes up.
    op.execute("REVOKE ALL ON FUNCTION syncsphere_desktop.record_ownership() FROM PUBLIC")
    op.execute("REVOKE ALL ON FUNCTION syncsphere_desktop.make_ownership_months(integer) FROM PUBLIC")
    op.execute("SELECT syncsphere_desktop.make_ownership_months(12)")
    op.execute("SELECT syncsphere_desktop.attach_ownership_history()")


def downgrade() -> None:
    """Drop the functions with their triggers, and the history if it is empty or its loss is allowed."""
    if not context.config.attributes.get("allow_data_loss", False):
        op.execute(REFUSE_LOSS)
    op.execute("DROP FUNCTION syncsphere_desktop.attach_ownership_history()")
    op.execute("DROP FUNCTION syncsphere_desktop.record_ownership() CASCADE")
    op.execute("DROP FUNCTION syncsphere_desktop.make_ownership_months(integer)")
    op.execute("DROP TABLE syncsphere_desktop.ownership_events")
