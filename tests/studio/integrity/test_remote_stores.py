"""Checks, quarantine and repair over SFTP and S3 are those over a folder."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.probing.pool import ProbePool
from syncsphere_desktop.storage.store import AudioStore
from tests.storage.conftest import folder, opener, s3_server, ssh_server, sshd
from tests.studio.integrity.library import Studio, told, wav

__all__ = ["folder", "opener", "s3_server", "ssh_server", "sshd"]  # fixtures


@pytest.fixture(params=["sftp", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of store the test is about."""
    return str(request.param)


async def test_what_is_lost_is_found_again_and_what_goes_comes_back(
    database: Database, pool: ProbePool, opener: Callable[[], AudioStore], tmp_path: Path
) -> None:
    store = opener()
    studio = Studio.over(tmp_path, store, database, pool)
    tape = await studio.rows.project()
    kick, snare = await studio.add(tape, "kick.wav"), await studio.add(tape, "snare.wav", wav(pitch=330))
    await studio.claim()
    assert (await studio.check(decode=True)).sound

    store.move(StorePath(kick.file_path), StorePath("moved.wav"))
    store.remove(StorePath(snare.file_path))
    store.put(BytesIO(wav(pitch=440)), StorePath(snare.file_path))
    report = await studio.check()
    assert told(report) == {("missing", "kick.wav"), ("orphan", "moved.wav"), ("changed", "snare.wav")}
    missing = [finding for finding in report.findings if finding.file_id == kick.id]
    assert not (await studio.repair.relocate(missing)).not_done
    taken = await studio.quarantine.put_findings(
        [finding for finding in report.findings if finding.file_id == snare.id], "changed"
    )
    assert not taken.not_done
    assert (await studio.check()).sound

    held = await studio.quarantine.entries()
    assert not (await studio.quarantine.restore([held[0].id])).not_done
    assert told(await studio.check()) == {("changed", "snare.wav")}
    await studio.quarantine.put([snare.id], "changed")
    held = await studio.quarantine.entries()
    assert not (await studio.quarantine.empty([held[0].id])).not_done
    assert [file.path for file in store.walk()] == ["moved.wav"]
    await studio.close()
