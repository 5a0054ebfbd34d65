"""What goes over the pipes: frames of a kind, a length and a payload, written alike by both sides.

The parent sends a job, and whatever ranges of its file the child asks for. The child sends the pieces of its
answer one by one: each is small, so that taking them in never keeps the interpreter for long.
"""

from __future__ import annotations

import json
import struct
from enum import Enum
from typing import Any, BinaryIO

LARGEST_FRAME = 64 << 20

_HEAD = struct.Struct(">cI")
_RANGE = struct.Struct(">QI")
_BEAT = struct.Struct(">d")


class Frame(Enum):
    """What a frame is. The first three are the parent's."""

    JOB = b"J"
    DATA = b"D"
    NO_DATA = b"X"
    """The file can't be read; the job ends."""

    READY = b"!"
    READ = b"R"
    PIECE = b"P"
    BYTES = b"Y"
    BEAT = b"B"
    ERROR = b"E"
    END = b"F"


def send(pipe: BinaryIO, frame: Frame, payload: bytes | memoryview = b"") -> None:
    """Write one frame."""
    pipe.write(_HEAD.pack(frame.value, len(payload)))
    if payload:
        _write_all(pipe, memoryview(payload))
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[Frame, bytes] | None:
    """Return the next frame, None where the other side is gone. Raises ValueError for what is no frame."""
    head = _read_all(pipe, _HEAD.size)
    if head is None:
        return None
    kind, length = _HEAD.unpack(head)
    if length > LARGEST_FRAME:
        raise ValueError(f"a frame of {length:,} bytes")
    payload = _read_all(pipe, length)
    return None if payload is None else (Frame(kind), payload)


def text_payload(value: Any) -> bytes:
    """Return a value as the payload of a frame."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def range_payload(offset: int, length: int) -> bytes:
    """Return which bytes of the file are wanted."""
    return _RANGE.pack(offset, length)


def range_of(payload: bytes) -> tuple[int, int]:
    """Return offset and length."""
    offset, length = _RANGE.unpack(payload)
    return offset, length


def beat_payload(done: float) -> bytes:
    """Return how far a job is, in whatever it counts."""
    return _BEAT.pack(done)


def beat_of(payload: bytes) -> float:
    """Return how far a job is."""
    done: float = _BEAT.unpack(payload)[0]
    return done


def _write_all(pipe: BinaryIO, left: memoryview) -> None:
    while left:
        left = left[pipe.write(left) :]


def _read_all(pipe: BinaryIO, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length:
        part = pipe.read(length)
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
