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

OURS = [sys.executable, "-m", "syncsphere_desktop"]
BASELINE = [sys.executable, str(Path(__file__).with_name("empty_window.py"))]
PACKAGED = Path(__file__).resolve().parent.parent / "dist" / "syncsphere-desktop" / "syncsphere-desktop"
DROP_CACHES = Path("/proc/sys/vm/drop_caches")
DEADLINE_SECONDS = 120


def run() -> list[Result]:
    """Measure first paint, warm, cold and packaged, then the first and a later start of the local studio."""
    # An installed program has its bytecode, whatever the environment forbids while it is developed.
    compileall.compile_dir(Path(syncsphere_desktop.__file__).parent, quiet=1)
    runs = 31 if is_soak() else 15
    return [*_first_paint(runs), _packaged(runs), *_local_studio(first=3, later=7)]


def _first_paint(runs: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as home:
        warm = _by_turns(OURS, BASELINE, home, runs, before=lambda: None, warmups=1)
        results = [
            Result("first paint, warm", *warm, "ms", at_most_times(1.5), "spawn to first paint; empty window")
        ]
        if not _may_drop_caches():
            note = "only root on a real kernel may drop the page cache"
            results.append(Result("first paint, page cache dropped", None, None, "ms", None, note))
        else:
            cold = _by_turns(OURS, BASELINE, home, runs, before=_drop_caches, warmups=0)
            results.append(Result("first paint, page cache dropped", *cold, "ms", at_most_times(1.5)))
    return results


def _packaged(runs: int) -> Result:
    """Time the frozen program beside the checkout, where `make package` was run."""
    title = "first paint, packaged"
    if not PACKAGED.is_file():
        return Result(title, None, None, "ms", None, "make package makes the program that is measured")
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as home:
        medians = _by_turns([str(PACKAGED)], OURS, home, runs, before=lambda: None, warmups=1)
    return Result(title, *medians, "ms", at_most_times(1.3), "spawn to first paint; the checkout")


def _by_turns(
    first: Sequence[str],
    second: Sequence[str],
    home: str,
    runs: int,
    *,
    before: Callable[[], None],
    warmups: int,
) -> tuple[float, float]:
    """Return the medians in milliseconds of two commands, started by turns."""
    of_first: list[float] = []
    of_second: list[float] = []
    for number in range(warmups + runs):
        for command, found in ((first, of_first), (second, of_second)):
            before()
            milliseconds = 1000 * _seconds_until("first-paint", command, home)
            if number >= warmups:
                found.append(milliseconds)
    return statistics.median(of_first), statistics.median(of_second)


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


def _seconds_until(moment: str, command: Sequence[str], home: str) -> float:
    """Start a program and return the seconds until the moment that it tells on standard error."""
    variable = {"first-paint": "SYNCSPHERE_MEASURE_FIRST_PAINT", "usable": "SYNCSPHERE_MEASURE_USABLE"}[
        moment
    ]
    started = time.time()
    process = subprocess.Popen(
        command,
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
        f"{' '.join(command)} ended with {process.returncode} and told no “{moment}”:\n{told[-2000:]}"
    )


def _command(home: str, *words: str) -> None:
    subprocess.run(
        [*OURS, *words],
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
