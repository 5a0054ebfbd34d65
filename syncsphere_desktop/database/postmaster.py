"""What `postmaster.pid` says about the server of a cluster, and whether it is true."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

FILE_NAME = "postmaster.pid"


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A running server. `socket_folder` is empty where it listens on `port` of 127.0.0.1 alone."""

    pid: int
    port: int
    socket_folder: str
    is_ready: bool
    is_stopping: bool


def find_postmaster(cluster: Path) -> Postmaster | None:
    """Return the server that runs on `cluster`, or None; a file left by a dead one is seen through.

    Raises OSError where the file can't be read.
    """
    noted = _noted(cluster)
    return noted if noted is not None and is_server_of(noted.pid, cluster) else None


def is_server_of(pid: int, cluster: Path) -> bool:
    """Whether the process lives and is a server of this cluster: numbers are given out again."""
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        if sys.platform != "win32" and process.uids().effective != cluster.stat().st_uid:
            return False  # such as the system's own server, which has the number now
        return _is_same(Path(process.cwd()), cluster)
    except psutil.AccessDenied:
        return True  # can't be told apart; two servers on one cluster would be worse
    except psutil.NoSuchProcess:
        return False


def servers_of(cluster: Path) -> list[int]:
    """Return every process of a server on this cluster, also those that outlived their postmaster."""
    import psutil

    found = []
    for process in psutil.process_iter(["name"]):
        name = process.info["name"] or ""
        if name.startswith("postgres") and is_server_of(process.pid, cluster):
            found.append(process.pid)
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not collected by its parent does not."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _noted(cluster: Path) -> Postmaster | None:
    try:
        lines = (cluster / FILE_NAME).read_text("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    try:
        pid, port = int(lines[0]), int(lines[3])
    except (IndexError, ValueError):
        return None  # the server writes it line by line while it starts, and a full disk cuts it short
    status = lines[7].strip() if len(lines) > 7 else ""
    sockets = lines[4] if len(lines) > 4 else ""
    return Postmaster(pid, port, sockets, is_ready=status == "ready", is_stopping=status == "stopping")


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
