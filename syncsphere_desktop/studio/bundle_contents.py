"""What a stored version holds, read from the server without its samples, and kept for a while."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar
from uuid import UUID

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb import Bundle, Sample, open_bundle
from syncsphere_desktop.odb.diff import BundleDiff, compare
from syncsphere_desktop.studio.bundles.files import read_bundle_file

T = TypeVar("T")

_BOXES_KEPT = 200_000
"""Of all bundles that are kept at hand together; one box is about a kilobyte of memory."""
_LARGEST_COVER = 8 << 20
_HASHED_AT_MOST = 64 << 20
"""Bytes of samples that are fetched from one version to tell whether the library has the same."""
_BLOCK = 1 << 18


class InLibrary(StrEnum):
    """Whether the audio library has the content of a sample."""

    SAME = "same"
    """A file of the library has the same bytes."""
    LIKELY = "likely"
    """A file of the library has the same size; it was not looked into yet, or the sample is too large to."""
    NO = "no"
    UNKNOWN = "unknown"
    """The bundle does not hold the sample, so there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class BundleReading:
    """An opened bundle without its source, its cover picture where it has one, and its samples' whereabouts.

    `matches` is None where the library was not asked, as for a file on disk.
    """

    bundle: Bundle
    cover: bytes | None = field(default=None, repr=False)
    matches: dict[UUID, InLibrary] | None = None


class BundleBytes(Protocol):
    """Gives a version's bytes as a file object to work that runs elsewhere."""

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T: ...


class LibraryContents(Protocol):
    """What the audio library knows of contents; met by the database's repository."""

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]: ...
    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]: ...
    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]: ...


class BundleContents:
    """Opens versions in the background and keeps those that were opened last."""

    def __init__(self, streams: BundleBytes, library: LibraryContents) -> None:
        self._streams = streams
        self._library = library
        self._kept: OrderedDict[tuple[BundleId, RowVersion], BundleReading] = OrderedDict()

    def at_hand(self, version: BundleVersion) -> BundleReading | None:
        """Return what is known of a version already, or None."""
        return self._kept.get((version.id, version.row_version))

    async def of(self, version: BundleVersion) -> BundleReading:
        """Return what a version holds, whatever its bytes are. Raises NotFoundError, AppError."""
        key = (version.id, version.row_version)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        reading = await self._streams.read(version.id, _read)
        self._kept[key] = reading
        self._trim()
        return reading

    async def with_matches(self, version: BundleVersion) -> BundleReading:
        """Return what a version holds with whether the audio library has its samples. Raises AppError."""
        reading = await self.of(version)
        if reading.matches is not None:
            return reading
        matches = await self._matches(version.id, reading.bundle.contents.samples)
        found = BundleReading(reading.bundle, reading.cover, matches)
        key = (version.id, version.row_version)
        if key in self._kept:
            self._kept[key] = found
        return found

    async def compare(self, before: BundleReading, after: BundleReading) -> BundleDiff:
        """Return what differs, found on a thread."""
        return await asyncio.to_thread(compare, before.bundle, after.bundle)

    async def of_file(self, path: Path) -> BundleReading:
        """Return what a file on disk holds, whatever it is. Raises FileError."""
        return BundleReading((await asyncio.to_thread(read_bundle_file, path)).detached())

    async def _matches(self, bundle_id: BundleId, samples: tuple[Sample, ...]) -> dict[UUID, InLibrary]:
        """Look for files of the same size first: only of samples that have one are the bytes fetched."""
        found = {
            sample.uuid: InLibrary.UNKNOWN if sample.bytes is None else InLibrary.NO for sample in samples
        }
        sizes = {sample.bytes for sample in samples if sample.bytes}
        if not sizes:
            return found
        looked_at = await self._library.known_sizes(None, sizes)
        others = {row.file_size for row in await self._library.candidates(None, sizes)}
        wanted: list[Sample] = []
        left = _HASHED_AT_MOST
        for sample in samples:
            if sample.bytes in others or sample.bytes in looked_at:
                found[sample.uuid] = InLibrary.LIKELY
            if sample.bytes is not None and sample.bytes in looked_at and sample.bytes <= left:
                wanted.append(sample)
                left -= sample.bytes
        if wanted:
            hashes = await self._streams.read(bundle_id, lambda file: _hashes(file, wanted))
            known = await self._library.by_sha256(None, set(hashes.values()))
            for sample in wanted:
                same = hashes.get(sample.uuid) in known
                if same:
                    found[sample.uuid] = InLibrary.SAME
                elif sample.bytes not in others:
                    found[sample.uuid] = InLibrary.NO
        return found

    def _trim(self) -> None:
        total = sum(len(reading.bundle.graph.boxes) + 1_000 for reading in self._kept.values())
        while total > _BOXES_KEPT and len(self._kept) > 1:
            _key, gone = self._kept.popitem(last=False)
            total -= len(gone.bundle.graph.boxes) + 1_000


def _read(file: BinaryIO) -> BundleReading:
    bundle = open_bundle(file)
    cover: bytes | None = None
    if bundle.has_image:
        try:
            cover = bundle.image()
        except BundleError:
            cover = None  # a damaged picture is no picture; the music is what counts
    if cover is not None and len(cover) > _LARGEST_COVER:
        cover = None
    return BundleReading(bundle.detached(), cover)


def _hashes(file: BinaryIO, samples: Collection[Sample]) -> dict[UUID, str]:
    """Return the sha256 of samples in a bundle; those that can't be read are left out."""
    bundle = open_bundle(file)
    hashes: dict[UUID, str] = {}
    for sample in samples:
        digest = hashlib.sha256()
        try:
            with bundle.open_sample(sample.uuid) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
        except BundleError:
            continue
        hashes[sample.uuid] = digest.hexdigest()
    return hashes
