"""The audio formats: a file of each is decoded to its end by the child processes that look into files."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.errors import StorageError
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.storage.probing.pool import ProbePool

SAMPLES = RESOURCES / "self-test"
SECONDS = 0.25
"""How long each of the samples sounds."""

_TOLERANCE = 0.15
"""Encoders of lossy formats add a frame or two at either end."""


def check(_folder: Path) -> str:
    """Decode a sample of each format, and draw its waveform."""
    with ProbePool(workers=1) as pool:
        failed = list(filter(None, (_tried(pool, each) for each in AudioFormat)))
    if failed:
        raise NotPassedError(" ".join(failed))
    return f"decoded {', '.join(AudioFormat)}"


def _tried(pool: ProbePool, wanted: AudioFormat) -> str | None:
    path = SAMPLES / f"tone.{wanted}"
    try:
        facts = pool.probe(path, decode=True)
        drawn = pool.waveform(path, buckets=64)
    except StorageError as error:
        return f"{wanted}: {error.message} {error.details or ''}".strip()
    if facts.format is not wanted or abs(facts.duration - SECONDS) > _TOLERANCE:
        return f"{wanted}: it was taken for {facts.duration:.2f} s of {facts.format}."
    if not any(drawn.peaks):
        return f"{wanted}: only silence was decoded."
    return None
