"""A waveform shows the lowest and highest sample of each stretch, whatever the file's length and format."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from syncsphere_desktop.domain.sound import AudioFormat, Waveform
from syncsphere_desktop.storage.probing.peaks import Strips
from syncsphere_desktop.storage.probing.pool import ProbePool
from tests.audio_corpus import tone, write_tone

Peaks = NDArray[np.int8]
Samples = NDArray[np.float32]


def unpacked(waveform: Waveform) -> Peaks:
    """Return the peaks as (buckets, channels, lowest and highest)."""
    shape = (waveform.buckets, waveform.channels, 2)
    return np.frombuffer(waveform.peaks, dtype=np.int8).reshape(shape)


def assert_shows(found: Peaks, samples: Samples, slack: int) -> None:
    """Hold each stretch against its samples: `slack` samples may be its neighbour's at either border."""
    buckets = len(found)
    levels = np.rint(np.clip(samples, -1, 1) * 127)
    for bucket in range(buckets):
        begin, end = bucket * len(samples) / buckets, (bucket + 1) * len(samples) / buckets
        inner = levels[math.ceil(begin) + slack : max(0, math.floor(end) - slack)]
        outer = levels[max(0, math.floor(begin) - slack) : math.ceil(end) + slack]
        assert (found[bucket, :, 0] >= outer.min(axis=0) - 1).all()
        assert (found[bucket, :, 1] <= outer.max(axis=0) + 1).all()
        if len(inner):
            assert (found[bucket, :, 0] <= inner.min(axis=0) + 1).all()
            assert (found[bucket, :, 1] >= inner.max(axis=0) - 1).all()
    assert np.abs(found[:, :, 0].min(axis=0) - levels.min(axis=0)).max() <= 1
    assert np.abs(found[:, :, 1].max(axis=0) - levels.max(axis=0)).max() <= 1


@given(
    length=st.integers(1, 3000),
    blocks=st.lists(st.integers(1, 700), min_size=1, max_size=12),
    buckets=st.integers(1, 40),
    channels=st.integers(1, 2),
    seed=st.integers(0, 1000),
)
@settings(max_examples=80, deadline=None)
def test_strips_that_are_joined_lose_no_peak(
    length: int, blocks: list[int], buckets: int, channels: int, seed: int
) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, (length, channels)).astype(np.float32)
    strips = Strips(channels, 32 * buckets)
    begin, turn = 0, 0
    while begin < length:
        end = begin + blocks[turn % len(blocks)]
        strips.add(samples[begin:end])
        begin, turn = end, turn + 1
    found = unpacked(strips.waveform(buckets))

    strip = 1
    while strip * 64 * buckets <= length:
        strip *= 2
    assert_shows(found, samples, slack=strip)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_a_waveform_is_that_of_the_samples(pool: ProbePool, tmp_path: Path, subtype: str) -> None:
    path = write_tone(tmp_path / "take.wav", AudioFormat.WAV, seconds=3.0, subtype=subtype)
    samples: Samples = np.asarray(soundfile.read(path, dtype="float32")[0], dtype=np.float32)

    assert_shows(unpacked(pool.waveform(path, buckets=500)), samples, slack=8)


@pytest.mark.parametrize("format_", list(AudioFormat))
def test_each_format_has_a_waveform_like_what_was_written(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat
) -> None:
    samples = tone(2.0, 48000, 2)
    samples[48000:60000] = 0
    path = tmp_path / f"take.{format_}"
    soundfile.write(tmp_path / "plain.wav", samples, 48000, subtype="FLOAT")
    write_tone(path, format_, seconds=2.0, rate=48000)
    truth = unpacked(pool.waveform(tmp_path / "plain.wav", buckets=50))[:20].astype(int)
    found = unpacked(pool.waveform(path, buckets=50))[:20].astype(int)

    assert np.abs(found - truth).mean() < 4  # what compression changes


def test_left_and_right_are_not_mixed_up(pool: ProbePool, tmp_path: Path) -> None:
    samples = np.zeros((65536, 2), dtype=np.float32)
    samples[:32768, 0] = 0.5
    samples[32768:, 1] = -0.25
    soundfile.write(tmp_path / "take.wav", samples, 48000)
    found = unpacked(pool.waveform(tmp_path / "take.wav", buckets=4))

    assert found.tolist() == [[[64, 64], [0, 0]]] * 2 + [[[0, 0], [-32, -32]]] * 2


def test_a_click_between_silence_is_seen(pool: ProbePool, tmp_path: Path) -> None:
    samples = np.zeros((2_000_000, 1), dtype=np.int16)
    samples[1_234_567] = 32767
    soundfile.write(tmp_path / "take.wav", samples, 96000)
    found = unpacked(pool.waveform(tmp_path / "take.wav"))

    assert found[:, 0, 1].max() == 127
    assert abs(int(found[:, 0, 1].argmax()) - 1_234_567 * 4096 // 2_000_000) <= 1
    assert np.count_nonzero(found) <= 2


@pytest.mark.parametrize("length", [1, 2, 3, 4095, 4096, 4097])
def test_a_file_shorter_than_its_waveform_is_stretched(pool: ProbePool, tmp_path: Path, length: int) -> None:
    soundfile.write(tmp_path / "take.wav", np.full((length, 1), 16384, dtype=np.int16), 8000)
    waveform = pool.waveform(tmp_path / "take.wav")

    assert waveform.peaks == struct.pack("bb", 64, 64) * 4096


@pytest.mark.parametrize("buckets", [0, 65537])
def test_a_waveform_of_no_or_too_many_stretches_is_a_mistake(
    pool: ProbePool, tmp_path: Path, buckets: int
) -> None:
    with pytest.raises(ValueError, match="buckets"):
        pool.waveform(tmp_path / "take.wav", buckets=buckets)
