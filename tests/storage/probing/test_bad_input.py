"""What is no audio, or was, is refused with a reason that a person can use."""

from __future__ import annotations

import os
import struct
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.errors import (
    AudioFormatError,
    DamagedAudioError,
    FileError,
    NotAudioError,
    ProbeLimitError,
)
from syncsphere_desktop.storage.probing.pool import ProbePool
from tests.audio_corpus import write_tone


def wav(path: Path, **changes: int) -> bytes:
    """Return a WAV of a second, with changed numbers in its header: riff, channels, rate or data."""
    content = bytearray(write_tone(path, AudioFormat.WAV, seconds=1.0, rate=8000, channels=1).read_bytes())
    data = content.index(b"data") + 4
    places = {"riff": (4, "<I"), "channels": (22, "<H"), "rate": (24, "<I"), "data": (data, "<I")}
    for name, value in changes.items():
        offset, form = places[name]
        struct.pack_into(form, content, offset, value)
    return bytes(content)


def refused(pool: ProbePool, path: Path, content: bytes) -> str:
    """Write `content` to `path` and return why it is refused."""
    path.write_bytes(content)
    with pytest.raises(NotAudioError) as caught:
        pool.probe(path)
    with pytest.raises((NotAudioError, ProbeLimitError)):
        pool.waveform(path)
    return caught.value.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "It's empty."),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(2000), "It's a JPEG picture named .wav."),
        (b"\x89PNG\r\n\x1a\n" + bytes(2000), "It's a PNG picture named .wav."),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(100), "It's a WebP picture named .wav."),
        (b"\0\0\0\x18ftypheic" + bytes(2000), "It's a HEIC picture."),
        (b"Bass: take 3\nDrums: take 1\n" * 300, "It's text named .wav."),
        ("Größe und Länge\n".encode() * 900, "It's text named .wav."),
        (b"%PDF-1.7" + bytes(2000), "It's a PDF document named .wav."),
        (b"PK\x03\x04" + bytes(2000), "It's a ZIP archive named .wav."),
        (bytes(100_000), "It's nothing but zeros named .wav."),
        (bytes(range(1, 256)) * 40, "Its content is no audio that the library takes."),
        (b"ID3\x04\0\0\0\0\x0f\x7f" + bytes(2000), "It holds tags and no sound."),
        (b"OggS" + bytes(10), "It ends in the middle of its header."),
        (b"OggS\0\x02" + bytes(20) + b"\x01\x08Speex   " + bytes(200), "It's Speex in Ogg"),
        (b"RIFF", "It's a RIFF file that holds no sound named .wav."),
        (b"RIFF\x24\0\0\0WAVE", "Its header is cut off."),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0", "It's a WAV header without sound."),
        (b"FORM\0\0\0\x24AIFF", "Its header is cut off."),
        (b"fLaC", "Its content can't be understood."),
        (b"\0\0\0\x18ftypM4A ", "It's cut off: its last part is not whole."),
        (b"\xff\xfb\x90\x64" + b"noise" * 1000, "No frames of sound follow each other in it."),
        (b"\xff\xf1\x50\x80" + b"noise" * 1000, "No frames of sound follow each other in it."),
    ],
)
def test_what_is_no_audio_is_named(pool: ProbePool, tmp_path: Path, content: bytes, reason: str) -> None:
    assert refused(pool, tmp_path / "take.wav", content).startswith(reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"data": 4_000_000_000},
            "It's cut off: its header announces 4.00 GB of sound, and the file has 16.0 kB.",
        ),
        (
            {"data": 0xFFFFFFF0},
            "It's cut off: its header announces 4.29 GB of sound, and the file has 16.0 kB.",
        ),
        (
            {"data": 0xFFFFFFFF},
            "It's cut off: its header announces 4.29 GB of sound, and the file has 16.0 kB.",
        ),
        ({"channels": 0}, "Its header says that it has 0 channels."),
        ({"channels": 65535}, "Its header says that it has 65535 channels."),
        ({"rate": 0}, "Its header says that it has a sample rate of 0 Hz."),
        ({"rate": 0xFFFFFFFF}, "Its header says that it has a sample rate of 4294967295 Hz."),
    ],
)
def test_a_header_that_can_t_be_true_is_refused(
    pool: ProbePool, tmp_path: Path, changes: dict[str, int], reason: str
) -> None:
    path = tmp_path / "take.wav"

    assert refused(pool, path, wav(path, **changes)) == reason


@pytest.mark.parametrize("format_", [AudioFormat.WAV, AudioFormat.AIFF, AudioFormat.FLAC, AudioFormat.M4A])
def test_a_file_that_is_cut_off_in_the_middle_is_refused(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat
) -> None:
    whole = write_tone(tmp_path / "whole", format_, seconds=1.0).read_bytes()

    reason = refused(pool, tmp_path / f"cut.{format_}", whole[: len(whole) // 2])
    assert "cut off" in reason or "damaged" in reason


@pytest.mark.parametrize("format_", [AudioFormat.WAV, AudioFormat.AIFF, AudioFormat.FLAC])
@pytest.mark.parametrize("missing", [2, 40, 44, 400])
def test_a_file_that_lacks_its_last_bytes_is_told_to_be_cut_off(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat, missing: int
) -> None:
    whole = write_tone(tmp_path / "whole", format_, seconds=1.0).read_bytes()
    cut = tmp_path / f"cut.{format_}"
    cut.write_bytes(whole[:-missing])

    with pytest.raises(DamagedAudioError) as caught:
        pool.probe(cut)
    assert "cut off" in caught.value.reason or "damaged" in caught.value.reason
    with pytest.raises(DamagedAudioError):
        pool.probe(cut, decode=True)


@pytest.mark.parametrize("subtype", ["RF64", "EXTENSIBLE", "FLOAT"])
def test_every_kind_of_wav_that_lacks_its_last_bytes_is_cut_off(
    pool: ProbePool, tmp_path: Path, subtype: str
) -> None:
    whole = write_tone(tmp_path / "whole", AudioFormat.WAV, seconds=1.0, subtype=subtype).read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:-40])

    with pytest.raises(DamagedAudioError):
        pool.probe(tmp_path / "cut.wav")


def test_a_whole_wav_that_counts_its_own_header_as_sound_is_taken(pool: ProbePool, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(wav(path, data=len(wav(path))))

    assert pool.probe(path).duration == 1.0


@pytest.mark.parametrize(
    ("head", "what"), [(b"caff\0\1\0\0", "Core Audio (CAF)"), (b".snd\0\0\0\x18", "Sun audio (AU)")]
)
def test_audio_in_another_format_is_told_as_that_with_what_is_taken(
    pool: ProbePool, tmp_path: Path, head: bytes, what: str
) -> None:
    path = tmp_path / "take.au"
    path.write_bytes(head + bytes(2000))

    with pytest.raises(AudioFormatError) as caught:
        pool.probe(path)
    assert caught.value.reason == (
        f"It's {what}, which the library doesn't take:"
        " it takes WAV, AIFF, FLAC, Ogg Vorbis, Opus, MP3, M4A and AAC."
    )


def test_text_is_no_audio_at_all(pool: ProbePool, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(b"Bass: take 3\n" * 300)

    with pytest.raises(NotAudioError) as caught:
        pool.probe(path)
    assert type(caught.value) is NotAudioError


@pytest.mark.parametrize("format_", list(AudioFormat))
@pytest.mark.parametrize("length", [1, 3, 4, 11, 12, 27, 40])
def test_a_header_that_is_cut_off_is_refused(
    pool: ProbePool, tmp_path: Path, format_: AudioFormat, length: int
) -> None:
    whole = write_tone(tmp_path / "whole", format_, seconds=0.1, rate=48000).read_bytes()

    assert refused(pool, tmp_path / f"cut.{format_}", whole[:length])


def test_a_header_without_sound_is_refused(pool: ProbePool, tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    content = wav(path, data=0, riff=36)

    assert refused(pool, path, content[:44]) == "There is no sound in it."


def test_not_a_number_in_the_samples_gets_no_further(pool: ProbePool, tmp_path: Path) -> None:
    path = write_tone(
        tmp_path / "take.wav", AudioFormat.WAV, seconds=0.5, rate=8000, channels=1, subtype="FLOAT"
    )
    content = bytearray(path.read_bytes())
    begin = content.index(b"data") + 8
    for bucket, value in ((15, float("nan")), (20, float("inf")), (30, float("-inf")), (40, 1e30)):
        struct.pack_into("<f", content, begin + 4 * 40 * bucket, value)
    path.write_bytes(content)

    assert pool.probe(path, decode=True).duration == pytest.approx(0.5)
    peaks = struct.unpack("200b", pool.waveform(path, buckets=100).peaks)
    assert (peaks[30], peaks[31]) != (0, 0)
    assert min(peaks) == -127  # infinity is drawn as full scale, as is 1e30
    assert max(peaks) == 127


@pytest.mark.parametrize("number", [0x7FFF, 0xFFFF, 0x7FFE])
def test_an_aiff_whose_rate_is_no_number_is_refused(pool: ProbePool, tmp_path: Path, number: int) -> None:
    path = write_tone(tmp_path / "take.aiff", AudioFormat.AIFF, seconds=0.2)
    content = bytearray(path.read_bytes())
    struct.pack_into(">H", content, content.index(b"COMM") + 16, number)

    assert "sample rate" in refused(pool, path, bytes(content))


def test_an_aiff_that_counts_more_samples_than_it_has_is_decoded(pool: ProbePool, tmp_path: Path) -> None:
    path = write_tone(tmp_path / "take.aiff", AudioFormat.AIFF, seconds=0.5)
    plain = pool.probe(path)
    content = bytearray(path.read_bytes())
    struct.pack_into(">I", content, content.index(b"COMM") + 10, 1_000_000)
    path.write_bytes(content)

    assert pool.probe(path) == plain


def test_a_file_that_shrinks_or_vanishes_while_it_is_looked_at_harms_nobody(
    pool: ProbePool, tmp_path: Path
) -> None:
    path = tmp_path / "take.wav"
    whole = write_tone(path, AudioFormat.WAV, seconds=2.0).read_bytes()
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            path.write_bytes(whole)
            os.truncate(path, 1000)
            path.unlink()

    changer = threading.Thread(target=change)
    changer.start()
    found = []
    try:
        for _ in range(100):
            with suppress(NotAudioError, FileError):
                found.append(pool.probe(path, decode=True).duration)
    finally:
        stop.set()
        changer.join()

    assert all(0 < duration <= 2.0 for duration in found)
    path.write_bytes(whole)
    assert pool.probe(path, decode=True).duration == pytest.approx(2.0)
