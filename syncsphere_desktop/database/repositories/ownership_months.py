"""The months that the history of ownership is kept in: made ahead, and dropped when they are old."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.errors import SchemaError, TimedOutError

_EVENTS = f"{OUR_SCHEMA}.ownership_events"
_BRIEFLY = Timeouts(statement=10.0, lock=0.1)
"""Writers queue behind whoever waits for this lock, so it is waited for no longer than nobody notices."""
_ATTEMPTS = 20
_LONG = Timeouts(statement=600.0)
_MONTH = re.compile(r"ownership_events_(\d{4})_(\d{2})")

_MAY_MAKE = f"""
SELECT has_function_privilege(p.oid, 'EXECUTE') AND pg_has_role(c.relowner, 'USAGE')
    AND has_schema_privilege(n.oid, 'CREATE')
FROM pg_namespace n JOIN pg_proc p ON p.pronamespace = n.oid AND p.proname = 'make_ownership_months'
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'ownership_events'
WHERE n.nspname = '{OUR_SCHEMA}' AND has_schema_privilege(n.oid, 'USAGE')
"""
_PARTS = f"""
SELECT c.relname FROM pg_class p JOIN pg_namespace n ON n.oid = p.relnamespace
JOIN pg_inherits i ON i.inhparent = p.oid JOIN pg_class c ON c.oid = i.inhrelid
WHERE n.nspname = '{OUR_SCHEMA}' AND p.relname = 'ownership_events' ORDER BY 1
"""


class HistoryMonths:
    """Keeps the months of the history. Raises AppError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[datetime, ...]:
        """Return the beginnings (UTC) of the months that have a place of their own, the oldest first."""
        return tuple([begins for _name, begins in await self._database.run(_months)])

    async def make(self, ahead: int = 12) -> int:
        """Make those of the months to come that are missing; return how many. Does nothing without the right.

        Events of a month that nobody made are kept too, but can't be dropped with it.
        """

        def work(connection: Connection) -> int:
            if not connection.exec_driver_sql(_MAY_MAKE).scalar_one_or_none():
                return 0
            statement = f"SELECT {OUR_SCHEMA}.make_ownership_months(%(ahead)s)"
            made: int = connection.exec_driver_sql(statement, {"ahead": ahead}).scalar_one()
            return made

        return await self._patiently(work)

    async def events_before(self, month: datetime) -> int:
        """Return how many events there are before the month (UTC) of a time."""
        limit = _month_of(month)
        query = f"SELECT count(*) FROM {_EVENTS} WHERE at < %(limit)s"
        return await self._database.run(
            lambda c: int(c.exec_driver_sql(query, {"limit": limit}).scalar_one()), timeouts=_LONG
        )

    async def forget_before(self, month: datetime) -> tuple[datetime, ...]:
        """Drop the months before that of a time (UTC), and older events beside them; return the months.

        Raises AccessDeniedError without the right, TimedOutError where others use the history all the time.
        """
        limit = _month_of(month)
        gone: list[datetime] = []
        for name, begins in await self._database.run(_months):
            if begins < limit:
                await self._patiently(_dropping(name))
                gone.append(begins)
        strays = f"DELETE FROM {_EVENTS}_default WHERE at < %(limit)s"
        await self._database.write(
            lambda c: c.exec_driver_sql(strays, {"limit": limit}).rowcount, timeouts=_LONG
        )
        return tuple(gone)

    async def _patiently(self, work: Callable[[Connection], int]) -> int:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._database.write(work, timeouts=_BRIEFLY)
            except TimedOutError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError


def _months(connection: Connection) -> list[tuple[str, datetime]]:
    names = list(connection.exec_driver_sql(_PARTS).scalars())
    if not names:
        raise SchemaError("There is no history of ownership here; migrate upgrade creates it.")
    found = ((name, _MONTH.fullmatch(name)) for name in names)
    return [
        (name, datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC))
        for name, match in found
        if match is not None
    ]


def _dropping(name: str) -> Callable[[Connection], int]:
    return lambda connection: connection.exec_driver_sql(f"DROP TABLE {OUR_SCHEMA}.{name}").rowcount


def _month_of(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
