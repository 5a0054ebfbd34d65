"""The pool keeps its children within limits, replaces those that end, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.errors import FileError, NotAudioError, ProbeLimitError, StorageError
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.probing.child_process import CHILD_ARGUMENT
from syncsphere_desktop.storage.probing.limits import Limits
from syncsphere_desktop.storage.probing.pool import ProbeCancelledError, ProbePool
from syncsphere_desktop.storage.probing.protocol import Request, decoded, encoded_request, facts_of
from tests.audio_corpus import write_tone

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops processes by signals")

SECONDS_TO_HAPPEN = 30.0
CHILD_MODULE = "syncsphere_desktop.storage.probing.child"
OF_OTHERS: set[int] = set()


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tone(tmp_path_factory.mktemp("tones") / "tone.wav", AudioFormat.WAV, seconds=0.5)


@pytest.fixture
def pool() -> Iterator[ProbePool]:
    with ProbePool(workers=1, limits=Limits(seconds=1.0)) as opened:
        yield opened


@pytest.fixture
def one_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(autouse=True)
def of_others() -> Iterator[set[int]]:
    """Leave out of account the children of pools that other folders' tests keep for their whole session."""
    OF_OTHERS.update(child.pid for child in children())
    yield OF_OTHERS
    OF_OTHERS.clear()


def children() -> list[psutil.Process]:
    """Return the probing children that were started since the test began."""
    found = []
    for process in psutil.Process().children():
        try:
            if process.pid not in OF_OTHERS and CHILD_MODULE in process.cmdline():
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def the_child() -> psutil.Process:
    (child,) = children()
    return child


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_TO_HAPPEN
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def long_wav(path: Path, *, gigabytes: float) -> Path:
    """Write a WAV of silence whose samples take no place on the disk."""
    write_tone(path, AudioFormat.WAV, seconds=0.01)
    header = path.read_bytes()[:44]
    size = int(gigabytes * 1e9) // 4 * 4
    whole = header[:4] + (size + 36).to_bytes(4, "little") + header[8:40] + size.to_bytes(4, "little")
    path.write_bytes(whole)
    os.truncate(path, 44 + size)
    return path


def test_nothing_is_started_before_there_is_work() -> None:
    with ProbePool():
        assert not children()


def test_a_probe_tells_what_the_file_is(pool: ProbePool, tone: Path) -> None:
    facts = pool.probe(tone)

    assert (facts.format, facts.codec, facts.sample_rate, facts.channels) == (
        AudioFormat.WAV,
        "PCM 16 bit",
        44100,
        2,
    )
    assert facts.duration == pytest.approx(0.5, abs=1e-4)


def test_one_child_serves_many_files(pool: ProbePool, tone: Path) -> None:
    pool.probe(tone)
    first = the_child().pid
    for _ in range(20):
        pool.probe(tone)

    assert the_child().pid == first


def test_many_threads_share_a_few_children(tone: Path) -> None:
    with ProbePool(workers=2) as pool, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: pool.probe(tone), range(200)))

        assert len(set(found)) == 1
        assert len(children()) <= 2


def test_closing_leaves_no_process_and_no_thread(tone: Path) -> None:
    before = threading.active_count()
    pool = ProbePool()
    pool.probe(tone)
    pool.close()
    pool.close()

    assert not children()
    assert threading.active_count() == before


def test_a_closed_pool_takes_no_more_work(tone: Path) -> None:
    pool = ProbePool()
    pool.close()

    with pytest.raises(ProbeCancelledError):
        pool.probe(tone)


def test_a_child_that_dies_at_rest_is_replaced(pool: ProbePool, tone: Path) -> None:
    facts = pool.probe(tone)
    the_child().kill()

    assert pool.probe(tone) == facts


def test_a_child_that_an_earlier_file_harmed_is_not_held_against_the_next(
    pool: ProbePool, tone: Path, one_thread: ThreadPoolExecutor
) -> None:
    facts = pool.probe(tone)
    child = the_child()
    child.suspend()
    asked = one_thread.submit(pool.probe, tone)
    child.send_signal(signal.SIGSEGV)
    child.resume()

    assert asked.result(SECONDS_TO_HAPPEN) == facts


def test_a_file_that_makes_no_progress_is_refused_and_the_next_is_served(pool: ProbePool, tone: Path) -> None:
    facts = pool.probe(tone)
    the_child().suspend()

    with pytest.raises(ProbeLimitError, match="takes longer than 1 s"):
        pool.probe(tone)
    assert pool.probe(tone) == facts


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_served(
    pool: ProbePool, tone: Path, tmp_path: Path
) -> None:
    greedy = tmp_path / "greedy.m4a"
    greedy.write_bytes(giant_description(1 << 30))
    os.truncate(greedy, greedy.stat().st_size + (1 << 30))

    with pytest.raises(ProbeLimitError, match="more than 512 MB of memory"):
        pool.probe(greedy)
    assert pool.probe(tone).channels == 2


def giant_description(size: int) -> bytes:
    """Return the beginning of an MP4 file whose description of its sound has `size` bytes, to be added."""

    def atom(name: bytes, content: bytes, more: int) -> bytes:
        return (len(content) + 8 + more).to_bytes(4, "big") + name + content

    handler = atom(b"hdlr", bytes(8) + b"soun" + bytes(12), 0)
    header = atom(b"mdhd", bytes(12) + (44100).to_bytes(4, "big") + (44100).to_bytes(4, "big") + bytes(4), 0)
    found = atom(b"stsd", bytes(7) + b"\x01", size)
    for name, before in (
        (b"stbl", b""),
        (b"minf", b""),
        (b"mdia", handler + header),
        (b"trak", b""),
        (b"moov", b""),
    ):
        found = atom(name, before + found, size)
    return atom(b"ftyp", b"M4A \0\0\0\0M4A ", 0) + found


def test_a_child_that_is_killed_whenever_it_begins_is_given_up(tone: Path) -> None:
    stop = threading.Event()

    def kill_all() -> None:
        while not stop.wait(0.001):
            for child in children():
                child.kill()

    killer = threading.Thread(target=kill_all)
    killer.start()
    try:
        with ProbePool(workers=1) as pool, pytest.raises(StorageError):
            pool.probe(tone)
    finally:
        stop.set()
        killer.join()


def test_cancelling_a_waveform_stops_it(
    pool: ProbePool, tmp_path: Path, one_thread: ThreadPoolExecutor
) -> None:
    path = long_wav(tmp_path / "long.wav", gigabytes=3.9)
    cancelled = threading.Event()
    asked = one_thread.submit(pool.waveform, path, cancelled=cancelled)
    wait_until(children)
    cancelled.set()

    with pytest.raises(ProbeCancelledError):
        asked.result(SECONDS_TO_HAPPEN)
    assert not children()


def test_closing_ends_work_that_is_going_on(tone: Path, one_thread: ThreadPoolExecutor) -> None:
    pool = ProbePool(workers=1)
    pool.probe(tone)
    child = the_child()
    child.suspend()
    asked: Future[object] = one_thread.submit(pool.probe, tone)
    wait_until(asked.running)
    pool.close()

    with pytest.raises(ProbeCancelledError):
        asked.result(SECONDS_TO_HAPPEN)
    assert not children()


def test_a_child_at_rest_for_long_gives_its_memory_back(tone: Path) -> None:
    with ProbePool(workers=1, limits=Limits(idle_seconds=0.2)) as pool:
        facts = pool.probe(tone)
        wait_until(lambda: not children())

        assert pool.probe(tone) == facts


def test_a_child_outlives_its_parent_for_no_longer_than_its_work(tone: Path) -> None:
    program = (
        "import os, sys, pathlib, psutil; from syncsphere_desktop.storage.probing.pool import ProbePool; "
        "pool = ProbePool(); pool.probe(pathlib.Path(sys.argv[1])); "
        "print(psutil.Process().children()[0].pid, flush=True); os.kill(os.getpid(), 9)"
    )
    parent = psutil.Popen([sys.executable, "-c", program, str(tone)], stdout=-1)
    told, _ = parent.communicate(timeout=SECONDS_TO_HAPPEN)

    wait_until(lambda: not psutil.pid_exists(int(told)))


def test_a_child_has_its_limits_and_no_secrets(
    monkeypatch: pytest.MonkeyPatch, pool: ProbePool, tone: Path
) -> None:
    monkeypatch.setenv("SYNCSPHERE_DATABASE_URL", "postgresql://admin:planted-secret@localhost/studio")
    monkeypatch.setenv("PGPASSWORD", "planted-secret")
    pool.probe(tone)
    child = the_child()

    assert "planted-secret" not in str(child.environ())
    if sys.platform == "linux":
        assert child.rlimit(psutil.RLIMIT_AS)[0] == 512 << 20
        assert child.rlimit(psutil.RLIMIT_CORE)[0] == 0
        assert child.rlimit(psutil.RLIMIT_NOFILE)[0] <= 64
        assert child.rlimit(psutil.RLIMIT_CPU)[0] <= 10


def test_a_child_imports_no_window_and_no_database(pool: ProbePool, tmp_path: Path) -> None:
    pool.waveform(write_tone(tmp_path / "tone.m4a", AudioFormat.M4A, seconds=0.2))
    mapped = " ".join(entry.path for entry in the_child().memory_maps()) if sys.platform == "linux" else ""

    assert "libavcodec" in mapped
    assert "Qt6" not in mapped
    assert "psycopg2" not in mapped


@pytest.mark.parametrize("name", ["missing.wav", "a\0b.wav", "x" * 300 + ".wav"])
def test_what_is_not_there_cant_be_read(pool: ProbePool, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError):
        pool.probe(tmp_path / name)


def test_what_is_no_regular_file_is_not_opened(pool: ProbePool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")

    for path in (tmp_path, tmp_path / "pipe.wav", Path("/dev/zero")):
        with pytest.raises(FileError, match="no regular file"):
            pool.probe(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(pool: ProbePool, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "closed.wav", AudioFormat.WAV, seconds=0.1)
    path.chmod(0)

    with pytest.raises(FileError, match="can't be read"):
        pool.probe(path)


def test_a_file_that_is_held_is_read_whatever_takes_its_place(
    pool: ProbePool, tone: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.wav").write_bytes(tone.read_bytes())
    (tmp_path / "other.wav").write_bytes(b"of somebody else")
    with LocalStore(root).as_file(StorePath("a.wav")) as held:
        (root / "a.wav").unlink()
        (root / "a.wav").symlink_to(tmp_path / "other.wav")
        with pytest.raises(NotAudioError):
            pool.probe(root / "a.wav")

        assert pool.probe(held, decode=True) == pool.probe(tone, decode=True)
        assert pool.waveform(held) == pool.waveform(tone)
        the_child().kill()
        assert pool.probe(held).duration == pytest.approx(0.5, abs=1e-4)


def test_held_files_leave_nothing_open_in_the_child(pool: ProbePool, tone: Path) -> None:
    with LocalStore(tone.parent).as_file(StorePath(tone.name)) as held:
        pool.probe(held)
        before = the_child().num_fds()
        for _ in range(100):
            pool.probe(held)
        assert the_child().num_fds() == before


def test_names_that_are_no_text_are_read_like_others(pool: ProbePool, tmp_path: Path) -> None:
    for name in (b"take \xff\xfe.wav", b"line\nbreak.wav", "ünï.wav".encode(), b"n" * 251 + b".wav"):
        path = tmp_path / os.fsdecode(name)
        write_tone(tmp_path / "plain.wav", AudioFormat.WAV, seconds=0.1).rename(path)

        assert pool.probe(path).channels == 2


def test_an_m4a_whose_name_is_no_text_is_read_like_others(pool: ProbePool, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"take \xff\xfe.m4a")
    write_tone(tmp_path / "plain.m4a", AudioFormat.M4A, seconds=0.1).rename(path)

    assert pool.probe(path, decode=True).channels == 2


def test_a_file_that_is_no_audio_leaves_the_child_as_it_was(
    pool: ProbePool, tone: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.wav").write_text("These are notes.")
    pool.probe(tone)
    before = the_child().pid

    with pytest.raises(NotAudioError) as caught:
        pool.probe(tmp_path / "text.wav")
    assert caught.value.reason == "It's text named .wav."
    assert the_child().pid == before


def test_a_packaged_program_can_be_its_own_child(tone: Path) -> None:
    request = encoded_request(Request("probe", str(tone)))
    done = subprocess.run(
        [sys.executable, "-m", "syncsphere_desktop", CHILD_ARGUMENT, str(512 << 20), "5"],
        input=request,
        capture_output=True,
        check=True,
        timeout=SECONDS_TO_HAPPEN,
    )
    messages = [decoded(line) for line in done.stdout.splitlines()]

    assert "ready" in messages[0]
    assert facts_of(messages[-1]).sample_rate == 44100
