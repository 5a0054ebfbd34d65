"""Reads what the server's catalogue says about the six tables and our side tables, in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from syncsphere_desktop.database.tables import OUR_SCHEMA, studio_metadata

# Names are resolved by the search path, as the app's own statements are. `pg_catalog` alone is asked: it can
# be read without any right.
_QUERY = text("""
WITH studio AS (
    SELECT name, to_regclass(quote_ident(name)) AS oid FROM unnest(CAST(:names AS text[])) AS name
), columns AS (
    SELECT s.name, json_agg(json_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'nullable', NOT a.attnotnull,
        'default', pg_get_expr(d.adbin, d.adrelid),
        'fills_itself', a.attidentity <> '' OR a.attgenerated <> ''
    ) ORDER BY a.attnum) AS list
    FROM studio s JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    GROUP BY s.name
), keys AS (
    SELECT s.name, json_agg(json_build_object(
        'name', c.conname, 'kind', c.contype,
        'columns', (SELECT array_agg(a.attname ORDER BY k.place)
                    FROM unnest(c.conkey) WITH ORDINALITY AS k(number, place)
                    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
        'target', (SELECT t.name FROM studio t WHERE t.oid = c.confrelid),
        'target_columns', (SELECT array_agg(a.attname ORDER BY k.place)
                    FROM unnest(c.confkey) WITH ORDINALITY AS k(number, place)
                    JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number),
        'on_delete', c.confdeltype,
        'definition', pg_get_constraintdef(c.oid)
    ) ORDER BY c.conname) AS list
    FROM studio s JOIN pg_constraint c ON c.conrelid = s.oid AND c.contype IN ('p', 'u', 'f', 'c', 'x')
    GROUP BY s.name
), indexes AS (
    SELECT s.name, json_agg(json_build_object(
        'name', r.relname,
        'unique', i.indisunique AND i.indisvalid AND i.indimmediate,
        'plain', i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid,
        'columns', (SELECT array_agg(a.attname ORDER BY k.place)
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)
                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
                    WHERE k.place <= i.indnkeyatts),
        'of_constraint', EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid
                                 AND c.contype IN ('p', 'u', 'x'))
    ) ORDER BY r.relname) AS list
    FROM studio s JOIN pg_index i ON i.indrelid = s.oid JOIN pg_class r ON r.oid = i.indexrelid
    GROUP BY s.name
), ours AS (
    SELECT c.relname, c.oid, has_schema_privilege(n.oid, 'USAGE') AS reachable
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p')
)
SELECT json_build_object(
    'tables', (SELECT json_agg(json_build_object(
            'name', s.name, 'kind', r.relkind, 'row_security', r.relrowsecurity,
            'columns', coalesce(columns.list, '[]'), 'keys', coalesce(keys.list, '[]'),
            'indexes', coalesce(indexes.list, '[]')))
        FROM studio s JOIN pg_class r ON r.oid = s.oid
        LEFT JOIN columns USING (name) LEFT JOIN keys USING (name) LEFT JOIN indexes USING (name)),
    'referring', (SELECT json_agg(DISTINCT c.conrelid::regclass::text)
        FROM pg_constraint c JOIN studio s ON s.oid = c.confrelid
        WHERE c.contype = 'f' AND c.conrelid NOT IN (SELECT oid FROM studio WHERE oid IS NOT NULL)),
    'ours', (SELECT json_object_agg(relname, json_build_object(
            'read', reachable AND has_table_privilege(oid, 'SELECT'),
            'add', reachable AND has_table_privilege(oid, 'INSERT'))) FROM ours),
    'signature', (SELECT obj_description(oid, 'pg_class') FROM ours WHERE relname = 'alembic_version'),
    'triggers', (SELECT count(*) FROM pg_trigger t JOIN studio s ON s.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = :schema AND p.proname = 'tell_change' AND NOT t.tgisinternal
        AND t.tgenabled IN ('O', 'A')),
    'history_triggers', (SELECT count(*) FROM pg_trigger t JOIN studio s ON s.oid = t.tgrelid
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = :schema AND p.proname = 'record_ownership' AND NOT t.tgisinternal
        AND t.tgenabled IN ('O', 'A')),
    'may_add_triggers', (SELECT bool_and(has_table_privilege(oid, 'TRIGGER')) FROM studio
        WHERE oid IS NOT NULL),
    'may_create_schema', has_database_privilege(current_database(), 'CREATE'),
    'may_create_tables', coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    'may_change_ours', (SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = :schema),
    'prepares_transactions', current_setting('max_prepared_transactions') <> '0',
    'standby', pg_is_in_recovery(),
    'role', current_user
)
""")


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column as the server has it; `fills_itself` is an identity or generated column."""

    name: str
    type: str
    nullable: bool
    default: str | None
    fills_itself: bool


@dataclass(frozen=True, slots=True)
class LiveKey:
    """A constraint. `kind` is PostgreSQL's letter (p, u, f, c, x), `target` one of the six tables or None."""

    name: str
    kind: str
    columns: tuple[str, ...]
    target: str | None
    target_columns: tuple[str, ...]
    on_delete: str
    definition: str


@dataclass(frozen=True, slots=True)
class LiveIndex:
    """An index; `plain` ones cover every row and whole columns."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    plain: bool
    of_constraint: bool


@dataclass(frozen=True, slots=True)
class LiveTable:
    """One of the six tables as the server has it."""

    name: str
    kind: str
    row_security: bool
    columns: Mapping[str, LiveColumn]
    keys: Sequence[LiveKey]
    indexes: Sequence[LiveIndex]


@dataclass(frozen=True, slots=True)
class SideTable:
    """A table of ours, and what the role may do with it."""

    readable: bool
    insertable: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the status of the schema is made of, save the revision.

    `signature` is the comment that says which app brought the schema to its revision.
    """

    tables: Mapping[str, LiveTable]
    referring: Sequence[str]
    side_tables: Mapping[str, SideTable]
    triggers: int
    history_triggers: int
    may_add_triggers: bool
    may_create_schema: bool
    may_create_tables: bool
    may_change_ours: bool | None
    prepares_transactions: bool
    is_standby: bool
    role: str
    signature: str | None = None


def read_catalogue(connection: Connection) -> Catalogue:
    """Return the six tables, our side tables and the role's rights, in one round trip."""
    names = [table.name for table in studio_metadata.sorted_tables]
    found: dict[str, Any] = connection.execute(_QUERY, {"names": names, "schema": OUR_SCHEMA}).scalar_one()
    return Catalogue(
        tables={table["name"]: _table(table) for table in found["tables"] or ()},
        referring=tuple(found["referring"] or ()),
        side_tables={
            name: SideTable(rights["read"], rights["add"]) for name, rights in (found["ours"] or {}).items()
        },
        triggers=found["triggers"],
        history_triggers=found["history_triggers"],
        may_add_triggers=bool(found["may_add_triggers"]),
        may_create_schema=found["may_create_schema"],
        may_create_tables=found["may_create_tables"],
        may_change_ours=found["may_change_ours"],
        prepares_transactions=found["prepares_transactions"],
        is_standby=found["standby"],
        role=found["role"],
        signature=found["signature"],
    )


def _table(found: Mapping[str, Any]) -> LiveTable:
    return LiveTable(
        name=found["name"],
        kind=found["kind"],
        row_security=found["row_security"],
        columns={column["name"]: LiveColumn(**column) for column in found["columns"]},
        keys=tuple(_key(key) for key in found["keys"]),
        indexes=tuple(_index(index) for index in found["indexes"]),
    )


def _key(found: Mapping[str, Any]) -> LiveKey:
    columns, target = tuple(found["columns"] or ()), tuple(found["target_columns"] or ())
    return LiveKey(**{**found, "columns": columns, "target_columns": target})


def _index(found: Mapping[str, Any]) -> LiveIndex:
    return LiveIndex(**{**found, "columns": tuple(found["columns"] or ())})
