"""What integrity needs of the database, met by its repositories and by the tests' fakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from syncsphere_desktop.domain.audio import AudioFile, StoredAudio
from syncsphere_desktop.domain.audio_check import CheckRun, ContentRecord, OrphanFile, RowToCheck
from syncsphere_desktop.domain.bundle_use import BundleUse
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.trash import TrashDraft, TrashEntry, TrashId, TrashState


class FileRows(Protocol):
    """The rows of audio files."""

    async def find(self, file_id: AudioFileId) -> AudioFile | None: ...
    async def update(self, base: AudioFile, changes: Mapping[str, object]) -> AudioFile: ...
    async def relocate(self, base: AudioFile, file_path: str) -> AudioFile:
        """Let the row name another path of the same content; what is known of it stays known."""
        ...

    async def replace(self, base: AudioFile, stored: StoredAudio) -> AudioFile:
        """Let the row name another file, and keep what is known of that; the draft's project is ignored."""
        ...


class ContentRows(Protocol):
    """What is known of the bytes behind the rows."""

    async def totals(self, project_id: ProjectId | None) -> tuple[int, int]:
        """Return the number of rows and the sum of their sizes in bytes."""
        ...

    async def to_check(
        self, after_id: int, limit: int, *, project_id: ProjectId | None = None, troubled: bool = False
    ) -> Sequence[RowToCheck]:
        """Return rows with higher ids than `after_id`, in the order of ids.

        `troubled`: those alone whose recorded state is neither unchecked nor sound, or that have no project.
        """
        ...

    async def rows(self, ids: Collection[AudioFileId]) -> Sequence[RowToCheck]:
        """Return the rows of these ids that there are."""
        ...

    async def record_all(self, records: Sequence[ContentRecord]) -> bool:
        """Write records in one transaction; False where the side tables can't be written.

        A row that is gone, or that names another path by now, is left out.
        """
        ...

    async def files_at(self, paths: Collection[str]) -> Mapping[str, tuple[AudioFileId, ...]]:
        """Return which rows name each of these paths, letter by letter; a path without any is left out."""
        ...

    async def odd_spellings(self, names: Collection[str]) -> Sequence[tuple[str, AudioFileId]]:
        """Return rows whose path may name a file of these names in a way `files_at` does not look for."""
        ...

    async def rows_with_sha256(self, sha256s: Collection[str]) -> Sequence[RowToCheck]:
        """Return the rows of any project whose recorded content is one of these."""
        ...


class CheckRows(Protocol):
    """The runs of checks, and the orphans that the last one found."""

    async def begin(
        self, *, project_id: ProjectId | None, store_id: str | None, deep: bool
    ) -> CheckRun | None:
        """Begin a run; None where the side tables can't be written."""
        ...

    async def advance(self, run_id: int, cursor: int, counts: Mapping[str, int]) -> None: ...
    async def finish(self, run_id: int, counts: Mapping[str, int]) -> None: ...
    async def unfinished(self, project_id: ProjectId | None, store_id: str | None) -> CheckRun | None:
        """Return the newest run of this scope and store if it was not finished."""
        ...

    async def last(self, project_id: ProjectId | None) -> CheckRun | None:
        """Return the newest run of this scope, finished or not."""
        ...

    async def replace_orphans(self, run_id: int, orphans: Sequence[OrphanFile]) -> None: ...
    async def orphans(self, *, sizes: Collection[int] | None = None) -> Sequence[OrphanFile]: ...
    async def keep_orphan_hash(self, path: str, sha256: str) -> None: ...
    async def remove_orphans(self, paths: Collection[str]) -> None: ...


class TrashRows(Protocol):
    """What lies in quarantine. Each step is one transaction, and happens only from the state it starts from.

    A step whose entry is in another state by now raises ConflictError.
    """

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from changing the quarantine; raises TimedOutError when one does.

        The lock is a session's: it ends with the process that holds it.
        """
        ...

    async def begin(self, drafts: Sequence[TrashDraft], *, keep_for: timedelta) -> Sequence[TrashEntry]:
        """Add entries in state MOVING."""
        ...

    async def hold(self, entry_id: TrashId) -> TrashEntry:
        """From MOVING to HELD, and remove the row it has, with its content and an audit entry.

        Raises NotFoundError when the row is gone, ConflictError when it names another path by now, and
        InUseError when the entry has no row and one names its path by now.
        """
        ...

    async def hold_copy(self, entry_id: TrashId) -> TrashEntry:
        """From MOVING to HELD as an orphan, and leave the row as it is: another file took the place."""
        ...

    async def abandon(self, entry_id: TrashId) -> None:
        """Forget an entry in state MOVING, as nothing was moved."""
        ...

    async def begin_restoring(self, entry_id: TrashId, to_path: str) -> TrashEntry:
        """From HELD to RESTORING; `to_path` is its original path from now on."""
        ...

    async def finish_restoring(
        self, entry_id: TrashId, *, project_id: ProjectId | None = None
    ) -> AudioFileId | None:
        """From RESTORING to RESTORED, and add the row again with its id, content and an audit entry.

        With `project_id` it is that project's; an uploader who is gone is left out. Raises InUseError when
        its project is gone.
        """
        ...

    async def hold_again(self, entry_id: TrashId, original_path: str) -> TrashEntry:
        """From RESTORING back to HELD."""
        ...

    async def begin_emptying(self, entry_id: TrashId) -> TrashEntry:
        """From HELD to EMPTYING."""
        ...

    async def finish_emptying(self, entry_id: TrashId) -> None:
        """From EMPTYING to EMPTIED."""
        ...

    async def find(self, entry_id: TrashId) -> TrashEntry | None: ...
    async def in_states(
        self, states: Collection[TrashState], *, project_id: ProjectId | None = None
    ) -> Sequence[TrashEntry]:
        """Return the entries in these states, the newest first."""
        ...


class SampleUses(Protocol):
    """Which bundle versions name a file."""

    async def uses_of_files(self, paths: Collection[str]) -> Mapping[str, tuple[BundleUse, ...]]:
        """Return the versions that name each of these paths of the store; a path without any is left out."""
        ...


class KnownStores(Protocol):
    """Remembers which store the studio's files are in."""

    async def known(self) -> str | None: ...


class ImportsUnderWay(Protocol):
    """Tells of imports, whose files have no rows yet."""

    async def under_way(self) -> bool:
        """Whether any import was begun and not finished."""
        ...
