"""Bare MPEG audio and ADTS streams, walked from frame to frame: the only way to know how long they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import BinaryIO

from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import end_of_id3

_BLOCK = 1 << 20
_LONGEST_FRAME = 8192  # more than either format can announce
_NEEDED_IN_A_ROW = 4
_FARTHEST_START = 1 << 20
_MPEG_HEADER, _ADTS_HEADER = 4, 7
_MONO = 3

_MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS = {
    (1, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)

# The encoders that note how much silence they put before and after the sound, so that decoders take it away.
_NOTING_ENCODERS = (b"LAME", b"Lavf", b"Lavc")
_DECODER_DELAY = 529


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's header says: its length in bytes, its samples (a channel), and how they are played."""

    length: int
    samples: int
    sample_rate: int
    layer: int = 0

    def fits(self, other: Frame) -> bool:
        """Whether both can be frames of one stream."""
        return self.sample_rate == other.sample_rate and self.layer == other.layer


@dataclass(frozen=True, slots=True)
class Walk:
    """What walking a stream found: where its first frame is, and how many frames and samples there are.

    `is_sure` is False where only a decode can tell what a decoder makes of it: frames that are cut off or
    broken, or fewer or more of them than announced.
    """

    start: int
    frames: int
    samples: int
    first: Frame
    channels: int
    is_sure: bool


_Reader = Callable[[bytes, int], Frame | None]


def walk_mpeg(file: BinaryIO, progress: Progress) -> Walk:
    """Walk an MPEG audio stream; `samples` is without the silence that the encoder noted to have added.

    Raises DamagedError where no frames follow each other.
    """
    walk = _walk(file, progress, _mpeg_frame, _MPEG_HEADER)
    file.seek(walk.start)
    head = file.read(walk.first.length)
    walk = replace(walk, channels=1 if head[3] >> 6 == _MONO else 2)
    info = _info(head, walk.channels)
    if info is None:
        return walk
    return replace(
        walk,
        frames=walk.frames - 1,
        samples=max(0, walk.samples - walk.first.samples - info.added),
        is_sure=walk.is_sure and info.frames in (None, walk.frames - 1),
    )


def walk_adts(file: BinaryIO, progress: Progress) -> Walk:
    """Walk an ADTS stream; `channels` is 0 where its headers leave that to the content.

    Raises DamagedError as `walk_mpeg` does.
    """
    walk = _walk(file, progress, _adts_frame, _ADTS_HEADER)
    file.seek(walk.start)
    head = file.read(_ADTS_HEADER)
    channels = (head[2] & 1) << 2 | head[3] >> 6
    return replace(walk, channels=8 if channels == 7 else channels)


def _walk(file: BinaryIO, progress: Progress, read: _Reader, header: int) -> Walk:
    size = file.seek(0, os.SEEK_END)
    window = _Window(file, size)
    start, first = _first(window, end_of_id3(file, size), read, header)
    offset, frames, samples = start, 0, 0
    is_sure = True
    while offset + header <= size:
        data, base = window.around(offset)
        last = len(data) - _LONGEST_FRAME if base + len(data) < size else len(data) - header
        here = offset - base
        while here <= last:
            frame = read(data, here)
            if frame is None or not first.fits(frame):
                break
            here += frame.length
            if base + here > size:
                is_sure = False
                break
            frames += 1
            samples += frame.samples
        offset = base + here
        progress.beat()
        if here <= last:
            offset = _next(window, offset + 1, read, first, progress)
            is_sure = is_sure and offset == size  # tags are what mostly stands there
    return Walk(start, frames, samples, first, channels=0, is_sure=is_sure)


class _Window:
    """A part of the file in memory."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._data = b""
        self._base = 0
        self.size = size

    def around(self, offset: int) -> tuple[bytes, int]:
        """Return bytes with the longest frame at `offset` among them, and the offset of the first of them."""
        end = min(offset + 2 * _LONGEST_FRAME, self.size)
        if not self._base <= offset or end > self._base + len(self._data):
            self._file.seek(offset)
            self._data, self._base = self._file.read(_BLOCK), offset
            self.size = min(self.size, offset + len(self._data)) if len(self._data) < _BLOCK else self.size
        return self._data, self._base


def _first(window: _Window, offset: int, read: _Reader, header: int) -> tuple[int, Frame]:
    """Return where the first frame is after which others follow, and that frame."""
    limit = min(window.size, offset + _FARTHEST_START)
    while offset + header <= limit:
        data, base = window.around(offset)
        here = data.find(b"\xff", offset - base)
        if here < 0:
            offset = base + len(data)
            continue
        offset = base + here
        frame = _followed(window, offset, read)
        if frame is not None:
            return offset, frame
        offset += 1
    raise DamagedError("No frames of sound follow each other in it.")


def _followed(window: _Window, offset: int, read: _Reader) -> Frame | None:
    """Return the frame at `offset` if enough of its kind follow, or it ends the file with those that do."""
    first: Frame | None = None
    for _ in range(_NEEDED_IN_A_ROW):
        if offset == window.size and first is not None:
            break
        data, base = window.around(offset)
        frame = read(data, offset - base)
        if frame is None or (first is not None and not first.fits(frame)):
            return None
        first = first or frame
        offset += frame.length
    return first


def _next(window: _Window, offset: int, read: _Reader, first: Frame, progress: Progress) -> int:
    """Return where frames go on after something else, or the file's end."""
    while offset < window.size:
        data, base = window.around(offset)
        here = data.find(b"\xff", offset - base)
        progress.beat()
        if here < 0:
            offset = base + len(data)
            continue
        offset = base + here
        frame = _followed(window, offset, read)
        if frame is not None and first.fits(frame):
            return offset
        offset += 1
    return window.size


def _mpeg_frame(data: bytes, offset: int) -> Frame | None:
    if offset + _MPEG_HEADER > len(data) or data[offset] != 0xFF:
        return None
    return _mpeg_header(data[offset + 1], data[offset + 2])


@cache
def _mpeg_header(second: int, third: int) -> Frame | None:
    version, layer_bits = second >> 3 & 3, second >> 1 & 3
    kbit_index, rate_index = third >> 4, third >> 2 & 3
    if second & 0xE0 != 0xE0 or version == 1 or layer_bits == 0 or rate_index == 3 or kbit_index in (0, 15):
        return None
    layer = 4 - layer_bits
    generation = 1 if version == 3 else 2
    kbits = _KBITS[(generation, layer if generation == 1 else min(layer, 2))][kbit_index]
    rate = _MPEG_RATES[version][rate_index]
    padding = third >> 1 & 1
    if layer == 1:
        return Frame((12_000 * kbits // rate + padding) * 4, 384, rate, layer)
    samples = 576 if layer == 3 and generation == 2 else 1152
    return Frame(samples // 8 * 1000 * kbits // rate + padding, samples, rate, layer)


def _adts_frame(data: bytes, offset: int) -> Frame | None:
    if offset + _ADTS_HEADER > len(data) or data[offset] != 0xFF or data[offset + 1] & 0xF6 != 0xF0:
        return None
    rate_index = data[offset + 2] >> 2 & 15
    length = (data[offset + 3] & 3) << 11 | data[offset + 4] << 3 | data[offset + 5] >> 5
    if rate_index >= len(_ADTS_RATES) or length <= _ADTS_HEADER:
        return None
    blocks = (data[offset + 6] & 3) + 1
    return Frame(length, 1024 * blocks, _ADTS_RATES[rate_index])


@dataclass(frozen=True, slots=True)
class _Info:
    """What an encoder wrote into a first frame that is no sound: how many follow, what silence it added."""

    frames: int | None
    added: int


def _info(head: bytes, channels: int) -> _Info | None:
    """Return what the first frame tells, or None where it is sound like the others."""
    is_first_generation = head[1] & 8 != 0
    side = (17, 32) if is_first_generation else (9, 17)
    if head[36:40] == b"VBRI":
        return _Info(int.from_bytes(head[50:54], "big"), 0)
    mark = _MPEG_HEADER + side[channels - 1]
    if head[mark : mark + 4] not in (b"Xing", b"Info"):
        return None
    flags = int.from_bytes(head[mark + 4 : mark + 8], "big")
    frames = int.from_bytes(head[mark + 8 : mark + 12], "big") if flags & 1 else None
    tag = mark + 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if head[tag : tag + 4] not in _NOTING_ENCODERS or len(head) < tag + 24:
        return _Info(frames, 0)
    before = head[tag + 21] << 4 | head[tag + 22] >> 4
    after = (head[tag + 22] & 15) << 8 | head[tag + 23]
    return _Info(frames, before + _DECODER_DELAY + max(0, after - _DECODER_DELAY))
