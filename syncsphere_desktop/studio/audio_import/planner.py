"""Finds out what an import would do: scans, probes, and looks for what is there already."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from syncsphere_desktop.domain import humane
from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.sound import SoundFacts
from syncsphere_desktop.errors import (
    AudioFormatError,
    DamagedAudioError,
    FileError,
    NotAudioError,
    ProbeLimitError,
)
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.audio_import.plan import PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.present import Asked, Present, Sample
from syncsphere_desktop.studio.audio_import.scanning import scan
from syncsphere_desktop.studio.audio_import.sources import open_stamp, opened, sample_of, sha256_of
from syncsphere_desktop.studio.threads import Threads

LOOKERS = 4
"""Files that are looked at at the same time."""

_TOLD_EVERY = 25
"""Files between two words on how far it is."""


class Prober(Protocol):
    """Looks into audio files in limited processes of their own; met by the probe pool."""

    def probe(self, path: Path, *, decode: bool = False) -> SoundFacts: ...


class Planner:
    """Makes one plan. `check` is called again and again on the threads, and ends the work by raising."""

    def __init__(
        self,
        store: AudioStore,
        present: Present,
        prober: Prober,
        threads: Threads,
        check: Callable[[], None],
        progress: Progress,
    ) -> None:
        self._store = store
        self._present = present
        self._prober = prober
        self._threads = threads
        self._check = check
        self._progress = progress

    async def look(self, sources: Sequence[Path]) -> list[PlannedFile]:
        """Return what is in `sources`, each file probed."""
        self._progress("Looking for files", None)
        found = await self._threads(lambda: self._scanned(sources))
        return await self._each(found, self._probed, "Looking into files")

    async def compare(self, files: Sequence[PlannedFile], project_id: ProjectId) -> list[PlannedFile]:
        """Return the files with their verdicts, those that a project has already being duplicates."""
        self._progress("Looking for duplicates", None)
        # Of many files even this takes longer than the event loop may be kept waiting.
        fresh = await self._threads(lambda: [_as_new(file) for file in files])
        sizes = await self._threads(
            lambda: Counter(file.size for file in fresh if file.verdict is Verdict.NEW)
        )
        known = await self._present.sizes(project_id, set(sizes))
        candidates = await self._present.candidates(project_id, set(sizes))
        unhashed = {row.file_size for row in candidates if row.file_size is not None}
        shared = {size for size, count in sizes.items() if count > 1}

        samples: dict[int, Sample] = {}
        fresh = await self._each(fresh, self._sampling(samples, shared | unhashed), None)
        asked = Asked(
            frozenset(sample for sample in samples.values() if sample.size in unhashed),
            frozenset(file.size for file in fresh if file.sha256 is not None),
        )
        rows = await self._present.hashed(candidates, asked, self._check)

        wanted = known | {row.file_size for row in rows.values()}
        twins = Counter(samples.values())
        fresh = await self._each(
            fresh,
            lambda index, file: (
                self._hashed(file)
                if file.size in wanted or (index in samples and twins[samples[index]] > 1)
                else file
            ),
            "Comparing files",
        )
        sha256s = {file.sha256 for file in fresh if file.sha256 is not None}
        here = {**rows, **(await self._present.rows(project_id, sha256s)).rows}
        return await self._threads(lambda: _judged(fresh, here))

    def _scanned(self, sources: Sequence[Path]) -> list[PlannedFile]:
        found = []
        for file in scan(sources, self._store, self._check):
            found.append(file)
            if len(found) % 1000 == 0:
                self._progress(f"Looking for files: {humane.number(len(found))} found", None)
        return found

    async def _each(
        self,
        files: Sequence[PlannedFile],
        work: Callable[[int, PlannedFile], PlannedFile],
        sentence: str | None,
    ) -> list[PlannedFile]:
        """Do `work` with each file that is to be imported, on all threads, and return them in order."""
        done = list(files)
        waiting = deque(index for index, file in enumerate(files) if file.verdict is Verdict.NEW)
        total = len(waiting)

        def some() -> None:
            while True:
                self._check()
                try:
                    index = waiting.popleft()
                except IndexError:
                    return
                done[index] = work(index, done[index])
                left = len(waiting)
                if sentence is not None and left % _TOLD_EVERY == 0:
                    self._progress(f"{sentence}: {humane.number(left)} to go", (total - left) / total)

        try:
            await asyncio.gather(*(self._threads(some) for _ in range(min(LOOKERS, total))))
        except BaseException:
            waiting.clear()  # one thread failed, or nobody waits any more: the others end as well
            raise
        return done

    def _probed(self, _index: int, file: PlannedFile) -> PlannedFile:
        try:
            with opened(file.source) as stream:  # a pipe in its place would keep a child waiting
                stamp = open_stamp(stream)
            facts = self._prober.probe(file.source)
        except FileError as error:
            return replace(file, verdict=Verdict.UNREADABLE, reason=error.message)
        except (DamagedAudioError, ProbeLimitError) as error:
            return replace(file, verdict=Verdict.UNREADABLE, reason=error.reason)
        except AudioFormatError as error:
            return replace(file, verdict=Verdict.OTHER_FORMAT, reason=error.reason)
        except NotAudioError as error:
            return replace(file, verdict=Verdict.NOT_AUDIO, reason=error.reason)
        return replace(file, facts=facts, stamp=stamp, size=stamp.size)

    def _sampling(
        self, samples: dict[int, Sample], sizes: set[int]
    ) -> Callable[[int, PlannedFile], PlannedFile]:
        """Return what takes samples of files of these sizes, which are kept by the places of the files."""

        def sampled(index: int, file: PlannedFile) -> PlannedFile:
            if file.size not in sizes or file.sha256 is not None:
                return file
            try:
                with opened(file.source) as stream:
                    samples[index] = Sample(file.size, sample_of(stream, file.size))
            except FileError as error:
                return replace(file, verdict=Verdict.UNREADABLE, reason=error.message)
            return file

        return sampled

    def _hashed(self, file: PlannedFile) -> PlannedFile:
        if file.sha256 is not None:
            return file
        try:
            with opened(file.source) as stream:
                return replace(file, sha256=sha256_of(stream, check=self._check))
        except FileError as error:
            return replace(file, verdict=Verdict.UNREADABLE, reason=error.message)


def _as_new(file: PlannedFile) -> PlannedFile:
    """Return the file as it was before it was compared with a project."""
    if file.verdict is not Verdict.DUPLICATE:
        return file
    return replace(file, verdict=Verdict.NEW, reason=None, duplicate_of=None)


def _judged(files: Sequence[PlannedFile], here: dict[str, RowToCheck]) -> list[PlannedFile]:
    """Mark what a row has already, and what is the same as an earlier file, as duplicates."""
    first: dict[str, PlannedFile] = {}
    judged = []
    for file in files:
        if file.verdict is not Verdict.NEW or file.sha256 is None:
            judged.append(file)
        elif (row := here.get(file.sha256)) is not None:
            reason = f"The project has it as {row.filename}."
            judged.append(replace(file, verdict=Verdict.DUPLICATE, reason=reason, duplicate_of=row.id))
        elif (twin := first.get(file.sha256)) is not None:
            reason = f"It has the same content as {twin.relative}."
            judged.append(replace(file, verdict=Verdict.DUPLICATE, reason=reason))
        else:
            first[file.sha256] = file
            judged.append(file)
    return judged
