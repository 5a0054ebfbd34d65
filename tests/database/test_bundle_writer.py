"""Storing versions: streamed, numbered under a lock, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import threading

import pytest
from typing_extensions import override

from syncsphere_desktop.database import bundle_writer
from syncsphere_desktop.database.bundle_writer import BundleWriter
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import InputError, NotFoundError
from syncsphere_desktop.settings import ConnectionTarget
from tests.database_work import until
from tests.servers import execute

_MIB = 1 << 20


class Endless:
    """Bytes of any length that take no memory; tells how many were read."""

    def __init__(self) -> None:
        self.given = 0

    def seek(self, offset: int) -> int:
        self.given = offset
        return offset

    def read(self, size: int) -> bytes:
        self.given += size
        return bytes(size)


def a_project(target: ConnectionTarget) -> ProjectId:
    execute(target, "INSERT INTO projects (name) VALUES ('Night train')")
    return ProjectId(execute(target, "SELECT max(id) FROM projects")[0][0])


@pytest.mark.parametrize("size", [0, 1, 4 * _MIB - 1, 4 * _MIB, 4 * _MIB + 1])
async def test_what_was_stored_is_what_was_given(
    database: Database, target: ConnectionTarget, size: int
) -> None:
    content = random.Random(size).randbytes(size)
    project = a_project(target)
    told: list[int] = []
    stored = await BundleWriter(database, "ada").add(project, io.BytesIO(content), size, on_bytes=told.append)
    assert (stored.version, stored.size, stored.project_name) == (1, size, "Night train")
    ((sha256,),) = execute(target, "SELECT encode(sha256(bundle_data), 'hex') FROM project_bundles")
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert told[-1:] == ([size] if size else [])
    audited = execute(
        target, "SELECT actor, entity_id, after->>'sha256', after->>'size' FROM syncsphere_desktop.audit_log"
    )
    assert audited == [("ada", stored.id, sha256, str(size))]


async def test_many_at_once_get_numbers_of_their_own(database: Database, target: ConnectionTarget) -> None:
    project = a_project(target)
    writer = BundleWriter(database, "ada")
    stored = await asyncio.gather(*(writer.add(project, io.BytesIO(b"x" * n), n) for n in range(12)))
    assert sorted(bundle.version or 0 for bundle in stored) == list(range(1, 13))


class Held(io.BytesIO):
    """Gives its bytes only when it is let go."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.asked, self.let_go = threading.Event(), threading.Event()

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.set()
        assert self.let_go.wait(30)
        return super().read(size)


async def test_a_save_does_not_wait_for_the_upload_of_another(
    database: Database, target: ConnectionTarget
) -> None:
    project = a_project(target)
    writer, slow = BundleWriter(database, "ada"), Held(b"slow")
    uploading = asyncio.create_task(writer.add(project, slow, 4))
    try:
        await until(slow.asked.is_set)
        quick = await writer.add(project, io.BytesIO(b"quick"), 5)
    finally:
        slow.let_go.set()
    assert (quick.version, (await uploading).version) == (1, 2)


async def test_the_number_follows_the_highest_that_any_service_gave(
    database: Database, target: ConnectionTarget
) -> None:
    project = a_project(target)
    execute(
        target,
        f"INSERT INTO project_bundles (project_id, bundle_data, version)"
        f" VALUES ({project}, '', 7), ({project}, '', 7), ({project}, '', NULL)",
    )
    stored = await BundleWriter(database, "ada").add(project, io.BytesIO(b"x"), 1)
    assert stored.version == 8


async def test_a_source_that_ends_early_stores_nothing(database: Database, target: ConnectionTarget) -> None:
    project = a_project(target)
    with pytest.raises(InputError, match="ended 1,048,576 bytes before"):
        await BundleWriter(database, "ada").add(project, io.BytesIO(bytes(_MIB)), 2 * _MIB)
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(0,)]


async def test_what_the_listener_raises_ends_the_whole(database: Database, target: ConnectionTarget) -> None:
    def refuse(sent: int) -> None:
        if sent > _MIB:
            raise KeyError(sent)

    with pytest.raises(KeyError):
        await BundleWriter(database, "ada").add(
            a_project(target), io.BytesIO(bytes(3 * _MIB)), 3 * _MIB, on_bytes=refuse
        )
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(0,)]


async def test_a_cancelled_one_ends_in_the_middle_and_stores_nothing(
    database: Database, target: ConnectionTarget
) -> None:
    source = Endless()
    adding = asyncio.create_task(BundleWriter(database, "ada").add(a_project(target), source, 500 * _MIB))
    await until(lambda: source.given >= 4 * _MIB)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert source.given < 500 * _MIB
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(0,)]
    assert await database.ping() < 5


async def test_too_large_is_refused_before_a_byte_is_sent(
    database: Database, target: ConnectionTarget
) -> None:
    source = Endless()
    with pytest.raises(InputError, match="PostgreSQL holds 1,073,740,800 bytes at most"):
        await BundleWriter(database, "ada").add(ProjectId(1), source, bundle_writer.LARGEST_BUNDLE + 1)
    assert source.given == 0


async def test_without_its_project_or_its_author_nothing_is_stored(
    database: Database, target: ConnectionTarget
) -> None:
    writer = BundleWriter(database, "ada")
    with pytest.raises(NotFoundError, match="no project"):
        await writer.add(ProjectId(4711), io.BytesIO(b"x"), 1)
    with pytest.raises(Exception, match="refer"):
        await writer.add(a_project(target), io.BytesIO(b"x"), 1, created_by=UserId(4711))
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(0,)]
