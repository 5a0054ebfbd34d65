"""Draws a file's waveform: the lowest and highest sample of each stretch, in one pass and little memory."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.decoding import opened
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import sniff
from syncsphere_desktop.storage.probing.witnesses import claim_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from syncsphere_desktop.storage.probing.decoding import Block

    Floats = NDArray[np.float32]

_MOST_CHANNELS = 2
_FINEST = 32
"""At least so many strips are kept for each stretch asked for, with borders off by half of one at most."""

_FOLD = 64
"""Samples that are compared side by side: a reduction over two channels alone would be slow."""


def waveform(file: BinaryIO, name: str, buckets: int, progress: Progress) -> Waveform:
    """Return the waveform of the whole file; raises DamagedError."""
    kind = sniff(file, name)
    claim = claim_of(file, kind, file.seek(0, os.SEEK_END), progress)
    decoder = opened(file, kind, progress, by_ffmpeg=claim.needs_ffmpeg)
    try:
        strips = Strips(min(decoder.channels, _MOST_CHANNELS), _FINEST * buckets)
        for block in decoder.blocks():
            strips.add(block[:, :_MOST_CHANNELS])
            progress.beat()
    finally:
        decoder.close()
    return strips.waveform(buckets)


class Strips:
    """Minima and maxima of strips of equal length, which doubles whenever there are too many strips.

    `at_least` is how many strips are kept for a long file, so memory does not depend on its length.
    """

    def __init__(self, channels: int, at_least: int) -> None:
        self._channels = channels
        self._most = 2 * at_least
        self._length = 1
        self._lows: Floats = np.zeros((self._most + 1, channels), dtype=np.float32)
        self._highs: Floats = np.zeros((self._most + 1, channels), dtype=np.float32)
        self._used = 0
        self._total = 0
        self._rest: list[Floats] = []
        self._resting = 0

    def add(self, block: Block) -> None:
        """Take the next samples, (samples, channels)."""
        self._total += len(block)
        start = 0
        if self._resting:
            start = min(self._length - self._resting, len(block))
            self._put_aside(block[:start])
            if self._resting < self._length:
                return
            self._close_rest()
        while start < len(block):
            room = (self._most - self._used) * self._length
            whole = min((len(block) - start) // self._length * self._length, room)
            if not whole:
                break
            self._append(*_extremes(block[start : start + whole], self._length))
            start += whole
        self._put_aside(block[start:])

    def waveform(self, buckets: int) -> Waveform:
        """Return what was taken, divided into `buckets` stretches; raises DamagedError without any."""
        if self._resting:
            self._close_rest()
        if not self._used:
            raise DamagedError("There is no sound in it.")
        # Where each stretch begins, in strips. A strip belongs to one stretch; where there are fewer strips than
        # stretches, neighbours share one.
        edges = np.rint(np.arange(buckets + 1) * (self._total / self._length / buckets)).astype(np.int64)
        first = np.minimum(edges[:-1], self._used - 1)
        last = np.clip(edges[1:], first + 1, self._used)
        last[-1] = self._used
        # `reduceat` takes begin and end by turns. No end may lie behind the last row, so there is one more.
        turns = np.column_stack((first, last)).ravel()
        lows, highs = self._lows[: self._used + 1], self._highs[: self._used + 1]
        peaks = np.stack(
            (_bytes(np.minimum.reduceat(lows, turns)[::2]), _bytes(np.maximum.reduceat(highs, turns)[::2])),
            axis=2,
        )
        return Waveform(buckets, self._channels, peaks.tobytes())

    def _put_aside(self, samples: Block) -> None:
        """Keep samples that fill no strip yet, as their extremes."""
        if len(samples):
            self._rest += _extremes(samples, len(samples))
            self._resting += len(samples)

    def _close_rest(self) -> None:
        """Make a strip of what was put aside."""
        rest, self._rest, self._resting = np.concatenate(self._rest), [], 0
        self._append(rest.min(axis=0, keepdims=True), rest.max(axis=0, keepdims=True))

    def _append(self, lows: Floats, highs: Floats) -> None:
        end = self._used + len(lows)
        self._lows[self._used : end] = lows
        self._highs[self._used : end] = highs
        self._used = end
        if self._used == self._most:
            self._halve()

    def _halve(self) -> None:
        """Join each two strips to one."""
        half = self._used // 2
        self._lows[:half] = self._lows[: 2 * half].reshape(half, 2, self._channels).min(axis=1)
        self._highs[:half] = self._highs[: 2 * half].reshape(half, 2, self._channels).max(axis=1)
        self._used = half
        self._length *= 2


def _extremes(samples: Block, length: int) -> tuple[Floats, Floats]:
    """Return the lowest and highest of each `length` samples, as floats where full scale is 1."""
    lows, highs = _reduced(samples, length)
    if samples.dtype.kind == "i":
        full = np.float32(2 ** (8 * samples.dtype.itemsize - 1))
        return lows.astype(np.float32) / full, highs.astype(np.float32) / full
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        lows, highs = _reduced(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), length)
    return lows, highs


def _reduced(samples: Block, length: int) -> tuple[Block, Block]:
    strips, channels = len(samples) // length, samples.shape[1]
    fold = math.gcd(length, _FOLD)
    shaped = np.ascontiguousarray(samples).reshape(strips, length // fold, fold * channels)
    lows = shaped.min(axis=1).reshape(strips, fold, channels).min(axis=1)
    highs = shaped.max(axis=1).reshape(strips, fold, channels).max(axis=1)
    return lows, highs


def _bytes(values: Floats) -> NDArray[np.int8]:
    """Return samples with full scale at 127; what is louder is drawn as full scale."""
    return np.rint(np.clip(values, -1.0, 1.0) * 127).astype(np.int8)
