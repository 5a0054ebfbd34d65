"""What a stored version holds, read from the server without its samples, and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.bundle_facts import BundleSample
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.sample_names import stem
from syncsphere_desktop.odb import Sample
from syncsphere_desktop.odb.summary import Summary
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, Job
from syncsphere_desktop.studio.bundles.child.jobs import hash_samples
from syncsphere_desktop.studio.bundles.opening import BundleBytes, BundleOpener, Source

_NAMES_KEPT = 50_000
"""Units, tracks and samples of all bundles that are kept at hand together."""
_BESIDE_NAMES = 200
_HASHED_AT_MOST = 64 << 20
"""Bytes of samples that are fetched from one version to tell whether the library has the same."""


class InLibrary(StrEnum):
    """Whether the audio library has the content of a sample, the surest first."""

    SAME = "same"
    """A file of the library has the same bytes: their hashes are equal."""
    LIKELY = "likely"
    """A file of the library has the same name and size; one of both was not hashed yet."""
    PERHAPS = "perhaps"
    """A file of the library has the same size, under another name; one of both was not hashed yet."""
    NO = "no"
    UNKNOWN = "unknown"
    """The bundle does not hold the sample, so there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class BundleReading:
    """A bundle in short, its cover picture where it has one, and its samples' whereabouts.

    `matches` is None where the library was not asked, as for a file on disk.
    """

    bundle: Summary
    cover: bytes | None = field(default=None, repr=False)
    matches: Mapping[UUID, InLibrary] | None = None


class LibraryContents(Protocol):
    """What the audio library knows of contents; met by the database's repository."""

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]: ...
    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]: ...
    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]: ...


class SampleHashes(Protocol):
    """What is known of the bytes of samples in versions; met by the database's repository."""

    async def samples_of(self, bundle_id: BundleId) -> tuple[BundleSample, ...]: ...
    async def keep_hashes(
        self,
        bundle_id: BundleId,
        row_version: RowVersion,
        sha256: str | None = None,
        samples: Mapping[UUID, str] = ...,
    ) -> bool: ...


class BundleContents:
    """Opens versions in the background and keeps those that were opened last."""

    def __init__(
        self,
        streams: BundleBytes,
        library: LibraryContents,
        worker: BundleWorker,
        hashes: SampleHashes | None = None,
    ) -> None:
        self._opener = BundleOpener(streams, worker)
        self._library = library
        self._hashes = hashes
        self._kept: OrderedDict[tuple[BundleId, RowVersion], BundleReading] = OrderedDict()

    def at_hand(self, version: BundleVersion) -> BundleReading | None:
        """Return what is known of a version already, or None."""
        return self._kept.get((version.id, version.row_version))

    async def of(self, source: Source) -> BundleReading:
        """Return what a version or a file on disk holds, whatever its bytes are.

        Raises NotFoundError, FileError, BundleError where it is a trap for its readers, AppError.
        """
        key = (source.id, source.row_version) if isinstance(source, BundleVersion) else None
        if key is not None and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        opened = await self._opener.open(source)
        reading = BundleReading(opened.summary, opened.cover)
        if key is not None:
            self._kept[key] = reading
            self._trim()
        return reading

    async def with_matches(self, version: BundleVersion) -> BundleReading:
        """Return what a version holds with whether the audio library has its samples. Raises as `of` does."""
        reading = await self.of(version)
        if reading.matches is not None:
            return reading
        found = replace(reading, matches=await self._matches(version, reading.bundle.samples))
        key = (version.id, version.row_version)
        if key in self._kept:
            self._kept[key] = found
        return found

    async def compared(
        self, before: Source, after: Source, job: Job, arguments: Mapping[str, Any]
    ) -> list[Any]:
        """Return the pieces of a job that compares two bundles, which it knows as `before` and `after`.

        Raises as `of` does.
        """
        return await self._opener.about({"before": before, "after": after}, job, arguments)

    async def _matches(self, version: BundleVersion, samples: tuple[Sample, ...]) -> Mapping[UUID, InLibrary]:
        """Look for files of the same size first: only of samples that have one are the bytes fetched."""
        found = {
            sample.uuid: InLibrary.UNKNOWN if sample.bytes is None else InLibrary.NO for sample in samples
        }
        sizes = {sample.bytes for sample in samples if sample.bytes}
        if not sizes:
            return found
        looked_at = await self._library.known_sizes(None, sizes)
        others = await self._library.candidates(None, sizes)
        names = {(row.file_size, stem(row.filename)) for row in others}
        unseen = {row.file_size for row in others}
        hashes = await self._hashes_of(version, [sample for sample in samples if sample.bytes in looked_at])
        same = await self._library.by_sha256(None, set(hashes.values())) if hashes else {}
        for sample in samples:
            if not sample.bytes:
                continue
            if hashes.get(sample.uuid) in same:
                found[sample.uuid] = InLibrary.SAME
            elif (sample.bytes, stem(sample.name)) in names:
                found[sample.uuid] = InLibrary.LIKELY
            elif sample.bytes in unseen or (sample.bytes in looked_at and sample.uuid not in hashes):
                found[sample.uuid] = InLibrary.PERHAPS
        return found

    async def _hashes_of(self, version: BundleVersion, samples: Collection[Sample]) -> dict[UUID, str]:
        """Return the sha256 of samples as far as it is known or the bytes are few enough to be fetched."""
        if not samples:
            return {}
        known: dict[UUID, str] = {}
        if self._hashes is not None:
            stored = await self._hashes.samples_of(version.id)
            known = {each.uuid: each.sha256 for each in stored if each.sha256 is not None}
        wanted: list[UUID] = []
        left = _HASHED_AT_MOST
        for sample in samples:
            if sample.uuid not in known and sample.bytes is not None and sample.bytes <= left:
                wanted.append(sample.uuid)
                left -= sample.bytes
        if wanted:
            asked = {"samples": [str(uuid) for uuid in wanted]}
            told = await self._opener.ask_about(version, hash_samples, asked)
            fresh = {UUID(uuid): digest for uuid, digest in told}
            known.update(fresh)
            if self._hashes is not None:
                await self._hashes.keep_hashes(version.id, version.row_version, samples=fresh)
        return known

    def _trim(self) -> None:
        total = sum(map(_weight, self._kept.values()))
        while total > _NAMES_KEPT and len(self._kept) > 1:
            _key, gone = self._kept.popitem(last=False)
            total -= _weight(gone)


def _weight(reading: BundleReading) -> int:
    bundle = reading.bundle
    return bundle.units + bundle.tracks + bundle.sample_count + _BESIDE_NAMES
