"""Notes and points of automation: which track each stands on, and how many differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping
from uuid import UUID

from syncsphere_desktop.odb.graph import Box, Graph
from syncsphere_desktop.odb.values import BinaryFields, payload_of

NOTE, POINT = "NoteEventBox", "ValueEventBox"
_COLLECTIONS = ("NoteEventCollectionBox", "ValueEventCollectionBox")
_OWNERS = ("RegionBox", "ClipBox")
_OWNER_KEY = 1

Place = UUID | None
"""The UUID of the track that events stand on, or None."""


class Events:
    """The notes and points of one graph by their tracks."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tracks = dict(self._collections())
        self.notes = self._by_track(NOTE)
        self.points = self._by_track(POINT)

    def _collections(self) -> Iterator[tuple[UUID, Place]]:
        """Yield collections of events with the track of the region or clip that plays them."""
        owners = [name for name in self._graph.class_names if name.endswith(_OWNERS)]
        for box in self._graph.of(*owners):
            fields = box.fields
            track = self._graph.target(fields.pointer(_OWNER_KEY))
            for key in fields.keys():  # noqa: SIM118  # no mapping
                target = None if key == _OWNER_KEY else self._graph.target(fields.pointer(key))
                if target is not None and target.name in _COLLECTIONS:
                    yield target.uuid, track.uuid if track is not None else None

    def _by_track(self, name: str) -> dict[Place, list[Box]]:
        placed: dict[Place, list[Box]] = defaultdict(list)
        known: dict[bytes, list[Box]] = {}  # events by the thousand point at the same few collections
        for box in self._graph.of(name):
            payload = box.payload(_OWNER_KEY)
            beside = None if payload is None else known.get(payload)
            if beside is None:
                pointer = box.fields.pointer(_OWNER_KEY)
                beside = placed[self._tracks.get(pointer.uuid) if pointer is not None else None]
                if payload is not None:
                    known[payload] = beside
            beside.append(box)
        return placed


def count_changes(
    before: Mapping[Place, list[Box]],
    after: Mapping[Place, list[Box]],
    tracks: Mapping[UUID, UUID],
    *,
    anew: bool,
) -> dict[Place, tuple[int, int, int]]:
    """Return how many events were added, removed, changed, by the track of the later graph.

    `tracks` maps earlier tracks to what they are later. An event that changed tracks is removed from the one
    and added to the other. Tracks that are gone keep the UUID they had.
    """
    gathered: dict[Place, list[Box]] = defaultdict(list)
    for track, events in before.items():
        gathered[tracks.get(track, track) if track is not None else None].extend(events)
    found: dict[Place, tuple[int, int, int]] = {}
    for place in {**gathered, **after}:
        compare = _by_content if anew else _by_uuid
        counts = compare(gathered.get(place, []), after.get(place, []))
        if any(counts):
            found[place] = counts
    return found


def _by_uuid(before: list[Box], after: list[Box]) -> tuple[int, int, int]:
    former = {box.uuid: box for box in before}
    added = changed = 0
    for box in after:
        old = former.pop(box.uuid, None)
        added += old is None
        changed += old is not None and not old.has_the_fields_of(box)
    return added, len(former), changed


def _by_content(before: list[Box], after: list[Box]) -> tuple[int, int, int]:
    """Tell the same events by what they are; what is left and stands at one place has changed."""
    former, present = Counter(map(_content, before)), Counter(map(_content, after))
    gone, new = former - present, present - former
    places = Counter(_place(event) for event in gone.elements())
    changed = sum((places & Counter(_place(event) for event in new.elements())).values())
    return new.total() - changed, gone.total() - changed, changed


def _content(box: Box) -> tuple[Hashable, ...]:
    """Return what an event is, without where its collection is; the payloads where it is binary."""
    fields = box.fields
    keys = sorted(key for key in fields.keys() if key != _OWNER_KEY)  # noqa: SIM118  # no mapping
    if isinstance(fields, BinaryFields):
        return tuple(map(fields.payload, keys))
    return tuple(map(payload_of, map(fields.value, keys)))


def _place(content: tuple[Hashable, ...]) -> Hashable:
    """Return the position, which is the first of an event's values after the pointer to its collection."""
    return content[0] if content else None
