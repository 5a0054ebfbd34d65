"""Which of our side tables are there, and what the role may do with them.

The app works without them: what would be kept there is not known then, and not kept.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from syncsphere_desktop.database.tables import OUR_SCHEMA, our_metadata
from syncsphere_desktop.errors import SchemaError

_KEY = "syncsphere_side_tables"

_NEVER_CHANGED = frozenset({"audit_log", "studio_origin", "ownership_events"})
_SECONDS = 2.0
"""How long it is believed that something is missing, or not allowed."""

# Asks the catalogue instead of `to_regclass`, which fails where the role may not use the schema.
_RIGHTS = f"""
SELECT c.relname, has_table_privilege(c.oid, 'SELECT') AS readable,
       has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
       AND has_table_privilege(c.oid, 'DELETE') AS writable
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = '{OUR_SCHEMA}' AND c.relkind IN ('r', 'p') AND has_schema_privilege(n.oid, 'USAGE')
"""


@dataclass(frozen=True, slots=True)
class SideTables:
    """The names of the side tables that the role may read, and of those that it may change too."""

    readable: frozenset[str]
    writable: frozenset[str]

    def can_read(self, *tables: Table) -> bool:
        """Return whether all of these can be read."""
        return all(table.name in self.readable for table in tables)

    def can_write(self, *tables: Table) -> bool:
        """Return whether all of these can be read and changed."""
        return all(table.name in self.writable for table in tables)


@dataclass(frozen=True, slots=True)
class _Known:
    tables: SideTables
    until: float


def side_tables(connection: Connection) -> SideTables:
    """Return what the connection's role may do. Asked again from time to time until all of it is allowed."""
    known = connection.info.get(_KEY)
    if isinstance(known, _Known) and time.monotonic() < known.until:
        return known.tables
    rows = connection.exec_driver_sql(_RIGHTS).all()
    tables = SideTables(
        frozenset(row.relname for row in rows if row.readable),
        frozenset(row.relname for row in rows if row.readable and row.writable),
    )
    is_whole = tables.writable >= {table.name for table in our_metadata.sorted_tables} - _NEVER_CHANGED
    connection.info[_KEY] = _Known(tables, math.inf if is_whole else time.monotonic() + _SECONDS)
    return tables


def require(connection: Connection, *tables: Table) -> None:
    """Raise SchemaError unless all of these can be read and changed."""
    if not side_tables(connection).can_write(*tables):
        names = ", ".join(table.name for table in tables)
        raise SchemaError(
            "This database has no place for that, or the role may not write there: the app's own tables"
            f" ({names}) are needed. The owner of the database can create them (migrate upgrade).",
        )
