"""Whatever was stored as a bundle is shown for what it is, within limits, and never raises."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from typing_extensions import override

from syncsphere_desktop.errors import BundleError, FileError
from syncsphere_desktop.odb import BundleKind, Limits, Pointer, TrackKind, UnitType, open_bundle
from syncsphere_desktop.odb.values import BinaryFields, JsonFields
from tests.bundle_maker import BoxOf, bundle, fields, graph, json_graph, sample_bundle, zipped

UNIT, TRACK, BUS, FILE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def small_project(**values: dict[int, object]) -> bytes:
    """One unit with one track; `unit` and `track` change their fields."""
    unit: dict[int, object] = {1: "instrument", 11: 0, **values.get("unit", {})}
    track: dict[int, object] = {1: Pointer(UNIT, (20,)), 10: 0, 11: 1, **values.get("track", {})}
    return graph([BoxOf("AudioUnitBox", UNIT, unit), BoxOf("TrackBox", TRACK, track)])


def kind_and_problem(data: bytes, limits: Limits | None = None) -> tuple[BundleKind, str | None]:
    found = open_bundle(data, limits or Limits())
    return found.kind, found.problem


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"", BundleKind.EMPTY, "empty"),
        (b"x", BundleKind.FOREIGN, "neither"),
        (b"OPE", BundleKind.FOREIGN, "neither"),
        (b"RIFF" + bytes(100), BundleKind.FOREIGN, "neither"),
        (b"OPEN", BundleKind.DAMAGED, "before its first box"),
        (b"OPEN" + bytes(8), BundleKind.DAMAGED, "before its first box"),
        (b"PK\3\4" + bytes(40), BundleKind.DAMAGED, "cut off, or damaged"),
        (zipped({"readme.txt": b"hello"}), BundleKind.FOREIGN, "without a project"),
        (bundle(None), BundleKind.DAMAGED, "no entry “project.od”"),
        (bundle(b""), BundleKind.DAMAGED, "does not begin with OPEN"),
        (bundle(b"nonsense"), BundleKind.DAMAGED, "does not begin with OPEN"),
        (bundle(sample_bundle("v1")), BundleKind.DAMAGED, "does not begin with OPEN"),
        (bundle(graph([]), version=b"2"), BundleKind.NEWER, "version 2; this app reads version 1"),
        (bundle(graph([]), version=b""), BundleKind.NEWER, "reads version 1"),
        (bundle(graph([]), version=b"\0\xff\x1b[2J"), BundleKind.NEWER, "reads version 1"),
        (bundle(graph([], version=3)), BundleKind.NEWER, "format version 3"),
        (graph([], version=3), BundleKind.NEWER, "format version 3"),
        (graph([], version=-1), BundleKind.NEWER, "format version -1"),
        (json_graph({}, version=3), BundleKind.NEWER, "format version 3"),
        (json_graph({}), BundleKind.DAMAGED, "without any box"),
        (json_graph(b"{"), BundleKind.DAMAGED, "no JSON"),
        (json_graph(b"[" * 100_000), BundleKind.DAMAGED, "no JSON"),
        (json_graph(b"[" + b"1," * 2_000_000 + b"1]"), BundleKind.DAMAGED, "too many items"),
        (json_graph(b'{"a":' + b"9" * 1_000_000 + b"}"), BundleKind.DAMAGED, "without any box"),
        (json_graph({})[:-1], BundleKind.DAMAGED, "should be 2 bytes long"),
        (graph([], claimed=2**31 - 1), BundleKind.DAMAGED, "claims 2,147,483,647 boxes"),
        (graph([], claimed=-(2**31)), BundleKind.DAMAGED, "claims 2,147,483,648 boxes"),
        (graph([], claimed=5), BundleKind.DAMAGED, "after 0 of its 5 boxes"),
        (graph([b""], claimed=2), BundleKind.DAMAGED, "after 1 of its 2 boxes"),
    ],
)
def test_odd_bytes_are_shown_for_what_they_are(data: bytes, kind: BundleKind, said: str) -> None:
    found = open_bundle(data)

    assert found.kind is kind
    assert said in (found.problem or "")
    assert found.size == len(data)


def test_a_bundle_cut_at_every_4_kb_is_damaged() -> None:
    data = sample_bundle("v2")
    for length in range(4096, len(data), 4096):
        kind, problem = kind_and_problem(data[:length])
        assert kind is BundleKind.DAMAGED
        assert problem == "It is a ZIP without its end or its directory: cut off, or damaged."


def test_a_graph_cut_anywhere_gives_the_boxes_before_the_cut() -> None:
    with zipfile.ZipFile(io.BytesIO(sample_bundle("v1"))) as archive:
        data = archive.read("project.od")
    whole = open_bundle(data).graph.boxes
    for length in range(16, len(data), 97):
        found = open_bundle(data[:length])
        assert found.kind is BundleKind.DAMAGED
        told = [box.uuid for box in found.graph.boxes]
        assert told == [box.uuid for box in whole[: len(told)]]
        assert "bytes long" in (found.problem or "")


def test_what_is_said_of_a_newer_bundle_is_no_guess() -> None:
    found = open_bundle(bundle(small_project(), version=b"2"))

    assert (found.version, found.graph.boxes, found.contents.units, found.meta) == ("2", (), (), None)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = bundle(b"OPEN" + bytes(60 << 20))
    tracemalloc.start()
    kind, problem = kind_and_problem(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (kind, peak < 16 << 20) == (BundleKind.DAMAGED, True)
    assert problem == "“project.od” claims to be 250 times larger than packed."


def test_a_graph_larger_than_the_limit_is_not_read() -> None:
    limits = replace(Limits(), graph=1000)
    data = graph([BoxOf("X", uuid4(), {1: "a" * 1000})])

    assert (
        kind_and_problem(data, limits)[1] == f"The project has {len(data):,} bytes; at most 1,000 are read."
    )
    assert "at most 1,000 are read" in (kind_and_problem(bundle(data), limits)[1] or "")


def test_an_entry_that_unpacks_to_more_than_it_claims_is_cut_and_refused() -> None:
    data = bytearray(bundle(small_project()))
    size = len(small_project())
    at = data.index(b"PK\1\2")
    at = data.index(struct.pack("<I", size), at)
    data[at : at + 4] = struct.pack("<I", size - 10)

    assert kind_and_problem(bytes(data)) == (BundleKind.DAMAGED, "“project.od” is damaged.")


def test_too_many_entries_are_not_listed() -> None:
    data = bundle(small_project(), extra={f"{number}": b"" for number in range(60)})

    kind, problem = kind_and_problem(data, replace(Limits(), entries=50))

    assert (kind, problem) == (BundleKind.DAMAGED, "It has 64 entries; at most 50 are read.")


def test_a_directory_that_claims_to_be_huge_is_not_read() -> None:
    data = bundle(small_project()) + bytes(5 << 20)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 60000, 60000, 5 << 20, 400, 0)

    kind, problem = kind_and_problem(data + end)

    assert kind is BundleKind.DAMAGED
    assert "directory claims" in (problem or "")


def test_entries_that_lead_out_or_come_twice_are_told_and_not_followed() -> None:
    target = io.BytesIO(bundle(small_project(), extra={"../../etc/passwd": b"x", "C:\\evil": b"y"}))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("meta.json", b'{"name": "The other"}')

    found = open_bundle(target.getvalue())

    assert found.kind is BundleKind.BUNDLE
    assert found.warnings == (
        "A name is there more than once: “meta.json”.",
        "A path leads out of the bundle, and is not followed: “../../etc/passwd” and 1 more.",
        "It holds other files too: 2.",
    )


def test_overlapping_entries_are_told() -> None:
    data = bytearray(bundle(small_project(), extra={"a": b"x" * 100, "b": b"x" * 100}))
    first = data.index(b"PK\1\2")
    offsets = [at + 42 for at in range(first, len(data)) if data[at : at + 4] == b"PK\1\2"]
    data[offsets[-1] : offsets[-1] + 4] = data[offsets[-2] : offsets[-2] + 4]

    assert "Some of its entries overlap, which no honest bundle has." in open_bundle(bytes(data)).warnings


def test_an_encrypted_bundle_is_told() -> None:
    data = bytearray(bundle(small_project()))
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)

    found = open_bundle(bytes(data))

    assert (found.kind, found.problem) == (BundleKind.DAMAGED, "“project.od” is encrypted.")
    assert "Some of it is encrypted." in found.warnings


def test_an_entry_without_a_name_is_just_another_one() -> None:
    data = bytearray(bundle(small_project(), extra={"x": b""}))
    for signature, lengths, name in ((b"PK\1\2", 28, 46), (b"PK\3\4", 26, 30)):
        at = data.rindex(signature)
        data[at + lengths] = 0
        del data[at + name]
    end = data.rindex(b"PK\5\6")
    data[end + 12] -= 1
    data[end + 16 : end + 20] = struct.pack("<I", data.index(b"PK\1\2"))

    found = open_bundle(bytes(data))

    assert (found.kind, found.warnings) == (BundleKind.BUNDLE, ("It holds other files too: 1.",))


def test_another_way_of_packing_is_told() -> None:
    data = zipped({"version": b"1", "project.od": small_project()}, zipfile.ZIP_LZMA)

    assert "packed by a method" in (open_bundle(data).problem or "")


def test_a_wrong_checksum_is_damage() -> None:
    data = bytearray(zipped({"version": b"1", "project.od": small_project()}, zipfile.ZIP_STORED))
    at = data.index(b"instrument".decode().encode("utf-16-be"))
    data[at + 1] ^= 1

    assert kind_and_problem(bytes(data)) == (BundleKind.DAMAGED, "“project.od” is damaged.")


def test_boxes_that_are_none_are_counted_and_the_others_read() -> None:
    good = BoxOf("AudioUnitBox", UNIT, {1: "bus", 11: 3})
    short, long_name = b"\0" * 20, struct.pack(">ii", 0, 2**31 - 1) + bytes(60)
    broken = BoxOf("TrackBox", TRACK, {1: Pointer(UNIT, (20,))}).bytes(0)[:-3]
    found = open_bundle(graph([short, good, long_name, broken]))

    assert found.kind is BundleKind.GRAPH
    assert [unit.type for unit in found.contents.units] == [UnitType.BUS]
    assert found.warnings == (
        "2 of its 4 boxes can't be read.",
        "1 box has fields that can't be read.",
        "1 track belongs to no unit.",
    )


def test_more_fields_than_the_limit_end_the_reading() -> None:
    boxes = [BoxOf("X", uuid4(), dict.fromkeys(range(50), b"")) for _ in range(10)]

    found = open_bundle(graph(boxes), replace(Limits(), fields=120))

    assert (found.kind, len(found.graph.boxes)) == (BundleKind.DAMAGED, 3)
    assert "more than 120 fields" in (found.problem or "")


def test_pointers_to_nowhere_and_cycles_lead_to_nothing() -> None:
    boxes = [
        BoxOf("AudioUnitBox", UNIT, {1: "weird", 2: Pointer(UNIT, (20,)), 11: -5}),
        BoxOf("TrackBox", TRACK, {1: Pointer(UNIT, (20,)), 2: Pointer(TRACK), 10: 1, 11: 3}),
        BoxOf("TrackBox", UUID(int=9), {1: Pointer(UUID(int=9), (20,)), 11: 77}),
        BoxOf("AudioBusBox", BUS, {2: Pointer(BUS, (22,)), 6: "loop"}),
        BoxOf("AudioRegionBox", UUID(int=10), {1: Pointer(UNIT, (3,)), 2: Pointer(uuid4()), 10: 5}),
        BoxOf("NoteRegionBox", UUID(int=11), {1: None}),
    ]
    found = open_bundle(graph(boxes))

    (unit,) = found.contents.units
    assert (unit.type, unit.name, unit.index) == (UnitType.UNKNOWN, "Unknown", -5)
    assert [(track.kind, track.drives) for track in unit.tracks] == [(TrackKind.AUTOMATION, "Track")]
    assert [region.track for region in found.contents.regions] == [None, None]
    assert found.warnings == (
        "1 track belongs to no unit.",
        "2 regions belong to no track.",
        "1 audio region has no audio file.",
    )


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
