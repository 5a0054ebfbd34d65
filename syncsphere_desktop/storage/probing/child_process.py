"""The parent's side of one child process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from enum import Enum, auto

from syncsphere_desktop.children import child_command, child_environment
from syncsphere_desktop.errors import StorageError
from syncsphere_desktop.storage.probing.limits import Limits
from syncsphere_desktop.storage.probing.protocol import (
    LONGEST_LINE,
    Message,
    Request,
    decoded,
    encoded_request,
)

CHILD_ARGUMENT = "--probe-child"
"""What a packaged program, which has no `python -m`, is started with to be a child."""

_MODULE = "syncsphere_desktop.storage.probing.child"
_SECONDS_TO_DIE = 10.0
_LAST_WORDS = 4000


class End(Enum):
    """What a child was ended for."""

    STALLED = auto()
    TOO_LONG = auto()
    MEMORY = auto()
    CANCELLED = auto()


class ChildGoneError(Exception):
    """Raised when the child ended without an answer; `end` is None where it was not us who ended it."""

    def __init__(self, end: End | None, last_words: str, *, was_ready: bool) -> None:
        super().__init__(f"{end.name if end else 'ended by itself'}: {last_words}")
        self.end = end
        self.last_words = last_words
        self.was_ready = was_ready

    @property
    def may_be_its_own_fault(self) -> bool:
        """Whether a fresh child might have done better with the same file."""
        return self.end in (None, End.MEMORY)


class ProbeChild:
    """A running child process. One caller at a time may ask; any thread may end it.

    While it works, `stall_at` is when it must have shown progress and `deadline` when it must have answered,
    both by `time.monotonic`. A watchdog looks at them, for `ask` itself only waits.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._end: End | None = None
        self._is_ready = False
        self._lock = threading.Lock()
        self.stall_at: float | None = None
        self.deadline: float | None = None
        self.rested_at = time.monotonic()
        self.served = 0
        self._files, files = _socket_pair()
        # The child's limit on the size of files keeps what libraries print from filling the disk.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `end`
        try:
            self._process = subprocess.Popen(
                _command(limits, files),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=child_environment(),
                pass_fds=() if files is None else (files.fileno(),),
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._errors.close()
            if self._files is not None:
                self._files.close()
            raise StorageError(
                "The program that reads audio files can't be started.", details=str(error)
            ) from error
        finally:
            if files is not None:
                files.close()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(
        self,
        request: Request,
        *,
        seconds: float,
        on_beat: Callable[[], None],
        descriptor: int | None = None,
    ) -> Message:
        """Send a request and return its answer, which may be a problem; all may take `seconds`.

        `descriptor` is that of the open file, for a request whose file is held. `on_beat` is called at each
        sign of progress. Raises ChildGoneError; the child is ended after that, and after whatever `on_beat`
        raises.
        """
        answered = False
        try:
            self._allow(self._limits.seconds if self._is_ready else self._limits.start_seconds, seconds)
            self._send(request, descriptor)
            while True:
                message = self._receive()
                if "ready" in message or "loaded" in message:
                    self._is_ready = True
                    self._allow(self._limits.seconds, seconds)
                elif "loading" in message:
                    self._allow(self._limits.start_seconds, seconds)
                elif "beat" in message:
                    self.stall_at = time.monotonic() + self._limits.seconds
                    on_beat()
                else:
                    answered = True
                    return message
        finally:
            self.stall_at = self.deadline = None
            self.rested_at = time.monotonic()
            self.served += 1
            if not answered:
                self.end()

    def _allow(self, without_progress: float, in_all: float) -> None:
        now = time.monotonic()
        self.deadline = now + without_progress + in_all
        self.stall_at = now + without_progress

    def kill(self, end: End) -> None:
        """End the process at once, from any thread; its caller's `ask` raises ChildGoneError."""
        with self._lock:
            if self._end is None:
                self._end = end
        self._process.kill()

    def end(self) -> None:
        """End the process if it still runs, and give back what it held. Not while another thread asks."""
        self._process.kill()
        self._process.wait(_SECONDS_TO_DIE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # it died before it read what was sent
                    continue
        self._errors.close()
        if self._files is not None:
            self._files.close()

    def _send(self, request: Request, descriptor: int | None) -> None:
        assert self._process.stdin is not None
        try:
            if descriptor is not None:
                assert self._files is not None, "only a system with sockets for it holds files"
                socket.send_fds(self._files, [b"\0"], [descriptor])
            self._process.stdin.write(encoded_request(request))
            self._process.stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def _receive(self) -> Message:
        assert self._process.stdout is not None
        line = self._process.stdout.readline(LONGEST_LINE)
        if not line:
            raise self._gone()
        try:
            return decoded(line)
        except ValueError as error:  # a decoder that was taken over may say anything
            raise self._gone() from error

    def _gone(self) -> ChildGoneError:
        self._process.kill()
        code = self._process.wait(_SECONDS_TO_DIE)
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _LAST_WORDS))
        words = self._errors.read().decode("utf-8", "replace")
        with self._lock:
            end = self._end
        return ChildGoneError(end, f"exit code {code}; {words}".strip("; \n"), was_ready=self._is_ready)


def _socket_pair() -> tuple[socket.socket | None, socket.socket | None]:
    """Return our end and the child's end of what descriptors are sent over; Windows has no such thing."""
    return (None, None) if sys.platform == "win32" else socket.socketpair()


def _command(limits: Limits, files: socket.socket | None) -> list[str]:
    handed = () if files is None else (str(files.fileno()),)
    return child_command(CHILD_ARGUMENT, _MODULE, str(limits.memory), str(limits.seconds), *handed)
