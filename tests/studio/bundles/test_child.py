"""Bundles are read by a child process: limits hold, and nothing that happens to it reaches the app."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from typing_extensions import override

from syncsphere_desktop.errors import AppError, BundleError, CancelledByServerError, QueryError
from syncsphere_desktop.odb import open_bundle
from syncsphere_desktop.odb.summary import summary_from, summary_of
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, NotKeptError, OwnProcess
from syncsphere_desktop.studio.bundles.child.jobs import open_and_keep, tell_difference, tell_in_short
from syncsphere_desktop.studio.bundles.child.process import BundleProcess, WorkLimits
from syncsphere_desktop.studio.bundles.decoding import decode, decode_whole, decoded_from
from tests.bundle_maker import json_graph, published_graph, sample_bundle
from tests.studio.bundles import odd_jobs

SHORT = WorkLimits(seconds=0.5, in_all=1.5, stop_seconds=0.1, memory=400 << 20)
NOBODY: dict[str, str] = {}


@pytest.fixture(scope="module")
def child() -> Iterator[BundleProcess]:
    """A child with usual limits."""
    with BundleProcess() as process:
        yield process


@pytest.fixture
def short() -> Iterator[BundleProcess]:
    """A child with little time."""
    with BundleProcess(SHORT) as process:
        yield process


def pid_of(worker: BundleWorker) -> int:
    (pid,) = worker.ask(odd_jobs.pid, {})
    return int(pid)


class Broken(io.BytesIO):
    """A file of which only the end can be read, as on a server that goes away."""

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() < 1000:
            raise QueryError("The server found damaged data.")
        return super().read(size)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_child_tells_what_this_process_would(child: BundleProcess, version: str) -> None:
    data = sample_bundle(version)
    for worker in (child, OwnProcess()):
        pieces = worker.ask(open_and_keep, {"key": version}, io.BytesIO(data))
        cover = pieces.pop() if isinstance(pieces[-1], bytes) else None
        assert summary_from(pieces) == summary_of(open_bundle(data))
        assert cover == open_bundle(data).image()
        assert decoded_from(worker.ask(decode_whole, {}, io.BytesIO(data))) == decode(io.BytesIO(data))


def test_odd_bundles_are_told_too(child: BundleProcess) -> None:
    for data in (b"", b"x", sample_bundle("v1")[:5000], json_graph(published_graph("v1"))):
        pieces = child.ask(tell_in_short, {}, io.BytesIO(data))
        assert summary_from(pieces) == summary_of(open_bundle(data))


def test_bundles_are_compared_while_they_are_kept(child: BundleProcess) -> None:
    for version in ("v1", "v2"):
        child.ask(open_and_keep, {"key": version}, io.BytesIO(sample_bundle(version)))
    (rows,) = child.ask(tell_difference, {"before": "v1", "after": "v2", "owners": NOBODY})
    assert ["tempo 118 → 122 bpm"] in [row[3] for row in rows]
    with pytest.raises(NotKeptError) as missing:
        child.ask(tell_difference, {"before": "v1", "after": "v3", "owners": NOBODY})
    assert missing.value.key == "v3"


def test_a_large_file_is_read_in_ranges(child: BundleProcess) -> None:
    data = os.urandom(300_000)
    assert child.ask(odd_jobs.read_twice, {}, io.BytesIO(data)) == [data[-10:], data]


def test_what_a_job_prints_is_no_answer(child: BundleProcess) -> None:
    assert child.ask(odd_jobs.print_loudly, {}) == ["printed"]


def test_what_goes_wrong_with_the_file_is_raised_as_it_was(child: BundleProcess) -> None:
    pid = pid_of(child)
    with pytest.raises(QueryError, match="damaged data"):
        child.ask(tell_in_short, {}, Broken(sample_bundle("v1")))
    assert pid_of(child) == pid


def test_a_mistake_of_ours_is_raised_with_its_place(child: BundleProcess) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        child.ask(odd_jobs.fail, {"zero": 0})
    assert child.ask(odd_jobs.fail, {"zero": 1}) == [1]


def test_a_crash_is_told_and_the_next_job_has_a_new_child(child: BundleProcess) -> None:
    pid = pid_of(child)
    with pytest.raises(BundleError, match="crash") as crashed:
        child.ask(odd_jobs.crash, {})
    assert "famous last words" in str(crashed.value.details)
    assert pid_of(child) != pid


def test_a_child_that_was_killed_meanwhile_is_replaced_unseen(child: BundleProcess) -> None:
    psutil.Process(pid_of(child)).kill()
    assert child.ask(tell_in_short, {}, io.BytesIO(sample_bundle("v1")))


@pytest.mark.parametrize("job", [odd_jobs.hang, odd_jobs.beat_on])
def test_a_job_that_takes_too_long_is_ended(short: BundleProcess, job: object) -> None:
    pid = pid_of(short)
    with pytest.raises(BundleError, match=r"takes (longer than|too long)"):
        short.ask(job, {})  # type: ignore[arg-type]
    assert not psutil.pid_exists(pid)


def test_a_job_that_takes_too_much_memory_is_ended(short: BundleProcess) -> None:
    with pytest.raises(BundleError, match="400 MB of memory"):
        short.ask(odd_jobs.take_memory, {"bytes": 1 << 30})
    assert short.ask(odd_jobs.take_memory, {"bytes": 1 << 20}) == [1 << 20]


@pytest.mark.parametrize("job", [odd_jobs.hang, odd_jobs.beat_on])
def test_a_job_that_nobody_waits_for_any_more_ends_soon(child: BundleProcess, job: object) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with pytest.raises(CancelledByServerError):
        child.ask(job, {}, stop=stop)  # type: ignore[arg-type]
    with pytest.raises(CancelledByServerError):
        child.ask(odd_jobs.pid, {}, stop=stop)


def test_what_hearing_of_progress_raises_ends_the_job(child: BundleProcess) -> None:
    def enough(_done: float) -> None:
        raise CancelledByServerError("Enough.")

    pid = pid_of(child)
    with pytest.raises(CancelledByServerError, match="Enough"):
        child.ask(odd_jobs.beat_on, {}, on_beat=enough)
    assert not psutil.pid_exists(pid)


def test_closing_ends_a_job_and_its_child() -> None:
    child = BundleProcess()
    pid = pid_of(child)
    ended: list[AppError] = []

    def ask() -> None:
        try:
            child.ask(odd_jobs.hang, {})
        except AppError as error:
            ended.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.1)
    child.close()
    asking.join()
    assert isinstance(ended[0], CancelledByServerError)
    assert not psutil.pid_exists(pid)
    with pytest.raises(CancelledByServerError):
        child.ask(odd_jobs.pid, {})
    child.close()


def test_a_child_without_work_ends_and_comes_back() -> None:
    with BundleProcess(replace(SHORT, idle_seconds=0.2)) as child:
        pid = pid_of(child)
        psutil.Process(pid).wait(timeout=20)
        assert pid_of(child) != pid


def test_a_child_gets_no_secret_and_loads_nothing_that_it_does_not_need(
    child: BundleProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNCSPHERE_DATABASE_URL", "postgresql://secret")
    with BundleProcess() as fresh:
        (libraries,) = fresh.ask(odd_jobs.loaded, {"module": "syncsphere_desktop.ui.bundles.diff_job"})
        assert not {"PySide6", "sqlalchemy", "psycopg2", "asyncio"} & set(libraries)
        assert "SYNCSPHERE_DATABASE_URL" not in psutil.Process(pid_of(fresh)).environ()


def test_nothing_is_started_before_there_is_work() -> None:
    before = set(psutil.Process().children())
    with BundleProcess():
        assert set(psutil.Process().children()) == before


def test_a_packaged_program_starts_itself_as_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    from syncsphere_desktop.children import child_command
    from syncsphere_desktop.studio.bundles.child.process import CHILD_ARGUMENT

    monkeypatch.setattr("sys.frozen", True, raising=False)
    command = child_command(CHILD_ARGUMENT, "some.module", "1024")
    assert command[1:] == ["--bundle-child", "1024"]
