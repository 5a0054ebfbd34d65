"""The sample studio's audio: short tones, made on this machine so that every row's file is there."""

from __future__ import annotations

import math
import os
import sys
import wave
from array import array
from io import BytesIO
from pathlib import Path

from syncsphere_desktop.database.sample import SampleAudio, sample_audio

_STEPS = 24
"""How many levels a tone decays through."""


def ensure_sample_audio(folder: Path) -> int:
    """Write the files that are missing from `folder`, or cut short, and return how many. Raises OSError.

    Some 6 MB in about a tenth of a second; a file appears whole or not at all.
    """
    written = 0
    for audio in sample_audio():
        path = folder / audio.path
        if not path.exists() or path.stat().st_size != audio.size:
            _write(path, _wav(audio))
            written += 1
    return written


def _wav(audio: SampleAudio) -> bytes:
    stream = BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(audio.channels)
        file.setsampwidth(2)
        file.setframerate(audio.rate)
        file.writeframes(_frames(audio))
    return stream.getvalue()


def _frames(audio: SampleAudio) -> bytes:
    """Return the tone: one period at each level, repeated, which is quick without any library."""
    period = max(4, round(audio.rate / audio.pitch))
    step = math.ceil(audio.frames / _STEPS)
    tone = b""
    for level in range(_STEPS):
        amplitude = 28_000 * math.exp(-3.2 * level / _STEPS)
        tone += (_period(audio, period, amplitude) * math.ceil(step / period))[: step * audio.channels * 2]
    return tone[: audio.frames * audio.channels * 2]


def _period(audio: SampleAudio, length: int, amplitude: float) -> bytes:
    samples = array("h")
    for place in range(length):
        angle = 2 * math.pi * place / length
        for channel in range(audio.channels):
            # The right channel carries the overtone louder, so that both differ.
            overtone = 0.2 + 0.15 * channel
            value = (1 - overtone) * math.sin(angle) + overtone * math.sin(2 * angle)
            samples.append(round(amplitude * value))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
