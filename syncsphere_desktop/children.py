"""Child processes of the app: how they are started, what they inherit, and the limits that they take."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import syncsphere_desktop

_MOST_OPEN_FILES = 64
_LARGEST_WRITTEN = 1 << 16
_SECONDS_BEYOND = 2

# A child reads files of strangers: it gets no variable that might hold a secret.
_INHERITED = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "TEMP",
    "TMP",
    "TMPDIR",
    "HOME",
    "USERPROFILE",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
)


def child_command(argument: str, module: str, *rest: str) -> list[str]:
    """Return what starts `module` as a child; a packaged program has no `-m` and is given `argument`."""
    if getattr(sys, "frozen", False):
        return [sys.executable, argument, *rest]
    # -P: what lies in the current folder is not imported.
    return [sys.executable, "-P", "-m", module, *rest]


def child_environment() -> dict[str, str]:
    """Return the variables that a child gets."""
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # Libraries would otherwise set memory aside for a thread on each core, and we use one or two.
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    package = {"PYTHONPATH": str(Path(syncsphere_desktop.__file__).resolve().parent.parent)}
    return inherited | threads | ({} if getattr(sys, "frozen", False) else package)


def private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move a child's pipes out of the way of libraries that print, and return them: requests, answers."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Ctrl+C in a terminal reaches the whole group; the parent decides what becomes of its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    return requests, answers


def take_limits(memory: int) -> Callable[[float], None]:
    """Limit this process as far as the system can; return what grants some seconds of work anew."""
    if sys.platform == "win32":  # there the parent's watchdog is alone
        return lambda _seconds: None
    import resource

    def limit(kind: int, value: int) -> None:
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, hard))

    if sys.platform == "linux":  # others refuse it, or do not keep to it
        limit(resource.RLIMIT_AS, memory)
    limit(resource.RLIMIT_NOFILE, _MOST_OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, _LARGEST_WRITTEN)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def grant(seconds: float) -> None:
        # Also ends a child whose parent was killed and that hangs in a loop.
        limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + _SECONDS_BEYOND)

    return grant
