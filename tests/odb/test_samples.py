"""Bundles that openDAW's own library made give what that library reports of them."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from syncsphere_desktop.odb import Bundle, BundleKind, Fields, Pointer, TrackKind, UnitType, open_bundle
from tests.bundle_maker import VERSIONS, published_graph, sample_bundle


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def opened(version: str) -> Bundle:
    return open_bundle(sample_bundle(version))


def as_published(fields: Fields, key: int, expected: object) -> object:
    """The field as the type that the library reports it in; JSON tells no float of 2 from an integer of 2."""
    if isinstance(expected, bool):
        return fields.flag(key)
    if isinstance(expected, int | float):
        number = fields.number(key)
        return None if number is None else float(number)
    if isinstance(expected, dict):
        group = fields.group(key)
        return group and {name: as_published(group, int(name), value) for name, value in expected.items()}
    pointer = fields.pointer(key)
    return fields.text(key) if pointer is None else str(pointer)


def as_float32(expected: object) -> object:
    """The library reports some floats in fewer digits than they have."""
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        return struct.unpack(">f", struct.pack(">f", expected))[0]
    if isinstance(expected, dict):
        return {name: as_float32(value) for name, value in expected.items()}
    return expected


def test_every_box_has_its_uuid_and_class(version: str, opened: Bundle) -> None:
    found = {str(box.uuid): box.name for box in opened.graph.boxes}

    assert found == {uuid: box["name"] for uuid, box in published_graph(version).items()}
    assert sorted(box.index for box in opened.graph.boxes) == list(range(len(found)))
    assert opened.problem is None
    assert opened.warnings == ()


def test_every_scalar_and_pointer_has_its_value(version: str, opened: Bundle) -> None:
    published = published_graph(version)
    compared = 0
    for box in opened.graph.boxes:
        fields = box.fields
        assert not fields.damaged
        told = published[str(box.uuid)]["fields"]
        assert isinstance(told, dict)
        for key, expected in told.items():
            if isinstance(expected, list):
                continue  # elements stand one after the other, and only openDAW's schema says how many
            assert as_published(fields, int(key), expected) == as_float32(expected), f"{box} {key}"
            compared += 1
    assert compared > 200


def test_fields_that_were_not_published_lead_nowhere(version: str, opened: Bundle) -> None:
    published = published_graph(version)
    for box in opened.graph.boxes:
        told = published[str(box.uuid)]["fields"]
        assert isinstance(told, dict)
        for key in set(box.fields.keys()) - {int(key) for key in told}:
            assert box.fields.pointer(key) is None
            assert not box.fields.value(key)


def test_units_have_the_names_that_people_gave_them(opened: Bundle) -> None:
    assert [(unit.name.removesuffix(" (doubled)"), unit.type) for unit in opened.contents.units] == [
        ("Lead Synth", UnitType.INSTRUMENT),
        ("Drums", UnitType.INSTRUMENT),
        ("Vocals — Łucja 🎤", UnitType.INSTRUMENT),
        ("Reverb Bus", UnitType.AUX),
        ("Output", UnitType.OUTPUT),
    ]
    lead, _, _, reverb, output = opened.contents.units
    assert (lead.device, lead.icon, lead.volume, lead.mute) == ("Vaporisateur", "Vaporisateur", 0, False)
    assert (reverb.colour, reverb.tracks) == ("hsl(31, 100%, 73%)", ())
    assert output.icon == "SpeakerHeadphone"


def test_an_automation_lane_says_what_it_drives() -> None:
    tracks = open_bundle(sample_bundle("v2")).contents.tracks

    assert [(track.row, track.index, track.name, track.kind) for track in tracks] == [
        (0, 0, "Lead Synth (doubled)", TrackKind.NOTES),
        (1, 1, "Lead Synth (doubled): volume", TrackKind.AUTOMATION),
        (2, 0, "Drums", TrackKind.NOTES),
        (3, 0, "Vocals — Łucja 🎤", TrackKind.AUDIO),
    ]


def test_regions_samples_and_tempo_are_read(version: str, opened: Bundle) -> None:
    contents = opened.contents
    audio, notes = contents.regions
    (sample,) = contents.samples

    assert (audio.label, audio.kind, audio.duration, audio.sample) == (
        "Vox take 1",
        TrackKind.AUDIO,
        2.0,
        sample.uuid,
    )
    assert (notes.label, notes.kind, notes.position, notes.duration) == (
        "Verse lead",
        TrackKind.NOTES,
        0,
        15360,
    )
    assert (sample.name, sample.bytes, sample.duration) == ("vox take 1.wav", 768044, 2.0)
    assert sample.in_bundle
    assert sample.in_project
    assert contents.tempo == {"v1": 118.0, "v2": 122.0}[version]
    assert contents.signature == (4, 4)


def test_the_description_is_read(opened: Bundle) -> None:
    assert opened.kind is BundleKind.BUNDLE
    assert opened.version == "1"
    assert str(opened.uuid) == "7f3c0c52-5a8e-4c7e-9b53-2f6d3a1e9c01"
    meta = opened.meta
    assert meta is not None
    assert (meta.name, meta.artist, meta.tags) == ("Midnight Session", "SyncSphere QA", ("test", "démo"))


def test_a_sample_is_read_when_it_is_asked_for(opened: Bundle) -> None:
    (sample,) = opened.contents.samples
    with opened.open_sample(sample.uuid) as audio:
        assert len(audio.read()) == sample.bytes
    meta = opened.sample_meta(sample.uuid)
    assert (meta.name, meta.duration, meta.sample_rate) == ("vox take 1.wav", 2, 48000)
    assert opened.image() is None


def test_a_bare_graph_gives_the_same_music(version: str, opened: Bundle) -> None:
    with zipfile.ZipFile(io.BytesIO(sample_bundle(version))) as archive:
        project = archive.read("project.od")

    for data in (project, project + bytes(80)):  # files of 2025 have a trailer
        bare = open_bundle(data)

        assert (bare.kind, bare.problem, bare.warnings) == (BundleKind.GRAPH, None, ())
        assert bare.contents.units == opened.contents.units
        assert bare.contents.regions == opened.contents.regions
        assert not bare.contents.samples[0].in_bundle
        assert bare.meta is not None
        assert (bare.meta.name, bare.meta.artist) == ("Midnight Session", "SyncSphere QA")


def test_a_json_graph_gives_the_same_units(version: str, opened: Bundle) -> None:
    from tests.bundle_maker import bundle, json_graph

    published = published_graph(version)
    listed = [{"uuid": uuid, **box} for uuid, box in published.items()]
    for document in (published, {"boxes": listed}, {"boxes": published}, listed):
        found = open_bundle(bundle(json_graph(document)))

        assert (found.kind, found.problem) == (BundleKind.JSON_BUNDLE, None)
        assert [(unit.uuid, unit.name, unit.tracks) for unit in found.contents.units] == [
            (unit.uuid, unit.name, unit.tracks) for unit in opened.contents.units
        ]
        assert found.contents.tempo == opened.contents.tempo
        assert {str(box.uuid): box.name for box in found.graph.boxes} == {
            uuid: box["name"] for uuid, box in published.items()
        }


def test_a_pointer_is_written_as_it_is_published() -> None:
    assert str(Pointer(open_bundle(sample_bundle("v1")).graph.boxes[0].uuid, (1, 20))).endswith("/1/20")
