"""Decodes whole files, block by block: by libsndfile, and by FFmpeg what that can't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import Kind

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Block = NDArray[Any]

FFMPEG_ONLY = frozenset({Kind.MPEG, Kind.ADTS, Kind.MP4})


class Decoder(Protocol):
    """A file opened for decoding. `codec` is in words; closing it leaves the file itself open."""

    @property
    def codec(self) -> str: ...

    @property
    def sample_rate(self) -> int: ...

    @property
    def channels(self) -> int: ...

    def count(self) -> int:
        """Decode everything and return how many samples a channel has. Raises DamagedError."""
        ...

    def blocks(self) -> Iterator[Block]:
        """Yield all samples as blocks of (samples, channels). Raises DamagedError.

        They are integers at full scale, or floats where full scale is 1 and anything may occur, NaN too. A
        block is overwritten when the next one is asked for.
        """
        ...

    def close(self) -> None:
        """Give back what decoding holds."""
        ...


def opened(file: BinaryIO, kind: Kind, progress: Progress, *, by_ffmpeg: bool = False) -> Decoder:
    """Return the decoder of a file of that kind; raises DamagedError where none understands it."""
    if not by_ffmpeg and kind not in FFMPEG_ONLY:
        with progress.loading():
            from syncsphere_desktop.storage.probing.sndfile import SndfileDecoder
        try:
            return SndfileDecoder(file, progress)
        except DamagedError:
            file.seek(0)  # FFmpeg is more patient with many a file
    with progress.loading():
        from syncsphere_desktop.storage.probing.ffmpeg import FfmpegDecoder
    return FfmpegDecoder(file, kind, progress)
