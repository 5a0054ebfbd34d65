"""The parent's side: one child process, started when there is work, ended when there was none for a while."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from syncsphere_desktop import errors
from syncsphere_desktop.children import child_command, child_environment
from syncsphere_desktop.errors import AppError, BundleError, CancelledByServerError, FileError
from syncsphere_desktop.studio.bundles.child.desk import Beat, Job, NotKeptError
from syncsphere_desktop.studio.bundles.child.wire import (
    Frame,
    beat_of,
    range_of,
    receive,
    send,
    text_payload,
)

CHILD_ARGUMENT = "--bundle-child"
"""What a packaged program, which has no `python -m`, is started with to be a child."""

_MODULE = "syncsphere_desktop.studio.bundles.child.main"
_MIB = 1 << 20
_TICK = 0.1
_SECONDS_TO_DIE = 10.0
_LAST_WORDS = 4000
_CANCELLED = "Reading the bundle was cancelled."


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """How long a child may work and how much memory it may take, in seconds and bytes.

    `seconds` without any sign of it; `in_all` and `per_mib` of the file for a whole job. Waiting for the file
    counts for nothing: that is the server's time.
    """

    memory: int = 1024 * _MIB
    seconds: float = 30.0
    in_all: float = 60.0
    per_mib: float = 2.0
    start_seconds: float = 60.0
    idle_seconds: float = 60.0
    stop_seconds: float = 0.8
    """How long a job that was cancelled may still take to end by itself, which keeps what was opened."""

    def whole(self, size: int | None) -> float:
        """Return the seconds that a job on so many bytes may work."""
        return self.in_all + self.per_mib * (size or 0) / _MIB


class _GoneError(Exception):
    """Raised when the child ended; `reason` is a sentence where it was we who ended it."""

    def __init__(self, reason: str | None, last_words: str) -> None:
        super().__init__(last_words)
        self.reason = reason
        self.last_words = last_words


class BundleProcess:
    """Does jobs on bundles in a child process. Thread-safe; one job at a time, calls block.

    `close`, or leaving its `with` block, leaves no process and no thread behind.
    """

    def __init__(self, limits: WorkLimits | None = None) -> None:
        self._limits = limits or WorkLimits()
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._idle: threading.Timer | None = None
        self._closing = threading.Event()

    def ask(
        self,
        job: Job,
        arguments: Mapping[str, Any],
        file: BinaryIO | None = None,
        *,
        on_beat: Beat | None = None,
        stop: threading.Event | None = None,
    ) -> list[Any]:
        """Return the pieces of the answer. `stop`, once set, ends the job soon with an AppError.

        Raises NotKeptError, BundleError where the limits were met or the reader crashed, FileError where no
        child can be started, what reading the file raises, and AppError.
        """
        with self._lock:
            self._rest()
            try:
                while True:
                    if self._closing.is_set() or (stop is not None and stop.is_set()):
                        raise CancelledByServerError(_CANCELLED)
                    is_fresh = self._child is None
                    try:
                        return self._asked(job, arguments, file, on_beat, stop)
                    except _GoneError as gone:
                        # What an earlier job did to this child must not be blamed on this one.
                        if gone.reason is None and not is_fresh:
                            continue
                        raise self._failure(gone) from gone
            finally:
                self._rest_later()

    def close(self) -> None:
        """End the child, also in the middle of a job, and wait until it is gone. May be called twice."""
        self._closing.set()
        with self._lock:
            idle = self._idle
            self._rest()
            self._drop()
        if idle is not None:
            idle.join()

    def __enter__(self) -> BundleProcess:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()

    def _asked(
        self,
        job: Job,
        arguments: Mapping[str, Any],
        file: BinaryIO | None,
        on_beat: Beat | None,
        stop: threading.Event | None,
    ) -> list[Any]:
        if self._child is None:
            self._child = _Child(self._limits)
        try:
            return self._child.ask(job, arguments, file, on_beat, (self._closing, stop))
        finally:
            if not self._child.is_sound:
                self._drop()

    def _failure(self, gone: _GoneError) -> AppError:
        if gone.reason == _CANCELLED:
            return CancelledByServerError(_CANCELLED)
        return BundleError(gone.reason or "Reading it makes the reader crash.", details=gone.last_words)

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _rest_later(self) -> None:
        if self._child is None or self._closing.is_set():
            return
        self._idle = threading.Timer(self._limits.idle_seconds, self._end_idle)
        self._idle.name, self._idle.daemon = "bundle-child-rest", True
        self._idle.start()

    def _end_idle(self) -> None:
        if self._lock.acquire(blocking=False):  # else somebody has work for it again
            try:
                if threading.current_thread() is self._idle:
                    self._idle = None
                    self._drop()
            finally:
                self._lock.release()


class _Child:
    """A running child. `is_sound` is False once it can't be asked any more."""

    def __init__(self, limits: WorkLimits) -> None:
        self._limits = limits
        self._reason: str | None = None
        self._deadline: float | None = None
        self._worked = 0.0
        self._since = 0.0
        self._is_ready = False
        self.is_sound = True
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        try:
            self._process = subprocess.Popen(
                child_command(CHILD_ARGUMENT, _MODULE, str(limits.memory)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=child_environment(),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._errors.close()
            raise FileError("The program that reads bundles can't be started.", details=str(error)) from error
        self._requests = cast(BinaryIO, self._process.stdin)
        self._answers = cast(BinaryIO, self._process.stdout)

    def ask(
        self,
        job: Job,
        arguments: Mapping[str, Any],
        file: BinaryIO | None,
        on_beat: Beat | None,
        stops: tuple[threading.Event | None, ...],
    ) -> list[Any]:
        size = None if file is None else file.seek(0, io.SEEK_END)
        done = threading.Event()
        watching = threading.Thread(
            target=self._watch, args=(done, stops, size), name="bundle-child-watch", daemon=True
        )
        self._worked = 0.0
        answered = False
        watching.start()
        try:
            asked = {
                "job": f"{job.__module__}:{job.__qualname__}",
                "arguments": arguments,
                "size": size,
                "seconds": self._limits.whole(size),
            }
            self._send(Frame.JOB, text_payload(asked))
            pieces = self._converse(file, on_beat)
            answered = True
            return pieces
        except (NotKeptError, AppError):
            answered = True
            raise
        finally:
            done.set()
            watching.join()
            self.is_sound = answered and self._reason is None and self._process.poll() is None

    def _converse(self, file: BinaryIO | None, on_beat: Beat | None) -> list[Any]:
        pieces: list[Any] = []
        failure: Exception | None = None
        while True:
            frame, payload = self._receive()
            if frame is Frame.PIECE:
                pieces.append(json.loads(payload))
            elif frame is Frame.BYTES:
                pieces.append(payload)
            elif frame is Frame.READ:
                failure = self._give(file, payload)
            elif frame is Frame.BEAT:
                self._beat(on_beat, beat_of(payload))
            elif frame is Frame.END:
                return pieces
            elif frame is Frame.ERROR:
                raise self._error(json.loads(payload), failure)

    def _give(self, file: BinaryIO | None, payload: bytes) -> Exception | None:
        """Send what the child wants of the file; return what was raised where that can't be read."""
        assert file is not None
        offset, length = range_of(payload)
        try:
            file.seek(offset)
            block = file.read(length)
        except Exception as error:  # noqa: BLE001  # raised again when the child has given up its job
            self._send(Frame.NO_DATA)
            return error
        self._send(Frame.DATA, block)
        return None

    def _beat(self, on_beat: Beat | None, done: float) -> None:
        if on_beat is not None:
            try:
                on_beat(done)
            except BaseException:
                self.kill(_CANCELLED)
                raise

    def _error(self, told: Mapping[str, Any], failure: Exception | None) -> Exception:
        if "not_kept" in told:
            return NotKeptError(str(told["not_kept"]))
        if "source" in told and failure is not None:
            return failure
        if "memory" in told:
            self.kill(f"Reading it takes more than {self._limits.memory // _MIB:,} MB of memory.")
            return self._gone()
        kind = getattr(errors, str(told.get("error")), None)
        if isinstance(kind, type) and issubclass(kind, AppError):
            return kind(str(told["message"]), details=told["details"])
        return RuntimeError(f"the reader of bundles met a mistake of its own:\n{told.get('bug', told)}")

    def kill(self, reason: str) -> None:
        """End the process at once, from any thread."""
        self._reason = self._reason or reason
        self._process.kill()

    def end(self) -> None:
        """End the process if it still runs, and give back what it held."""
        self._process.kill()
        self._process.wait(_SECONDS_TO_DIE)
        for pipe in (self._requests, self._answers):
            try:
                pipe.close()
            except BrokenPipeError:  # it died before it read what was sent
                continue
        self._errors.close()

    def _send(self, frame: Frame, payload: bytes = b"") -> None:
        try:
            send(self._requests, frame, payload)
        except OSError as error:
            raise self._gone() from error

    def _receive(self) -> tuple[Frame, bytes]:
        """Return the next frame, READY never: while it waits, the child works."""
        while True:
            self._since = time.monotonic()
            self._deadline = self._since + (
                self._limits.seconds if self._is_ready else self._limits.start_seconds
            )
            try:
                got = receive(self._answers)
            except ValueError as error:  # a reader that was taken over may say anything
                raise self._gone() from error
            finally:
                self._deadline = None
                self._worked += time.monotonic() - self._since
            if got is None:
                raise self._gone()
            if got[0] is not Frame.READY:
                return got
            self._is_ready = True
            self._worked = 0.0

    def _gone(self) -> _GoneError:
        self._process.kill()
        code = self._process.wait(_SECONDS_TO_DIE)
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LAST_WORDS))
        words = self._errors.read().decode("utf-8", "replace")
        return _GoneError(self._reason, f"exit code {code}; {words}".strip("; \n"))

    def _watch(
        self, done: threading.Event, stops: tuple[threading.Event | None, ...], size: int | None
    ) -> None:
        """End the child where it works too long or takes too much, or nobody wants the answer any more."""
        closing, stop = stops
        unwanted_since: float | None = None
        in_all = self._limits.whole(size)
        while not done.wait(_TICK):
            now, deadline = time.monotonic(), self._deadline
            if deadline is not None and now > deadline:
                self.kill(f"Reading it takes longer than {self._limits.seconds:g} s.")
            elif deadline is not None and self._worked + now - self._since > in_all:
                self.kill("Reading all of it takes too long for its size.")
            elif sys.platform != "linux" and _resident(self._process.pid) > self._limits.memory:
                self.kill(f"Reading it takes more than {self._limits.memory // _MIB:,} MB of memory.")
            if closing is not None and closing.is_set():
                self.kill(_CANCELLED)
            if stop is not None and stop.is_set():
                unwanted_since = unwanted_since or now
                if now - unwanted_since > self._limits.stop_seconds:
                    self.kill(_CANCELLED)


def _resident(pid: int) -> int:
    """Return how much memory a process holds, 0 when it is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
