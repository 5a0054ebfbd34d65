"""What each container says of its sound, heard from two sides: mutagen, and its structure or a decoder.

Where both agree the claim is sure. mutagen is asked for the stream alone, never for tags: those are where
files make it hang.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, BinaryIO

from syncsphere_desktop.storage.probing import chunks
from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.frames import walk_adts, walk_mpeg
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import Kind, end_of_id3

TOLERANCE = 0.005
"""Seconds by which two ways of finding a duration may differ and still agree."""

OPUS_RATE = 48000
"""Opus always decodes to this, whatever rate was encoded."""

_MOST_ATOMS = 4096
_OGG_HEADER = 27
_OGG_BEGINS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file says of itself. `duration` in seconds, NaN where it says nothing.

    `promised` is the duration that must be there, for a container that tells it and may be cut off.
    """

    codec: str
    sample_rate: int
    channels: int
    duration: float
    is_sure: bool
    promised: float | None = None
    needs_ffmpeg: bool = False
    """Only FFmpeg reads it to its end: a length that was never written, or several streams in a row."""


def claim_of(file: BinaryIO, kind: Kind, size: int, progress: Progress) -> Claim:
    """Return what a file of that kind says of itself; raises DamagedError where that makes no sense."""
    if kind is Kind.WAV:
        return _of_header(chunks.wav_header(file, size), _by_mutagen(file, kind))
    if kind is Kind.AIFF:
        return _of_header(chunks.aiff_header(file, size), _by_mutagen(file, kind))
    if kind is Kind.MPEG:
        return _of_mpeg(file, progress)
    if kind is Kind.ADTS:
        return _of_adts(file, progress)
    if kind is Kind.MP4:
        return _of_mp4(file, size, progress)
    return _of_sndfile(file, kind, size, progress)


def _by_mutagen(file: BinaryIO, kind: Kind) -> Any | None:
    """Return mutagen's stream information, None where it does not understand the file."""
    file.seek(0)
    try:
        return _MUTAGEN[kind](file)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # it raises errors of every kind; then the decoder has the word
        return None


def _info(kind: Any, *arguments: object) -> Any:
    """Call what mutagen gives no types for."""
    return kind(*arguments)


def _wave(file: BinaryIO) -> Any:
    from mutagen import wave

    return _info(wave.WaveStreamInfo, file)


def _aiff(file: BinaryIO) -> Any:
    from mutagen import aiff

    return _info(aiff.AIFFInfo, file)


def _flac(file: BinaryIO) -> Any:
    from mutagen import flac

    file.seek(end_of_id3(file, file.seek(0, os.SEEK_END)) + 8)
    return _info(flac.StreamInfo, file)


def _vorbis(file: BinaryIO) -> Any:
    from mutagen import oggvorbis

    info = _info(oggvorbis.OggVorbisInfo, file)
    info._post_tags(file)
    return info


def _opus(file: BinaryIO) -> Any:
    from mutagen import oggopus

    info = _info(oggopus.OggOpusInfo, file)
    info._post_tags(file)
    return info


def _ogg_flac(file: BinaryIO) -> Any:
    from mutagen import oggflac

    info = _info(oggflac.OggFLACStreamInfo, file)
    info._post_tags(file)
    return info


def _mpeg(file: BinaryIO) -> Any:
    from mutagen import mp3

    return _info(mp3.MPEGInfo, file)


def _adts(file: BinaryIO) -> Any:
    from mutagen import aac

    return _info(aac.AACInfo, file)


def _mp4(file: BinaryIO) -> Any:
    from mutagen import mp4
    from mutagen.mp4._atom import Atoms

    return _info(mp4.MP4Info, Atoms(file), file)


_MUTAGEN = {
    Kind.WAV: _wave,
    Kind.AIFF: _aiff,
    Kind.FLAC: _flac,
    Kind.VORBIS: _vorbis,
    Kind.OPUS: _opus,
    Kind.OGG_FLAC: _ogg_flac,
    Kind.MPEG: _mpeg,
    Kind.ADTS: _adts,
    Kind.MP4: _mp4,
}


def _of_header(header: chunks.Header, info: Any | None) -> Claim:
    if header.frames is None:
        return Claim(
            header.codec,
            header.sample_rate,
            header.channels,
            float("nan"),
            is_sure=False,
            needs_ffmpeg=header.codec.startswith(("PCM", "Float")),
        )
    duration = header.frames / header.sample_rate
    agreed = (
        info is not None
        and info.sample_rate == header.sample_rate
        and info.channels == header.channels
        and abs(info.length - duration) <= TOLERANCE
    )
    return Claim(header.codec, header.sample_rate, header.channels, duration, is_sure=agreed)


def _of_mpeg(file: BinaryIO, progress: Progress) -> Claim:
    info = _by_mutagen(file, Kind.MPEG)
    walk = walk_mpeg(file, progress)
    rate = walk.first.sample_rate
    agreed = (
        walk.is_sure
        and info is not None
        and info.sample_rate == rate
        and info.channels == walk.channels
        and not info.sketchy
    )
    codec = "MP3" if walk.first.layer == 3 else f"MPEG layer {'I' * walk.first.layer}"
    return Claim(codec, rate, walk.channels, walk.samples / rate, is_sure=agreed)


def _of_adts(file: BinaryIO, progress: Progress) -> Claim:
    from syncsphere_desktop.storage.probing.decoding import opened

    walk = walk_adts(file, progress)
    # Its headers say half of the rate, and mono, for what the more compressed kinds of AAC hold.
    decoder = opened(file, Kind.ADTS, progress)
    decoder.close()
    duration = walk.samples / walk.first.sample_rate
    return Claim(decoder.codec, decoder.sample_rate, decoder.channels, duration, is_sure=walk.is_sure)


def _of_mp4(file: BinaryIO, size: int, progress: Progress) -> Claim:
    _check_atoms(file, size)
    info = _by_mutagen(file, Kind.MP4)
    with progress.loading("av"):
        from syncsphere_desktop.storage.probing.ffmpeg import FfmpegDecoder
    decoder = FfmpegDecoder(file, Kind.MP4, progress)
    try:
        codec, rate, channels = decoder.codec, decoder.sample_rate, decoder.channels
        can_be_counted = codec.startswith(("AAC", "HE-AAC", "ALAC"))
        duration = decoder.count_packets() / rate if can_be_counted else float("nan")
    finally:
        decoder.close()
    if codec == "ALAC" and info is not None and info.bits_per_sample:
        codec = f"ALAC {info.bits_per_sample} bit"
    # A frame of AAC more or less at both ends is what containers and decoders differ about.
    slack = 3 * 2048 / rate
    agreed = can_be_counted and info is not None and abs(info.length - duration) <= slack
    # What its index lists must be there; mutagen's length may hold more, which an edit list takes away.
    promised = duration - slack if can_be_counted else None
    return Claim(codec, rate, channels, duration, is_sure=agreed, promised=promised)


def _check_atoms(file: BinaryIO, size: int) -> None:
    """Refuse a file that ends before the parts that it announces do."""
    offset = 0
    for _ in range(_MOST_ATOMS):
        if offset + 8 > size:
            return
        file.seek(offset)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:16], "big")
        if length == 0:  # to the end of the file
            return
        if length < 8:
            raise DamagedError("Its structure is damaged.")
        offset += length
        if offset > size:
            raise DamagedError("It's cut off: its last part is not whole.")
    raise DamagedError(f"It has more than {_MOST_ATOMS} parts.")


def _of_sndfile(file: BinaryIO, kind: Kind, size: int, progress: Progress) -> Claim:
    """Return the claim of a FLAC or Ogg file, which libsndfile confirms at the file's end."""
    info = _by_mutagen(file, kind)
    is_one = kind is Kind.FLAC or _is_one_ogg_stream(file, size, progress)
    with progress.loading("soundfile"):
        from syncsphere_desktop.storage.probing.sndfile import SndfileDecoder
    try:
        decoder = SndfileDecoder(file, progress)
    except DamagedError:
        if info is None:
            raise
        rate = OPUS_RATE if kind is Kind.OPUS else info.sample_rate
        return Claim("", rate, info.channels, info.length, is_sure=False, promised=_promised(kind, info))
    try:
        told = decoder.frames / decoder.sample_rate
        rate = OPUS_RATE if kind is Kind.OPUS else decoder.sample_rate
        agreed = (
            info is not None
            and info.channels == decoder.channels
            and (kind is Kind.OPUS or info.sample_rate == rate)
            and abs(info.length - told) <= TOLERANCE
            and is_one
            and (kind is not Kind.FLAC or decoder.ends_where_it_says())
        )
        return Claim(
            decoder.codec,
            rate,
            decoder.channels,
            told,
            is_sure=agreed,
            promised=_promised(kind, info),
            needs_ffmpeg=not is_one,
        )
    finally:
        decoder.close()


def _promised(kind: Kind, info: Any | None) -> float | None:
    """Return how much sound must be there: FLAC tells it in front, a page of Ogg only what came before."""
    return float(info.length) if kind is Kind.FLAC and info is not None and info.length > 0 else None


def _is_one_ogg_stream(file: BinaryIO, size: int, progress: Progress) -> bool:
    """Whether the file is one stream from its first to its last page, and not several one after the other."""
    offset, pages = 0, 0
    while offset + _OGG_HEADER <= size:
        file.seek(offset)
        header = file.read(_OGG_HEADER + 255)
        if header[:4] != b"OggS" or (header[5] & _OGG_BEGINS and pages):
            return False
        segments = header[26]
        offset += _OGG_HEADER + segments + sum(header[_OGG_HEADER : _OGG_HEADER + segments])
        pages += 1
        progress.beat()
    return offset == size
