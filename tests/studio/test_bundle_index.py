"""Versions are read in the background, and none of them stops the others."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import BinaryIO, TypeVar

import pytest

from syncsphere_desktop.domain.bundle_facts import BundleFacts, BundleSample, UnreadBundle
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.errors import ConnectionLostError, NotFoundError, QueryError
from syncsphere_desktop.studio.bundle_index import BundleIndexReport, index_bundles
from tests.bundle_maker import bundle, graph, sample_bundle
from tests.database_work import until

T = TypeVar("T")


class Versions:
    """Stored versions, and what is kept of them, in memory. An error stands for one that can't be read."""

    def __init__(self, *stored: bytes | Exception) -> None:
        self.stored = {BundleId(number): data for number, data in enumerate(stored, 1)}
        self.kept: dict[BundleId, tuple[BundleFacts, tuple[BundleSample, ...]]] = {}
        self.writable = True

    async def can_keep(self) -> bool:
        return self.writable

    async def count_unread(self) -> int:
        return len(self.stored.keys() - self.kept.keys())

    async def unread(self, after: BundleId | None = None, limit: int = 2) -> tuple[UnreadBundle, ...]:
        left = [one for one in self.stored if one not in self.kept and one > (after or 0)]
        return tuple(UnreadBundle(one, ProjectId(1), 1, 10, RowVersion(1)) for one in left[:limit])

    async def keep(self, facts: BundleFacts, samples: tuple[BundleSample, ...]) -> bool:
        self.kept[facts.bundle_id] = (facts, samples)
        return True

    async def forget_gone(self) -> int:
        return 0

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T:
        await asyncio.sleep(0.005)
        data = self.stored[bundle_id]
        if isinstance(data, Exception):
            raise data
        return work(io.BytesIO(data))


async def test_every_version_is_read_whatever_it_is() -> None:
    damaged = QueryError("The server found damaged data; look at its disks and at the backups.")
    versions = Versions(
        sample_bundle("v1"), b"", NotFoundError("gone"), bundle(graph([], version=9)), damaged, b"PK\3\4 cut"
    )
    told: list[tuple[str, float | None]] = []

    report = await index_bundles(versions, versions, progress=lambda *step: told.append(step))

    assert report == BundleIndexReport(read=5, troubled=4, left=1)
    assert {number: facts.kind for number, (facts, _) in versions.kept.items()} == {
        1: "bundle",
        2: "empty",
        4: "newer",
        5: "damaged",
        6: "damaged",
    }
    assert versions.kept[BundleId(5)][0].problem == damaged.message
    assert told[0] == ("Reading bundle 1 of 6", 0.0)
    assert told[-1] == ("5 bundles were read.", 1.0)


async def test_a_lost_connection_ends_it_and_the_next_run_goes_on() -> None:
    versions = Versions(b"", ConnectionLostError("gone"), b"")
    with pytest.raises(ConnectionLostError):
        await index_bundles(versions, versions)
    assert list(versions.kept) == [1]

    versions.stored[BundleId(2)] = b"x"
    assert await index_bundles(versions, versions) == BundleIndexReport(read=2, troubled=2)


async def test_cancelling_keeps_what_was_read() -> None:
    versions = Versions(*[b""] * 50)
    task = asyncio.create_task(index_bundles(versions, versions))
    await until(lambda: len(versions.kept) >= 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert 3 <= len(versions.kept) < 50
    report = await index_bundles(versions, versions)
    assert len(versions.kept) == 50
    assert report.read < 50


async def test_nothing_is_read_where_nothing_can_be_kept() -> None:
    versions = Versions(b"")
    versions.writable = False

    assert await index_bundles(versions, versions) == BundleIndexReport(possible=False)
    assert versions.kept == {}


async def test_sizes_that_no_column_holds_are_cut() -> None:
    data = bytearray(
        bundle(graph([]), extra={f"samples/{'0' * 8}-0000-4000-8000-{'0' * 12}/audio.wav": b"x"})
    )
    # A ZIP64 field in the directory claims 16 EB.
    extra = b"\x01\x00\x08\x00" + b"\xff" * 8
    at = data.rindex(b"samples/") - 46
    name_length = int.from_bytes(data[at + 28 : at + 30], "little")
    data[at + 24 : at + 28] = b"\xff" * 4
    data[at + 30 : at + 32] = len(extra).to_bytes(2, "little")
    data[at + 46 + name_length : at + 46 + name_length] = extra
    end = data.rindex(b"PK\5\6")
    size = int.from_bytes(data[end + 12 : end + 16], "little") + len(extra)
    data[end + 12 : end + 16] = size.to_bytes(4, "little")
    versions = Versions(bytes(data))

    await index_bundles(versions, versions)

    facts, (sample,) = versions.kept[BundleId(1)]
    assert facts.kind == "bundle"
    assert sample.bytes == 2**62
