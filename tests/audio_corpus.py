"""Real audio files of every format, made by the encoders of libsndfile and FFmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.domain.sound import AudioFormat

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_CONTAINERS = {
    AudioFormat.WAV: ("WAV", "PCM_16"),
    AudioFormat.AIFF: ("AIFF", "PCM_16"),
    AudioFormat.FLAC: ("FLAC", "PCM_16"),
    AudioFormat.OGG: ("OGG", "VORBIS"),
    AudioFormat.OPUS: ("OGG", "OPUS"),
    AudioFormat.MP3: ("MP3", "MPEG_LAYER_III"),
}


def write_tone(
    path: Path,
    format: AudioFormat,  # noqa: A002  # what it is called everywhere
    *,
    seconds: float = 1.0,
    rate: int = 44100,
    channels: int = 2,
    subtype: str | None = None,
    seed: int = 0,
) -> Path:
    """Write a tone with a little noise; other seeds give other content. Returns `path`.

    `subtype` is libsndfile's ("PCM_24", "FLOAT", "ULAW"...) or one of: "EXTENSIBLE" and "RF64" (wav),
    "AIFC_SOWT" and "AIFC_FLOAT" (aiff), "ALAC" (m4a). Opus takes rates of 8, 12, 16, 24 and 48 kHz only.
    """
    samples = tone(seconds, rate, channels, seed=seed)
    if format in (AudioFormat.M4A, AudioFormat.AAC):
        write_with_ffmpeg(path, samples, rate, alac=subtype == "ALAC", adts=format is AudioFormat.AAC)
        return path
    import soundfile

    container, encoding = _CONTAINERS[format]
    if subtype == "EXTENSIBLE":
        container, encoding = "WAVEX", "PCM_24"
    elif subtype == "RF64":
        container = "RF64"
    elif subtype is not None and subtype.startswith("AIFC_"):
        encoding = "FLOAT" if subtype == "AIFC_FLOAT" else encoding
    else:
        encoding = subtype or encoding
    endian = "LITTLE" if subtype == "AIFC_SOWT" else None
    soundfile.write(path, samples, rate, subtype=encoding, format=container, endian=endian)
    return path


def tone(seconds: float, rate: int, channels: int, *, seed: int = 0) -> Samples:
    """Return a fading tone of (frames, channels), each channel at its own pitch."""
    import numpy as np

    frames = round(seconds * rate)
    time = np.arange(frames, dtype=np.float64) / rate
    pitches = 220.0 * (1.0 + seed % 13 / 12) * np.arange(1, channels + 1)
    noise = np.random.default_rng(seed).uniform(-0.02, 0.02, (frames, channels))
    waves = 0.4 * np.sin(2 * np.pi * time[:, None] * pitches) * np.exp(-time / 10)[:, None]
    return (waves + noise).astype(np.float32)


def write_with_ffmpeg(
    path: Path, samples: Samples, rate: int, *, alac: bool = False, adts: bool = False
) -> None:
    """Write AAC, or ALAC, in MP4 or (`adts`) as the bare stream."""
    import av

    with av.open(str(path), "w", format="adts" if adts else "ipod") as container:
        stream = container.add_stream("alac" if alac else "aac", rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
        _encode(container, stream, samples, rate)


def _encode(
    container: av.container.OutputContainer, stream: av.AudioStream, samples: Samples, rate: int
) -> None:
    import av
    import numpy as np

    wanted = stream.codec_context.format.name
    resampler = av.AudioResampler(format=wanted, layout=stream.layout, rate=rate)
    size = 1024
    for start in range(0, len(samples), size):
        block = np.ascontiguousarray(samples[start : start + size].T)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.layout.name)
        frame.sample_rate, frame.pts = rate, start
        for converted in resampler.resample(frame):
            container.mux(stream.encode(converted))
    container.mux(stream.encode(None))


def write_mp3(
    path: Path,
    samples: Samples,
    rate: int,
    *,
    bit_rate: int | None = None,
    header: bool = True,
    tags: bool = False,
) -> Path:
    """Write an MP3 with LAME: of changing bit rate unless `bit_rate` is given; `header` is Xing's."""
    import av

    options = {"write_xing": "1" if header else "0", "id3v2_version": "3" if tags else "0"}
    with av.open(str(path), "w", format="mp3", container_options=options) as container:
        stream = container.add_stream("libmp3lame", rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
        if bit_rate is None:
            stream.options = {"flags": "+qscale", "global_quality": "236"}
        else:
            stream.bit_rate = bit_rate
        if tags:
            container.metadata["title"] = "A take"
        _encode(container, stream, samples, rate)
    return path


def uneven(seconds: float, rate: int, channels: int) -> Samples:
    """Return a tone whose first half is next to silent, so that its bit rate changes and tells no length."""
    samples = tone(seconds, rate, channels)
    samples[: len(samples) // 2] *= 0.001
    return samples


def with_streamed_sizes(wav: bytes, size: int) -> bytes:
    """Return a WAV file as a program writes it that never learns the length; `size` is what it put there."""
    number, data = size.to_bytes(4, "little"), wav.index(b"data")
    return wav[:4] + number + wav[8 : data + 4] + number + wav[data + 8 :]
