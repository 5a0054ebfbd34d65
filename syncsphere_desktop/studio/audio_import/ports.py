"""What importing needs of the database, met by its repositories and by the tests' fakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from syncsphere_desktop.domain.audio import AddedAudio, AudioFile, StoredAudio
from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.audio_import import AudioImport, RemainingRows
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId


class FileRows(Protocol):
    """The rows of audio files."""

    async def add_many(
        self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
    ) -> tuple[AddedAudio, ...]:
        """Add rows in one transaction; raises InUseError when the project or the uploader is gone.

        A file whose content the project has by now gets none, unless it is only the rows `but_for` that are
        said to have it.
        """
        ...

    async def remaining(self, ids: Collection[AudioFileId], project_id: ProjectId) -> RemainingRows:
        """Return which of these rows there still are."""
        ...


class ContentRows(Protocol):
    """What is known of the bytes behind the rows."""

    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> Mapping[str, Sequence[RowToCheck]]:
        """Return which rows of a project are known to have each of these contents."""
        ...

    async def candidates(self, project_id: ProjectId | None, sizes: Collection[int]) -> Sequence[RowToCheck]:
        """Return the rows of these sizes whose content is not known."""
        ...

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]:
        """Return which of these sizes rows have whose content is known."""
        ...

    async def files_at(self, paths: Collection[str]) -> Mapping[str, tuple[AudioFileId, ...]]:
        """Return which rows name each of these paths; a path without any is left out."""
        ...

    async def odd_spellings(self, names: Collection[str]) -> Sequence[tuple[str, AudioFileId]]:
        """Return rows whose path may name a file of these names in a way `files_at` does not look for."""
        ...


class ImportRows(Protocol):
    """Which imports there were."""

    async def begin(self, import_id: UUID, project_id: ProjectId, source: str) -> bool:
        """Remember that an import begins, or goes on; False where there is no place for it."""
        ...

    async def finish(self, import_id: UUID, *, duplicates: int, rejected: int) -> None: ...
    async def get(self, import_id: UUID) -> AudioImport: ...
    async def rows_of(self, import_id: UUID) -> tuple[AudioFile, ...]: ...
    async def mark_undone(self, import_id: UUID) -> None: ...

    async def database_identity(self) -> str:
        """Return what tells this database from every other, restored copies on other servers too."""
        ...

    async def settle(self, import_id: UUID) -> None:
        """Wait until no transaction of an import is under way, that of a process which ended meanwhile."""
        ...
