"""The local studio's feed: a child process of its own, found again by every process that uses the studio.

Its folder holds the certificates, its log, the lock that starting happens under, the lock that the child
holds while it serves, and what it wrote about itself. The child ends when nobody uses the local studio.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from syncsphere_desktop.children import child_command, child_environment
from syncsphere_desktop.database.embedded_failures import disk_errors
from syncsphere_desktop.database.file_lock import FileLock, give_to_owner_of_folder
from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.feed.certificates import CertificateFiles, LocalAuthority
from syncsphere_desktop.feed.endpoint import DEFAULT_PATH, DEFAULT_PORT
from syncsphere_desktop.files import replace_file

CHILD_ARGUMENT = "--feed-child"
_MODULE = "syncsphere_desktop.cli.feed_child"

_IS_WINDOWS = sys.platform == "win32"
_LOCK_SECONDS = 20.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_SAME_START = 2.0  # seconds: the system's clock may be set between two looks
_LOG_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class FeedChild:
    """A child process that serves the feed, or will in a moment; `started` in seconds since 1970."""

    pid: int
    started: float
    port: int
    is_ready: bool

    @property
    def url(self) -> str:
        """Where clients on this machine find it."""
        return f"wss://127.0.0.1:{self.port}{DEFAULT_PATH}"


@dataclass(frozen=True, slots=True)
class ActivityWish:
    """That sample members are to be at work; `pace` is seconds between two of their doings."""

    seed: int
    pace: float


class LocalFeed:
    """Starts, finds and stops the feed of the local studio in `studio_folder`. Raises LocalStudioError."""

    def __init__(self, studio_folder: Path) -> None:
        self.studio_folder = studio_folder
        self.folder = studio_folder / "feed"
        self.log = self.folder / "feed.log"
        self._lock = FileLock(self.folder / "start.lock")
        self._serving = FileLock(self.folder / "serving.lock")
        self._state = self.folder / "state.json"
        self._activity = self.folder / "activity.json"

    @property
    def authority(self) -> Path:
        """The PEM file of the authority to trust; it is there once the feed has been ready."""
        return LocalAuthority(self.folder).files.authority

    def find(self) -> FeedChild | None:
        """Return the child that runs, whoever started it."""
        with disk_errors(self.folder):
            noted = self._noted()
        return noted if noted is not None and _is_same_process(noted) else None

    def launch(self) -> FeedChild:
        """Have the child running and return at once; it is ready a moment later."""
        with self._locked():
            found = self.find()
            if found is not None:
                return found
            noted = self._noted()
            port = _free_port((noted.port if noted else DEFAULT_PORT, DEFAULT_PORT))
            self._rotate_log()
            pid = self._spawn(port)
            child = FeedChild(pid, _started(pid), port, is_ready=False)
            self._note(child)
            return child

    def wait_until_ready(self, seconds: float = 20.0) -> FeedChild | None:
        """Return the child when it serves; None where it ended, or takes longer than that."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            child = self.find()
            if child is None or child.is_ready:
                return child
            time.sleep(_POLL_SECONDS)
        return None

    def stop(self) -> bool:
        """End the child and return whether it ran; its clients are told."""
        if not self.folder.is_dir():
            return False
        with self._locked():  # who is launching it has written down then which process it is
            child = self.find()
        if child is None:
            return False
        try:
            os.kill(child.pid, signal.SIGTERM)
            if not _ended(child, _STOP_SECONDS):
                os.kill(child.pid, signal.SIGTERM if _IS_WINDOWS else signal.SIGKILL)
                _ended(child, _STOP_SECONDS)
        except ProcessLookupError:
            return True
        except PermissionError as error:
            raise LocalStudioError(
                f"The local studio's feed belongs to another user of this machine (process {child.pid})."
            ) from error
        return True

    def wish_activity(self, wish: ActivityWish | None) -> None:
        """Have sample members at work from now on, or with None no longer; the child looks every moment."""
        with self._locked():
            if wish is None:
                self._activity.unlink(missing_ok=True)
            else:
                self._write(self._activity, asdict(wish))

    def activity(self) -> ActivityWish | None:
        """Return what is wished."""
        with disk_errors(self.folder):
            said = _read(self._activity)
        try:
            return None if said is None else ActivityWish(int(str(said["seed"])), float(str(said["pace"])))
        except (KeyError, ValueError):
            return None

    # What the child itself calls.

    @contextmanager
    def serving_alone(self) -> Iterator[bool]:
        """Be the one that serves in a `with` block; gives False where another one does."""
        with disk_errors(self.folder):
            alone = self._serving.try_acquire()
        try:
            yield alone
        finally:
            self._serving.release()

    def ensure_certificates(self) -> CertificateFiles:
        """Make or renew the certificates where that is due."""
        with disk_errors(self.folder):
            files = LocalAuthority(self.folder).ensure()
            self._give_away()
            return files

    def announce(self, port: int) -> None:
        """Write down that this process serves now, on this port."""
        with self._locked():
            self._note(FeedChild(os.getpid(), _started(os.getpid()), port, is_ready=True))

    def _note(self, child: FeedChild) -> None:
        self._write(self._state, asdict(child))

    def _noted(self) -> FeedChild | None:
        said = _read(self._state)
        try:
            if said is None:
                return None
            return FeedChild(
                int(str(said["pid"])),
                float(str(said["started"])),
                int(str(said["port"])),
                said["is_ready"] is True,
            )
        except (KeyError, ValueError):
            return None

    def _write(self, path: Path, said: dict[str, object]) -> None:
        replace_file(path, json.dumps(said).encode())
        give_to_owner_of_folder(path)

    def _spawn(self, port: int) -> int:
        command = child_command(CHILD_ARGUMENT, _MODULE, str(self.studio_folder), str(port))
        with self.log.open("ab") as log:
            if _IS_WINDOWS:
                return _spawned_on_windows(command, log.fileno(), self.folder)
            # The shell goes at once, so the child is nobody's unfinished one; "$@" needs no quoting.
            done = subprocess.run(
                ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="ascii",
                env=child_environment(),
                cwd="/",
                start_new_session=True,
                check=True,
            )
            return int(done.stdout)

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        if not self.log.exists():
            self.log.touch(mode=0o600)
            give_to_owner_of_folder(self.log)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_errors(self.folder):
            if not self.folder.is_dir():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                give_to_owner_of_folder(self.folder)
            busy = "Another process has been starting the local studio's feed for too long."
            with self._lock.held(_LOCK_SECONDS, busy=busy):
                yield

    def _give_away(self) -> None:
        for path in self.folder.iterdir():
            give_to_owner_of_folder(path)


def _read(path: Path) -> dict[str, object] | None:
    try:
        said = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return said if isinstance(said, dict) else None


def _started(pid: int) -> float:
    """Return when a process was started; 0 where it is gone already."""
    import psutil

    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0.0


def _is_same_process(child: FeedChild) -> bool:
    """Whether that very process lives: numbers are given out again."""
    import psutil

    try:
        process = psutil.Process(child.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return abs(process.create_time() - child.started) < _SAME_START
    except psutil.NoSuchProcess:
        return False


def _ended(child: FeedChild, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_same_process(child):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _free_port(wanted: tuple[int, ...]) -> int:
    """Return the first of the ports that nothing listens on, or any free one."""
    for port in (*wanted, 0):
        with socket.socket() as probe:
            if not _IS_WINDOWS:  # else a port that was in use a moment ago counts as taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free: int = probe.getsockname()[1]
            return free
    raise LocalStudioError("No port is free on this machine for the local studio's feed.", retryable=True)


def _spawned_on_windows(command: list[str], log: int, folder: Path) -> int:
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=child_environment(),
        cwd=folder.anchor,
        creationflags=flags,
    )
    process.returncode = 0  # it goes on without us; nobody will collect it
    return process.pid
