"""What is known about a database's schema, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SchemaState(StrEnum):
    """How a database's schema stands to the one this app brings."""

    EMPTY = "empty"
    ADOPTABLE = "adoptable"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"
    FOREIGN = "foreign"


class Origin(StrEnum):
    """Who made the six shared tables: this app's first revision, or somebody before it."""

    CREATED = "created"
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Revision:
    """One migration: its id, and what it does in a few words."""

    revision: str
    title: str


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """A database's schema at one moment.

    `differences` from the document are whole sentences, those in `hindrances` first: they alone make a
    database foreign. `goes_without` says what the app can't do here. `may_upgrade` is whether the role has
    the rights to apply what is pending. `needs_app` is the version of this app that a newer
    database needs, where that is known.
    """

    state: SchemaState
    current: str | None
    head: str
    pending: tuple[Revision, ...] = ()
    differences: tuple[str, ...] = ()
    hindrances: tuple[str, ...] = ()
    goes_without: tuple[str, ...] = ()
    origin: Origin | None = None
    may_upgrade: bool = True
    has_audit: bool = False
    has_triggers: bool = False
    has_notices: bool = False
    is_standby: bool = False
    needs_app: str | None = None

    @property
    def read_only_reason(self) -> str | None:
        """The sentence that says why nothing may be written here, or None."""
        match self.state:
            case SchemaState.EMPTY:
                return "The database has no SyncSphere tables yet; create them first (migrate upgrade)."
            case SchemaState.AHEAD:
                newer = f"a newer version of this app (revision {self.current}, this app knows {self.head})"
                if self.needs_app is None:
                    return f"The database was set up by {newer}; update the app to change anything."
                return (
                    f"The database was set up by {newer}; it needs SyncSphere Desktop {self.needs_app}, so"
                    " update the app to that version to change anything."
                )
            case SchemaState.FOREIGN:
                return (
                    "The tables differ from SyncSphere's, so nothing is changed here. "
                    + " ".join(self.hindrances[:3])
                    + (f" And {len(self.hindrances) - 3} more." if len(self.hindrances) > 3 else "")
                )
        if self.is_standby:
            return "The server is a standby that allows reading only."
        return None
