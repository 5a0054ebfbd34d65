"""Making another storage the studio's own: said first, done when it is wished for, and never by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.audio_store import KnownStore
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.errors import PathOutsideStoreError, StoreUnavailableError
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.integrity.library import path_in

_MEANING = (
    "Adopted, it is this studio's audio storage, and any other is refused. No file is changed."
    " A studio that uses it too would take this one's files for orphans."
)
_ENOUGH = 200
"""How many rows are asked for their file once one was found."""


class AdoptableStores(Protocol):
    """Remembers which store the studio's files are in; met by the database's repository."""

    async def current(self) -> KnownStore | None: ...
    async def adopt(self, identity: str, url: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting a store means. `identity` is the mark it has, None for a store without one.

    Of the studio's first `sought` rows `found` have their file there.
    """

    url: str
    identity: str | None
    before: KnownStore | None
    sought: int
    found: int

    @property
    def is_done(self) -> bool:
        """Whether the studio remembers this very store already."""
        return self.before is not None and self.before.identity == self.identity

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what is so, and what would happen."""
        if self.before is None:
            told = "The studio remembers no audio storage."
        else:
            told = f"The studio remembers the audio storage {self.before.identity} at {self.before.url}."
        mark = f"has the mark {self.identity}" if self.identity else "has no mark, and gets one"
        files = (
            "The studio has no files yet."
            if not self.sought
            else f"Of the studio's first {counted(self.sought, 'file')}, {self.found:,} can be found in it."
        )
        return told, f"The one at {self.url} {mark}.", files, _MEANING


class StoreAdoption:
    """Adopts `store`, which must expect no identity. Blocks: for a command, which does nothing else."""

    def __init__(self, store: AudioStore, known: AdoptableStores, rows: Sequence[RowToCheck]) -> None:
        self._store = store
        self._known = known
        self._rows = rows

    async def look(self) -> Adoption:
        """Return what adopting the store means; nothing is changed. Raises StoreUnavailableError."""
        self._store.check()
        sought, found = self._looked_for()
        return Adoption(self._store.url, self._store.identity(), await self._known.current(), sought, found)

    async def adopt(self, adoption: Adoption, *, without_files: bool = False) -> str:
        """Mark the store unless it has a mark, remember it, and return its identity.

        Raises StoreUnavailableError for one that has none of the studio's files, unless `without_files`;
        StoreReadOnlyError where a mark is due and none can be written.
        """
        if adoption.sought and not adoption.found and not without_files:
            raise StoreUnavailableError(
                f"Not one of the studio's first {counted(adoption.sought, 'file')} is in this storage:"
                " it is not adopted unless you say --without-files.",
                details=adoption.url,
                retryable=False,
            )
        identity = adoption.identity or self._store.mark()
        await self._known.adopt(identity, adoption.url)
        return identity

    def _looked_for(self) -> tuple[int, int]:
        sought = found = 0
        for row in self._rows:
            if found and sought >= _ENOUGH:
                break
            sought += 1
            found += self._is_there(row)
        return sought, found

    def _is_there(self, row: RowToCheck) -> bool:
        path = path_in(self._store, row.file_path)
        try:
            return path is not None and self._store.stat(path) is not None
        except PathOutsideStoreError:  # a link stands in the way
            return False
