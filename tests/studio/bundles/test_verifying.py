"""Every stored version is decoded to its last byte, and what that told is kept."""

from __future__ import annotations

import asyncio
import hashlib
import io
import struct
import zipfile
from pathlib import Path

import pytest

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_checks import BundleCheckRepository
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.domain.bundle_check import CheckState
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.studio.bundle_index import index_bundles
from syncsphere_desktop.studio.bundles.child.process import BundleProcess
from syncsphere_desktop.studio.bundles.decoding import decode
from syncsphere_desktop.studio.bundles.files import BundleExporter
from syncsphere_desktop.studio.bundles.verifying import verify_bundles
from tests.bundle_maker import bundle, graph, sample_bundle
from tests.database_work import opened
from tests.servers import execute, role
from tests.studio.bundles.versions import Versions, with_boxes


def flipped_in_the_audio(data: bytes) -> bytes:
    """The bundle with one bit of a sample's audio changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (info,) = (info for info in archive.infolist() if info.filename.endswith("audio.wav"))
    names = struct.unpack_from("<HH", data, info.header_offset + 26)
    middle = info.header_offset + 30 + sum(names) + info.compress_size // 2
    return data[:middle] + bytes([data[middle] ^ 0x10]) + data[middle + 1 :]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_real_bundles_are_sound(version: str) -> None:
    told: list[float] = []
    data = sample_bundle(version)
    decoded = decode(io.BytesIO(data), told.append)
    assert (decoded.state, decoded.problems) == (CheckState.SOUND, ())
    assert decoded.sha256 == hashlib.sha256(data).hexdigest()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        audio = {name: archive.read(name) for name in archive.namelist() if name.endswith("audio.wav")}
    assert {f"samples/{uuid}/audio.wav": digest for uuid, digest in decoded.samples.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in audio.items()
    }
    assert told == sorted(told)
    assert 0.5 * len(data) < told[-1] <= len(data)


def test_a_flipped_bit_in_the_audio_is_found() -> None:
    decoded = decode(io.BytesIO(flipped_in_the_audio(sample_bundle("v2"))))
    assert decoded.state is CheckState.DAMAGED
    assert "audio.wav” is damaged" in decoded.problems[0]
    assert not decoded.samples


def test_odd_versions_are_told_for_what_they_are() -> None:
    whole = sample_bundle("v1")
    states = {
        b"": CheckState.DAMAGED,
        b"a letter": CheckState.DAMAGED,
        whole[: len(whole) // 2]: CheckState.DAMAGED,
        bundle(graph([], claimed=3)): CheckState.DAMAGED,
        bundle(graph([b"rubbish"])): CheckState.DAMAGED,
        bundle(graph([], version=9)): CheckState.UNKNOWN,
        bundle(graph([]), version=b"2"): CheckState.UNKNOWN,
        graph([]): CheckState.SOUND,
        with_boxes(3): CheckState.SOUND,
    }
    for data, expected in states.items():
        decoded = decode(io.BytesIO(data))
        told = decoded.state, bool(decoded.problems), decoded.sha256
        assert told == (expected, expected is not CheckState.SOUND, hashlib.sha256(data).hexdigest())
        assert all(problem.endswith(".") for problem in decoded.problems)


async def test_all_versions_are_verified_and_the_outcome_is_kept(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project, other = await versions.project(), await versions.project("B")
    sound = await versions.store(project, sample_bundle("v1"), 1)
    spoilt = await versions.store(project, flipped_in_the_audio(sample_bundle("v2")), 2)
    newer = await versions.store(other, bundle(graph([], version=9)), 1)
    told: list[tuple[str, float | None]] = []

    report = await verify_bundles(database, progress=lambda *step: told.append(step))

    assert (report.sound, report.damaged, report.unknown, report.left) == (1, 1, 1, 0)
    assert (report.is_sound, report.kept, report.resumed) == (False, True, False)
    assert [(check.bundle_id, check.state) for check in report.findings] == [
        (spoilt, CheckState.DAMAGED),
        (newer, CheckState.UNKNOWN),
    ]
    assert report.findings[0].project_name == "Night train"
    assert told[0][0].startswith("Verifying version 1 of 3")
    assert told[-1][1] == 1.0
    rows = {row.id: row.check for row in await versions.listed()}
    assert rows == {sound: CheckState.SOUND, spoilt: CheckState.DAMAGED, newer: CheckState.UNKNOWN}
    kept = await BundleCheckRepository(database).problems_of(spoilt)
    assert kept is not None
    assert kept.problems == report.findings[0].problems
    assert (await verify_bundles(database, other)).unknown == 1

    execute(target, f"UPDATE project_bundles SET bundle_data = 'y' WHERE id = {spoilt}")
    assert {row.id: row.check for row in await versions.listed()}[spoilt] is None
    execute(target, f"DELETE FROM project_bundles WHERE id = {spoilt}")
    assert (await verify_bundles(database)).is_sound
    assert execute(target, "SELECT count(*) FROM syncsphere_desktop.bundle_checks") == [(2,)]


async def test_a_run_that_was_cancelled_is_resumed(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    await versions.store(project, b"rubbish", 1)
    for number in range(2, 12):
        await versions.store(project, sample_bundle("v1"), number)
    enough = asyncio.Event()

    def watch(sentence: str, _share: float | None) -> None:
        if "version 5 of" in sentence:
            enough.set()

    running = asyncio.create_task(verify_bundles(database, progress=watch))
    await enough.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    ((done,),) = execute(target, "SELECT count(*) FROM syncsphere_desktop.bundle_checks")
    assert 4 <= done < 11

    sentences: list[str] = []
    report = await verify_bundles(
        database, resume=True, progress=lambda sentence, _share: sentences.append(sentence)
    )
    assert sentences[0].startswith(f"Verifying version 1 of {11 - done}")
    assert (report.sound, report.damaged, report.resumed) == (10, 1, True)
    again = await verify_bundles(database, resume=True)
    assert (again.sound, again.damaged) == (10, 1)
    assert not (await verify_bundles(database)).resumed


async def test_a_version_that_goes_meanwhile_is_left(
    versions: Versions, database: Database, target: ConnectionTarget
) -> None:
    project = await versions.project()
    await versions.store(project, sample_bundle("v1"), 1)
    gone = await versions.store(project, sample_bundle("v2"), 2)

    def remove(_sentence: str, _share: float | None) -> None:
        execute(target, f"DELETE FROM project_bundles WHERE id = {gone}")

    report = await verify_bundles(database, progress=remove)
    assert (report.sound, report.left) == (1, 1)


async def test_where_nothing_can_be_kept_it_is_told_all_the_same(
    versions: Versions, target: ConnectionTarget
) -> None:
    await versions.store(await versions.project(), b"rubbish", 1)
    with role(target, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}") as reader:
        async with opened(reader) as database:
            report = await verify_bundles(database, resume=True)
    assert (report.damaged, report.kept, report.resumed, len(report.findings)) == (1, False, False, 1)
    assert report.findings[0].version == 1


async def test_hashes_are_kept_by_checks_and_exports(
    versions: Versions, database: Database, target: ConnectionTarget, tmp_path: Path
) -> None:
    project, data = await versions.project(), sample_bundle("v1")
    verified, exported = [await versions.store(project, data, number) for number in (1, 2)]
    facts, streams = BundleFactsRepository(database), BundleStreams(database)
    await index_bundles(facts, streams)
    assert [found.sha256 for found in (await facts.of([verified, exported])).values()] == [None, None]

    written = await BundleExporter(streams, facts).export(exported, tmp_path / "out.odb")
    assert (await facts.of([exported]))[exported].sha256 == written.sha256 == hashlib.sha256(data).hexdigest()
    assert [sample.sha256 for sample in await facts.samples_of(exported)] == [None]

    with BundleProcess() as worker:
        assert (await verify_bundles(database, worker=worker)).is_sound
    (sample,) = await facts.samples_of(verified)
    assert sample.sha256 == decode(io.BytesIO(data)).samples[sample.uuid]
    assert (await facts.of([verified]))[verified].sha256 == written.sha256

    execute(target, f"UPDATE project_bundles SET version = 9 WHERE id = {verified}")
    row_version = (await facts.unread())[0].row_version
    assert not await facts.keep_hashes(verified, row_version, written.sha256)
    assert not await facts.keep_hashes(BundleId(4711), row_version, written.sha256)
