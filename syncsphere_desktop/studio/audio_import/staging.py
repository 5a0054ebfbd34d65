"""Copies planned files into the store under temporary names, whole and durable, on an import's threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import SoundFacts
from syncsphere_desktop.errors import (
    FileError,
    NotAudioError,
    PathOutsideStoreError,
    ProbeLimitError,
    StorageError,
)
from syncsphere_desktop.storage.base import AudioStore, Staged
from syncsphere_desktop.storage.paths import new_path, part_path
from syncsphere_desktop.studio.audio_import.control import ImportControl, WorkCancelledError
from syncsphere_desktop.studio.audio_import.journal import Announced
from syncsphere_desktop.studio.audio_import.naming import library_name
from syncsphere_desktop.studio.audio_import.plan import FileStamp, PlannedFile
from syncsphere_desktop.studio.audio_import.planner import Prober
from syncsphere_desktop.studio.audio_import.progress import Meter
from syncsphere_desktop.studio.audio_import.report import ImportStatus
from syncsphere_desktop.studio.audio_import.sources import open_stamp, opened

CHANGED = "It changed while it was read."


@dataclass(slots=True)
class Entry:
    """A file on its way: its place in the plan, where it goes, and what became of it so far.

    `staged` is there for one that was whole in the store; `status` once it is decided what becomes of it;
    `twin` is the row that has the same content. `may_be_left` tells that something of a file that gets no row
    may be in the store still: the store failed, or the file had its name already.
    """

    index: int
    planned: PlannedFile
    filename: str
    announced: Announced
    facts: SoundFacts | None = None
    staged: Staged | None = None
    status: ImportStatus | None = None
    reason: str | None = None
    twin: AudioFileId | None = None
    may_be_left: bool = False

    @classmethod
    def of(cls, index: int, planned: PlannedFile, project_id: int) -> Entry:
        """Return a file that nothing was done with yet, with the names it will have."""
        filename = library_name(planned.source)
        final = new_path(project_id, filename)
        return cls(index, planned, filename, Announced(part_path(final), final), planned.facts)

    def decide(self, status: ImportStatus, reason: str | None = None) -> None:
        """Say what became of it."""
        self.status, self.reason = status, reason


@dataclass(slots=True)
class Batch:
    """Files that get their names, and their rows in one transaction."""

    entries: Sequence[Entry]
    waiting: deque[Entry] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.waiting.extend(self.entries)

    @property
    def ready(self) -> list[Entry]:
        """Return the files that are whole in the store and of which nothing else was decided."""
        return [entry for entry in self.entries if entry.staged is not None and entry.status is None]


class Stager:
    """Stages the files of batches; any number of threads may work on one. Ends early when told to."""

    def __init__(
        self,
        store: AudioStore,
        prober: Prober,
        control: ImportControl,
        meter: Meter,
        on_problem: Callable[[StorageError], None],
    ) -> None:
        self._store = store
        self._prober = prober
        self._control = control
        self._meter = meter
        self._on_problem = on_problem
        self._is_stopped = False

    def stop(self) -> None:
        """Stage nothing more: the import can't go on. Files under way are left out."""
        self._is_stopped = True

    def work(self, batch: Batch) -> None:
        """Stage files of a batch until none is left. Raises nothing but bugs."""
        while True:
            try:
                entry = batch.waiting.popleft()
            except IndexError:
                return
            try:
                self._stage(entry)
            except WorkCancelledError:
                entry.decide(ImportStatus.CANCELLED)
            except (FileError, PathOutsideStoreError) as error:
                entry.decide(ImportStatus.REJECTED, error.message)
            except (NotAudioError, ProbeLimitError) as error:
                entry.decide(ImportStatus.REJECTED, error.reason)
            except StorageError as error:
                entry.decide(ImportStatus.CANCELLED)
                entry.may_be_left = True
                self.stop()
                self._on_problem(error)
            self._meter.ended(entry.planned)

    def _check(self) -> None:
        self._control.checkpoint()
        if self._is_stopped:
            raise WorkCancelledError

    def _stage(self, entry: Entry) -> None:
        planned = entry.planned
        self._check()
        with opened(planned.source) as stream:
            stamp = open_stamp(stream)
            if stamp != planned.stamp:
                # It is another file than the one that was planned: what it is has to be found out again.
                entry.facts = self._prober.probe(planned.source)
            self._meter.began(planned)
            staged = self._store.stage(
                stream,
                entry.announced.final,
                on_bytes=lambda count: self._meter.copied(planned, count),
                check=self._check,
                temporary=entry.announced.temporary,
            )
            entry.staged = staged
            if not _is_same(stamp, open_stamp(stream)) or staged.content.size != stamp.size:
                staged.discard()
                entry.decide(ImportStatus.REJECTED, CHANGED)


def _is_same(before: FileStamp, after: FileStamp) -> bool:
    return (before.size, before.modified) == (after.size, after.modified)
