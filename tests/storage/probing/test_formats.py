"""Duration within 10 ms, exact rate and channels against a decode, for every format and its odd kinds."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import av
import pytest

from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.storage.probing.pool import ProbePool
from tests.audio_corpus import tone, uneven, with_streamed_sizes, write_mp3, write_tone, write_with_ffmpeg

NEAR = 0.010
SECONDS = 1.2345


class Decoded(NamedTuple):
    duration: float
    sample_rate: int
    channels: int


def decode(path: Path) -> Decoded:
    """Return what FFmpeg plays, counted sample by sample."""
    samples, rate, channels = 0, 0, 0
    with av.open(str(path), metadata_errors="ignore") as container:
        for packet in container.demux(audio=0):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue  # what stands behind the sound
            for frame in frames:
                samples += frame.samples
                rate, channels = frame.sample_rate, len(frame.layout.channels)
    return Decoded(samples / rate, rate, channels)


def assert_right(pool: ProbePool, path: Path) -> None:
    """Hold what a probe says, with and without decoding, against what was decoded here."""
    truth = decode(path)
    for whole in (False, True):
        facts = pool.probe(path, decode=whole)
        assert facts.duration == pytest.approx(truth.duration, abs=NEAR), f"decode={whole}"
        assert (facts.sample_rate, facts.channels) == (truth.sample_rate, truth.channels), f"decode={whole}"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [22050, 44100, 96000])
@pytest.mark.parametrize("format_", list(AudioFormat))
def test_each_format_is_measured_rightly(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat, rate: int, channels: int
) -> None:
    if format_ is AudioFormat.OPUS:
        rate = {22050: 24000, 44100: 48000}.get(rate, 16000)
    if format_ is AudioFormat.MP3 and rate == 96000:
        rate = 16000
    path = write_tone(
        tmp_path / f"tone.{format_}", format_, seconds=SECONDS, rate=rate, channels=channels, seed=rate
    )

    assert pool.probe(path).format is format_
    assert_right(pool, path)


@pytest.mark.parametrize(
    ("format_", "subtype", "codec"),
    [
        ("wav", "PCM_U8", "PCM 8 bit"),
        ("wav", "PCM_16", "PCM 16 bit"),
        ("wav", "PCM_24", "PCM 24 bit"),
        ("wav", "PCM_32", "PCM 32 bit"),
        ("wav", "FLOAT", "Float 32 bit"),
        ("wav", "DOUBLE", "Float 64 bit"),
        ("wav", "EXTENSIBLE", "PCM 24 bit"),
        ("wav", "RF64", "PCM 16 bit"),
        ("wav", "ULAW", "µ-law"),
        ("wav", "ALAW", "A-law"),
        ("wav", "IMA_ADPCM", "IMA ADPCM"),
        ("wav", "MS_ADPCM", "MS ADPCM"),
        ("aiff", "PCM_16", "PCM 16 bit"),
        ("aiff", "PCM_24", "PCM 24 bit"),
        ("aiff", "FLOAT", "Float 32 bit"),
        ("aiff", "AIFC_SOWT", "PCM 16 bit"),
        ("aiff", "AIFC_FLOAT", "Float 32 bit"),
        ("aiff", "ULAW", "µ-law"),
        ("aiff", "IMA_ADPCM", "IMA ADPCM"),
        ("flac", "PCM_16", "FLAC 16 bit"),
        ("flac", "PCM_24", "FLAC 24 bit"),
        ("ogg", "VORBIS", "Vorbis"),
        ("opus", "OPUS", "Opus"),
        ("mp3", "MPEG_LAYER_III", "MP3"),
        ("m4a", None, "AAC-LC"),
        ("m4a", "ALAC", "ALAC 24 bit"),
        ("aac", None, "AAC-LC"),
    ],
)
def test_each_kind_of_a_format_is_named_and_measured_rightly(
    pool: ProbePool, tmp_path: Path, format_: str, subtype: str | None, codec: str
) -> None:
    rate = 48000 if format_ == "opus" else 44100
    path = tmp_path / f"tone.{format_}"
    write_tone(path, AudioFormat(format_), seconds=SECONDS, rate=rate, subtype=subtype)

    facts = pool.probe(path)
    assert (facts.format.value, facts.codec) == (format_, codec)
    assert_right(pool, path)


@pytest.mark.parametrize("header", [True, False], ids=["xing", "no-xing"])
@pytest.mark.parametrize("bit_rate", [None, 64_000, 320_000], ids=["vbr", "64k", "320k"])
@pytest.mark.parametrize("tags", [True, False], ids=["tags", "no-tags"])
def test_mp3_of_any_making_is_measured_rightly(
    pool: ProbePool, tmp_path: Path, bit_rate: int | None, header: bool, tags: bool
) -> None:
    path = write_mp3(
        tmp_path / "take.mp3", uneven(4.0, 44100, 2), 44100, bit_rate=bit_rate, header=header, tags=tags
    )

    assert_right(pool, path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", bytes(40_000)),
        (b"", b"APETAGEX" + b"cover" * 10_000 + b"TAG" + bytes(125)),
        (bytes(5_000), b""),
        (b"ID3\x04\0\0\0\0\x07\x76" + b"\xff\xfb\x90\x64" * 254 + bytes(2), b""),
        (b"ID3\x03\0\0\0\x4c\x4b\x40" + b"\xff\xd8\xff\xe0" * 312_880 + bytes(6272), b""),
    ],
    ids=["zeros-behind", "tags-behind", "zeros-before", "tag-like-sound", "a-large-picture"],
)
def test_what_stands_around_an_mp3_is_no_sound(
    pool: ProbePool, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = write_mp3(tmp_path / "take.mp3", tone(3.3, 44100, 2), 44100, bit_rate=128_000, header=False)
    plain = pool.probe(path)
    path.write_bytes(before + path.read_bytes() + after)

    assert pool.probe(path) == plain
    assert pool.probe(path, decode=True) == plain


def test_an_mp3_cut_from_a_longer_one_has_the_length_it_has(pool: ProbePool, tmp_path: Path) -> None:
    whole = write_mp3(tmp_path / "whole.mp3", uneven(8.0, 44100, 2), 44100).read_bytes()
    for name, part in (("end", whole[: len(whole) // 2]), ("begin", whole[3_000:]), ("twice", whole + whole)):
        path = tmp_path / f"{name}.mp3"
        path.write_bytes(part)

        assert_right(pool, path)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_whose_length_was_never_written_is_decoded(pool: ProbePool, tmp_path: Path, size: int) -> None:
    path = write_tone(tmp_path / "take.wav", AudioFormat.WAV, seconds=SECONDS)
    plain = pool.probe(path)
    path.write_bytes(with_streamed_sizes(path.read_bytes(), size))

    assert pool.probe(path) == plain
    assert pool.waveform(path).peaks != bytes(len(pool.waveform(path).peaks))


def test_ogg_files_in_a_row_are_one(pool: ProbePool, tmp_path: Path) -> None:
    path = tmp_path / "set.ogg"
    one = write_tone(path, AudioFormat.OGG, seconds=1.0).read_bytes()
    two = write_tone(path, AudioFormat.OGG, seconds=0.5, seed=1).read_bytes()
    path.write_bytes(one + two)

    assert pool.probe(path).duration == pytest.approx(1.5, abs=NEAR)


def test_six_channels_are_six_channels(pool: ProbePool, tmp_path: Path) -> None:
    write_tone(tmp_path / "surround.wav", AudioFormat.WAV, seconds=0.5, channels=6, subtype="EXTENSIBLE")
    write_tone(tmp_path / "surround.flac", AudioFormat.FLAC, seconds=0.5, channels=6)
    write_with_ffmpeg(tmp_path / "surround.m4a", tone(0.5, 48000, 6), 48000)
    for suffix in ("wav", "flac", "m4a"):
        path = tmp_path / f"surround.{suffix}"

        assert pool.probe(path).channels == 6
        assert_right(pool, path)
        assert pool.waveform(path).channels == 2


@pytest.mark.parametrize("format_", list(AudioFormat))
def test_the_content_tells_the_format_and_not_the_name(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat
) -> None:
    rate = 48000 if format_ is AudioFormat.OPUS else 44100
    right = write_tone(tmp_path / f"tone.{format_}", format_, seconds=0.3, rate=rate)
    wrong = tmp_path / ("tone.flac" if format_ is AudioFormat.WAV else "tone.wav")
    right.rename(wrong)

    assert pool.probe(wrong).format is format_


def test_tags_in_front_of_flac_and_wav_chunks_of_any_kind_do_no_harm(pool: ProbePool, tmp_path: Path) -> None:
    flac = write_tone(tmp_path / "tagged.flac", AudioFormat.FLAC, seconds=SECONDS)
    plain = pool.probe(flac)
    flac.write_bytes(b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + flac.read_bytes())
    wav = write_tone(tmp_path / "tagged.wav", AudioFormat.WAV, seconds=SECONDS)
    content = wav.read_bytes()
    chunk = b"bext" + (1001).to_bytes(4, "little") + bytes(1002)
    size = (len(content) - 8 + len(chunk)).to_bytes(4, "little")
    wav.write_bytes(content[:4] + size + content[8:12] + chunk + content[12:])

    assert pool.probe(flac).duration == plain.duration
    assert pool.probe(wav).duration == plain.duration
