"""Makes sure that what is checked is the studio's storage, at the start and each time something is missing.

An unmounted, empty or foreign root is a failure of the check. Otherwise it would be a million missing files.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.errors import PathOutsideStoreError, StoreUnavailableError
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.studio.integrity.library import path_in

WITNESSES_SOUGHT = 1000
"""How many rows are asked for a file that is there before a storage counts as the wrong one."""


class StoreGuard:
    """Blocks. `known` is the identity that the database remembers, None where it remembers none."""

    def __init__(self, store: AudioStore, known: str | None) -> None:
        self._store = store
        self._known = known
        self._witness: StorePath | None = None

    def begin(self, rows: Sequence[RowToCheck]) -> str | None:
        """Find out that this is the right storage, by some rows of the studio; return its identity.

        Raises StoreUnavailableError.
        """
        if self._known is not None:
            self._store.expect(self._known)
        self._store.check()
        identity = self._store.identity()
        self._witness = self._found(rows)
        if not rows or self._witness is not None:
            return identity
        if next(self._store.walk(), None) is None:
            raise StoreUnavailableError(
                "The audio storage is empty, and the studio has files: it may not be mounted,"
                " or the address is another one's.",
                details=f"{self._store.url}: none of {counted(len(rows), 'file')} was found.",
            )
        if self._known is None:
            raise StoreUnavailableError(
                f"Not one of the studio's first {counted(len(rows), 'file')} is in this storage:"
                " it may be another one's, or part of it is not mounted.",
                details=self._store.url,
            )
        return identity

    def confirm(self) -> None:
        """Look again, because something is missing; raises StoreUnavailableError when it is all of it."""
        self._store.check()
        if self._store.expected is None and self._witness is not None and not self._is_there(self._witness):
            raise StoreUnavailableError(
                "The audio storage went away in the middle of the check.",
                details=f"{self._store.url}: {self._witness} was there when the check began.",
            )

    def _found(self, rows: Sequence[RowToCheck]) -> StorePath | None:
        for row in rows:
            path = path_in(self._store, row.file_path)
            if path is not None and self._is_there(path):
                return path
        return None

    def _is_there(self, path: StorePath) -> bool:
        try:
            return self._store.stat(path) is not None
        except PathOutsideStoreError:
            return False
