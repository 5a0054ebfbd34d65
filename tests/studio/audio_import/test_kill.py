"""kill -9 at random moments of an import by a real process: after the next start nothing is half done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from benchmarks.frame import is_soak
from syncsphere_desktop.settings import ConnectionTarget
from tests.cli.conftest import url_of
from tests.studio.audio_import.studio import Studio, write_takes

_FILES = 240
_ROUNDS = 100 if is_soak() else 4

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")


def _import(studio: Studio, target: ConnectionTarget) -> subprocess.Popen[bytes]:
    """Start a process that imports the takes; small batches, so that many moments differ."""
    code = (
        "import sys; from syncsphere_desktop.studio.audio_import import running;"
        "running.BATCH_FILES = 16; from syncsphere_desktop.cli.run import run; sys.exit(run(sys.argv[1:]))"
    )
    arguments = ["audio", "import", "--project", str(studio.project.id), "--json", str(studio.takes)]
    where = ["--database-url", url_of(target), "--storage-url", str(studio.root)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments, *where],
        env={**os.environ, "SYNCSPHERE_HOME": str(studio.takes.parent / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _sleep(seconds: float) -> None:
    """Wait for another process, which our event loop has no part in."""
    time.sleep(seconds)


def _outcome(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    document: dict[str, Any] = json.loads(out)
    return document


async def _clear(studio: Studio) -> None:
    """Empty the library, as if nothing had ever been imported."""
    for table in ("audio_files", "syncsphere_desktop.audio_content", "syncsphere_desktop.audio_imports"):
        await studio.sql(f"DELETE FROM {table}")
    for path in studio.root.glob("projects/*/*"):
        path.unlink()


def _is_writing(studio: Studio) -> bool:
    return any(studio.root.glob("projects/*/.*")) or any(studio.root.glob("projects/*/*"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_kill_at_any_moment_leaves_nothing_half_done(studio: Studio, target: ConnectionTarget) -> None:
    write_takes(studio.takes, _FILES, seconds=0.3)
    studio.journals = studio.takes.parent / "home" / "data" / "imports"
    begun = time.monotonic()
    first = _import(studio, target)
    while not _is_writing(studio):
        assert first.poll() is None
        _sleep(0.001)
    writing = time.monotonic()
    assert _outcome(first)["imported"] == _FILES
    span = time.monotonic() - writing
    await studio.must_be_whole()
    chance = random.Random(int(begun))
    cut_off = 0

    for number in range(_ROUNDS):
        await _clear(studio)
        process = _import(studio, target)
        while not _is_writing(studio) and process.poll() is None:
            _sleep(0.001)
        _sleep(chance.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        cut_off += process.returncode == -signal.SIGKILL
        before = len(await studio.paths())

        recovered = await studio.another(journals=studio.journals).recover()
        await studio.must_be_whole()
        assert len(await studio.paths()) >= before, (number, recovered)

        again = _outcome(_import(studio, target))
        assert again["imported"] + again["duplicates"] == _FILES
        assert len(await studio.paths()) == _FILES
        await studio.must_be_whole()

    assert cut_off >= _ROUNDS // 3


async def test_a_living_import_is_left_alone_by_the_recovery_of_another(
    studio: Studio, target: ConnectionTarget
) -> None:
    write_takes(studio.takes, 60, seconds=0.3)
    studio.journals = studio.takes.parent / "home" / "data" / "imports"
    process = _import(studio, target)
    while not _is_writing(studio):
        assert process.poll() is None
        _sleep(0.001)
    process.send_signal(signal.SIGSTOP)

    recovered = await studio.another(journals=studio.journals).recover()
    process.send_signal(signal.SIGCONT)

    assert recovered.imports == ()
    assert _outcome(process)["imported"] == 60
    await studio.must_be_whole()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_an_import_that_is_asked_to_end_leaves_nothing_half_done(
    studio: Studio, target: ConnectionTarget, ending: signal.Signals
) -> None:
    write_takes(studio.takes, 120, seconds=0.3)
    studio.journals = studio.takes.parent / "home" / "data" / "imports"
    process = _import(studio, target)
    while not _is_writing(studio):
        assert process.poll() is None
        _sleep(0.001)
    process.send_signal(ending)
    process.communicate(timeout=60)

    assert process.returncode == (143 if ending is signal.SIGTERM else 130)
    await studio.must_be_whole()  # without any recovery
    assert _outcome(_import(studio, target))["rejected"] == 0
    assert len(await studio.paths()) == 120
    await studio.must_be_whole()
