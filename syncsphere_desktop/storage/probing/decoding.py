"""Decodes whole files, block by block: by libsndfile, and by FFmpeg what that can't."""

from __future__ import annotations

from typing import BinaryIO

from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.decoder import Decoder
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import Kind

FFMPEG_ONLY = frozenset({Kind.MPEG, Kind.ADTS, Kind.MP4})


def opened(file: BinaryIO, kind: Kind, progress: Progress, *, by_ffmpeg: bool = False) -> Decoder:
    """Return the decoder of a file of that kind; raises DamagedError where none understands it."""
    if not by_ffmpeg and kind not in FFMPEG_ONLY:
        with progress.loading("soundfile"):
            from syncsphere_desktop.storage.probing.sndfile import SndfileDecoder
        try:
            return SndfileDecoder(file, progress)
        except DamagedError:
            file.seek(0)  # FFmpeg is more patient with many a file
    with progress.loading("av"):
        from syncsphere_desktop.storage.probing.ffmpeg import FfmpegDecoder
    return FfmpegDecoder(file, kind, progress)
