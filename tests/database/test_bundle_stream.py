"""The bytes of stored versions come out of the server whole, or only those that are wanted."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import random
import threading
import zipfile
from typing import BinaryIO

import pytest
from sqlalchemy import Connection, update
from typing_extensions import override

from syncsphere_desktop.database.bundle_stream import SLICE, BundleStreams, RemoteBundle
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.tables import project_bundles
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.odb import BundleKind, open_bundle
from syncsphere_desktop.settings import ConnectionTarget
from tests.bundle_maker import bundle, sample_bundle, zipped
from tests.database_work import kill_all
from tests.servers import execute


async def stored(database: Database, data: bytes, version: int = 1) -> BundleId:
    """A row without a project that holds these bytes."""

    def work(connection: Connection) -> BundleId:
        values = {"bundle_data": data, "version": version}
        row = connection.execute(project_bundles.insert().values(values).returning(project_bundles.c.id))
        return BundleId(row.scalar_one())

    return await database.write(work)


@pytest.fixture
def streams(database: Database) -> BundleStreams:
    return BundleStreams(database)


@pytest.mark.parametrize("size", [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE + 17])
async def test_a_bundle_is_poured_whole(database: Database, streams: BundleStreams, size: int) -> None:
    data = random.Random(size).randbytes(size)
    bundle_id = await stored(database, data)
    target = io.BytesIO()
    told: list[int] = []

    poured = await streams.pour(bundle_id, lambda: target, on_bytes=told.append)

    assert target.getvalue() == data
    assert (poured.size, poured.sha256) == (size, hashlib.sha256(data).hexdigest())
    assert told == [min(end, size) for end in range(SLICE, size + SLICE, SLICE)]


async def test_a_compressible_bundle_is_poured_whole(database: Database, streams: BundleStreams) -> None:
    data = b"abc" * (2 * SLICE)
    bundle_id = await stored(database, data)
    target = io.BytesIO()

    await streams.pour(bundle_id, lambda: target)

    assert target.getvalue() == data


async def test_a_bundle_that_is_not_there_is_told(streams: BundleStreams) -> None:
    with pytest.raises(NotFoundError, match="id 77"):
        await streams.pour(BundleId(77), io.BytesIO)
    with pytest.raises(NotFoundError, match="id 77"):
        await streams.read(BundleId(77), lambda file: file.read())


async def test_a_disk_that_fails_ends_the_stream(database: Database, streams: BundleStreams) -> None:
    class Full(io.BytesIO):
        @override
        def write(self, _data: object, /) -> int:
            raise OSError(28, "No space left on device")

    bundle_id = await stored(database, os.urandom(100))
    with pytest.raises(OSError, match="No space left"):
        await streams.pour(bundle_id, Full)

    assert await streams.read(bundle_id, lambda file: len(file.read())) == 100


async def test_a_stream_is_cancelled_and_the_connection_goes_on(
    database: Database, streams: BundleStreams
) -> None:
    bundle_id = await stored(database, os.urandom(8 * SLICE))
    begun, go_on = threading.Event(), threading.Event()

    def wait(_sent: int) -> None:
        begun.set()
        assert go_on.wait(30)

    task = asyncio.create_task(streams.pour(bundle_id, io.BytesIO, on_bytes=wait))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await streams.read(bundle_id, lambda file: len(file.read(10))) == 10


async def test_a_stream_that_lost_its_connection_begins_anew(
    database: Database, streams: BundleStreams, target: ConnectionTarget
) -> None:
    data = os.urandom(3 * SLICE)
    bundle_id = await stored(database, data)
    places: list[io.BytesIO] = []

    def begin() -> BinaryIO:
        places.append(io.BytesIO())
        return places[-1]

    def kill_once(_sent: int) -> None:
        if len(places) == 1:
            kill_all(target)

    # A small value may be in the socket's buffers already: the larger one is not.
    poured = await streams.pour(bundle_id, begin, on_bytes=kill_once)

    assert poured.size == len(data)
    assert places[-1].getvalue() == data


async def test_reads_and_seeks_give_what_a_file_gives(database: Database, streams: BundleStreams) -> None:
    chance = random.Random(3)
    data = chance.randbytes(700_000)
    bundle_id = await stored(database, data)
    steps = [
        (chance.randrange(len(data) + 50), chance.choice((0, 1, 100, 70_000, 300_000))) for _ in range(60)
    ]

    def work(file: BinaryIO) -> list[bytes]:
        found = []
        for at, size in steps:
            file.seek(at)
            found.append(file.read(size))
        file.seek(-5, io.SEEK_END)
        file.seek(2, io.SEEK_CUR)
        found += [file.read(), file.read(4)]
        with pytest.raises(ValueError, match="negative"):
            file.seek(-1)
        return found

    expected = [data[at : at + size] for at, size in steps]
    assert await streams.read(bundle_id, work) == [*expected, data[-3:], b""]


async def test_reading_on_fetches_larger_and_larger_slices(database: Database) -> None:
    bundle_id = await stored(database, os.urandom(2 * SLICE))

    def work(connection: Connection) -> tuple[int, int]:
        asked = 0
        remote = RemoteBundle(connection, bundle_id)
        before = 0
        while remote.read(50_000):
            asked += remote.fetched != before
            before = remote.fetched
        return asked, remote.fetched

    slices, fetched = await database.run(work)

    assert slices < 12
    assert fetched == 2 * SLICE


async def test_contents_are_read_without_the_samples(database: Database) -> None:
    samples = {
        f"samples/{number:08x}-0000-4000-8000-000000000000/audio.wav": os.urandom(1 << 20)
        for number in range(40)
    }
    project = zipfile.ZipFile(io.BytesIO(sample_bundle("v2"))).read("project.od")
    data = zipped({"version": b"1", "uuid": bytes(16), "project.od": project, "meta.json": b"{}", **samples})
    bundle_id = await stored(database, data)

    def work(connection: Connection) -> tuple[BundleKind, int, int]:
        remote = RemoteBundle(connection, bundle_id)
        with io.BufferedReader(remote) as file:
            found = open_bundle(file)
            return found.kind, len(found.contents.samples), remote.fetched

    kind, count, fetched = await database.run(work)

    assert (kind, count) == (BundleKind.BUNDLE, 41)
    assert fetched < len(data) / 100


async def test_zipfile_reads_a_remote_bundle(database: Database, streams: BundleStreams) -> None:
    bundle_id = await stored(database, sample_bundle("v1"))

    def names(file: BinaryIO) -> list[str]:
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            return archive.namelist()[:3]

    assert await streams.read(bundle_id, names) == ["version", "uuid", "project.od"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM project_bundles", "any more"),
        ("UPDATE project_bundles SET bundle_data = bundle_data || 'x'", "was replaced"),
    ],
)
async def test_a_version_that_goes_while_it_is_read_is_told(
    database: Database, streams: BundleStreams, target: ConnectionTarget, change: str, said: str
) -> None:
    bundle_id = await stored(database, os.urandom(1 << 20))

    def work(file: BinaryIO) -> None:
        file.read(10)
        execute(target, change)
        file.seek(500_000)
        file.read(10)

    with pytest.raises(NotFoundError, match=said):
        await streams.read(bundle_id, work)


async def test_odd_rows_are_read_too(database: Database, streams: BundleStreams) -> None:
    for data, kind in (
        (b"", BundleKind.EMPTY),
        (b"x", BundleKind.FOREIGN),
        (bundle(b""), BundleKind.DAMAGED),
    ):
        bundle_id = await stored(database, data)
        assert (await streams.read(bundle_id, open_bundle)).kind is kind


async def test_what_the_work_raises_reaches_the_caller(database: Database, streams: BundleStreams) -> None:
    bundle_id = await stored(database, b"abc")

    def work(_file: BinaryIO) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await streams.read(bundle_id, work)
    await database.write(lambda connection: connection.execute(update(project_bundles).values(version=2)))
