"""Where the embedded server's socket is: a folder that nobody else may enter, with a path short enough."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from syncsphere_desktop.database.server_programs import Account
from syncsphere_desktop.errors import LocalStudioError

SOCKET_PORT = 5432
"""Only names the socket file; nothing listens on this port."""

_LONGEST = 103 if sys.platform == "darwin" else 107
_FILE_NAME = f".s.PGSQL.{SOCKET_PORT}"


def choose_socket_folder(folder: Path, account: Account | None) -> Path | None:
    """Return the socket folder, made and checked; None on Windows, where the server listens on a port.

    It is `folder/run`, or where that is too long for a socket a folder in the user's runtime or the
    temporary folder. Raises LocalStudioError, OSError.
    """
    if sys.platform == "win32":
        return None
    chosen = next((path for path in _candidates(folder) if _fits(path)), None)
    if chosen is None:
        raise LocalStudioError(
            f"The path of the local studio's folder {folder} is too long for a socket, "
            "and so is the temporary folder's. Set TMPDIR or SYNCSPHERE_HOME to a shorter one."
        )
    _make_private(chosen, account)
    return chosen


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _candidates(folder: Path) -> Iterator[Path]:
    yield folder / "run"
    name = f"syncsphere-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and Path(runtime).is_dir() and os.access(runtime, os.W_OK | os.X_OK):
        yield Path(runtime) / name
    yield Path(tempfile.gettempdir()) / name
    yield Path("/tmp") / name  # noqa: S108 - made 0700 and its owner checked


def _fits(path: Path) -> bool:
    return len(os.fsencode(path / _FILE_NAME)) <= _LONGEST


def _make_private(path: Path, account: Account | None) -> None:
    wanted = os.geteuid() if account is None else account.uid
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()
    if account is not None and stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid)
        status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != wanted:
        raise LocalStudioError(
            f"The folder {path}, which the local studio's socket goes into, belongs to somebody else. "
            "Remove it, or set TMPDIR to a folder of your own."
        )
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)
