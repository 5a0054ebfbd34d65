"""What versions hold: opened once, kept for a while, and whether the audio library has their samples."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TypeVar
from uuid import UUID

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.bundle_facts import BundleSample
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.odb import BundleKind, open_bundle
from syncsphere_desktop.studio.bundle_contents import BundleContents, InLibrary
from syncsphere_desktop.studio.bundles.child.desk import OwnProcess
from syncsphere_desktop.ui.bundles.diff_job import tell_side_by_side, told_side_by_side
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

    def __init__(self, *contents: bytes, unseen: Collection[int] = (), name: str = "other.wav") -> None:
        self._name = name
        self._sizes = {len(content) for content in contents}
        self._hashes = {hashlib.sha256(content).hexdigest() for content in contents}
        self._unseen = unseen

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]:
        return frozenset(self._sizes & set(sizes))

    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]:
        return tuple(_row(size, self._name) for size in self._unseen if size in sizes)

    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]:
        return {digest: (_row(0),) for digest in sha256s if digest in self._hashes}


def _row(size: int, name: str = "vox.wav") -> RowToCheck:
    row_id = AudioFileId(1)
    state = ContentState.UNCHECKED
    return RowToCheck(row_id, None, name, name, size, None, None, None, None, None, state, None)


def version(data: bytes, row_version: int = 1) -> BundleVersion:
    at = datetime(2025, 1, 1)
    return BundleVersion(BundleId(1), None, None, 1, len(data), None, None, at, RowVersion(row_version))


def sample_audio(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("audio.wav")))


def sample_name(data: bytes) -> str:
    return open_bundle(data).contents.samples[0].name


class Hashes:
    """Keeps what is known of samples, in memory."""

    def __init__(self) -> None:
        self.known: dict[UUID, str] = {}

    async def samples_of(self, bundle_id: BundleId) -> tuple[BundleSample, ...]:
        return tuple(BundleSample(uuid, "", 1, 1, digest) for uuid, digest in self.known.items())

    async def keep_hashes(
        self,
        bundle_id: BundleId,
        row_version: RowVersion,
        sha256: str | None = None,
        samples: Mapping[UUID, str] = MappingProxyType({}),
    ) -> bool:
        self.known.update(samples)
        return True


async def matched(library: Library) -> InLibrary:
    data = sample_bundle("v1")
    reading = await BundleContents(Bytes(data), library, OwnProcess()).with_matches(version(data))
    assert reading.matches is not None
    (found,) = reading.matches.values()
    return found


async def test_a_version_is_opened_once_until_it_changes() -> None:
    data = sample_bundle("v1")
    streams = Bytes(data)
    contents = BundleContents(streams, Library(), OwnProcess())
    assert contents.at_hand(version(data)) is None
    first = await contents.of(version(data))
    assert first.bundle.tempo == 118.0
    assert await contents.of(version(data)) is first
    assert contents.at_hand(version(data)) is first
    assert streams.reads == 1
    await contents.of(version(data, row_version=2))
    assert streams.reads == 2


async def test_a_sample_is_in_the_library_when_its_bytes_are() -> None:
    audio = sample_audio(sample_bundle("v1"))
    assert await matched(Library(audio)) is InLibrary.SAME
    assert await matched(Library(bytes(len(audio)))) is InLibrary.NO
    assert await matched(Library(audio[:-1])) is InLibrary.NO
    assert await matched(Library(unseen=[len(audio)])) is InLibrary.PERHAPS
    name = sample_name(sample_bundle("v1"))
    assert await matched(Library(unseen=[len(audio)], name=name)) is InLibrary.LIKELY


async def test_hashes_of_samples_are_kept_so_that_their_bytes_are_fetched_once() -> None:
    data = sample_bundle("v1")
    streams, hashes, library = Bytes(data), Hashes(), Library(sample_audio(sample_bundle("v1")))
    for _ in range(2):
        contents = BundleContents(streams, library, OwnProcess(), hashes)
        reading = await contents.with_matches(version(data))
        assert list((reading.matches or {}).values()) == [InLibrary.SAME]
    assert list(hashes.known.values()) == [hashlib.sha256(sample_audio(data)).hexdigest()]
    assert streams.reads == 3


async def test_samples_are_fetched_only_where_the_library_has_their_size() -> None:
    data = sample_bundle("v1")
    streams = Bytes(data)
    await BundleContents(streams, Library(), OwnProcess()).with_matches(version(data))
    assert streams.reads == 1


async def test_a_file_on_disk_is_opened_whatever_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.odb"
    file.write_bytes(b"no bundle")
    contents = BundleContents(Bytes(b""), Library(), OwnProcess())
    assert (await contents.of(file)).bundle.kind is BundleKind.FOREIGN


async def test_a_version_is_compared_with_a_file_and_with_itself(tmp_path: Path) -> None:
    data, file = sample_bundle("v1"), tmp_path / "v2.odb"
    file.write_bytes(sample_bundle("v2"))
    streams = Bytes(data)
    contents = BundleContents(streams, Library(), OwnProcess())
    one = version(data)
    nobody: dict[str, object] = {"owners_before": {}, "owners_after": {}}
    told = told_side_by_side(await contents.compared(one, file, tell_side_by_side, nobody))
    assert "tempo" in told.text
    assert told.rows
    same = told_side_by_side(await contents.compared(one, one, tell_side_by_side, nobody))
    assert (same.rows, same.text, same.anew) == ((), "", False)
    assert streams.reads == 1
