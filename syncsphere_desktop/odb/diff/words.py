"""Tells a difference in the words of music: a paragraph for each unit, and one for the project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.odb.contents import TrackKind, Unit
from syncsphere_desktop.odb.diff import phrases
from syncsphere_desktop.odb.diff.changes import BundleDiff, Changed, EventChanges, TrackRegion

Owners = Mapping[UUID, str]
"""Who owns what, by the UUID of a unit or a track, as people are called."""

_NOBODY: Owners = {}


class ParagraphKind(StrEnum):
    """What became of the subject of a paragraph."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What is told of one unit, or of the project where `unit` is None.

    `parts` are short ("2 regions moved"), `details` a line each ("“Chorus” moved from bar 5 to bar 9").
    `unit` is its UUID in the later bundle, in the earlier one where it was removed. `owners_before` and
    `owners_after` are those of its tracks.
    """

    kind: ParagraphKind
    subject: str
    unit: UUID | None
    parts: tuple[str, ...]
    details: tuple[str, ...] = ()
    owners_before: tuple[str, ...] = ()
    owners_after: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return it in one line, such as `Bass (ada → bob): 2 regions moved, volume −3.0 → −1.5 dB`."""
        held = phrases.owners(self.owners_before, self.owners_after)
        return f"{self.subject}{f' ({held})' if held else ''}: {', '.join(self.parts)}"


def describe(
    difference: BundleDiff, *, owners_before: Owners = _NOBODY, owners_after: Owners = _NOBODY
) -> tuple[Paragraph, ...]:
    """Return a paragraph for the project, then one for each unit that differs; none where all is equal."""
    drafts: dict[UUID, _Draft] = {}
    project = _Draft(ParagraphKind.CHANGED, "Project", None)
    _tell_units(difference, drafts)
    _tell_tracks(difference, drafts)
    _tell_regions(difference, drafts, project)
    _tell_events(difference, drafts, project)
    _tell_devices(difference, drafts, project)
    _tell_project(difference, project)
    _tell_hands(drafts, owners_before, owners_after)
    ordered = sorted(drafts.values(), key=lambda draft: draft.place)
    return tuple(draft.paragraph() for draft in (project, *ordered) if draft.parts)


@dataclass(slots=True)
class _Draft:
    """A paragraph that is being written."""

    kind: ParagraphKind
    subject: str
    unit: Unit | None
    place: int = 0
    before: Unit | None = None
    parts: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    owners_before: tuple[str, ...] = ()
    owners_after: tuple[str, ...] = ()

    def paragraph(self) -> Paragraph:
        return Paragraph(
            self.kind,
            self.subject,
            None if self.unit is None else self.unit.uuid,
            tuple(self.parts),
            tuple(self.details),
            self.owners_before,
            self.owners_after,
        )


def _draft(drafts: dict[UUID, _Draft], unit: Unit, before: Unit | None = None) -> _Draft:
    found = drafts.get(unit.uuid)
    if found is None:
        found = drafts[unit.uuid] = _Draft(ParagraphKind.CHANGED, unit.name, unit, unit.index, before)
    return found


def _tell_units(difference: BundleDiff, drafts: dict[UUID, _Draft]) -> None:
    for units, kind in (
        (difference.units.added, ParagraphKind.ADDED),
        (difference.units.removed, ParagraphKind.REMOVED),
    ):
        for unit in units:
            draft = drafts[unit.uuid] = _Draft(kind, unit.name, unit, unit.index)
            draft.parts.append(f"{kind.value} with {phrases.count(len(unit.tracks), 'track')}")
    for change in difference.units.changed:
        _draft(drafts, change.after, change.before).parts.extend(phrases.unit(change))
    for change in difference.mixer:
        _draft(drafts, change.after, change.before).parts.extend(map(phrases.mixer, change.fields))


def _is_told(drafts: dict[UUID, _Draft], unit: Unit | None, kind: ParagraphKind) -> bool:
    """Whether the unit itself came or went, which says it of all that is on it."""
    draft = drafts.get(unit.uuid) if unit is not None else None
    return draft is not None and draft.kind is kind


def _tell_tracks(difference: BundleDiff, drafts: dict[UUID, _Draft]) -> None:
    for tracks, kind in (
        (difference.tracks.added, ParagraphKind.ADDED),
        (difference.tracks.removed, ParagraphKind.REMOVED),
    ):
        for place in tracks:
            if not _is_told(drafts, place.unit, kind):
                _draft(drafts, place.unit).parts.append(f"{phrases.track(place.track)} {kind.value}")
    for change in difference.tracks.changed:
        _draft(drafts, change.after.unit, change.before.unit).parts.extend(phrases.track_changes(change))


def _tell_regions(difference: BundleDiff, drafts: dict[UUID, _Draft], project: _Draft) -> None:
    bars = phrases.Bars(difference.beats)
    came: dict[int, tuple[_Draft, list[TrackRegion]]] = {}
    for regions, kind in (
        (difference.regions.added, ParagraphKind.ADDED),
        (difference.regions.removed, ParagraphKind.REMOVED),
    ):
        came.clear()
        for place in regions:
            draft = project if place.unit is None else _draft(drafts, place.unit)
            came.setdefault(id(draft), (draft, []))[1].append(place)
        for draft, places in came.values():
            draft.parts.append(f"{phrases.count(len(places), 'region')} {kind.value}")
            draft.details.extend(f"{bars.region(place)} {kind.value}" for place in places)
    changed: dict[int, tuple[_Draft, list[Changed[TrackRegion]]]] = {}
    for change in difference.regions.changed:
        unit = change.after.unit
        draft = project if unit is None else _draft(drafts, unit, change.before.unit)
        changed.setdefault(id(draft), (draft, []))[1].append(change)
    for draft, changes in changed.values():
        draft.parts.extend(phrases.region_counts(changes))
        draft.details.extend(line for change in changes for line in bars.changes(change))


def _tell_events(difference: BundleDiff, drafts: dict[UUID, _Draft], project: _Draft) -> None:
    for kind, changes in (
        (TrackKind.NOTES, difference.notes),
        (TrackKind.AUTOMATION, difference.automation),
    ):
        sums: dict[int, tuple[_Draft, list[EventChanges]]] = {}
        for change in changes:
            draft = project if change.unit is None else _draft(drafts, change.unit)
            sums.setdefault(id(draft), (draft, []))[1].append(change)
        for draft, found in sums.values():
            draft.parts.extend(phrases.events(kind, found))


def _tell_devices(difference: BundleDiff, drafts: dict[UUID, _Draft], project: _Draft) -> None:
    # An instrument's label is its unit's name, and that was told.
    renamed = {change.after.name for change in difference.units.changed if change.field("name")}
    for device, sentence in phrases.devices(difference.devices, told_names=renamed):
        draft = drafts.get(device.unit) if device.unit is not None else None
        if draft is None or draft.kind is ParagraphKind.CHANGED:
            (draft or _known_unit(difference, drafts, device.unit) or project).parts.append(sentence)


def _known_unit(difference: BundleDiff, drafts: dict[UUID, _Draft], unit: UUID | None) -> _Draft | None:
    """Return a new draft for a unit that nothing else is told of."""
    named = None if unit is None else difference.names.get(unit)
    return None if named is None else _draft(drafts, named)


def _tell_project(difference: BundleDiff, project: _Draft) -> None:
    if difference.tempo is not None:
        project.parts.append(phrases.tempo(difference.tempo))
    if difference.signature is not None:
        project.parts.append(phrases.signature(difference.signature))
    project.parts.extend(phrases.meta(difference.meta))
    for sentence, details in phrases.samples(difference.samples):
        project.parts.append(sentence)
        project.details.extend(details)
    project.details.extend(phrases.others(difference.other))


def _tell_hands(drafts: dict[UUID, _Draft], before: Owners, after: Owners) -> None:
    for draft in drafts.values():
        if draft.kind is not ParagraphKind.ADDED:
            draft.owners_before = tuple(_owners(draft.before or draft.unit, before))
        if draft.kind is not ParagraphKind.REMOVED:
            draft.owners_after = tuple(_owners(draft.unit, after))


def _owners(unit: Unit | None, owners: Owners) -> Iterable[str]:
    """Yield who owns the unit or tracks of it, each person once."""

    def all_of() -> Iterator[str]:
        if unit is not None:
            for uuid in (unit.uuid, *(track.uuid for track in unit.tracks)):
                if uuid in owners:
                    yield owners[uuid]

    return dict.fromkeys(all_of())
