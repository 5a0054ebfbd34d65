"""A command ends in a way that scripts understand, whatever happens in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from syncsphere_desktop.cli import run as command_line
from syncsphere_desktop.cli import tour


def _break(_namespace: object) -> int:
    raise ZeroDivisionError("postgresql://admin:secret-word@db/studio")


@pytest.fixture
def _broken_tour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tour, "run", _break)
    monkeypatch.setenv("SYNCSPHERE_HOME", str(tmp_path))


@pytest.mark.usefixtures("_broken_tour")
def test_a_bug_leaves_a_report_without_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run(["tour", "--out", "x"]) == 1
    told = capsys.readouterr()
    assert "mistake of its own" in told.err
    (report,) = (tmp_path / "logs").glob("crash-*.txt")
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "secret-word" not in text + told.err + told.out


@pytest.mark.usefixtures("_broken_tour")
def test_a_bug_is_json_where_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run(["tour", "--out", "x", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bug"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be caught")
def test_sigterm_ends_a_command_and_stops_the_server_it_started(tmp_path: Path) -> None:
    environment = {**os.environ, "SYNCSPHERE_HOME": str(tmp_path)}
    program = [sys.executable, "-m", "syncsphere_desktop", "local", "seed", "--users", "3000000"]
    running = subprocess.Popen(program, env=environment, stderr=subprocess.PIPE, text=True)
    pid_file = tmp_path / "data" / "local-studio" / "postgres" / "postmaster.pid"
    deadline = time.monotonic() + 60
    while not pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.5)  # well into the seeding
    running.send_signal(signal.SIGTERM)
    _out, told = running.communicate(timeout=60)
    assert running.returncode == 143, told
    assert not pid_file.exists()


def test_a_result_that_cannot_be_written_is_told_apart_from_a_failed_command(tmp_path: Path) -> None:
    environment = {**os.environ, "SYNCSPHERE_HOME": str(tmp_path)}
    environment.pop("PYTHONUNBUFFERED", None)  # the buffer is what fails once more at the end
    program = [sys.executable, "-m", "syncsphere_desktop", "local", "status"]
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("w") as unwritable:
        ended = subprocess.run(
            program, env=environment, stdout=unwritable, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 1
    assert "The command was carried out" in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert not list(tmp_path.glob("logs/crash-*"))
