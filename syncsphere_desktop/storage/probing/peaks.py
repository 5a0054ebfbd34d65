"""Draws a file's waveform: the lowest and highest sample of each stretch, in one pass and little memory."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.decoding import opened
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import sniff
from syncsphere_desktop.storage.probing.witnesses import claim_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from syncsphere_desktop.storage.probing.decoder import Block

    Floats = NDArray[np.float32]
    Planes = list[NDArray[Any]]

_MOST_CHANNELS = 2
_FINEST = 32
"""At least so many strips are kept for each stretch asked for, with borders off by half of one at most."""

_TWICE_AS_WIDE = {2: np.int32, 4: np.int64}


def waveform(file: BinaryIO, name: str, buckets: int, progress: Progress) -> Waveform:
    """Return the waveform of the whole file; raises DamagedError."""
    kind = sniff(file, name)
    claim = claim_of(file, kind, file.seek(0, os.SEEK_END), progress)
    decoder = opened(file, kind, progress, by_ffmpeg=claim.needs_ffmpeg)
    try:
        expected = round(claim.duration * claim.sample_rate) if claim.is_sure else 0
        strips = Strips(min(decoder.channels, _MOST_CHANNELS), _FINEST * buckets, expected)
        for block in decoder.blocks():
            strips.add(block)
            progress.beat()
    finally:
        decoder.close()
    return strips.waveform(buckets)


class Strips:
    """Minima and maxima of strips of equal length, which doubles whenever there are too many strips.

    `at_least` is how many strips are kept for a long file, so memory does not depend on its length.
    `expected` samples (a channel) make the strips as long as they are going to be from the beginning.
    """

    def __init__(self, channels: int, at_least: int, expected: int = 0) -> None:
        self._channels = channels
        self._most = 2 * at_least
        self._splitter = _Splitter(channels)
        self._length = 1
        while expected // self._length >= self._most:
            self._length *= 2
        # One more than is ever used, for `reduceat`.
        self._lows: Floats = np.zeros((channels, self._most + 1), dtype=np.float32)
        self._highs: Floats = np.zeros((channels, self._most + 1), dtype=np.float32)
        self._used = 0
        self._total = 0
        self._rest: list[Floats] = []
        self._resting = 0

    def add(self, block: Block) -> None:
        """Take the next samples, (samples, channels); channels beyond those kept are passed over."""
        planes = self._splitter.split(block)
        size = len(block)
        self._total += size
        start = 0
        if self._resting:
            start = min(self._length - self._resting, size)
            self._put_aside([plane[:start] for plane in planes])
            if self._resting < self._length:
                return
            self._close_rest()
        while size - start >= self._length:
            room = (self._most - self._used) * self._length
            end = start + min((size - start) // self._length * self._length, room)
            self._append(*_extremes([plane[start:end] for plane in planes], self._length))
            start = end
        self._put_aside([plane[start:] for plane in planes])

    def waveform(self, buckets: int) -> Waveform:
        """Return what was taken, divided into `buckets` stretches; raises DamagedError without any."""
        if self._resting:
            self._close_rest()
        if not self._used:
            raise DamagedError("There is no sound in it.")
        # Where each stretch begins, in strips. A strip belongs to one stretch; where there are fewer strips
        # than stretches, neighbours share one.
        edges = np.rint(np.arange(buckets + 1) * (self._total / self._length / buckets)).astype(np.int64)
        first = np.minimum(edges[:-1], self._used - 1)
        last = np.clip(edges[1:], first + 1, self._used)
        last[-1] = self._used
        # `reduceat` takes begin and end by turns. No end may lie behind the last row, so there is one more.
        turns = np.column_stack((first, last)).ravel()
        lows = np.minimum.reduceat(self._lows[:, : self._used + 1], turns, axis=1)[:, ::2]
        highs = np.maximum.reduceat(self._highs[:, : self._used + 1], turns, axis=1)[:, ::2]
        peaks = np.stack((_bytes(lows).T, _bytes(highs).T), axis=2)
        return Waveform(buckets, self._channels, peaks.tobytes())

    def _put_aside(self, planes: Planes) -> None:
        """Keep samples that fill no strip yet, as their extremes."""
        size = len(planes[0])
        if size:
            self._rest += _extremes(planes, size)
            self._resting += size

    def _close_rest(self) -> None:
        """Make a strip of what was put aside."""
        rest, self._rest, self._resting = np.concatenate(self._rest, axis=1), [], 0
        self._append(rest.min(axis=1, keepdims=True), rest.max(axis=1, keepdims=True))

    def _append(self, lows: Floats, highs: Floats) -> None:
        end = self._used + lows.shape[1]
        self._lows[:, self._used : end] = lows
        self._highs[:, self._used : end] = highs
        self._used = end
        if self._used == self._most:
            self._halve()

    def _halve(self) -> None:
        """Join each two strips to one."""
        half = self._used // 2
        shape = (self._channels, half, 2)
        self._lows[:, :half] = self._lows[:, : 2 * half].reshape(shape).min(axis=2)
        self._highs[:, :half] = self._highs[:, : 2 * half].reshape(shape).max(axis=2)
        self._used = half
        self._length *= 2


class _Splitter:
    """Brings the channels of blocks apart, each into one piece of memory, used again for the next block."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._shifted: NDArray[Any] = np.empty(0, dtype=np.int32)
        self._planes: NDArray[Any] = np.empty((channels, 0), dtype=np.int16)

    def split(self, block: Block) -> Planes:
        """Return the first channels of a block, until the next call."""
        size = len(block)
        if self._planes.dtype != block.dtype or self._planes.shape[1] < size:
            self._planes = np.empty((self._channels, size), dtype=block.dtype)
        planes = [plane[:size] for plane in self._planes]
        wide = _TWICE_AS_WIDE.get(block.dtype.itemsize)
        if self._channels != 2 or block.shape[1] != 2 or wide is None or not block.flags.c_contiguous:
            for channel, plane in enumerate(planes):
                plane[:] = block[:, channel]
            return planes
        # Both samples of a moment, seen as one number, come apart several times faster than by strides.
        pairs = block.reshape(-1).view(wide)
        if self._shifted.dtype != pairs.dtype or len(self._shifted) < size:
            self._shifted = np.empty(size, dtype=pairs.dtype)
        shifted = np.right_shift(pairs, 8 * block.dtype.itemsize, out=self._shifted[:size])
        halves = (pairs, shifted) if sys.byteorder == "little" else (shifted, pairs)
        for plane, half in zip(planes, halves, strict=True):
            np.copyto(plane.view(f"i{block.dtype.itemsize}"), half, casting="unsafe")
        return planes


def _extremes(planes: Planes, length: int) -> tuple[Floats, Floats]:
    """Return the lowest and highest of each `length` samples, (channels, strips), with full scale at 1."""
    found = [_plane_extremes(plane, length) for plane in planes]
    return np.stack([lows for lows, _ in found]), np.stack([highs for _, highs in found])


def _plane_extremes(plane: NDArray[Any], length: int) -> tuple[Floats, Floats]:
    strips = plane.reshape(-1, length)
    lows, highs = strips.min(axis=1), strips.max(axis=1)
    if plane.dtype.kind == "i":
        full = np.float32(2 ** (8 * plane.dtype.itemsize - 1))
        return lows.astype(np.float32) / full, highs.astype(np.float32) / full
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        strips = np.nan_to_num(strips, nan=0.0, posinf=1.0, neginf=-1.0)
        lows, highs = strips.min(axis=1), strips.max(axis=1)
    return lows, highs


def _bytes(values: Floats) -> NDArray[np.int8]:
    """Return samples with full scale at 127; what is louder is drawn as full scale."""
    return np.rint(np.clip(values, -1.0, 1.0) * 127).astype(np.int8)
