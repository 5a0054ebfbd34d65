"""What is told about changes, and how a flood of it becomes a few events."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum

from syncsphere_desktop.database.tables import studio_metadata

_TABLES = frozenset(table.name for table in studio_metadata.tables.values())
_MOST_IDS = 1000
"""More ids than this are not kept for one event; nobody has as many rows on screen."""


class Operation(StrEnum):
    """What happened to rows."""

    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    TRUNCATE = "TRUNCATE"


@dataclass(frozen=True, slots=True)
class TableChanged:
    """Rows of a table changed, and that is committed.

    `ids` are all of them where there are `count` of them, else some or none; `count` is None where it is not
    known. `own` changes were made through the same `Database`.
    """

    table: str
    operation: Operation
    ids: tuple[int, ...]
    count: int | None
    own: bool

    @property
    def knows_all_ids(self) -> bool:
        """Whether `ids` are all the rows that changed."""
        return self.count == len(self.ids)


@dataclass(frozen=True, slots=True)
class EverythingMayHaveChanged:
    """Changes may have gone unseen, as after a lost connection: read again what is shown."""


ChangeEvent = TableChanged | EverythingMayHaveChanged


def parse_notice(payload: str, origin: str) -> TableChanged | None:
    """Return what a notice says, or None where it is not one of ours; anybody may write to the channel.

    `origin` is that of the own connections.
    """
    try:
        said = json.loads(payload)
        table, operation, ids, count = said["table"], said["operation"], said["ids"], said["count"]
        if table not in _TABLES or not all(type(one) is int for one in ids):
            return None
        if count is not None and type(count) is not int:
            return None
        return TableChanged(table, Operation(operation), tuple(ids), count, own=said["origin"] == origin)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


@dataclass(slots=True)
class _Merged:
    ids: dict[int, None] = field(default_factory=dict)
    count: int | None = 0
    is_whole: bool = True

    def add(self, change: TableChanged) -> None:
        self.count = None if self.count is None or change.count is None else self.count + change.count
        self.ids.update(dict.fromkeys(change.ids[: _MOST_IDS - len(self.ids)]))
        kept = all(one in self.ids for one in change.ids)
        self.is_whole = self.is_whole and kept and change.knows_all_ids

    def event(self, table: str, operation: Operation, *, own: bool) -> TableChanged:
        count = len(self.ids) if self.is_whole else self.count
        return TableChanged(table, operation, tuple(self.ids), count, own)


class PendingChanges:
    """Changes that wait to be told, merged by table, operation and whose they are. Its size is bounded."""

    def __init__(self) -> None:
        self._merged: dict[tuple[str, Operation, bool], _Merged] = {}
        self._everything = False

    def add(self, change: ChangeEvent) -> None:
        """Take a change in."""
        if isinstance(change, EverythingMayHaveChanged):
            self._everything = True
            self._merged.clear()
        elif not self._everything:
            key = (change.table, change.operation, change.own)
            self._merged.setdefault(key, _Merged()).add(change)

    def merge(self, other: PendingChanges) -> None:
        """Take in what another one holds; that is empty afterwards."""
        for event in other.take():
            self.add(event)

    def take(self) -> list[ChangeEvent]:
        """Return the events in the order in which they began, and forget them."""
        events: list[ChangeEvent] = [
            merged.event(table, operation, own=own)
            for (table, operation, own), merged in self._merged.items()
        ]
        if self._everything:
            events = [EverythingMayHaveChanged()]
        self._merged = {}
        self._everything = False
        return events
