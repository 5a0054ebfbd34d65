"""The program as a process: it becomes usable, ends by a signal, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from tests.e2e.conftest import studio_of

_CHECKOUT = Path(__file__).parents[2]
_PATIENCE = 60.0


@contextmanager
def program(home: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program on the offscreen platform; kill it in the end when the test did not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "syncsphere_desktop", *arguments],
        cwd=_CHECKOUT,
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "SYNCSPHERE_HOME": str(home),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: int | None = None) -> int:
    """Send a signal, wait for the end, and return the exit code."""
    if number is not None:
        process.send_signal(number)
    _out, errors = process.communicate(timeout=_PATIENCE)
    assert "Traceback" not in errors, errors
    return process.returncode


@contextmanager
def usable(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the program on the local studio; give it when its list shows rows."""
    with program(home, "--local", SYNCSPHERE_MEASURE_USABLE="stay") as process:
        wait_until_usable(process)
        yield process


def wait_until_usable(process: subprocess.Popen[str]) -> None:
    """Read what the program says until it is usable."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("usable"):
            return
    raise AssertionError("The program ended before it was usable.\n" + "".join(said))


def test_the_first_start_becomes_usable_and_the_server_stops_with_the_window(fresh_home: Path) -> None:
    with program(fresh_home, "--local", SYNCSPHERE_MEASURE_USABLE="1") as process:
        _out, errors = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0, errors
    assert [line.split()[0] for line in errors.splitlines() if line.startswith("usable")] == ["usable"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_program_with_its_code_and_stops_the_server(
    home: Path, number: int, code: int
) -> None:
    with usable(home) as process:
        assert ended(process, number) == code


@pytest.mark.parametrize("delay", [0.15, 0.5, 0.9])
def test_a_signal_in_the_middle_of_the_first_start_leaves_nothing_running(
    fresh_home: Path, delay: float
) -> None:
    with program(fresh_home, "--local") as process:
        time.sleep(delay)
        # Before the loop runs, the signal itself ends the process.
        assert ended(process, signal.SIGTERM) in {143, -signal.SIGTERM}


def test_a_signal_while_a_list_waits_for_a_lock_ends_the_program_at_once(home: Path) -> None:
    ours = "FROM pg_stat_activity WHERE application_name = 'syncsphere-desktop'"
    with (
        studio_of(home).held(),
        closing(psycopg2.connect(studio_of(home).database_url)) as other,
        closing(psycopg2.connect(studio_of(home).database_url)) as observer,
        other.cursor() as locking,
        observer.cursor() as looking,
    ):
        observer.autocommit = True
        locking.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")

        def count(condition: str) -> int:
            looking.execute(f"SELECT count(*) {ours} AND {condition}")
            row = looking.fetchone()
            assert row is not None
            return int(row[0])

        with program(home, "--local") as process:
            wait_for(lambda: count("wait_event_type = 'Lock'") > 0)
            assert ended(process, signal.SIGTERM) == 143
        wait_for(lambda: count("true") == 0)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it is not within a minute."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.02)


def test_two_windows_on_one_home_share_the_server_until_the_last_one_closes(home: Path) -> None:
    stay = {"SYNCSPHERE_MEASURE_USABLE": "stay"}
    with program(home, "--local", **stay) as first, program(home, "--local", **stay) as second:
        wait_until_usable(first)
        wait_until_usable(second)
        assert ended(first, signal.SIGTERM) == 143
        status = studio_of(home).status()
        assert (status.running, status.holders) == (True, (second.pid,))
        assert ended(second, signal.SIGTERM) == 143


def test_after_a_kill_the_program_starts_again_with_all_rows(home: Path) -> None:
    with usable(home) as process:
        process.kill()
        process.communicate()
    with usable(home) as process:
        assert studio_of(home).status().users == 40
        assert ended(process, signal.SIGTERM) == 143


def test_without_a_wish_the_window_waits_on_its_welcome_page(fresh_home: Path) -> None:
    with program(fresh_home) as process:
        deadline = time.monotonic() + _PATIENCE
        while not (fresh_home / "logs" / "app.log").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        assert process.poll() is None
        assert ended(process, signal.SIGINT) == 130
    assert not (fresh_home / "data" / "local-studio").exists()


def test_a_server_that_can_not_be_reached_is_told_on_the_welcome_page_and_the_window_stays(
    fresh_home: Path,
) -> None:
    with program(fresh_home, "--database-url", "postgresql://nobody:secret-word@127.0.0.1:1/none") as process:
        deadline = time.monotonic() + _PATIENCE
        while not (fresh_home / "logs" / "app.log").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        assert process.poll() is None
        assert ended(process, signal.SIGTERM) == 143
    written = [path for path in fresh_home.rglob("*") if path.is_file()]
    assert not [path for path in written if "secret-word" in path.read_text(errors="replace")]


def test_a_fault_of_the_window_leaves_every_threads_stack_in_the_logs(tmp_path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    with program(tmp_path) as process:
        while not any((tmp_path / "logs").glob("hard-crash-*.txt")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)  # the file is there a moment before the stacks would be written to it
        process.send_signal(signal.SIGSEGV)
        process.communicate(timeout=_PATIENCE)
    (left,) = (tmp_path / "logs").glob("hard-crash-*.txt")
    assert "run_program" in left.read_text()
