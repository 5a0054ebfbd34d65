"""What is said of an event in a track's history."""

from __future__ import annotations

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership_history import EventKind, OwnershipEvent
from syncsphere_desktop.ui.ownership.inspector import EventLine


def event_line(event: OwnershipEvent) -> EventLine:
    """Return when it was and what, as in `mira claimed it`."""
    return EventLine(event.at.timestamp(), event_words(event))


def event_words(event: OwnershipEvent) -> str:
    """Return what happened, as in `mira handed it over to jonas`."""
    owner = _name(event.owner_id, event.owner_name)
    before = _name(event.previous_owner_id, event.previous_owner_name)
    match event.kind:
        case EventKind.CLAIMED:
            return f"{owner} claimed it"
        case EventKind.RELEASED:
            return f"{before} released it"
        case EventKind.HANDED_OVER:
            return f"it went from {before} to {owner}"
        case EventKind.ADDED:
            return "it was added without an owner"
        case EventKind.REMOVED:
            return (
                f"its row was removed, {before} held it" if event.previous_owner_id else "its row was removed"
            )


def _name(user: UserId | None, name: str | None) -> str:
    if name is not None:
        return name
    return "nobody" if user is None else f"user {user}"
