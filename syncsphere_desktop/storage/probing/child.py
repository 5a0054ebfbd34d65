"""A child process: takes its limits, then answers one request after the other until its parent is gone."""

from __future__ import annotations

import os
import socket
import stat
import sys
import traceback
from typing import BinaryIO

from syncsphere_desktop.children import private_pipes, take_limits
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


class _Unreadable(Exception):  # noqa: N818  # never leaves this module
    """Raised when the file can't be opened."""


def main(arguments: list[str]) -> int:
    """Answer requests on standard input; `arguments` are the limits on memory (bytes) and seconds.

    A third one is the socket over which the descriptors of held files come.
    """
    memory, seconds = int(arguments[0]), float(arguments[1])
    files = socket.socket(fileno=int(arguments[2])) if len(arguments) > 2 else None
    requests, answers = private_pipes()
    grant = take_limits(memory)

    def processor() -> None:
        grant(seconds)

    def send(message: Message) -> None:
        answers.write(encoded(message))

    processor()
    progress = Progress(send, processor)
    send({"ready": os.getpid()})
    while line := requests.readline(LONGEST_LINE):
        processor()
        message = _answer(decoded_request(line), files, progress)
        send(message)
        if message.get("problem") in (Problem.MEMORY, Problem.INCOMPLETE):
            return 1  # what is left of this process is not worth trusting
    return 0


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
