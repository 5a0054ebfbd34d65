"""What versions hold: opened once, kept for a while, and whether the audio library has their samples."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import pytest

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb import BundleKind
from syncsphere_desktop.studio.bundle_contents import BundleContents, InLibrary
from tests.bundle_maker import sample_bundle

T = TypeVar("T")


class Bytes:
    """One version's bytes, and how often they were asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads = 0

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T:
        self.reads += 1
        with io.BytesIO(self.data) as file:
            return work(file)


class Library:
    """Knows these contents, and rows of these sizes that were not looked into."""

    def __init__(self, *contents: bytes, unseen: Collection[int] = ()) -> None:
        self._sizes = {len(content) for content in contents}
        self._hashes = {hashlib.sha256(content).hexdigest() for content in contents}
        self._unseen = unseen

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]:
        return frozenset(self._sizes & set(sizes))

    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]:
        return tuple(_row(size) for size in self._unseen if size in sizes)

    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]:
        return {digest: (_row(0),) for digest in sha256s if digest in self._hashes}


def _row(size: int) -> RowToCheck:
    row_id = AudioFileId(1)
    state = ContentState.UNCHECKED
    return RowToCheck(row_id, None, "vox.wav", "vox.wav", size, None, None, None, None, None, state, None)


def version(data: bytes, row_version: int = 1) -> BundleVersion:
    at = datetime(2025, 1, 1)
    return BundleVersion(BundleId(1), None, None, 1, len(data), None, None, at, RowVersion(row_version))


def sample_audio(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("audio.wav")))


async def matched(library: Library) -> InLibrary:
    data = sample_bundle("v1")
    reading = await BundleContents(Bytes(data), library).with_matches(version(data))
    assert reading.matches is not None
    (found,) = reading.matches.values()
    return found


async def test_a_version_is_opened_once_until_it_changes() -> None:
    data = sample_bundle("v1")
    streams = Bytes(data)
    contents = BundleContents(streams, Library())
    assert contents.at_hand(version(data)) is None
    first = await contents.of(version(data))
    assert first.bundle.contents.tempo == 118.0
    assert await contents.of(version(data)) is first
    assert contents.at_hand(version(data)) is first
    assert streams.reads == 1
    await contents.of(version(data, row_version=2))
    assert streams.reads == 2


async def test_what_is_kept_does_not_hold_its_source() -> None:
    data = sample_bundle("v1")
    bundle = (await BundleContents(Bytes(data), Library()).of(version(data))).bundle
    with pytest.raises(BundleError):
        bundle.open_sample(bundle.contents.samples[0].uuid)


async def test_a_sample_is_in_the_library_when_its_bytes_are() -> None:
    audio = sample_audio(sample_bundle("v1"))
    assert await matched(Library(audio)) is InLibrary.SAME
    assert await matched(Library(bytes(len(audio)))) is InLibrary.NO
    assert await matched(Library(audio[:-1])) is InLibrary.NO
    assert await matched(Library(unseen=[len(audio)])) is InLibrary.LIKELY


async def test_samples_are_fetched_only_where_the_library_has_their_size() -> None:
    data = sample_bundle("v1")
    streams = Bytes(data)
    await BundleContents(streams, Library()).with_matches(version(data))
    assert streams.reads == 1


async def test_a_file_on_disk_is_opened_whatever_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.odb"
    file.write_bytes(b"no bundle")
    contents = BundleContents(Bytes(b""), Library())
    assert (await contents.of_file(file)).bundle.kind is BundleKind.FOREIGN


async def test_two_versions_are_compared() -> None:
    data = sample_bundle("v1")
    contents = BundleContents(Bytes(data), Library())
    one = await contents.of(version(data))
    other = await BundleContents(Bytes(sample_bundle("v2")), Library()).of(version(data))
    assert (await contents.compare(one, other)).tempo is not None
    assert not await contents.compare(one, one)
