"""Whatever was stored as a bundle is shown for what it is, within limits, and never raises."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from syncsphere_desktop.odb import BundleKind, Limits, Pointer, TrackKind, UnitType, open_bundle
from tests.bundle_maker import BoxOf, bundle, graph, json_graph, sample_bundle, zipped
from tests.odb.small_projects import kind_and_problem, small_project

UNIT, TRACK, BUS, FILE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


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
