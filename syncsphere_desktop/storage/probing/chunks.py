"""WAV and AIFF headers, read chunk by chunk: what they announce, held against what the file has."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from syncsphere_desktop.domain import humane
from syncsphere_desktop.storage.probing.damage import DamagedError

_MOST_CHUNKS = 4096
_SSND_HEADER = 8
_PAD = 1

# What a program writes that streams and can't come back to tell the length.
_STREAMED = frozenset({0, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFF000})
_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
_FMT_NAMES = {
    2: "MS ADPCM",
    6: "A-law",
    7: "µ-law",
    0x11: "IMA ADPCM",
    0x31: "GSM 6.10",
    0x50: "MPEG layer II",
    0x55: "MP3",
    0xFF: "AAC",
}
_AIFC_NAMES = {
    b"NONE": "PCM",
    b"twos": "PCM",
    b"sowt": "PCM",
    b"in24": "PCM",
    b"in32": "PCM",
    b"raw ": "PCM",
    b"fl32": "Float",
    b"FL32": "Float",
    b"fl64": "Float",
    b"FL64": "Float",
    b"ulaw": "µ-law",
    b"ULAW": "µ-law",
    b"alaw": "A-law",
    b"ALAW": "A-law",
    b"ima4": "IMA ADPCM",
    b"GSM ": "GSM 6.10",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What a WAV or AIFF file says of itself.

    `frames` is None where only a decode can tell: compressed sound, or a length that was never written.
    """

    codec: str
    sample_rate: int
    channels: int
    frames: int | None


def wav_header(file: BinaryIO, size: int) -> Header:
    """Return the header of a RIFF, RIFX, RF64 or BW64 file; raises DamagedError."""
    file.seek(0)
    magic = file.read(12)[:4]
    order = ">" if magic == b"RIFX" else "<"
    announced_in_all = riff = _number(file, 4, order + "I")
    format_chunk: bytes | None = None
    wide: int | None = None
    for name, start, length in _chunks(file, size, order):
        if name == b"fmt " and format_chunk is None:
            file.seek(start)
            format_chunk = file.read(min(length, 64))
        elif name == b"ds64" and length >= 24:
            riff, wide = _number(file, start, "<Q"), _number(file, start + 8, "<Q")
        elif name == b"data":
            if format_chunk is None:
                raise DamagedError("It has sound before it says what kind of sound.")
            if length == 0xFFFFFFFF and wide is not None and magic in (b"RF64", b"BW64"):
                length = wide  # noqa: PLW2901
                announced_in_all = length
            there = size - start
            if _was_streamed(length, announced_in_all, size):
                return _wav_format(format_chunk, order, None)
            _check_length(length, there, header=start if _is_whole(riff, size) else 0)
            return _wav_format(format_chunk, order, min(length, there))
    raise DamagedError("It's a WAV header without sound." if format_chunk else "Its header is cut off.")


def _was_streamed(length: int, announced_in_all: int, size: int) -> bool:
    """Whether the length was never written: by a program that streams, or a recorder that lost power."""
    if length == 0:
        return announced_in_all + 8 < size - 1
    return length in _STREAMED and announced_in_all in _STREAMED


def aiff_header(file: BinaryIO, size: int) -> Header:
    """Return the header of an AIFF or AIFC file; raises DamagedError."""
    file.seek(8)
    is_compressed = file.read(4) == b"AIFC"
    form = _number(file, 4, ">I")
    common: bytes | None = None
    sound: int | None = None
    for name, start, length in _chunks(file, size, ">"):
        if name == b"COMM" and common is None:
            file.seek(start)
            common = file.read(min(length, 64))
        elif name == b"SSND":
            there = max(0, size - start)
            if length not in _STREAMED:
                _check_length(length, there, header=start if _is_whole(form, size) else 0)
            sound = min(length or there, there)
        if common is not None and sound is not None:
            return _aiff_format(common, sound, is_compressed=is_compressed)
    raise DamagedError("It's an AIFF header without sound." if common else "Its header is cut off.")


def _chunks(file: BinaryIO, size: int, order: str) -> list[tuple[bytes, int, int]]:
    """Return name, where its content starts, and announced length of each chunk up to the sound."""
    found: list[tuple[bytes, int, int]] = []
    offset = 12
    while offset + 8 <= size:
        if len(found) == _MOST_CHUNKS:
            raise DamagedError(f"Its header has more than {_MOST_CHUNKS} parts.")
        file.seek(offset)
        name, length = struct.unpack(order + "4sI", file.read(8))
        found.append((name, offset + 8, length))
        if name == b"data":
            break
        offset += 8 + length + length % 2
    return found


def _is_whole(announced_in_all: int, size: int) -> bool:
    """Whether the file is as long as its first line says."""
    return abs(announced_in_all + 8 - size) <= _PAD


def _check_length(announced: int, there: int, *, header: int) -> None:
    """Raise DamagedError where sound is missing, be it a few bytes.

    Programs are known that count their own header as sound. `header` is how much that may be: nothing where
    the file is shorter than it should be in all, for then the end is cut off.
    """
    if announced <= there + max(_PAD, header):
        return
    told, found = humane.size(announced), humane.size(max(0, there))
    if told == found:
        missing = humane.size(announced - there)
        raise DamagedError(f"It's cut off: the last {missing} of its sound are missing.")
    raise DamagedError(f"It's cut off: its header announces {told} of sound, and the file has {found}.")


def _wav_format(chunk: bytes, order: str, length: int | None) -> Header:
    if len(chunk) < 14:
        raise DamagedError("Its header is cut off.")
    tag, channels, rate, _, align = struct.unpack(order + "HHIIH", chunk[:14])
    bits = struct.unpack(order + "H", chunk[14:16])[0] if len(chunk) >= 16 else 0
    if tag == _EXTENSIBLE and len(chunk) >= 40 and chunk[26:40] == _GUID_TAIL:
        tag = struct.unpack(order + "H", chunk[24:26])[0]
    _check_shape(rate, channels)
    if tag in (_PCM, _FLOAT) and bits:
        codec = f"{'PCM' if tag == _PCM else 'Float'} {bits} bit"
        plain = align == channels * ((bits + 7) // 8)
    else:
        codec = _FMT_NAMES.get(tag, f"WAV format {tag:#06x}")
        plain = tag in (_ALAW, _ULAW) and align == channels
    frames = length // align if plain and length is not None else None
    return Header(codec, rate, channels, frames)


def _aiff_format(chunk: bytes, sound: int, *, is_compressed: bool) -> Header:
    if len(chunk) < (22 if is_compressed else 18):
        raise DamagedError("Its header is cut off.")
    channels, frames, bits = struct.unpack(">hIh", chunk[:8])
    rate = _extended(chunk[8:18])
    _check_shape(rate, channels)
    kind = chunk[18:22] if is_compressed else b"NONE"
    name = _AIFC_NAMES.get(kind, f"AIFC {kind.decode('ascii', 'replace')}")
    is_plain = name in ("PCM", "Float")
    if kind in (b"fl32", b"FL32"):
        bits = 32
    elif kind in (b"fl64", b"FL64"):
        bits = 64
    codec = f"{name} {bits} bit" if is_plain else name
    is_there = frames * channels * ((bits + 7) // 8) <= sound - _SSND_HEADER
    return Header(codec, rate, channels, frames if is_plain and frames and is_there else None)


def _check_shape(rate: int, channels: int) -> None:
    if not 0 < channels <= 1024:
        raise DamagedError(f"Its header says that it has {channels} channels.")
    if not 0 < rate <= 10_000_000:
        raise DamagedError(f"Its header says that it has a sample rate of {rate} Hz.")


def _extended(number: bytes) -> int:
    """Return a number in 80-bit floating point, rounded."""
    exponent, mantissa = struct.unpack(">HQ", number)
    if exponent & 0x8000:
        return -1
    shift = exponent - 16383 - 63
    if not -64 <= shift <= 0:  # beyond what a sample rate can be
        return 0 if shift < -64 else 1 << 40
    return int(mantissa >> -shift)


def _number(file: BinaryIO, offset: int, form: str) -> int:
    file.seek(offset)
    data = file.read(struct.calcsize(form))
    if len(data) < struct.calcsize(form):
        raise DamagedError("Its header is cut off.")
    return int(struct.unpack(form, data)[0])
