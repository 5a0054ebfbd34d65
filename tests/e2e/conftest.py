"""A home folder whose local studio nobody else uses, and the proof that nothing of it runs on."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.local_studio import LocalStudio
from tests.ui.conftest import qapp_args, qt_run

__all__ = ["qapp_args", "qt_run"]


@pytest.fixture
def home(made_home: Path) -> Iterator[Path]:
    """The home folder of a studio that was started before; it rests before and after the test."""
    yield made_home
    assert_at_rest(made_home)
    # What one test looked at last, the next one does not begin with.
    shutil.rmtree(paths_of(made_home).config, ignore_errors=True)


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """A home folder with nothing in it."""
    folder = Path(tempfile.mkdtemp(prefix="syncsphere-e2e-"))
    yield folder
    try:
        assert_at_rest(folder)
    finally:
        studio_of(folder).stop(force=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made_home() -> Iterator[Path]:
    """A home folder with a complete local studio."""
    folder = Path(tempfile.mkdtemp(prefix="syncsphere-e2e-"))
    with studio_of(folder).held():
        pass
    yield folder
    studio_of(folder).stop(force=True)
    shutil.rmtree(folder, ignore_errors=True)


def studio_of(home: Path) -> LocalStudio:
    """Return the local studio of a home folder."""
    return LocalStudio(paths_of(home))


def paths_of(home: Path) -> Paths:
    """Return the folders of a home folder."""
    return Paths.of_this_user({"SYNCSPHERE_HOME": str(home)})


def assert_at_rest(home: Path) -> None:
    """Fail when the studio runs, somebody holds it, or any process still works in its folder."""
    status = studio_of(home).status()
    assert not status.running
    assert status.holders == ()
    assert processes_of(home) == []


def processes_of(home: Path, patience: float = 3.0) -> list[str]:
    """Return the processes that were started for a home folder and don't end by themselves."""
    deadline = time.monotonic() + patience
    while (left := _processes(home)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _processes(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.pid != os.getpid() and any(str(home) in word for word in words):
            found.append(" ".join(words))
    return found
