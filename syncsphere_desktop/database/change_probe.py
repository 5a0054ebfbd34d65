"""Asks whether the database tells of changes, and counts them by the server's statistics where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from syncsphere_desktop.database.change_events import (
    ChangeEvent,
    EverythingMayHaveChanged,
    Operation,
    TableChanged,
)
from syncsphere_desktop.database.tables import OUR_SCHEMA, audio_content, audio_files, studio_metadata

_CONTENT = audio_content.name
_TABLES = [table.name for table in studio_metadata.sorted_tables]
CHANGE_TRIGGERS = 4 * len(_TABLES)
"""One for each of INSERT, UPDATE, DELETE and TRUNCATE on each of the six tables."""

# No right is needed for any of this. A TRUNCATE is not counted, but gives the table a new file.
_QUERY = """
WITH studio AS (
    SELECT name, to_regclass(quote_ident(name)) AS oid FROM unnest(%(names)s) AS name
), triggers AS (
    SELECT count(*) AS found FROM pg_trigger t JOIN studio s ON s.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = %(schema)s AND p.proname = %(function)s AND NOT t.tgisinternal
        AND t.tgenabled IN ('O', 'A')
)
SELECT (SELECT found FROM triggers) >= %(triggers)s AND current_setting('max_prepared_transactions') = '0',
       s.name, coalesce(pg_relation_filenode(s.oid), 0),
       coalesce(t.n_tup_ins, 0), coalesce(t.n_tup_upd, 0), coalesce(t.n_tup_del, 0)
FROM studio s LEFT JOIN pg_stat_all_tables t ON t.relid = s.oid
UNION ALL
SELECT NULL, t.relname, c.relfilenode, t.n_tup_ins, t.n_tup_upd, t.n_tup_del
FROM pg_stat_all_tables t JOIN pg_class c ON c.oid = t.relid
WHERE t.schemaname = %(schema)s AND t.relname = %(content)s
"""


@dataclass(frozen=True, slots=True)
class Counters:
    """How many rows of a table were ever inserted, updated and deleted, and which file it lives in."""

    file: int
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether every change is told by a notice, and the counters of each table."""

    has_notices: bool
    counters: Mapping[str, Counters]


def read_probe(
    connection: RawConnection, function: str = "tell_change", triggers: int = CHANGE_TRIGGERS
) -> Probe:
    """Ask the server; raises psycopg2's errors. The connection must be in autocommit mode.

    Every change is told where as many triggers as that call the function of that name.
    """
    with connection.cursor() as cursor:
        wanted = {
            "names": _TABLES,
            "schema": OUR_SCHEMA,
            "function": function,
            "triggers": triggers,
            "content": _CONTENT,
        }
        cursor.execute(_QUERY, wanted)
        rows = cursor.fetchall()
    counters = {name: Counters(*numbers) for _has, name, *numbers in rows}
    return Probe(any(has for has, *_row in rows), counters)


def changes_between(before: Mapping[str, Counters], after: Mapping[str, Counters]) -> Iterator[ChangeEvent]:
    """Yield what happened between two probes. Whose changes they were can't be told.

    What was found out about audio files is told as a change of their rows, which show it.
    """
    for table, now in after.items():
        then = before.get(table, now)
        grown = {
            Operation.INSERT: now.inserted - then.inserted,
            Operation.UPDATE: now.updated - then.updated,
            Operation.DELETE: now.deleted - then.deleted,
        }
        if table == _CONTENT:
            learnt = grown[Operation.INSERT] + grown[Operation.UPDATE]
            if learnt > 0:
                yield TableChanged(audio_files.name, Operation.UPDATE, (), learnt, own=False)
            continue
        if any(count < 0 for count in grown.values()):
            # Somebody reset the statistics.
            yield EverythingMayHaveChanged()
        for operation, count in grown.items():
            if count > 0:
                yield TableChanged(table, operation, (), count, own=False)
        if now.file != then.file:
            yield TableChanged(table, Operation.TRUNCATE, (), None, own=False)
