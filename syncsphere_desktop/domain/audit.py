"""What the audit log tells about a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Entity(StrEnum):
    """What kind of row a change was made to, as `audit_log.entity` holds it."""

    USER = "user"
    PROJECT = "project"
    COLLABORATOR = "collaborator"
    AUDIO_FILE = "audio_file"
    BUNDLE = "bundle"
    BOX = "box"


class Action(StrEnum):
    """What was done, as `audit_log.action` holds it."""

    ADD = "add"
    UPDATE = "update"
    REMOVE = "remove"
    SET_PASSWORD = "set_password"  # noqa: S105  # the name of an action
    TRANSFER = "transfer"
    HAND_OVER = "hand_over"
    RELEASE = "release"
    QUARANTINE = "quarantine"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of the audit log. `before` and `after` hold the columns that changed, never a password hash.

    `entity` and `action` are plain text, as a newer version of the app may have written them.
    `undone` says whether another entry undid this one; `undoes` is the entry that this one undid.
    """

    id: int
    at: datetime
    actor: str
    entity: str
    entity_id: int
    action: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    undoes: int | None
    undone: bool
