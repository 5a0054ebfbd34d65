"""Tells the app that rows changed, by whoever: by the database's notices where it has them, else by counting.

A thread of its own waits for them, as a Windows event loop can't watch libpq's socket. What it learns comes
to the event loop merged: a flood of notices is a few events, and memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from typing_extensions import override

from syncsphere_desktop.database.change_events import (
    ChangeEvent,
    EverythingMayHaveChanged,
    Operation,
    PendingChanges,
    TableChanged,
    parse_notice,
)
from syncsphere_desktop.database.change_probe import Probe, changes_between, read_probe
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.listener_thread import ListenerMode, Subject
from syncsphere_desktop.database.notice_listener import NoticeListener
from syncsphere_desktop.database.tables import CHANGE_CHANNEL

__all__ = [
    "ChangeEvent",
    "ChangeListener",
    "EverythingMayHaveChanged",
    "ListenerMode",
    "Operation",
    "TableChanged",
]

_FLUSH_SECONDS = 0.1


class ChangeListener(NoticeListener[ChangeEvent]):
    """Listens for changes of the six tables."""

    def __init__(self, database: Database, *, poll_seconds: float = 3.0) -> None:
        super().__init__(database, _SUBJECT, poll_seconds=poll_seconds, flush_seconds=_FLUSH_SECONDS)
        self._callbacks: list[Callable[[ChangeEvent], None]] = []

    def subscribe(self, callback: Callable[[ChangeEvent], None]) -> Callable[[], None]:
        """Call `callback` with each event; returns what ends that."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback) if callback in self._callbacks else None

    @override
    def _tell(self, events: Sequence[ChangeEvent]) -> None:
        for event in events:
            for callback in list(self._callbacks):
                callback(event)


def _parse(payload: str, origin: str) -> Iterator[ChangeEvent]:
    change = parse_notice(payload, origin)
    if change is not None:
        yield change


def _between(before: Probe, after: Probe) -> Iterator[ChangeEvent]:
    return changes_between(before.counters, after.counters)


_SUBJECT: Subject[ChangeEvent] = Subject(
    channel=CHANGE_CHANNEL,
    gap=EverythingMayHaveChanged(),
    pending=PendingChanges,
    probe=read_probe,
    parse=_parse,
    between=_between,
)
