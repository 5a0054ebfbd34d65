"""The columns of the event log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.humane import ago, exact
from syncsphere_desktop.domain.ownership import unknown_track_name
from syncsphere_desktop.domain.ownership_history import EventKind, OwnershipEvent
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.known_names import KnownNames
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, Elide, Tone

KIND_WORDS = {
    EventKind.CLAIMED: "Claimed",
    EventKind.RELEASED: "Released",
    EventKind.HANDED_OVER: "Handed over",
    EventKind.ADDED: "Added",
    EventKind.REMOVED: "Removed",
}
_TONES = {
    EventKind.CLAIMED: Tone.SUCCESS,
    EventKind.RELEASED: Tone.NEUTRAL,
    EventKind.HANDED_OVER: Tone.ACCENT,
    EventKind.ADDED: Tone.NEUTRAL,
    EventKind.REMOVED: Tone.WARNING,
}


_NUMBERS: tuple[Column[OwnershipEvent], ...] = (
    Column(
        "Box",
        lambda event: event.box_uuid,
        key="box",
        kind=ColumnKind.MONO,
        elide=Elide.MIDDLE,
        width=120,
        hidden=True,
    ),
    Column("Event id", lambda event: event.id, key="number", kind=ColumnKind.NUMBER, width=80, hidden=True),
)
"""What few want to see: shown on wish."""


def track_words(names: KnownNames, event: OwnershipEvent) -> str:
    """Return the track's name, or what stands for it; blank while it is being read."""
    track = names.find(event.project_id, event.box_uuid)
    if track is not None:
        return track.name
    return unknown_track_name(event.box_uuid) if names.is_known(event.project_id) else ""


def log_columns(names: KnownNames, clock: GridClock) -> tuple[Column[OwnershipEvent], ...]:
    """Return the columns; `clock` tells the server's time."""

    def shown(event: OwnershipEvent) -> datetime:
        return clock.shown(event.at.timestamp())

    def when(value: object) -> str:
        if not isinstance(value, datetime):
            return ""
        return ago(clock.shown(value.timestamp()), clock.server())

    return (
        Column(
            "When",
            lambda event: event.at,
            sort_key="id",
            key="when",
            kind=ColumnKind.TIME,
            format=when,
            tooltip=lambda event: exact(shown(event)),
            width=100,
        ),
        Column(
            "Event",
            lambda event: KIND_WORDS[event.kind],
            key="event",
            kind=ColumnKind.STATUS,
            tone=lambda event: _TONES[event.kind],
            width=116,
        ),
        Column("Track", lambda event: track_words(names, event), key="track", width=132),
        Column("Project", lambda event: event.project_name, key="project", width=118),
        _person("Holder", lambda event: event.owner_id, lambda event: event.owner_name),
        _person(
            "Before",
            lambda event: event.previous_owner_id,
            lambda event: event.previous_owner_name,
        ),
        Column("By", lambda event: event.application or event.database_role, key="application", width=88),
        *_NUMBERS,
    )


def _person(
    title: str,
    person: Callable[[OwnershipEvent], int | None],
    name: Callable[[OwnershipEvent], str | None],
) -> Column[OwnershipEvent]:
    def words(event: OwnershipEvent) -> str | None:
        found, known = person(event), name(event)
        return known if known is not None or found is None else f"User {found}"

    return Column(title, words, key=title.lower(), kind=ColumnKind.PERSON, person=person, width=138)
