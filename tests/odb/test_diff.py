"""What differs between two bundles: told by UUID, by content where UUIDs were made anew, in musical words."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.odb import Pointer, open_bundle
from syncsphere_desktop.odb.diff import BundleDiff, ParagraphKind, compare, describe
from syncsphere_desktop.odb.diff.matching import both, match, moved
from tests.bundle_maker import BoxOf, bundle, graph, sample_bundle

_BAR = 3840


@dataclass(frozen=True)
class Song:
    """A small song whose parts a test changes. `salt` makes every UUID anew."""

    salt: str = ""
    tempo: float = 120.0
    beats: int = 4
    units: tuple[str, ...] = ("Bass", "Drums", "Vox")
    volume: float = -3.0
    panning: float = 0.0
    mute: bool = False
    label: str = "Verse"
    at: int = 0
    length: int = _BAR
    region_unit: str = "Bass"
    notes: tuple[tuple[int, int], ...] = ((0, 60), (960, 62), (1920, 64))
    automated: tuple[str, ...] = ()
    sample: str = "take 1.wav"
    waveform: int = 1
    extra: tuple[str, ...] = field(default=())

    def uuid(self, name: str) -> UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, self.salt + name)

    def data(self) -> bytes:
        boxes: list[BoxOf] = sorted(self._boxes(), key=lambda box: box.uuid.bytes)
        return graph(boxes)

    def _boxes(self) -> Iterator[BoxOf]:
        signature = {1: self.beats, 2: 4}
        yield BoxOf("TimelineBox", self.uuid("timeline"), {10: signature, 31: self.tempo})
        for index, name in enumerate(self.units):
            yield from self._unit(name, index)
        track = self.uuid(f"track {self.region_unit}")
        collection = self.uuid("events")
        yield BoxOf("NoteEventCollectionBox", collection, {})
        yield BoxOf(
            "NoteRegionBox",
            self.uuid("region"),
            {
                1: Pointer(track, (3,)),
                2: Pointer(collection, (2,)),
                10: self.at,
                11: self.length,
                16: self.label,
            },
        )
        for number, (position, pitch) in enumerate(self.notes):
            yield BoxOf(
                "NoteEventBox",
                self.uuid(f"note {number}"),
                {1: Pointer(collection, (1,)), 10: position, 11: 480, 20: pitch},
            )
        yield BoxOf("AudioFileBox", self.uuid("sample"), {1: 0.0, 2: 2.0, 3: self.sample})
        for name in self.extra:
            yield BoxOf(name, self.uuid(name), {1: 1})

    def _unit(self, name: str, index: int) -> Iterator[BoxOf]:
        unit = self.uuid(f"unit {name}")
        mixer = {12: self.volume, 13: self.panning, 14: self.mute} if name == "Bass" else {12: -6.0}
        yield BoxOf("AudioUnitBox", unit, {1: "instrument", 11: index, **mixer})
        yield BoxOf(
            "VaporisateurDeviceBox",
            self.uuid(f"device {name}"),
            {1: Pointer(unit, (22,)), 2: name, 10: self.waveform},
        )
        yield BoxOf("TrackBox", self.uuid(f"track {name}"), {1: Pointer(unit, (20,)), 10: 0, 11: 1})
        if name in self.automated:
            target = {2: Pointer(unit, (12,))}
            yield BoxOf(
                "TrackBox", self.uuid(f"lane {name}"), {1: Pointer(unit, (20,)), **target, 10: 1, 11: 3}
            )


def difference(before: Song, after: Song) -> BundleDiff:
    return compare(open_bundle(before.data()), open_bundle(after.data()))


def told(before: Song, after: Song) -> list[str]:
    return [paragraph.text for paragraph in describe(difference(before, after))]


# --- what each change is called ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tempo": 122.5}, "Project: tempo 120 → 122.5 bpm"),
        ({"beats": 3}, "Project: time signature 4/4 → 3/4"),
        ({"volume": -1.5}, "Bass: volume −3.0 → −1.5 dB"),
        ({"panning": -0.25}, "Bass: panning centre → 25% left"),
        ({"mute": True}, "Bass: muted"),
        ({"at": 4 * _BAR}, "Bass: 1 region moved"),
        ({"length": 2 * _BAR}, "Bass: 1 region changed in length"),
        ({"label": "Chorus"}, "Bass: 1 region renamed"),
        ({"region_unit": "Vox"}, "Vox: 1 region moved to another track, 3 notes added"),
        ({"notes": ((0, 60), (960, 62), (1920, 64), (2880, 65))}, "Bass: 1 note added"),
        ({"notes": ((0, 60), (960, 62))}, "Bass: 1 note removed"),
        ({"notes": ((0, 60), (960, 62), (1920, 67))}, "Bass: 1 note changed"),
        ({"automated": ("Drums",)}, "Drums: automation of volume added"),
        ({"sample": "take 2.wav"}, "Project: 1 sample changed"),
        ({"waveform": 2}, "Bass: settings of Vaporisateur “Bass” changed"),
        ({"units": ("Bass", "Drums", "Vox", "Keys")}, "Keys: added with 1 track"),
        ({"units": ("Bass", "Drums")}, "Vox: removed with 1 track"),
        ({"units": ("Vox", "Bass", "Drums")}, "Vox: moved in the mixer"),
    ],
)
def test_each_change_is_told_in_musical_words(change: dict[str, object], sentence: str) -> None:
    changed = replace(Song(), **change)  # type: ignore[arg-type]  # the fields are of many types
    assert sentence in told(Song(), changed)


def test_what_was_pushed_aside_by_something_new_has_not_moved() -> None:
    sentences = told(Song(), replace(Song(), units=("Keys", "Bass", "Drums", "Vox")))
    assert sentences == ["Keys: added with 1 track"]


def test_details_name_regions_and_places_in_bars() -> None:
    (paragraph,) = describe(difference(Song(), replace(Song(), at=4 * _BAR + 960)))
    assert paragraph.details == ("region “Verse” moved from bar 1 to bar 5, beat 2",)
    waltz = replace(Song(), beats=3)
    (paragraph,) = describe(difference(waltz, replace(waltz, at=6 * 960)))
    assert paragraph.details == ("region “Verse” moved from bar 1 to bar 3",)


def test_boxes_that_no_word_of_music_stands_for_are_counted() -> None:
    found = difference(Song(), replace(Song(), extra=("GrooveShuffleBox",)))
    assert found.other["GrooveShuffleBox"].added == 1
    (paragraph,) = describe(replace(found, tempo=difference(Song(), replace(Song(), tempo=90)).tempo))
    assert paragraph.details == ("GrooveShuffleBox: 1 added",)


def test_owners_then_and_now_stand_beside_the_unit() -> None:
    before, after = Song(), replace(Song(), volume=0.0)
    track = before.uuid("track Bass")
    (paragraph,) = describe(
        difference(before, after), owners_before={track: "ada"}, owners_after={track: "bob"}
    )
    assert paragraph.text == "Bass (ada → bob): volume −3.0 → 0.0 dB"
    (paragraph,) = describe(difference(before, after), owners_before={track: "ada"})
    assert paragraph.text.startswith("Bass (ada → nobody)")
    (paragraph,) = describe(
        difference(before, after), owners_before={track: "ada"}, owners_after={track: "ada"}
    )
    assert paragraph.text.startswith("Bass (ada):")


# --- UUIDs that were made anew ----------------------------------------------------------------------------


def test_a_copy_with_uuids_made_anew_is_the_same() -> None:
    found = difference(Song(), replace(Song(), salt="copy"))
    assert found.anew
    assert not found
    assert describe(found) == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"volume": -1.5}, "Bass: volume −3.0 → −1.5 dB"),
        ({"at": 4 * _BAR}, "Bass: 1 region moved"),
        ({"notes": ((0, 60), (960, 62), (1920, 67))}, "Bass: 1 note changed"),
        ({"notes": ((0, 60), (960, 62))}, "Bass: 1 note removed"),
        ({"units": ("Bass", "Drums", "Vox", "Keys")}, "Keys: added with 1 track"),
        ({"units": ("Bass", "Drums")}, "Vox: removed with 1 track"),
        ({"automated": ("Drums",)}, "Drums: automation of volume added"),
    ],
)
def test_changes_are_found_by_content_where_uuids_were_made_anew(
    change: dict[str, object], sentence: str
) -> None:
    changed = replace(Song(), salt="copy", **change)  # type: ignore[arg-type]  # the fields are of many types
    assert told(Song(), changed) == [sentence]


def test_a_thing_made_anew_in_the_same_project_is_new() -> None:
    song = Song()
    keys = replace(song, units=("Bass", "Drums", "Keys"))
    found = difference(song, keys)
    assert not found.anew
    assert [unit.name for unit in found.units.added] == ["Keys"]
    assert [unit.name for unit in found.units.removed] == ["Vox"]


# --- rules that hold for all ------------------------------------------------------------------------------

_songs = st.builds(
    Song,
    salt=st.sampled_from(["", "copy"]),
    tempo=st.sampled_from([90.0, 120.0]),
    units=st.permutations(["Bass", "Drums", "Vox", "Keys"]).map(lambda names: tuple(names[:3])),
    volume=st.sampled_from([-3.0, 0.0]),
    at=st.sampled_from([0, _BAR]),
    region_unit=st.sampled_from(["Bass", "Vox"]),
    notes=st.lists(st.tuples(st.sampled_from([0, 960]), st.sampled_from([60, 62])), max_size=4).map(tuple),
)


@given(_songs)
def test_nothing_differs_from_itself(song: Song) -> None:
    assert not difference(song, song)


@given(_songs, _songs)
def test_the_way_back_undoes_the_way_there(one: Song, other: Song) -> None:
    there, back = difference(one, other), difference(other, one)
    assert len(there.units.added) == len(back.units.removed)
    assert len(there.tracks.added) == len(back.tracks.removed)
    assert len(there.regions.added) == len(back.regions.removed)
    assert len(there.regions.changed) == len(back.regions.changed)
    assert sum(event.added for event in there.notes) == sum(event.removed for event in back.notes)
    assert bool(there) == bool(back)
    assert all(paragraph.text for paragraph in describe(there))


@given(st.permutations(range(8)))
def test_as_few_as_can_be_have_moved(places: list[int]) -> None:
    stayed = [place for position, place in enumerate(places) if position not in moved(places)]
    assert stayed == sorted(stayed)
    assert moved(sorted(places)) == frozenset()


def test_things_are_paired_by_the_first_key_and_then_the_next() -> None:
    first: Callable[[str], str] = lambda word: word[0]  # noqa: E731  # shortest where it is used once
    found = match(["ant", "bee", "bat"], ["bee", "boa", "cat"], both(lambda word: word), both(first))
    assert found.pairs == (("bee", "bee"), ("bat", "boa"))
    assert (found.removed, found.added) == (("ant",), ("cat",))


# --- real bundles, odd ones -------------------------------------------------------------------------------


def test_two_real_versions_differ_in_what_was_done_between_them() -> None:
    found = compare(open_bundle(sample_bundle("v1")), open_bundle(sample_bundle("v2")))
    assert [(paragraph.kind, paragraph.text) for paragraph in describe(found)] == [
        (ParagraphKind.CHANGED, "Project: tempo 118 → 122 bpm"),
        (
            ParagraphKind.CHANGED,
            "Lead Synth (doubled): renamed from “Lead Synth”, automation of volume added, 4 notes added",
        ),
    ]


@pytest.mark.parametrize("odd", [b"", b"PK\3\4", b"OPEN", b"something else"])
def test_what_is_no_bundle_is_compared_all_the_same(odd: bytes) -> None:
    whole = open_bundle(bundle(Song().data()))
    assert compare(whole, open_bundle(odd)).units.removed
    assert compare(open_bundle(odd), whole).units.added
    assert not compare(open_bundle(odd), open_bundle(odd))
