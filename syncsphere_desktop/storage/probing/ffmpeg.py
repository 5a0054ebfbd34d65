"""Decoding by FFmpeg, through PyAV. Only child processes import this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from syncsphere_desktop.storage.probing.decoder import Block

# Named, so that no file can choose a demuxer that opens other files or addresses.
_DEMUXERS = {
    Kind.MPEG: "mp3",
    Kind.ADTS: "aac",
    Kind.MP4: "mp4",
    Kind.WAV: "wav",
    Kind.AIFF: "aiff",
    Kind.FLAC: "flac",
    Kind.VORBIS: "ogg",
    Kind.OPUS: "ogg",
    Kind.OGG_FLAC: "ogg",
}
_CODECS = {
    "vorbis": "Vorbis",
    "opus": "Opus",
    "flac": "FLAC",
    "alac": "ALAC",
    "mp3": "MP3",
    "mp3float": "MP3",
}
_PROFILES = {"LC": "AAC-LC", "HE-AAC": "HE-AAC", "HE-AACv2": "HE-AAC v2"}
_BUFFER = 1 << 17
_SAMPLES_A_BLOCK = 1 << 16
_MOST_ERRORS_IN_A_ROW = 200
_FIRST_FRAMES = 6


class FfmpegDecoder:
    """A file that FFmpeg has opened; its first audio stream is what counts. It is decoded once, in order."""

    def __init__(self, file: BinaryIO, kind: Kind, progress: Progress) -> None:
        self._progress = progress
        file.seek(0)
        try:
            self._container: InputContainer = av.open(
                file, mode="r", format=_DEMUXERS[kind], buffer_size=_BUFFER, metadata_errors="ignore"
            )
        except (av.FFmpegError, ValueError) as error:
            raise DamagedError("Its content can't be understood.", str(error)) from error
        self._stream = _sound_of(self._container)
        self._stream.codec_context.thread_count = 1
        self._packets = self._demuxed()
        self._decoding = self._decoded()
        self._begin: list[AudioFrame] = []
        self._begin = self._begun()
        self.sample_rate = int(self._begin[-1].sample_rate)
        self.channels = len(self._begin[-1].layout.channels)

    @property
    def codec(self) -> str:
        """What the samples are stored as."""
        context = self._stream.codec_context
        if context.name.startswith("aac"):
            return _PROFILES.get(context.profile or "", "AAC")
        return _CODECS.get(context.name, context.name.upper().replace("_", " "))

    def count(self) -> int:
        """Decode everything and return how many samples a channel has."""
        return sum(frame.samples for frame in self._frames())

    def count_packets(self) -> int:
        """Return how many samples a channel has, by what each packet holds, without decoding them all.

        Only for formats where a packet is a frame, and frames are alike but for the last.
        """
        decoded = sum(frame.samples for frame in self._begin)
        usual = max(frame.samples for frame in self._begin)
        tells_itself = self._stream.codec_context.name == "alac"
        for packet in self._packets:
            self._progress.beat()
            if not packet.is_discard and packet.size:
                decoded += int(packet.duration or 0) if tells_itself else usual
        return decoded

    def blocks(self) -> Iterator[Block]:
        """Yield all samples, see `Decoder.blocks`."""
        gathered: list[NDArray[np.float32]] = []
        count = 0
        for frame in self._frames():
            gathered.append(self._samples(frame))
            count += frame.samples
            if count >= _SAMPLES_A_BLOCK:
                yield np.concatenate(gathered)
                gathered, count = [], 0
        if gathered:
            yield np.concatenate(gathered)

    def close(self) -> None:
        """Give back what decoding holds."""
        self._container.close()

    def _frames(self) -> Iterator[AudioFrame]:
        yield from self._begin
        yield from self._decoding

    def _begun(self) -> list[AudioFrame]:
        """Decode the first few frames: what they turn out to be is what the file is."""
        frames: list[AudioFrame] = []
        for frame in self._decoding:
            frames.append(frame)
            if len(frames) == _FIRST_FRAMES:
                break
        if not frames:
            raise DamagedError("There is no sound in it.")
        return frames

    def _decoded(self) -> Iterator[AudioFrame]:
        """Decode what is left. Broken packets are passed over, as players do, but not without end."""
        errors = 0
        for packet in self._packets:
            self._progress.beat()
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                errors += 1
                if errors > _MOST_ERRORS_IN_A_ROW:
                    raise DamagedError("It's damaged: it can't be decoded to its end.", str(error)) from error
                continue
            for frame in frames:
                if frame.samples:
                    errors = 0
                    yield self._checked(frame)

    def _checked(self, frame: AudioFrame) -> AudioFrame:
        if self._begin and frame.sample_rate != self._begin[-1].sample_rate:
            raise DamagedError("Its sample rate changes in the middle.")
        return frame

    def _demuxed(self) -> Iterator[av.Packet[AudioStream]]:
        try:
            yield from self._container.demux(self._stream)
        except av.FFmpegError as error:
            raise DamagedError("It's damaged: it can't be read to its end.", str(error)) from error

    def _samples(self, frame: AudioFrame) -> NDArray[np.float32]:
        """Return a frame's samples as floats, (samples, channels), with the channels of its beginning."""
        values: NDArray[Any] = frame.to_ndarray()
        channels = len(frame.layout.channels)
        values = values.T if frame.format.is_planar else values.reshape(-1, channels)
        if values.dtype == np.uint8:
            floats = (values.astype(np.float32) - np.float32(128)) / np.float32(128)
        elif values.dtype.kind == "i":
            floats = values.astype(np.float32) / np.float32(2 ** (8 * values.dtype.itemsize - 1))
        else:
            floats = values.astype(np.float32)
        if channels == self.channels:
            return floats
        fitted = np.zeros((len(floats), self.channels), dtype=np.float32)
        shared = min(channels, self.channels)
        fitted[:, :shared] = floats[:, :shared]
        return fitted


def _sound_of(container: InputContainer) -> AudioStream:
    if any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video):
        raise DamagedError("It's a film.")
    if not container.streams.audio:
        raise DamagedError("There is no sound in it.")
    stream = container.streams.audio[0]
    if not _has_decoder(stream):
        raise DamagedError("Its sound is of a kind that can't be decoded.")
    return stream


def _has_decoder(stream: AudioStream) -> bool:
    """Whether FFmpeg knows how to decode the stream; the types don't tell that it may have none."""
    context: object = stream.codec_context
    return context is not None
