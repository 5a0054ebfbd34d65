"""Which contents a project has already: known by their hash, or found by reading what nobody hashed yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.errors import FileError, PathOutsideStoreError, StoredFileMissingError
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.storage.paths import stored_path
from syncsphere_desktop.studio.audio_import.ports import ContentRows
from syncsphere_desktop.studio.audio_import.sources import sample_of, sha256_of
from syncsphere_desktop.studio.threads import Threads

_TRUSTED = frozenset({ContentState.SOUND, ContentState.UNCHECKED})
"""A row whose file is missing or damaged does not have the content: importing it again mends that."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The size of a file in bytes, and the digest of a few stretches of it."""

    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What files that may be in a project already look like, or of which sizes they are."""

    samples: frozenset[Sample]
    sizes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Here:
    """Rows by the contents that they have, whole; and `lost`, rows that are said to have one and do not."""

    rows: dict[str, RowToCheck]
    lost: frozenset[AudioFileId] = frozenset()


class Present:
    """Looks for contents in a project. Raises what the store and the database raise."""

    def __init__(self, store: AudioStore, contents: ContentRows, threads: Threads) -> None:
        self._store = store
        self._contents = contents
        self._threads = threads

    async def rows(self, project_id: ProjectId, sha256s: Collection[str]) -> Here:
        """Return a row of the project for each of the contents that it has, by what is known."""
        found = await self._contents.by_sha256(project_id, sha256s)
        if not found:
            return Here({})
        return await self._threads(lambda: self._here(found))

    async def sizes(self, project_id: ProjectId, sizes: Collection[int]) -> frozenset[int]:
        """Return which of these sizes files of the project have whose content is known."""
        return await self._contents.known_sizes(project_id, sizes)

    async def candidates(self, project_id: ProjectId, sizes: Collection[int]) -> Sequence[RowToCheck]:
        """Return the rows of these sizes whose content nobody hashed yet."""
        return await self._contents.candidates(project_id, sizes)

    async def hashed(
        self, candidates: Sequence[RowToCheck], asked: Asked, check: Callable[[], None]
    ) -> dict[str, RowToCheck]:
        """Return rows whose content nobody hashed yet by the hash that it has, as far as they were asked for.

        Files that differ in a few samples already are not read to their end.
        """
        if not candidates:
            return {}
        return await self._threads(lambda: dict(self._hashed(candidates, asked, check)))

    def _here(self, found: Mapping[str, Sequence[RowToCheck]]) -> Here:
        here: dict[str, RowToCheck] = {}
        lost: set[AudioFileId] = set()
        for sha256, rows in found.items():
            row = next(filter(self._is_there, rows), None)
            if row is None:
                lost.update(row.id for row in rows)
            else:
                here[sha256] = row
        return Here(here, frozenset(lost))

    def _hashed(
        self, candidates: Iterable[RowToCheck], asked: Asked, check: Callable[[], None]
    ) -> Iterable[tuple[str, RowToCheck]]:
        for row in candidates:
            check()
            if row.file_size is None or not self._is_there(row):
                continue
            try:
                with self._store.open(stored_path(row.file_path, self._store.root)) as stream:
                    sample = Sample(row.file_size, sample_of(stream, row.file_size))
                    if sample not in asked.samples and row.file_size not in asked.sizes:
                        continue
                    stream.seek(0)
                    yield sha256_of(stream, check=check), row
            except (FileError, StoredFileMissingError, PathOutsideStoreError):
                continue  # what can't be read is nothing that we have

    def _is_there(self, row: RowToCheck) -> bool:
        if row.state not in _TRUSTED:
            return False
        size = row.content.size if row.content else row.file_size
        try:
            stored = self._store.stat(stored_path(row.file_path, self._store.root))
        except PathOutsideStoreError:
            return False
        return stored is not None and stored.size == size
