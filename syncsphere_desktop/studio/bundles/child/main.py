"""The child's side: takes its limits, then does one job after the other until its parent is gone."""

from __future__ import annotations

import importlib
import io
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from typing_extensions import override

from syncsphere_desktop.children import private_pipes, take_limits
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.seeking import SeekableReader
from syncsphere_desktop.studio.bundles.child.desk import Desk, Job, NotKeptError
from syncsphere_desktop.studio.bundles.child.wire import (
    Frame,
    beat_payload,
    range_payload,
    receive,
    send,
    text_payload,
)

_BUFFER = 64 << 10
"""As large as the smallest part that is ever fetched from a server."""


class _SourceGoneError(Exception):
    """Raised when the parent could not read the file, and knows why."""


class PipedFile(SeekableReader):
    """The parent's file: each read is asked for."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, size: int) -> None:
        super().__init__(size)
        self._requests, self._answers = requests, answers

    @override
    def readinto(self, buffer: Any, /) -> int:
        wanted = min(len(buffer), self.size - self.at)
        if wanted <= 0:
            return 0
        send(self._answers, Frame.READ, range_payload(self.at, wanted))
        got = receive(self._requests)
        if got is None:
            raise SystemExit(0)  # the parent is gone
        frame, block = got
        if frame is not Frame.DATA:
            raise _SourceGoneError
        buffer[: len(block)] = block
        self.at += len(block)
        return len(block)


def main(arguments: list[str]) -> int:
    """Do jobs that come on standard input; `arguments` is the limit on memory in bytes."""
    requests, answers = private_pipes()
    return serve(requests, answers, take_limits(int(arguments[0])))


def serve(requests: BinaryIO, answers: BinaryIO, grant: Callable[[float], None]) -> int:
    """Do the jobs that are asked for until nobody is left to ask; 1 where a job left this process unsound."""
    desk = Desk()
    send(answers, Frame.READY)
    while (got := receive(requests)) is not None:
        asked = json.loads(got[1])
        grant(asked["seconds"])
        size = asked["size"]
        piped = None if size is None else io.BufferedReader(PipedFile(requests, answers, size), _BUFFER)
        desk.put(piped, lambda done: send(answers, Frame.BEAT, beat_payload(done)))
        if not _do(desk, asked, answers):
            return 1  # what is left of this process is not worth trusting
    return 0


def _do(desk: Desk, asked: Mapping[str, Any], answers: BinaryIO) -> bool:
    try:
        for piece in _job(asked["job"])(desk, asked["arguments"]):
            if isinstance(piece, bytes):
                send(answers, Frame.BYTES, piece)
            else:
                send(answers, Frame.PIECE, text_payload(piece))
    except _SourceGoneError:
        _tell(answers, {"source": True})
    except NotKeptError as error:
        _tell(answers, {"not_kept": error.key})
    except AppError as error:
        told = {"error": type(error).__name__, "message": error.message, "details": error.details}
        _tell(answers, told)
    except MemoryError:
        _tell(answers, {"memory": True})
        return False
    except RecursionError:
        _tell(answers, {"error": "BundleError", "message": "It is nested too deeply.", "details": None})
    except Exception as error:  # noqa: BLE001  # told to the parent, where it is raised as the bug it is
        _tell(answers, {"bug": "".join(traceback.format_exception(error)[-8:])})
        return False
    else:
        send(answers, Frame.END)
    return True


def _tell(answers: BinaryIO, problem: Mapping[str, Any]) -> None:
    send(answers, Frame.ERROR, text_payload(problem))


def _job(name: str) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)
    return job


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
