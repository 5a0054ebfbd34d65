"""Files made to harm: whatever they are, the pool answers within its limits and then serves the next one."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from syncsphere_desktop.domain.sound import AudioFormat, SoundFacts, Waveform
from syncsphere_desktop.errors import FileError, NotAudioError, ProbeLimitError
from syncsphere_desktop.storage.probing.limits import Limits
from syncsphere_desktop.storage.probing.pool import ProbePool
from tests.audio_corpus import write_tone

SOAK = os.environ.get("SYNCSPHERE_SOAK") == "1"
EXAMPLES = 20_000 if SOAK else 150
KINDS = [
    *((format_, None) for format_ in AudioFormat),
    (AudioFormat.WAV, "EXTENSIBLE"),
    (AudioFormat.WAV, "RF64"),
]
KINDS += [(AudioFormat.WAV, "IMA_ADPCM"), (AudioFormat.AIFF, "AIFC_SOWT"), (AudioFormat.M4A, "ALAC")]


class Seeds(list[bytes]):
    """Sound files to be harmed; told by their number when a test fails."""

    @override
    def __repr__(self) -> str:
        return f"<{len(self)} files>"


@pytest.fixture(scope="module")
def hostile_pool() -> Iterator[ProbePool]:
    with ProbePool(workers=2, limits=Limits(seconds=3.0)) as opened:
        yield opened


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    folder = tmp_path_factory.mktemp("seeds")
    return Seeds(
        write_tone(folder / f"{number}", kind, seconds=0.15, rate=48000, subtype=subtype).read_bytes()
        for number, (kind, subtype) in enumerate(KINDS)
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "take.wav"


Refusal = NotAudioError | ProbeLimitError | FileError


def survive(pool: ProbePool, path: Path, content: bytes) -> list[SoundFacts | Waveform | Refusal]:
    """Look at a file in every way, and return what was found or why it was refused. It must be possible."""
    path.write_bytes(content)
    looks: tuple[Callable[[], SoundFacts | Waveform], ...] = (
        lambda: pool.probe(path),
        lambda: pool.probe(path, decode=True),
        lambda: pool.waveform(path, buckets=64),
    )
    found = [outcome(look) for look in looks]
    for facts in found:
        if isinstance(facts, SoundFacts):
            assert math.isfinite(facts.duration)
            assert facts.duration > 0
            assert facts.sample_rate > 0
            assert facts.channels > 0
        elif isinstance(facts, Waveform):
            assert len(facts.peaks) == 128 * facts.channels
    return found


def outcome(look: Callable[[], SoundFacts | Waveform]) -> SoundFacts | Waveform | Refusal:
    try:
        return look()
    except (NotAudioError, ProbeLimitError, FileError) as error:
        return error


@st.composite
def harm(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Return what shall be done to a file: how, where (mostly in its header), with which bytes."""
    ways = st.sampled_from(["set", "insert", "remove", "cut", "repeat"])
    where = st.one_of(st.floats(0, 0.05), st.floats(0, 1))
    what = st.one_of(
        st.sampled_from([bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1"]),
        st.binary(min_size=1, max_size=48),
    )
    return draw(st.lists(st.tuples(ways, where, what), min_size=1, max_size=8))


def harmed(content: bytes, harms: list[tuple[str, float, bytes]]) -> bytes:
    found = bytearray(content)
    for way, where, what in harms:
        begin = int(where * len(found))
        if way == "set":
            found[begin : begin + len(what)] = what
        elif way == "insert":
            found[begin:begin] = what
        elif way == "remove":
            del found[begin : begin + len(what)]
        elif way == "cut":
            del found[begin:]
        else:
            found[begin:begin] = found[begin : begin + 16 * len(what)]
    return bytes(found)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(which=st.integers(0, len(KINDS) - 1), harms=harm())
def test_a_harmed_file_is_measured_or_refused(
    hostile_pool: ProbePool,
    seeds: Seeds,
    place: Path,
    which: int,
    harms: list[tuple[str, float, bytes]],
) -> None:
    found = survive(hostile_pool, place, harmed(seeds[which], harms))

    # No decoder was brought down, no time or memory ran out, and nothing surprised our own code.
    assert not [error for error in found if isinstance(error, ProbeLimitError)]
    assert "It's damaged beyond understanding." not in [str(error) for error in found]


def compressed_tag() -> bytes:
    """Return an ID3 tag of 0.1 MB with a frame that unpacks to 100 MB."""
    packed = zlib.compress(bytes(100_000_000), 9)
    frame = b"TIT2" + synchsafe(len(packed) + 4) + b"\0\x09" + synchsafe(100_000_000) + packed
    return b"ID3\x04\0\0" + synchsafe(len(frame)) + frame


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def atoms_in_atoms(depth: int) -> bytes:
    sizes = (8 * (depth - level) for level in range(depth))
    inner = b"".join(
        struct.pack(">I4s", size, b"moov" if level == 0 else b"udta") for level, size in enumerate(sizes)
    )
    return b"\0\0\0\x10ftypM4A \0\0\0\0" + inner


def ogg_pages(count: int) -> bytes:
    head = b"OggS\0\x02" + bytes(8) + b"\1\0\0\0" + bytes(8) + b"\1\x1e"
    vorbis = b"\1vorbis" + struct.pack("<IBIiiiBB", 0, 2, 44100, 0, 128000, 0, 0xB8, 1)
    return head + vorbis + (b"OggS\0\0" + bytes(8) + b"\1\0\0\0" + bytes(8) + b"\0") * count


def riff_chunks(count: int) -> bytes:
    return b"RIFF" + struct.pack("<I", 8 * count + 4) + b"WAVE" + b"junk\0\0\0\0" * count


def patched_m4a(m4a: bytes, name: bytes, offset: int, value: bytes) -> bytes:
    place = m4a.rindex(name) + 4 + offset
    return m4a[:place] + value + m4a[place + len(value) :]


ADTS_OF_EIGHT_BYTES = b"\xff\xf1\x50\x80\x01\x1f\xfc\0"
SMALLEST_MP3_FRAME = b"\xff\xe3\x14\xc4" + bytes(68)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda _: compressed_tag() + SMALLEST_MP3_FRAME * 20, id="compressed ID3 frame in MP3"),
        pytest.param(
            lambda _: riff_chunks(3) + b"id3 " + struct.pack("<I", len(compressed_tag())) + compressed_tag(),
            id="compressed ID3 frame in WAV",
        ),
        pytest.param(lambda _: ADTS_OF_EIGHT_BYTES * 60_000, id="tiny frames of AAC"),
        pytest.param(lambda _: SMALLEST_MP3_FRAME * 60_000, id="tiny frames of MP3"),
        pytest.param(lambda _: b"\xff\xfb" * 500_000, id="beginnings of MP3 frames"),
        pytest.param(lambda _: b"\xff" * 1_000_000, id="nothing but ones"),
        pytest.param(lambda _: atoms_in_atoms(50_000), id="nested MP4 atoms"),
        pytest.param(
            lambda _: b"\0\0\0\x10ftypM4A \0\0\0\0" + b"\0\0\0\x08free" * 200_000, id="many MP4 atoms"
        ),
        pytest.param(lambda _: ogg_pages(100_000), id="empty Ogg pages"),
        pytest.param(lambda _: riff_chunks(1_000_000), id="empty RIFF chunks"),
        pytest.param(
            lambda seeds: patched_m4a(seeds[6], b"stsz", 4, b"\0\0\0\1\xff\xff\xff\xff"),
            id="4 billion MP4 samples",
        ),
        pytest.param(
            lambda seeds: patched_m4a(seeds[6], b"stts", 8, b"\xff" * 8), id="4 billion times in MP4"
        ),
        pytest.param(
            lambda seeds: seeds[2][:18] + b"\x0b\xb8\x02\xff" + b"\xff" * 4 + seeds[2][26:],
            id="FLAC of 200 hours",
        ),
        pytest.param(
            lambda seeds: seeds[2][:4] + b"\x06\xff\xff\xff" + seeds[2][8:], id="FLAC picture of 16 MB"
        ),
    ],
)
def test_a_known_killer_is_refused_or_measured_within_its_limits(
    hostile_pool: ProbePool, seeds: Seeds, place: Path, content: Callable[[Seeds], bytes]
) -> None:
    survive(hostile_pool, place, content(seeds))

    place.write_bytes(seeds[0])
    assert hostile_pool.probe(place).duration == pytest.approx(0.15)


def test_hostile_files_beside_good_ones_change_nothing_for_them(
    hostile_pool: ProbePool, seeds: Seeds, tmp_path: Path
) -> None:
    good = tmp_path / "good.wav"
    good.write_bytes(seeds[0])
    bad = tmp_path / "bad.m4a"
    bad.write_bytes(patched_m4a(seeds[6], b"stsz", 4, b"\0\0\0\1\xff\xff\xff\xff"))

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda path: outcome(lambda: hostile_pool.probe(path)), [good, bad] * 15))

    assert len({str(facts) for facts in found[0::2]}) == 1
    assert isinstance(found[0], SoundFacts)


def test_a_large_picture_in_the_tags_does_no_harm(hostile_pool: ProbePool, seeds: Seeds, place: Path) -> None:
    picture = b"\xff\xd8\xff\xe0" + os.urandom(10_000_000)
    mp3 = seeds[list(AudioFormat).index(AudioFormat.MP3)]
    frame = b"APIC" + synchsafe(len(picture) + 14) + b"\0\0" + b"\0image/jpeg\0\3\0" + picture
    place.write_bytes(mp3)
    plain = hostile_pool.probe(place)
    place.write_bytes(b"ID3\x04\0\0" + synchsafe(len(frame)) + frame + mp3[mp3.index(b"\xff\xfb") :])

    assert hostile_pool.probe(place) == plain
