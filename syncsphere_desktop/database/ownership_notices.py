"""Tells of changes of ownership with their values, a few milliseconds after they were committed.

What is told needs no reading: the notices of `box_ownership` carry who holds what. Where the database has no
triggers, its counters are asked, and all that can be told is to read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg2.extensions import connection as RawConnection  # noqa: N812
from typing_extensions import override

from syncsphere_desktop.database.change_events import EverythingMayHaveChanged
from syncsphere_desktop.database.change_probe import Probe, changes_between, read_probe
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import ListenerMode, Subject
from syncsphere_desktop.database.notice_listener import NoticeListener
from syncsphere_desktop.database.tables import OWNERSHIP_CHANNEL, box_ownership
from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange, OwnershipNews, ReadAgain

__all__ = ["ListenerMode", "OwnershipNews", "OwnershipNotices", "PendingOwnership", "parse_ownership"]

_FLUSH_SECONDS = 0.02
_TRIGGERS = 4
_MOST_CHANGES = 20_000
"""Of changes that wait for a busy event loop; those of one row are one then, and too many rows are read."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OwnershipCallback = Callable[[Sequence[OwnershipNews]], None]


class OwnershipNotices(NoticeListener[OwnershipNews]):
    """Listens for changes of ownership in all projects; `mode` says whether as they happen or by asking.

    Callbacks get what is new at once, changes in the order of their commits; changes that were made through
    this `database` have the source `own`.
    """

    def __init__(self, database: Database, *, poll_seconds: float = 1.0) -> None:
        super().__init__(database, _SUBJECT, poll_seconds=poll_seconds, flush_seconds=_FLUSH_SECONDS)
        self._callbacks: list[OwnershipCallback] = []

    def subscribe(self, callback: OwnershipCallback) -> Callable[[], None]:
        """Call `callback` with what is new; returns what ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    @override
    def _tell(self, events: Sequence[OwnershipNews]) -> None:
        for callback in list(self._callbacks):
            callback(events)


class PendingOwnership:
    """Changes that wait to be told. A flood of them is one change a row, or a wish to read."""

    def __init__(self) -> None:
        self._changes: list[OwnershipChange] = []
        self._projects: dict[ProjectId, None] = {}
        self._everything = False

    def add(self, news: OwnershipNews, /) -> None:
        """Take in what is new."""
        if self._everything:
            return
        if isinstance(news, OwnershipChange):
            self._changes.append(news)
            if len(self._changes) > _MOST_CHANGES:
                self._merge()
        elif news.project_id is not None:
            self._projects[news.project_id] = None
        else:
            self._everything = True
            self._changes.clear()
            self._projects.clear()

    def take(self) -> list[OwnershipNews]:
        """Return the changes in their order, then what to read again, and forget them."""
        news: list[OwnershipNews] = [*self._changes, *map(ReadAgain, self._projects)]
        if self._everything:
            news = [ReadAgain()]
        self._changes = []
        self._projects = {}
        self._everything = False
        return news

    def _merge(self) -> None:
        """Keep the newest change of each row, from the owner that the first of them found."""
        newest: dict[tuple[ProjectId, UUID, OwnershipId | None], OwnershipChange] = {}
        for change in self._changes:
            # Taken out first, so that the order is that of the newest ones.
            before = newest.pop((change.project_id, change.box_uuid, change.row_id), change)
            newest[change.project_id, change.box_uuid, change.row_id] = OwnershipChange(
                change.at,
                change.project_id,
                change.box_uuid,
                change.owner_id,
                before.previous_owner_id,
                change.source,
                change.row_id,
                change.gone,
            )
        self._changes = list(newest.values())
        if len(self._changes) > _MOST_CHANGES // 2:
            self.add(ReadAgain())


def parse_ownership(payload: str, origin: str) -> Sequence[OwnershipNews]:
    """Return what a notice says; nothing where it is none of ours, as anybody may write to the channel.

    `origin` is that of the own connections.
    """
    try:
        said = json.loads(payload)
        if "rows" not in said:
            projects = said["projects"]
            if projects is None:
                return [ReadAgain()]
            return [ReadAgain(ProjectId(_whole(project))) for project in projects]
        at = _EPOCH + timedelta(seconds=float(said["at"]))
        source = ChangeSource.OWN if said["origin"] == origin else ChangeSource.NOTICE
        return [_change(row, at, source) for row in said["rows"]]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return []


def _change(row: Any, at: datetime, source: ChangeSource) -> OwnershipNews:
    row_id, project, box, owner, previous, kind = row
    if project is None:
        return ReadAgain()
    return OwnershipChange(
        at,
        ProjectId(_whole(project)),
        UUID(box),
        None if owner is None else UserId(_whole(owner)),
        None if previous is None else UserId(_whole(previous)),
        source,
        OwnershipId(_whole(row_id)),
        gone=kind == "removed",
    )


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _probe(connection: RawConnection) -> Probe:
    return read_probe(connection, "record_ownership", _TRIGGERS)


def _between(before: Probe, after: Probe) -> Iterator[OwnershipNews]:
    for event in changes_between(before.counters, after.counters):
        if isinstance(event, EverythingMayHaveChanged) or event.table == box_ownership.name:
            yield ReadAgain()


_SUBJECT: Subject[OwnershipNews] = Subject(
    channel=OWNERSHIP_CHANNEL,
    gap=ReadAgain(),
    pending=PendingOwnership,
    probe=_probe,
    parse=parse_ownership,
    between=_between,
)
