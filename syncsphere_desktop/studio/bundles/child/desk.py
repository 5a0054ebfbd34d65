"""What a job on bundles works with, and who does such jobs: a child process, or this one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, Protocol

from syncsphere_desktop.odb import Bundle

_BOXES_KEPT = 200_000
"""Of all bundles that are kept together; one box is about a kilobyte of memory."""
_BESIDE_BOXES = 1_000
_LEAST_KEPT = 2

Beat = Callable[[float], None]


class NotKeptError(Exception):
    """Raised when a job needs a bundle that was never opened, or is not kept any more; `key` names it."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Desk:
    """The file of a job, and the bundles that earlier ones opened: those that were used last."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._kept: OrderedDict[str, Bundle] = OrderedDict()
        self.beat: Beat = _tell_nobody

    @property
    def file(self) -> BinaryIO:
        """Return the file that came with the job."""
        assert self._file is not None
        return self._file

    def put(self, file: BinaryIO | None, beat: Beat | None) -> None:
        """Lay the next job's file on it, and whom to tell how far the job is."""
        self._file = file
        self.beat = beat or _tell_nobody

    def keep(self, key: str, bundle: Bundle) -> None:
        """Keep an opened bundle, without its source, for jobs that name it."""
        self._kept[key] = bundle.detached()
        self._kept.move_to_end(key)
        total = sum(map(_weight, self._kept.values()))
        while total > _BOXES_KEPT and len(self._kept) > _LEAST_KEPT:
            _key, gone = self._kept.popitem(last=False)
            total -= _weight(gone)

    def kept(self, key: str) -> Bundle:
        """Return a bundle that was opened before; raises NotKeptError."""
        if key not in self._kept:
            raise NotKeptError(key)
        self._kept.move_to_end(key)
        return self._kept[key]


Job = Callable[[Desk, Mapping[str, Any]], Iterator[Any]]
"""Yields the pieces of its answer: bytes, or what JSON has, each a few thousand values at most.

A module's own function, so that a child process can be told which one. Raises NotKeptError, AppError.
"""


class BundleWorker(Protocol):
    """Does jobs, one at a time. Calls block: never make one on the GUI thread."""

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

        Raises NotKeptError, BundleError where the limits were met, what reading the file raises, AppError.
        """
        ...


class OwnProcess:
    """Does jobs right here: for the command line, which has no window to hold up."""

    def __init__(self) -> None:
        self._desk = Desk()
        self._lock = threading.Lock()

    def ask(
        self,
        job: Job,
        arguments: Mapping[str, Any],
        file: BinaryIO | None = None,
        *,
        on_beat: Beat | None = None,
        stop: threading.Event | None = None,  # noqa: ARG002  # a thread can't be ended
    ) -> list[Any]:
        """Return the pieces of the answer; what `on_beat` raises ends the job."""
        with self._lock:
            self._desk.put(file, on_beat)
            try:
                return list(job(self._desk, arguments))
            finally:
                self._desk.put(None, None)


def _weight(bundle: Bundle) -> int:
    return len(bundle.graph.boxes) + _BESIDE_BOXES


def _tell_nobody(_done: float) -> None:
    return None
