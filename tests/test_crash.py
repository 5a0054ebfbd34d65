"""A crash report says what is needed to mend a bug, and no secret."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncsphere_desktop import __version__
from syncsphere_desktop.crash import CrashReport, install_hooks, record_hard_crashes
from syncsphere_desktop.logs import configure

SECRET = "hunter2"


def _fail(known: dict[str, str], text: str) -> None:
    try:
        known[f"postgresql://ada:{SECRET}@db/studio"]
    except KeyError as error:
        raise ValueError(f"password={SECRET} {text}") from error


def _bug(text: str = "") -> ValueError:
    with pytest.raises(ValueError, match=SECRET) as caught:
        _fail({}, text)
    return caught.value


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    end = configure(verbose=False, stream=None)
    yield logging.getLogger("syncsphere_desktop.x")
    end()


def test_the_report_names_versions_the_traceback_and_the_last_lines(log: logging.Logger) -> None:
    import PySide6.QtCore
    import sqlalchemy

    log.info("connected with %s", f"radioToken={SECRET}")
    report = CrashReport.of(_bug(), postgresql="15.3")
    assert __version__ in report.text
    assert sys.version.split()[0] in report.text
    assert PySide6.QtCore.qVersion() in report.text
    assert sqlalchemy.__version__ in report.text
    assert "PostgreSQL 15.3" in report.text
    assert "KeyError" in report.text
    assert "in _fail" in report.text
    assert "connected with radioToken=" in report.text
    assert SECRET not in report.text


def test_the_home_folder_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/homes/adas-own")
    monkeypatch.setenv("USERPROFILE", "/homes/adas-own")
    report = CrashReport.of(_bug("in /homes/adas-own/x"), log=["read /homes/adas-own/y"])
    assert "adas-own" not in report.text
    assert "~/y" in report.text


def test_without_a_log_it_says_so() -> None:
    assert CrashReport.of(_bug(), log=[]).text.endswith("Last log lines\n(none)\n")


def test_reports_are_saved_whole_and_the_old_ones_go(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    report = CrashReport.of(_bug("\ud800"))
    saved = [report.save(folder) for _ in range(25)]
    assert len(set(saved)) == 25
    assert len(list(folder.iterdir())) == 20
    last = saved[-1]
    assert last is not None
    text = last.read_text()
    assert "ValueError" in text
    assert SECRET not in text


def test_a_report_that_can_not_be_saved_is_no_second_crash(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert CrashReport.of(_bug()).save(tmp_path / "file") is None


class _Unraisable:
    def __del__(self) -> None:
        raise ValueError("from a destructor")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_caught_is_reported_wherever_it_happened() -> None:
    reported: list[BaseException] = []
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    end = install_hooks(reported.append)

    def fail() -> None:
        raise ValueError("from a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    _Unraisable()
    bug = _bug()
    sys.excepthook(ValueError, bug, None)
    assert [str(error) for error in reported] == ["from a thread", "from a destructor", str(bug)]
    end()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


def test_leaving_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[object] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: left.append(error))
    monkeypatch.setattr(threading, "excepthook", lambda arguments: left.append(arguments.exc_value))
    monkeypatch.setattr(sys, "unraisablehook", lambda arguments: left.append(arguments.exc_value))
    reported: list[BaseException] = []
    end = install_hooks(reported.append)
    leaving = KeyboardInterrupt()
    sys.excepthook(KeyboardInterrupt, leaving, None)
    threading.excepthook(threading.ExceptHookArgs((SystemExit, SystemExit(1), None, None)))

    class Arguments:
        exc_value = leaving

    sys.unraisablehook(Arguments())  # type: ignore[arg-type]
    end()
    assert len(left) == 3
    assert reported == []


def test_hooks_that_somebody_else_set_meanwhile_stay() -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    outer: list[BaseException] = []
    end_first = install_hooks(outer.append)
    end_second = install_hooks(outer.append)
    second = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    end_first()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == second
    end_second()
    sys.excepthook, threading.excepthook, sys.unraisablehook = before


def _run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False
    )


def test_a_hard_crash_leaves_the_stacks(tmp_path: Path) -> None:
    done = _run(
        "import sys, faulthandler\nfrom pathlib import Path\n"
        "from syncsphere_desktop.crash import record_hard_crashes\n"
        "record_hard_crashes(Path(sys.argv[1]))\n"
        "def falls(): faulthandler._sigabrt()\n"
        "falls()\n",
        tmp_path,
    )
    assert done.returncode != 0
    (left,) = tmp_path.iterdir()
    assert "in falls" in left.read_text()


def test_without_a_hard_crash_nothing_is_left(tmp_path: Path) -> None:
    done = _run(
        "import sys\nfrom pathlib import Path\n"
        "from syncsphere_desktop.crash import record_hard_crashes\n"
        "record_hard_crashes(Path(sys.argv[1]))()\n",
        tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_recording_begins_and_ends_within_a_process(tmp_path: Path) -> None:
    import faulthandler

    was_enabled = faulthandler.is_enabled()
    end = record_hard_crashes(tmp_path)
    assert faulthandler.is_enabled()
    end()
    assert list(tmp_path.iterdir()) == []
    if was_enabled:
        faulthandler.enable(sys.__stderr__ or 2)
