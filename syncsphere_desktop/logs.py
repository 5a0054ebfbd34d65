"""Logging, with every line cleared of secrets before it is written."""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from typing_extensions import override

from syncsphere_desktop.files import take_lock
from syncsphere_desktop.redaction import redact

_FORMAT = "%(asctime)s %(levelname)-7s %(threadName)s %(name)s: %(message)s"
_SHORT_FORMAT = "%(levelname)s %(name)s: %(message)s"
_PACKAGE = "syncsphere_desktop"
_LINES_KEPT = 200
_BYTES_A_FILE = 1_000_000
_FILES_KEPT = 3
_PROCESSES_AT_MOST = 16


class RedactingFormatter(logging.Formatter):
    """Formats a record, its arguments and its traceback, and then takes the secrets out of the whole."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class StreamHandler(logging.StreamHandler[TextIO]):
    """Writes to a stream. A record that can't be written is dropped without its arguments being told."""

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        _tell_dropped(record)


class FileHandler(RotatingFileHandler):
    """Writes to a file that only its owner can read, and begins a new one when it is full."""

    @override
    def _open(self) -> TextIO:  # type: ignore[override]  # typeshed names the concrete class
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        _tell_dropped(record)


class RecentLines(logging.Handler):
    """Keeps the last lines in memory, for crash reports."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.lines.append(self.format(record))
        except Exception:  # noqa: BLE001  # as every handler: a log line that can't be made stops nobody
            self.handleError(record)

    @override
    def handleError(self, record: logging.LogRecord) -> None:
        _tell_dropped(record)


def configure(*, verbose: bool, stream: TextIO | None) -> Callable[[], None]:
    """Log to `stream` (warnings, or with `verbose` whatever the app does); returns what ends that.

    Without a stream, as in a windowed program on Windows, only the last lines are kept.
    """
    root = logging.getLogger()
    _remove(StreamHandler, RecentLines)
    recent = RecentLines()
    recent.setFormatter(RedactingFormatter(_FORMAT))
    root.addHandler(recent)
    logging.getLogger(_PACKAGE).setLevel(logging.DEBUG if verbose else logging.INFO)
    if stream is not None:
        handler = StreamHandler(stream)
        handler.setLevel(logging.DEBUG if verbose else logging.WARNING)
        handler.setFormatter(RedactingFormatter(_FORMAT if verbose else _SHORT_FORMAT))
        root.addHandler(handler)
    return lambda: _remove(StreamHandler, RecentLines)


def log_to_folder(folder: Path) -> Callable[[], None]:
    """Log to a file in `folder` as well; returns what ends that. Raises OSError.

    The first running app has `app.log`, another one `app-2.log`: two can't turn over one file.
    """
    lock, path = _own_file(folder)
    handler = FileHandler(path, maxBytes=_BYTES_A_FILE, backupCount=_FILES_KEPT, encoding="utf-8")
    handler.setFormatter(RedactingFormatter(_FORMAT))
    logging.getLogger().addHandler(handler)

    def end() -> None:
        logging.getLogger().removeHandler(handler)
        handler.close()
        os.close(lock)

    return end


def recent_lines() -> tuple[str, ...]:
    """Return the last lines that were logged, without secrets; none before `configure`."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, RecentLines):
            handler.acquire()  # another thread may be logging
            try:
                return tuple(handler.lines)
            finally:
                handler.release()
    return ()


def _own_file(folder: Path) -> tuple[int, Path]:
    for number in range(1, _PROCESSES_AT_MOST + 1):
        path = folder / ("app.log" if number == 1 else f"app-{number}.log")
        lock = take_lock(folder / f".{path.name}.lock")
        if lock is not None:
            return lock, path
    raise OSError(f"{_PROCESSES_AT_MOST} apps write their logs to {folder} already")


def _remove(*kinds: type[logging.Handler]) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, kinds):
            root.removeHandler(handler)
            handler.close()


def _tell_dropped(record: logging.LogRecord) -> None:
    error = sys.exc_info()[1]
    if sys.stderr is not None and not isinstance(error, RecursionError):
        try:
            sys.stderr.write(
                f"A log line of {record.name}:{record.lineno} was dropped: {type(error).__name__}\n"
            )
        except (OSError, ValueError):  # the stream is closed or full: there is nobody left to tell
            return
