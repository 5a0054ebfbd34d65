"""What the app says of its own mistakes: one report, without secrets, that the user can copy."""

from __future__ import annotations

import faulthandler
import itertools
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from syncsphere_desktop import __version__
from syncsphere_desktop.files import replace_file
from syncsphere_desktop.logs import recent_lines
from syncsphere_desktop.redaction import redact, without_home

_log = logging.getLogger(__name__)

BugReport = Callable[[BaseException], None]

_REPORTS_KEPT = 20
_LINES_TOLD = 60
_HARD_CRASH = "hard-crash"
_LIBRARIES = {
    "PySide6": "PySide6",
    "sqlalchemy": "SQLAlchemy",
    "psycopg2": "psycopg2-binary",
    "qasync": "qasync",
}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class CrashReport:
    """A report of one bug: its text for the user to copy, and when it happened (UTC)."""

    text: str
    created_at: datetime

    @classmethod
    def of(
        cls, error: BaseException, *, postgresql: str | None = None, log: Sequence[str] | None = None
    ) -> CrashReport:
        """Build the report of an exception. `log` (the last lines; by default as kept) ends it."""
        now = datetime.now(UTC)
        lines = recent_lines() if log is None else log
        parts = [
            f"SyncSphere Desktop {__version__}",
            f"When       {now:%Y-%m-%d %H:%M:%S} UTC",
            *(f"{name:<10} {version}" for name, version in _versions(postgresql)),
            "",
            *(line.rstrip("\n") for line in traceback.format_exception(error)),
            "",
            "Last log lines",
            *(lines[-_LINES_TOLD:] or ("(none)",)),
        ]
        return cls(without_home(redact("\n".join(parts) + "\n"), Path.home()), now)

    def save(self, folder: Path) -> Path | None:
        """Write the report into the logs folder and return where it is, or None where it can't be written."""
        stamp = f"{self.created_at:%Y%m%d-%H%M%S}"
        path = folder / f"crash-{stamp}-{os.getpid()}-{next(_numbers)}.txt"
        try:
            replace_file(path, self.text.encode(errors="backslashreplace"))
            _remove_old(folder, "crash")
        except OSError as error:
            _log.warning("The crash report can't be written to %s: %s", folder, error.strerror)
            return None
        return path


def install_hooks(report: BugReport) -> Callable[[], None]:
    """Hand what nobody caught to `report`, on whatever thread it happened; returns what ends that.

    Ctrl+C and exits are left to Python. When `report` itself fails, Python's own hooks tell it.
    """
    ends = (_install_main_hook(report), _install_thread_hook(report), _install_unraisable_hook(report))

    def end() -> None:
        for each in ends:
            each()

    return end


def _install_main_hook(report: BugReport) -> Callable[[], None]:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, Exception):
            report(error)
        else:
            before(kind, error, trace)

    def end() -> None:
        if sys.excepthook is hook:
            sys.excepthook = before

    sys.excepthook = hook
    return end


def _install_thread_hook(report: BugReport) -> Callable[[], None]:
    before = threading.excepthook

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if isinstance(arguments.exc_value, Exception):
            report(arguments.exc_value)
        else:
            before(arguments)

    def end() -> None:
        if threading.excepthook is hook:
            threading.excepthook = before

    threading.excepthook = hook
    return end


def _install_unraisable_hook(report: BugReport) -> Callable[[], None]:
    before = sys.unraisablehook

    def hook(arguments: sys.UnraisableHookArgs) -> None:
        if isinstance(arguments.exc_value, Exception):
            report(arguments.exc_value)
        else:
            before(arguments)

    def end() -> None:
        if sys.unraisablehook is hook:
            sys.unraisablehook = before

    sys.unraisablehook = hook
    return end


def record_hard_crashes(folder: Path) -> Callable[[], None]:
    """Have every thread's stack written to a file when the process dies by a fault; returns what ends that.

    A file that is still empty is removed in the end. Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove_old(folder, _HARD_CRASH)
    path = folder / f"{_HARD_CRASH}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    faulthandler.enable(descriptor)

    def end() -> None:
        faulthandler.disable()
        os.close(descriptor)
        if path.exists() and path.stat().st_size == 0:
            path.unlink()

    return end


def _versions(postgresql: str | None) -> list[tuple[str, str]]:
    import platform
    from importlib import metadata

    versions = [("System", platform.platform()), ("Python", sys.version.split()[0])]
    for module, distribution in _LIBRARIES.items():
        if module in sys.modules:
            try:
                versions.append((module, metadata.version(distribution)))
            except metadata.PackageNotFoundError:  # a frozen app may carry no metadata
                versions.append((module, "unknown"))
    core = sys.modules.get("PySide6.QtCore")
    if core is not None:
        versions.append(("Qt", str(core.qVersion())))
    versions.append(("PostgreSQL", postgresql or "not known"))
    return versions


def _remove_old(folder: Path, kind: str) -> None:
    reports = sorted(folder.glob(f"{kind}-*.txt"), key=lambda path: path.stat().st_mtime)
    for path in reports[:-_REPORTS_KEPT]:
        path.unlink(missing_ok=True)
