"""Contents that are odd but no danger: names, lengths, samples, descriptions, sources that fail."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from syncsphere_desktop.errors import BundleError, FileError
from syncsphere_desktop.odb import BundleKind, Limits, Pointer, open_bundle
from syncsphere_desktop.odb.values import BinaryFields, JsonFields
from tests.bundle_maker import BoxOf, bundle, fields, graph, sample_bundle, zipped
from tests.odb.small_projects import small_project

UNIT, TRACK, BUS, FILE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def test_an_automation_lane_names_the_device_it_drives() -> None:
    effect, synth = UUID(int=20), UUID(int=21)

    def lane(number: int, target: Pointer) -> BoxOf:
        values: dict[int, object] = {1: Pointer(UNIT, (20,)), 2: target, 10: number, 11: 3}
        return BoxOf("TrackBox", UUID(int=30 + number), values)

    boxes = [
        BoxOf("AudioUnitBox", UNIT, {1: "instrument", 11: 0}),
        BoxOf("VaporisateurDeviceBox", synth, {1: Pointer(UNIT, (22,)), 2: "Bass", 3: "Icon"}),
        BoxOf("DelayDeviceBox", effect, {1: Pointer(UNIT, (23,)), 2: 0, 3: "Echo"}),
        *(lane(key - 12, Pointer(UNIT, (key,))) for key in (12, 13, 14, 15)),
        lane(4, Pointer(effect, (14,))),
        lane(5, Pointer(synth, (14,))),
        lane(6, Pointer(UNIT, (99,))),
        lane(7, Pointer(uuid4(), (12,))),
    ]

    names = [track.name for track in open_bundle(graph(boxes)).contents.tracks]

    assert names == [
        *("Bass: volume", "Bass: panning", "Bass: mute", "Bass: solo"),
        *("Bass: Echo", "Bass: Bass", "Bass", "Bass"),
    ]


def test_boxes_with_one_uuid_are_told_and_the_first_counts() -> None:
    boxes = [
        BoxOf("AudioFileBox", FILE, {3: "first.wav"}),
        BoxOf("AudioFileBox", FILE, {3: "second.wav"}),
    ]

    found = open_bundle(graph(boxes))

    assert len(found.graph.boxes) == 2
    assert [sample.name for sample in found.contents.samples] == ["first.wav"]
    assert found.warnings == ("1 box has the UUID of another one.",)


def test_lengths_in_seconds_are_read_from_files_of_both_generations() -> None:
    for end in (30, 30.0):
        found = open_bundle(graph([BoxOf("AudioFileBox", FILE, {1: 0, 2: end, 3: "take.wav"})]))
        assert found.contents.samples[0].duration == 30


def test_samples_of_the_zip_and_of_the_graph_are_joined() -> None:
    alone, absent = UUID(int=40), UUID(int=41)
    project = graph([BoxOf("AudioFileBox", FILE, {3: ""}), BoxOf("AudioFileBox", absent, {3: "gone.wav"})])
    found = open_bundle(
        bundle(
            project,
            extra={
                f"samples/{FILE}/audio.wav": b"abcd",
                f"samples/{FILE}/meta.json": b'{"name": "named beside it.wav", "bpm": NaN, "duration": true}',
                f"samples/{alone}/audio.wav": b"xyz",
                f"samples/{alone}/peaks.bin": b"",
                f"soundfonts/{BUS}/soundfont.sf2": b"12345",
            },
        )
    )

    assert [(s.name, s.bytes, s.in_project) for s in found.contents.samples] == [
        ("named beside it.wav", 4, True),
        ("gone.wav", None, True),
        ("", 3, False),
    ]
    assert found.contents.soundfonts == {BUS: 5}
    assert found.warnings == ()
    meta = found.sample_meta(FILE)
    assert (meta.bpm, meta.duration) == (None, None)
    with pytest.raises(BundleError, match="no entry"):
        found.sample_meta(alone)
    with pytest.raises(BundleError, match="no entry"):
        found.open_sample(absent)


def test_the_broadcasting_token_is_never_kept() -> None:
    meta = {"name": "Song", "radioToken": "hunter2", "notepad": "note", "tags": ["a", 1, None]}
    found = open_bundle(bundle(small_project(), meta=meta))

    assert found.meta is not None
    assert (found.meta.name, found.meta.notepad, found.meta.tags) == ("Song", "note", ("a",))
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("meta", [b"", b"[]", b"{", b"\xff\xfe", b'{"name": 3}', b'{"name": "\\ud800"}'])
def test_a_description_that_is_none_costs_nothing_else(meta: bytes) -> None:
    data = zipped({"version": b"1", "uuid": b"short", "project.od": small_project(), "meta.json": meta})
    found = open_bundle(data)

    assert len(found.contents.units) == 1
    assert "The project's UUID has 5 bytes instead of 16." in found.warnings
    if found.meta is not None:
        assert found.meta.name in {None, "\N{REPLACEMENT CHARACTER}"}


def test_the_cover_is_read_within_its_limit() -> None:
    data = bundle(small_project(), extra={"image.bin": b"\xff\xd8picture"})

    assert open_bundle(data).image() == b"\xff\xd8picture"
    with pytest.raises(BundleError, match="at most 5"):
        open_bundle(data, replace(Limits(), image=5)).image()


def test_what_is_no_zip_has_no_entries_to_open() -> None:
    bare = open_bundle(small_project())

    assert bare.image() is None
    for ask in (bare.open_sample, bare.sample_meta):
        with pytest.raises(BundleError):
            ask(FILE)
    with pytest.raises(BundleError):
        bare.open_entry("version")


class Failing(io.BytesIO):
    """A file on a disk that fails as soon as it is read beyond its head."""

    def __init__(self, data: bytes, read: Callable[[int], None]) -> None:
        super().__init__(data)
        self._before = read

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        self._before(self.tell())
        return super().read(size)


def test_a_disk_that_fails_is_no_damage_of_the_bundle() -> None:
    def fail(at: int) -> None:
        if at:
            raise OSError(5, "Input/output error")

    with pytest.raises(FileError, match="Input/output error"):
        open_bundle(Failing(sample_bundle("v1"), fail))


def test_an_error_of_the_source_reaches_whoever_asked() -> None:
    class GoneError(Exception):
        pass

    def fail(at: int) -> None:
        if at:
            raise GoneError

    with pytest.raises(GoneError):
        open_bundle(Failing(sample_bundle("v1"), fail))


def test_a_file_that_shrinks_while_it_is_read_is_damaged() -> None:
    data = sample_bundle("v1")
    file = Failing(data, lambda _at: None)

    def shrink(at: int) -> None:
        if at > 100:
            file.truncate(at)

    file._before = shrink
    assert open_bundle(file).kind is BundleKind.DAMAGED


def test_values_that_have_another_shape_are_none() -> None:
    data = fields({1: 5, 2: "text", 3: True, 4: b"", 5: b"\0\0\0\2ab", 6: {1: 1}, 7: b"odd", 8: 0.5, 9: -1})
    found = BinaryFields(data, 0, len(data))

    assert [found.value(key) for key in (1, 2, 3, 4, 5, 8, 9, 99)] == [
        *(5, "text", True, None, b"ab", 0.5, -1, None)
    ]
    assert found.value(7) == b"odd"
    assert (found.payload(7), found.payload(10)) == (b"odd", None)
    group = found.group(6)
    assert group is not None
    assert group.integer(1) == 1
    for ask in (found.integer, found.number, found.flag, found.text, found.pointer, found.group):
        assert ask(99) is None
        assert ask(7) is None
    assert BinaryFields(b"FLDS", 0, 4).damaged
    assert BinaryFields(struct.pack(">4sh", b"FLDS", -4), 0, 6).damaged


def test_json_values_that_have_another_shape_are_none() -> None:
    target = f"{UNIT}/20"
    values = {"1": 5, "2": "text", "3": True, "4": None, "6": {"1": 1}, "8": 0.5, "x": 1, "9": target}
    found = JsonFields({**values, "10": f"{UNIT}/x", "11": "x" * 36, "12": float("inf")})

    assert found.keys() == (1, 2, 3, 4, 6, 8, 9, 10, 11, 12)
    assert (found.integer(1), found.number(8), found.flag(3), found.text(2)) == (5, 0.5, True, "text")
    assert found.pointer(9) == found.value(9) == Pointer(UNIT, (20,))
    assert (found.value(1), found.value(2), found.value(4)) == (5, "text", None)
    group = found.value(6)
    assert isinstance(group, JsonFields)
    assert group.integer(1) == 1
    for ask in (found.integer, found.number, found.flag, found.text, found.pointer, found.group):
        assert ask(99) is None
    assert (found.integer(3), found.number(3), found.number(12)) == (None, None, None)
    assert (found.pointer(10), found.pointer(11)) == (None, None)
    assert JsonFields([]).damaged


def test_a_silent_take_is_read_as_a_stream_however_small_it_is_packed() -> None:
    sample = UUID(int=77)
    silence = bytes(8 << 20)
    data = bundle(small_project(), extra={f"samples/{sample}/audio.wav": silence})
    opened = open_bundle(data)
    with opened.open_sample(sample) as stream:
        assert stream.read() == silence


def test_a_stream_that_claims_more_than_any_take_has_is_refused() -> None:
    sample = UUID(int=77)
    data = bundle(small_project(), extra={f"samples/{sample}/audio.wav": bytes(2048)})
    with pytest.raises(BundleError, match="at most 1,024 are read"):
        open_bundle(data, Limits(stream=1024)).open_sample(sample)
