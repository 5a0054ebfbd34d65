"""Decoding by libsndfile. Only child processes import this."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import soundfile

from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.progress import Progress

if TYPE_CHECKING:
    from syncsphere_desktop.storage.probing.decoder import Block

_BYTES_A_BLOCK = 1 << 20
_TYPES: dict[str, Literal["int16", "int32"]] = {
    "PCM_S8": "int16",
    "PCM_U8": "int16",
    "PCM_16": "int16",
    "PCM_24": "int32",
    "PCM_32": "int32",
}
_CODECS = {
    "PCM_S8": "PCM 8 bit",
    "PCM_U8": "PCM 8 bit",
    "PCM_16": "PCM 16 bit",
    "PCM_24": "PCM 24 bit",
    "PCM_32": "PCM 32 bit",
    "FLOAT": "Float 32 bit",
    "DOUBLE": "Float 64 bit",
    "ULAW": "µ-law",
    "ALAW": "A-law",
    "IMA_ADPCM": "IMA ADPCM",
    "MS_ADPCM": "MS ADPCM",
    "GSM610": "GSM 6.10",
    "VORBIS": "Vorbis",
    "OPUS": "Opus",
}


class SndfileDecoder:
    """A file that libsndfile has opened. `frames` is how many samples a channel it announces."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._progress = progress
        # libsndfile reads by the descriptor; Python's own buffer must find it afterwards where it was.
        self._descriptor = file.fileno()
        self._place = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            self._sound = soundfile.SoundFile(self._descriptor, closefd=False)
        except soundfile.SoundFileError as error:
            os.lseek(self._descriptor, self._place, os.SEEK_SET)
            raise DamagedError("Its content can't be understood.", str(error)) from error
        if not 0 < self._sound.channels <= 1024:
            raise DamagedError(f"It says that it has {self._sound.channels} channels.")
        self.sample_rate = int(self._sound.samplerate)
        self.channels = int(self._sound.channels)
        self.frames = int(self._sound.frames)

    @property
    def codec(self) -> str:
        """What the samples are stored as."""
        subtype = str(self._sound.subtype)
        words = _CODECS.get(subtype, subtype.replace("_", " "))
        return words.replace("PCM", "FLAC") if self._sound.format == "FLAC" else words

    def ends_where_it_says(self) -> bool:
        """Whether the last sample that is announced can be read."""
        try:
            self._sound.seek(max(0, self.frames - 1))
            found = len(self._sound.read(1))
            self._sound.seek(0)
        except soundfile.SoundFileError:
            return False
        return found == 1

    def count(self) -> int:
        """Decode everything and return how many samples a channel has."""
        buffer = self._buffer()
        counted = 0
        while read := len(self._read(buffer)):
            counted += read
            self._progress.beat()
        return counted

    def blocks(self) -> Iterator[Block]:
        """Yield all samples, see `Decoder.blocks`. The next block is read while one is being looked at."""
        buffers = self._buffer(), self._buffer()
        with ThreadPoolExecutor(1) as reader:
            ahead = reader.submit(self._read, buffers[0])
            for turn in count(1):
                block = ahead.result()
                if not len(block):
                    return
                ahead = reader.submit(self._read, buffers[turn % 2])
                self._progress.beat()
                yield block

    def _buffer(self) -> Block:
        kind = np.dtype(_TYPES.get(str(self._sound.subtype), "float32"))
        return np.empty(
            (max(1, _BYTES_A_BLOCK // (kind.itemsize * self.channels)), self.channels), dtype=kind
        )

    def _read(self, buffer: Block) -> Block:
        """Fill the buffer and return the part of it that was filled."""
        try:
            return self._sound.read(len(buffer), always_2d=True, out=buffer)
        except soundfile.SoundFileError as error:
            raise DamagedError("It's damaged: it can't be decoded to its end.", str(error)) from error

    def close(self) -> None:
        """Give back what decoding holds."""
        self._sound.close()
        os.lseek(self._descriptor, self._place, os.SEEK_SET)
