"""Tries parts, each in a child process and an empty folder of its own, a few at a time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from syncsphere_desktop.children import child_command, child_environment
from syncsphere_desktop.domain.humane import middle_elided
from syncsphere_desktop.errors import FileError
from syncsphere_desktop.self_test.child import ANSWER, WORK
from syncsphere_desktop.self_test.part import Outcome, Part
from syncsphere_desktop.self_test.registry import PARTS
from syncsphere_desktop.settings import HOME_VARIABLE

CHILD_ARGUMENT = "--self-test-child"
"""What a packaged program, which has no `python -m`, is started with to try one part."""

_MODULE = "syncsphere_desktop.self_test.child"
_AT_ONCE = 3
_SECONDS_TO_END = 20.0
_LAST_WORDS = 400
_LONGEST = 600
_OURS = "SYNCSPHERE_"


def try_parts(parts: Sequence[Part] = PARTS) -> Iterator[Outcome]:
    """Yield how each part did, in their order; nothing is left on the machine. Raises FileError.

    Leaving the loop early ends what is still being tried.
    """
    children = _Children()
    with _own_folder() as home, ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="self-test") as executor:
        pending = [executor.submit(_tried, part, Path(home), children) for part in parts]
        try:
            for future in pending:
                yield future.result()
        finally:
            executor.shutdown(wait=False, cancel_futures=True)
            children.end()


def _own_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        made = tempfile.TemporaryDirectory(prefix="syncsphere-self-test-", ignore_cleanup_errors=True)
    except OSError as error:
        raise FileError(
            "No temporary folder can be made for the self-test.", details=error.strerror
        ) from error
    if sys.platform != "win32" and os.geteuid() == 0:
        Path(made.name).chmod(0o711)  # the database server runs as another account, and passes through
    return made


class _Children:
    """The processes that run now, so that all can be ended at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False

    def start(self, part: Part, folder: Path) -> subprocess.Popen[bytes] | None:
        """Start the child that tries a part, or nothing where all is to end."""
        with (folder / "output").open("wb") as output, self._lock:
            if self._is_over:
                return None
            child = subprocess.Popen(
                child_command(CHILD_ARGUMENT, _MODULE, part.module, str(folder)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(folder),
                start_new_session=sys.platform != "win32",
            )
            self._running.add(child)
        return child

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """Take note that a child ended."""
        with self._lock:
            self._running.discard(child)

    def end(self) -> None:
        """Ask what runs to end; who waits for it sees to the rest. Nothing is started any more."""
        with self._lock:
            self._is_over = True
            for child in self._running:
                child.terminate()


def _environment(folder: Path) -> dict[str, str]:
    """Return the user's own environment, but with our folders and those for temporary files in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    package = {name: value for name, value in child_environment().items() if name == "PYTHONPATH"}
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder / WORK))
    return kept | package | places | {HOME_VARIABLE: str(folder / WORK / "home")}


def _tried(part: Part, home: Path, children: _Children) -> Outcome:
    folder = home / part.name
    (folder / WORK).mkdir(parents=True)
    for made in (folder, folder / WORK):
        made.chmod(home.stat().st_mode)
    started = time.monotonic()
    try:
        child = children.start(part, folder)
    except OSError as error:
        return Outcome(part, passed=False, told=f"No process can be started: {error.strerror}.", seconds=0.0)
    if child is None:
        return Outcome(part, passed=False, told="It was not tried.", seconds=0.0)
    try:
        hung = not _waited(child, part.seconds)
    finally:
        _ended(child)
        children.forget(child)
        _clean(folder / WORK)
    seconds = time.monotonic() - started
    passed, told = _answer(folder, child.returncode)
    if hung:
        passed, told = False, f"It did not end within {part.seconds:g} seconds."
    return Outcome(part, passed, told, seconds)


def _waited(child: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _ended(child: subprocess.Popen[bytes]) -> None:
    """End a child that runs still: first so that it can clean up after itself, then for certain."""
    if child.poll() is None:
        child.terminate()
        if not _waited(child, _SECONDS_TO_END):
            child.kill()
            child.wait()


def _clean(work: Path) -> None:
    """Stop a database server that outlived the child which started it."""
    from syncsphere_desktop.database.embedded import EmbeddedServer

    cluster = work / "server"
    if cluster.is_dir():
        EmbeddedServer(cluster).destroy(force=True)


def _answer(folder: Path, code: int) -> tuple[bool, str]:
    """Return whether the part passed, and what the child told, or how it ended where it told nothing."""
    answer = folder / ANSWER
    if answer.is_file():
        told = json.loads(answer.read_text("utf-8"))
        return bool(told["passed"]), middle_elided(" ".join(str(told["told"]).split()), _LONGEST)
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    words = (folder / "output").read_text("utf-8", "replace").strip()[-_LAST_WORDS:]
    return False, f"Its process ended {how}. {words}".strip()
