"""From spawning the process to its first paint, beside an empty window; and to the local studio's list."""

from __future__ import annotations

import compileall
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import syncsphere_desktop
from benchmarks.frame import Result, at_most, at_most_times, is_soak

OURS = ["-m", "syncsphere_desktop"]
BASELINE = [str(Path(__file__).with_name("empty_window.py"))]
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
DEADLINE_SECONDS = 120


def run() -> list[Result]:
    """Measure first paint, warm and cold, then the first and a later start of the local studio."""
    # An installed program has its bytecode, whatever the environment forbids while it is developed.
    compileall.compile_dir(Path(syncsphere_desktop.__file__).parent, quiet=1)
    return [*_first_paint(runs=31 if is_soak() else 15), *_local_studio(first=3, later=7)]


def _first_paint(runs: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as home:
        warm = _by_turns(home, runs, before=lambda: None, warmups=1)
        results = [
            Result("first paint, warm", *warm, "ms", at_most_times(1.5), "spawn to first paint; empty window")
        ]
        if not _may_drop_caches():
            note = "only root on a real kernel may drop the page cache"
            results.append(Result("first paint, page cache dropped", None, None, "ms", None, note))
        else:
            cold = _by_turns(home, runs, before=_drop_caches, warmups=0)
            results.append(Result("first paint, page cache dropped", *cold, "ms", at_most_times(1.5)))
    return results


def _by_turns(home: str, runs: int, *, before: Callable[[], None], warmups: int) -> tuple[float, float]:
    """Return the medians in milliseconds of ours and the empty window, started by turns."""
    ours: list[float] = []
    baseline: list[float] = []
    for number in range(warmups + runs):
        for arguments, found in ((OURS, ours), (BASELINE, baseline)):
            before()
            milliseconds = 1000 * _seconds_until("first-paint", arguments, home)
            if number >= warmups:
                found.append(milliseconds)
    return statistics.median(ours), statistics.median(baseline)


def _local_studio(first: int, later: int) -> list[Result]:
    """Time the local studio from nothing, and again when its data is there and its server is stopped."""
    first_starts: list[float] = []
    later_starts: list[float] = []
    for number in range(first):
        home = tempfile.mkdtemp(prefix="syncsphere-bench-")
        try:
            first_starts.append(_seconds_until("usable", [*OURS, "--local"], home))
            if number == first - 1:
                for _ in range(later):
                    _command(home, "local", "stop")
                    later_starts.append(_seconds_until("usable", [*OURS, "--local"], home))
        finally:
            _command(home, "local", "stop")
            shutil.rmtree(home, ignore_errors=True)
    return [
        Result(
            "local studio, first start to usable window",
            statistics.median(first_starts),
            None,
            "s",
            at_most(10),
            "makes the server's data, schema and sample studio",
        ),
        Result(
            "local studio, later start to usable window",
            statistics.median(later_starts),
            None,
            "s",
            at_most(3),
            "the server is stopped before",
        ),
    ]


def _seconds_until(moment: str, arguments: Sequence[str], home: str) -> float:
    """Start a Python program and return the seconds until the moment that it tells on standard error."""
    variable = {"first-paint": "SYNCSPHERE_MEASURE_FIRST_PAINT", "usable": "SYNCSPHERE_MEASURE_USABLE"}[
        moment
    ]
    started = time.time()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env=_environment(home) | {variable: "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, told = process.communicate(timeout=DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        _, told = process.communicate()
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        if word == moment:
            return float(rest) - started
    raise RuntimeError(
        f"{' '.join(arguments)} ended with {process.returncode} and told no “{moment}”:\n{told[-2000:]}"
    )


def _command(home: str, *words: str) -> None:
    subprocess.run(
        [sys.executable, *OURS, *words],
        env=_environment(home),
        capture_output=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


def _environment(home: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"QT_QPA_PLATFORM": "offscreen", **inherited, "SYNCSPHERE_HOME": home}


def _may_drop_caches() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0 and os.access(DROP_CACHES, os.W_OK)


def _drop_caches() -> None:
    os.sync()
    DROP_CACHES.write_text("1")
