"""Restoring, importing and exporting, disturbed: nothing half is ever there under a final name."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import signal
import sys
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from syncsphere_desktop.database.bundle_copy import BundleCopier
from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.errors import AppError, FileError, NotFoundError
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundles.files import BundleExporter
from syncsphere_desktop.studio.bundles.importing import BundleImporter
from tests.database_work import kill_all, opened
from tests.proxy import Cut, Proxy
from tests.servers import execute, session
from tests.studio.bundles.versions import Versions

_SIZE = 12 << 20


@pytest.fixture
def content() -> bytes:
    """A version's bytes, which take a while."""
    return Random(1).randbytes(_SIZE)


def url_of(target: ConnectionTarget) -> str:
    profile = target.profile
    return f"postgresql://{profile.user}@/{profile.database}?host={quote(profile.host, safe='')}"


def digests(target: ConnectionTarget) -> set[str]:
    return {
        row[0] for row in execute(target, "SELECT encode(sha256(bundle_data), 'hex') FROM project_bundles")
    }


async def killed_after(seconds: float, **order: object) -> None:
    """Run the process of `dying` and kill it so long after it began."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.studio.bundles.dying", json.dumps(order), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        await asyncio.sleep(seconds)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def settled(target: ConnectionTarget) -> None:
    """Wait until the server has noticed that the killed process is gone."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    while execute(target, others) != [(0,)]:  # noqa: ASYNC110  # the server is asked
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("action", ["import", "restore"])
async def test_a_killed_process_leaves_no_half_version(
    action: str,
    versions: Versions,
    database: Database,
    target: ConnectionTarget,
    tmp_path: Path,
    content: bytes,
) -> None:
    project = await versions.project()
    version = await versions.store(project, content, 1)
    file = tmp_path / "in.odb"
    file.write_bytes(content)
    await database.shutdown()
    for moment in (0.02, 0.09, 0.21, 0.4):
        await killed_after(
            moment, action=action, url=url_of(target), id=version, project=project, path=str(file)
        )
        await settled(target)
        assert digests(target) == {hashlib.sha256(content).hexdigest()}
        numbers = [row[0] for row in execute(target, "SELECT version FROM project_bundles ORDER BY version")]
        assert numbers == list(range(1, len(numbers) + 1))
        audited = "SELECT count(*) FROM syncsphere_desktop.audit_log WHERE entity = 'bundle'"
        assert execute(target, audited) == [(len(numbers) - 1,)]


async def test_a_killed_process_leaves_no_half_file(
    versions: Versions, database: Database, target: ConnectionTarget, tmp_path: Path, content: bytes
) -> None:
    version = await versions.store(await versions.project(), content, 1)
    await database.shutdown()
    file = tmp_path / "out.odb"
    for moment in (0.02, 0.06, 0.13, 0.3):
        await killed_after(moment, action="export", url=url_of(target), id=version, path=str(file))
        assert not file.exists() or file.read_bytes() == content
        assert {path.suffix for path in tmp_path.iterdir()} <= {".odb", ".part"}


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
async def test_a_restore_that_loses_its_connection_happens_once(
    cut: Cut, versions: Versions, target: ConnectionTarget, content: bytes
) -> None:
    project = await versions.project()
    version = await versions.store(project, content, 1)
    async with Proxy(target) as proxy, opened(proxy.target) as database:
        proxy.cut = cut
        restored = await BundleCopier(database, "ada").restore(version)
    assert restored.version == 2
    assert [row.version for row in await versions.listed(project)] == [1, 2]


async def test_an_export_that_loses_its_connection_begins_anew(
    versions: Versions, target: ConnectionTarget, tmp_path: Path, content: bytes
) -> None:
    version = await versions.store(await versions.project(), content, 1)
    broken: list[int] = []

    def break_once(done: int) -> None:
        if done > _SIZE // 2 and not broken:
            broken.append(done)
            kill_all(target)

    async with opened(target) as database:
        exporter = BundleExporter(BundleStreams(database))
        exported = await exporter.export(version, tmp_path / "out.odb", on_bytes=break_once)
    assert broken
    assert exported.sha256 == hashlib.sha256(content).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["out.odb"]


async def test_an_import_that_loses_its_connection_is_stored_once(
    versions: Versions, target: ConnectionTarget, tmp_path: Path, content: bytes
) -> None:
    project = await versions.project()
    file = tmp_path / "in.odb"
    file.write_bytes(content)
    broken: list[int] = []

    def break_once(done: int) -> None:
        if done > _SIZE // 2 and not broken:
            broken.append(done)
            kill_all(target)

    async with opened(target) as database:
        stored = await BundleImporter(database, "ada").store(file, project, on_bytes=break_once)
    assert broken
    assert stored.version == 1
    assert digests(target) == {hashlib.sha256(content).hexdigest()}
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(1,)]


async def test_a_server_that_stays_away_is_told_and_leaves_nothing(
    versions: Versions, target: ConnectionTarget, tmp_path: Path, content: bytes
) -> None:
    version = await versions.store(await versions.project(), content, 1)
    async with Proxy(target) as proxy, opened(proxy.target, 0.3) as database:
        await database.ping()

        def leave(_done: int) -> None:
            proxy.stays_away = True
            kill_all(target)

        exporter = BundleExporter(BundleStreams(database))
        with pytest.raises(AppError):
            await exporter.export(version, tmp_path / "out.odb", on_bytes=leave)
    assert list(tmp_path.iterdir()) == []


async def test_a_version_that_is_deleted_while_it_is_exported_is_whole_or_told(
    versions: Versions, database: Database, target: ConnectionTarget, tmp_path: Path, content: bytes
) -> None:
    version = await versions.store(await versions.project(), content, 1)

    def remove(_done: int) -> None:
        execute(target, f"DELETE FROM project_bundles WHERE id = {version}")

    exporter = BundleExporter(BundleStreams(database))
    exported = await exporter.export(version, tmp_path / "out.odb", on_bytes=remove)
    assert exported.sha256 == hashlib.sha256(content).hexdigest()
    with pytest.raises(NotFoundError, match="any more"):
        await exporter.export(version, tmp_path / "again.odb")
    assert [path.name for path in tmp_path.iterdir()] == ["out.odb"]


async def test_a_version_that_is_deleted_while_its_restore_waits_is_restored_all_the_same(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    version = await versions.store(project, b"x", 1)
    with session(target) as saving, saving.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"SELECT FROM projects WHERE id = {project} FOR UPDATE")
        restoring = asyncio.create_task(BundleCopier(database, "ada").restore(version))
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while execute(target, waits) != [(1,)]:  # noqa: ASYNC110  # the server is asked
            await asyncio.sleep(0.02)
        cursor.execute(f"DELETE FROM project_bundles WHERE id = {version}")
        cursor.execute("COMMIT")
    await restoring  # its bytes were copied before it had to wait for its number
    assert execute(target, "SELECT version, encode(bundle_data, 'escape') FROM project_bundles") == [(1, "x")]


async def test_a_full_disk_leaves_nothing_under_the_final_name(
    versions: Versions, database: Database, tmp_path: Path, content: bytes
) -> None:
    version = await versions.store(await versions.project(), content, 1)
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SIZE // 2, hard))
    try:
        with pytest.raises(FileError) as refused:
            await BundleExporter(BundleStreams(database)).export(version, tmp_path / "out.odb")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
    assert str(tmp_path / "out.odb") in refused.value.message
    assert os.strerror(errno.EFBIG).lower() in refused.value.message
    assert list(tmp_path.iterdir()) == []
    exported = await BundleExporter(BundleStreams(database)).export(version, tmp_path / "out.odb")
    assert exported.size == _SIZE
