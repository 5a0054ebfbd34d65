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
    failed: dict[str, list[str]] = {}  # formats by their reason: a library that lacks fails many alike
    with ProbePool(workers=1) as pool:
        for each in AudioFormat:
            reason = _tried(pool, each)
            if reason is not None:
                failed.setdefault(reason, []).append(each)
    if failed:
        raise NotPassedError(" ".join(f"{', '.join(names)}: {reason}" for reason, names in failed.items()))
    return f"decoded {', '.join(AudioFormat)}"


def _tried(pool: ProbePool, wanted: AudioFormat) -> str | None:
    path = SAMPLES / f"tone.{wanted}"
    try:
        facts = pool.probe(path, decode=True)
        drawn = pool.waveform(path, buckets=64)
    except StorageError as error:
        return f"{error.message} {error.details or ''}".strip()
    if facts.format is not wanted or abs(facts.duration - SECONDS) > _TOLERANCE:
        return f"It was taken for {facts.duration:.2f} s of {facts.format}."
    if not any(drawn.peaks):
        return "Only silence was decoded."
    return None
