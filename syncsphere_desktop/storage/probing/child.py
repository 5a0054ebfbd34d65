"""A child process: takes its limits, then answers one request after the other until its parent is gone."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
import stat
import sys
import time
import traceback
from collections.abc import Callable
from typing import BinaryIO

from syncsphere_desktop.storage.probing.damage import DamagedError, NoAudioError, OtherFormatError
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.protocol import (
    LONGEST_LINE,
    Message,
    Problem,
    Request,
    decoded_request,
    encoded,
    facts_message,
    problem_message,
    waveform_message,
)

_OPEN_FLAGS = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)
_LARGEST_WRITTEN = 1 << 16
_MOST_OPEN_FILES = 64
_SECONDS_BEYOND = 2


class _Unreadable(Exception):  # noqa: N818  # never leaves this module
    """Raised when the file can't be opened."""


def main(arguments: list[str]) -> int:
    """Answer requests on standard input; `arguments` are the limits on memory (bytes) and seconds.

    A third one is the socket over which the descriptors of held files come.
    """
    memory, seconds = int(arguments[0]), float(arguments[1])
    files = socket.socket(fileno=int(arguments[2])) if len(arguments) > 2 else None
    requests, answers = _private_pipes()
    processor = _take_limits(memory, seconds)

    def send(message: Message) -> None:
        answers.write(encoded(message))

    progress = Progress(send, processor)
    send({"ready": os.getpid()})
    while line := requests.readline(LONGEST_LINE):
        processor()
        message = _answer(decoded_request(line), files, progress)
        send(message)
        if message.get("problem") in (Problem.MEMORY, Problem.INCOMPLETE):
            return 1  # what is left of this process is not worth trusting
    return 0


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Move the pipes out of the way of libraries that print, and return them."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    # Ctrl+C in a terminal reaches the whole group; the parent decides what becomes of its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    return requests, answers


def _take_limits(memory: int, seconds: float) -> Callable[[], None]:
    """Limit this process as far as the system can, and return what grants `seconds` of work anew."""
    if sys.platform == "win32":  # there the parent's watchdog is alone
        return lambda: None
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

    def grant() -> None:
        # Also ends a child whose parent was killed and that hangs in a loop.
        limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + _SECONDS_BEYOND)

    grant()
    return grant


def _answer(request: Request, files: socket.socket | None, progress: Progress) -> Message:
    try:
        with _held(files) if request.held else _opened(request.path) as file:
            return _work(request, file, progress)
    except _Unreadable as error:
        return problem_message(Problem.FILE, str(error))
    except DamagedError as error:
        return problem_message(_refusal(error), error.reason, error.details)
    except MemoryError:
        return problem_message(Problem.MEMORY, "")
    except OSError as error:
        return problem_message(Problem.FILE, f"It can't be read: {error.strerror}.")
    except ImportError as error:
        return problem_message(Problem.INCOMPLETE, str(error))
    except Exception as error:  # noqa: BLE001  # mutagen raises errors of every kind for damaged files
        trace = "".join(traceback.format_exception(error)[-8:])
        return problem_message(Problem.UNEXPECTED, "It's damaged beyond understanding.", trace)


def _refusal(error: DamagedError) -> Problem:
    if isinstance(error, NoAudioError):
        return Problem.NOT_AUDIO
    return Problem.OTHER_FORMAT if isinstance(error, OtherFormatError) else Problem.DAMAGED


def _work(request: Request, file: BinaryIO, progress: Progress) -> Message:
    if request.job == "waveform":
        with progress.loading("numpy"):
            import numpy  # noqa: F401
        from syncsphere_desktop.storage.probing.peaks import waveform

        return waveform_message(waveform(file, request.path, request.buckets, progress))
    from syncsphere_desktop.storage.probing.examination import examine

    return facts_message(examine(file, request.path, progress, decode=request.decode))


def _opened(path: str) -> BinaryIO:
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise _Unreadable(f"It can't be read: {error.strerror}.") from error
    return _regular(descriptor)


def _held(files: socket.socket | None) -> BinaryIO:
    """Return the open file that was sent, at its beginning."""
    if files is None or sys.platform == "win32":
        raise _Unreadable("An open file can't be handed on here.")
    _data, descriptors, _flags, _address = socket.recv_fds(files, 1, 1)
    if not descriptors:
        raise _Unreadable("The open file did not arrive.")
    os.lseek(descriptors[0], 0, os.SEEK_SET)
    return _regular(descriptors[0])


def _regular(descriptor: int) -> BinaryIO:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _Unreadable("It's no regular file.")
    return os.fdopen(descriptor, "rb")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
