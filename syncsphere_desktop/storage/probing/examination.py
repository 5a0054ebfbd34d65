"""Finds out what an audio file is: by mutagen and a second look, and by decoding where they don't agree."""

from __future__ import annotations

import math
import os
from typing import BinaryIO

from syncsphere_desktop.domain.sound import AudioFormat, SoundFacts
from syncsphere_desktop.storage.probing.damage import DamagedError
from syncsphere_desktop.storage.probing.decoding import opened
from syncsphere_desktop.storage.probing.progress import Progress
from syncsphere_desktop.storage.probing.sniffing import Kind, sniff
from syncsphere_desktop.storage.probing.witnesses import OPUS_RATE, TOLERANCE, Claim, claim_of

_FORMATS = {
    Kind.WAV: AudioFormat.WAV,
    Kind.AIFF: AudioFormat.AIFF,
    Kind.FLAC: AudioFormat.FLAC,
    Kind.VORBIS: AudioFormat.OGG,
    Kind.OPUS: AudioFormat.OPUS,
    Kind.OGG_FLAC: AudioFormat.OGG,
    Kind.MPEG: AudioFormat.MP3,
    Kind.MP4: AudioFormat.M4A,
    Kind.ADTS: AudioFormat.AAC,
}


def examine(file: BinaryIO, name: str, progress: Progress, *, decode: bool = False) -> SoundFacts:
    """Return what the file is. Decodes all of it if asked to, or where its container lies or says nothing.

    Raises DamagedError.
    """
    kind = sniff(file, name)
    size = file.seek(0, os.SEEK_END)
    claim = claim_of(file, kind, size, progress)
    if decode or not claim.is_sure:
        claim = _measured(file, kind, claim, progress)
    if not (math.isfinite(claim.duration) and claim.duration > 0):
        raise DamagedError("There is no sound in it.")
    return SoundFacts(_FORMATS[kind], claim.codec, claim.duration, claim.sample_rate, claim.channels)


def _measured(file: BinaryIO, kind: Kind, claim: Claim, progress: Progress) -> Claim:
    """Return the claim as a whole decode has it; raises DamagedError where promised sound is missing."""
    decoder = opened(file, kind, progress, by_ffmpeg=claim.needs_ffmpeg)
    try:
        samples = decoder.count()
        rate = OPUS_RATE if kind is Kind.OPUS else decoder.sample_rate
        duration = samples / decoder.sample_rate
        if claim.promised is not None and duration < claim.promised - 2 * TOLERANCE:
            raise DamagedError(
                f"It's cut off or damaged: it announces {claim.promised:.2f} s of sound, "
                f"and {duration:.2f} s can be decoded."
            )
        return Claim(claim.codec or decoder.codec, rate, decoder.channels, duration, is_sure=True)
    finally:
        decoder.close()
