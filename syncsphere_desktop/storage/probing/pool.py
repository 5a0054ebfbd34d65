"""The pool of child processes that look into audio files."""

from __future__ import annotations

import logging
import stat
import threading
from pathlib import Path
from types import TracebackType
from typing import Literal

from syncsphere_desktop.domain.sound import SoundFacts, Waveform
from syncsphere_desktop.errors import (
    AudioFormatError,
    DamagedAudioError,
    FileError,
    NotAudioError,
    ProbeLimitError,
    StorageError,
)
from syncsphere_desktop.storage.held import HeldFile
from syncsphere_desktop.storage.probing.child_process import ChildGoneError, End, ProbeChild
from syncsphere_desktop.storage.probing.limits import Limits
from syncsphere_desktop.storage.probing.protocol import Message, Problem, Request, facts_of, waveform_of
from syncsphere_desktop.storage.probing.watchdog import Watchdog

_log = logging.getLogger(__name__)

_STANDARD = Limits()
_MOST_SERVED = 20_000
"""After so many requests a child is replaced, in case its libraries leave something in its memory."""

_REFUSALS = {Problem.NOT_AUDIO.value: NotAudioError, Problem.OTHER_FORMAT.value: AudioFormatError}
_UNREADABLE_ANSWER = "The program that reads audio files gave an answer that makes no sense."


class ProbeCancelledError(Exception):
    """Raised when the caller cancelled, or the pool was closed, while a file was looked at."""


class _Place:
    """Room for one child, taken by one caller at a time."""

    def __init__(self) -> None:
        self.child: ProbeChild | None = None

    def drop(self) -> None:
        """End the child, if there is one."""
        if self.child is not None:
            self.child.end()
            self.child = None


class ProbePool:
    """Child processes, started when there is work and again when one ended. Thread-safe; calls block.

    Never call it on the GUI thread. `close`, or leaving its `with` block, leaves no process or thread behind.
    """

    def __init__(self, workers: int = 2, limits: Limits = _STANDARD) -> None:
        self._limits = limits
        self._places = [_Place() for _ in range(workers)]
        self._free = list(self._places)
        self._is_closed = False
        self._changed = threading.Condition()
        self._watchdog = Watchdog(limits, self._children, self._drop_idle)

    def probe(self, path: Path | HeldFile, *, decode: bool = False) -> SoundFacts:
        """Return what the file is; with `decode`, after every sample of it was read.

        Raises NotAudioError, ProbeLimitError, FileError where it can't be read, StorageError where no child
        can be started, and ProbeCancelledError.
        """
        held = _as_held(path)
        message = self._answer(_request("probe", held, decode=decode), held)
        try:
            return facts_of(message)
        except (ValueError, TypeError, KeyError) as error:
            raise ProbeLimitError(_UNREADABLE_ANSWER, details=str(error)) from error

    def waveform(
        self, path: Path | HeldFile, *, buckets: int = 4096, cancelled: threading.Event | None = None
    ) -> Waveform:
        """Return the lowest and highest sample of each of `buckets` stretches of the whole file.

        Takes one pass and little memory. Raises as `probe` does; ProbeCancelledError soon after `cancelled`
        is set.
        """
        if not 1 <= buckets <= 1 << 16:
            raise ValueError(f"a waveform of {buckets} buckets")
        held = _as_held(path)
        message = self._answer(_request("waveform", held, buckets=buckets), held, cancelled)
        try:
            return waveform_of(message)
        except (ValueError, TypeError, KeyError) as error:
            raise ProbeLimitError(_UNREADABLE_ANSWER, details=str(error)) from error

    def close(self) -> None:
        """End every child, also in the middle of work, and wait until all is gone. May be called twice."""
        with self._changed:
            self._is_closed = True
            for child in self._children():
                child.kill(End.CANCELLED)
            self._changed.wait_for(lambda: len(self._free) == len(self._places))
            for place in self._places:
                place.drop()
        self._watchdog.close()

    def __enter__(self) -> ProbePool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _children(self) -> list[ProbeChild]:
        return [child for place in self._places if (child := place.child) is not None]

    def _drop_idle(self, rested_before: float) -> None:
        """End the children that have had nothing to do since that moment."""
        with self._changed:
            for place in self._free:
                if place.child is not None and place.child.rested_at < rested_before:
                    place.drop()

    def _take(self) -> _Place:
        with self._changed:
            self._changed.wait_for(lambda: self._free or self._is_closed)
            if self._is_closed:
                raise ProbeCancelledError
            return self._free.pop()

    def _put_back(self, place: _Place) -> None:
        with self._changed:
            self._free.append(place)
            self._changed.notify_all()

    def _child(self, place: _Place) -> ProbeChild:
        """Return the place's child, a new one where there is none."""
        if place.child is None:
            child = ProbeChild(self._limits)
            with self._changed:
                place.child = child
                if self._is_closed:
                    raise ProbeCancelledError
        self._watchdog.wake()
        return place.child

    def _answer(self, request: Request, file: HeldFile, cancelled: threading.Event | None = None) -> Message:
        seconds = self._limits.for_whole_file(_size(file))

        def stop_if_cancelled() -> None:
            if cancelled is not None and cancelled.is_set():
                raise ProbeCancelledError

        place = self._take()
        try:
            while True:
                stop_if_cancelled()
                child = self._child(place)
                is_fresh = child.served == 0
                try:
                    message = child.ask(
                        request,
                        seconds=seconds,
                        on_beat=stop_if_cancelled,
                        descriptor=file.descriptor,
                    )
                except ChildGoneError as gone:
                    place.child = None
                    # What an earlier file did to this child must not be blamed on this one.
                    if gone.may_be_its_own_fault and not is_fresh:
                        continue
                    raise self._failure(gone) from gone
                if message.get("problem") != Problem.MEMORY:
                    return _sound(message)
                place.drop()
                if is_fresh:
                    raise self._over_memory()
        finally:
            child_now = place.child
            if child_now is not None and (child_now.served >= _MOST_SERVED or not child_now.is_alive):
                place.drop()
            self._put_back(place)

    def _failure(self, gone: ChildGoneError) -> Exception:
        if gone.end is End.CANCELLED:
            return ProbeCancelledError()
        if gone.end is End.STALLED:
            reason = f"Looking at it takes longer than {self._limits.seconds:g} s."
            return ProbeLimitError(reason, details=gone.last_words)
        if gone.end is End.TOO_LONG:
            return ProbeLimitError("Reading all of it takes too long for its size.", details=gone.last_words)
        if gone.end is End.MEMORY:
            return self._over_memory()
        if not gone.was_ready:
            return StorageError(
                "The program that reads audio files ended as soon as it was started.", details=gone.last_words
            )
        return ProbeLimitError("Looking at it makes the decoder crash.", details=gone.last_words)

    def _over_memory(self) -> ProbeLimitError:
        return ProbeLimitError(f"Looking at it takes more than {self._limits.memory >> 20} MB of memory.")


def _sound(message: Message) -> Message:
    """Return the message unless it tells of a problem, which is raised."""
    if "problem" not in message:
        return message
    reason, details = str(message.get("reason")), message.get("details")
    if message["problem"] == Problem.INCOMPLETE:
        raise StorageError("The program that reads audio files is not complete.", details=reason)
    if message["problem"] == Problem.FILE:
        raise FileError(reason, details=None if details is None else str(details))
    if message["problem"] == Problem.UNEXPECTED:
        _log.warning("A file was refused for an error that nobody foresaw: %s", details)
    refusal = _REFUSALS.get(str(message["problem"]), DamagedAudioError)
    raise refusal(reason, details=None if details is None else str(details))


def _as_held(file: Path | HeldFile) -> HeldFile:
    return file if isinstance(file, HeldFile) else HeldFile(file.name, file)


def _request(
    job: Literal["probe", "waveform"], file: HeldFile, *, decode: bool = False, buckets: int = 0
) -> Request:
    if file.descriptor is not None:
        return Request(job, file.name, held=True, decode=decode, buckets=buckets)
    return Request(job, str(file.address), decode=decode, buckets=buckets)


def _size(file: HeldFile) -> int:
    try:
        found = file.status()
    except OSError as error:
        raise FileError(f"It can't be read: {error.strerror}.", details=file.name) from error
    except ValueError as error:  # a NUL in the name
        raise FileError("Its name can't be that of a file.", details=str(error)) from error
    if not stat.S_ISREG(found.st_mode):
        raise FileError("It's no regular file.", details=file.name)
    return found.st_size
