"""Waveforms beside a plain read through soundfile, and probing beside a copy of the same files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile

from benchmarks.frame import Result, at_least_times, at_most_times, is_soak, measure_by_turns
from syncsphere_desktop.storage.probing.pool import ProbePool

RATE = 44100
BLOCK = 1 << 16
FILES = 1000
MIB = 1 << 20
KINDS: dict[str, Literal["int16", "int32", "float32"]] = {
    "PCM_16": "int16",
    "PCM_24": "int32",
    "FLOAT": "float32",
}


def run() -> list[Result]:
    """Measure the waveform of a one-hour stereo WAV, and probing a thousand WAV files of 1 MB."""
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as folder, ProbePool(workers=2) as pool:
        subtypes = list(KINDS) if is_soak() else ["PCM_16"]
        drawn = [_waveform(pool, Path(folder), subtype) for subtype in subtypes]
        return [*drawn, _probes(pool, Path(folder))]


def _waveform(pool: ProbePool, folder: Path, subtype: str) -> Result:
    path = folder / "hour.wav"
    seconds = 3600
    _write(path, seconds, subtype)
    ours, baseline = measure_by_turns(lambda: pool.waveform(path), lambda: _read(path, subtype), runs=5)
    size = path.stat().st_size / 1e6
    path.unlink()
    return Result(
        f"waveform of one hour, stereo {subtype}",
        ours * 1000,
        baseline * 1000,
        "ms",
        at_most_times(2),
        f"{size:.0f} MB, one child; reading it through soundfile in blocks",
    )


def _write(path: Path, seconds: int, subtype: str) -> None:
    noise = np.random.default_rng(1).uniform(-0.7, 0.7, (RATE * 10, 2)).astype(np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, subtype=subtype) as sound:
        for _ in range(seconds // 10):
            sound.write(noise)


def _read(path: Path, subtype: str) -> None:
    """Read every sample, in the cheapest type that holds it."""
    kind = KINDS[subtype]
    buffer = np.empty((BLOCK, 2), dtype=kind)
    with soundfile.SoundFile(path) as sound:
        while len(sound.read(BLOCK, dtype=kind, out=buffer)):
            pass


def _probes(pool: ProbePool, folder: Path) -> Result:
    """Probe as many files as an import copies, one after the other as one thread of it would."""
    source, copy = folder / "takes", folder / "copy"
    source.mkdir()
    noise = np.random.default_rng(2).uniform(-0.7, 0.7, (MIB // 4, 2)).astype(np.float32)
    soundfile.write(source / "0.wav", noise, RATE)
    for number in range(1, FILES):
        shutil.copyfile(source / "0.wav", source / f"{number}.wav")
    paths = sorted(source.iterdir())

    def probe() -> None:
        for path in paths:
            pool.probe(path)

    def copied() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)

    ours, baseline = measure_by_turns(probe, copied, runs=3)
    return Result(
        "probing 1,000 WAV files of 1 MB, one thread",
        FILES / ours,
        FILES / baseline,
        "files/s",
        at_least_times(1.0),
        "copying them, neither hashed nor durable",
    )
