"""A difference between two bundles as rows of two sides: what was there, and what is there, by unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.odb import Sample, TrackKind, Unit
from syncsphere_desktop.odb.diff import BundleDiff, Changed, Device, EventChanges, FieldChange, TrackRegion
from syncsphere_desktop.odb.diff.phrases import Bars
from syncsphere_desktop.odb.diff.phrases import track as track_phrase
from syncsphere_desktop.odb.diff.words import Owners
from syncsphere_desktop.ui.bundles.words import (
    TRACK_ICONS,
    UNIT_ICONS,
    decibels,
    signature_words,
    tempo_words,
)

_PROJECT_ICON = "projects"
NOT_KNOWN = "not known"
"""Who held a box then, where it changed hands since."""


class Mark(StrEnum):
    """What became of the thing of a row; its value is the word for it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    HEADING = ""


@dataclass(frozen=True, slots=True)
class SideRow:
    """One row. A side that is empty has nothing to show: it came, or it went.

    A heading names a unit on both sides, with who owns its tracks; `icon` is the heading's or the thing's.
    """

    mark: Mark
    before: str
    after: str
    icon: str = ""
    owners_before: str = ""
    owners_after: str = ""

    @property
    def told(self) -> str:
        """Return the row as text, as it is read aloud and copied."""
        if self.mark is Mark.HEADING:
            return self.after or self.before
        sides = [side for side in (self.before, self.after) if side]
        return f"{self.mark.value}: {' → '.join(sides)}"


@dataclass(slots=True)
class _Block:
    """The rows below one heading. `unit` and `before` are None for the project."""

    unit: Unit | None
    before: Unit | None
    place: int
    rows: list[SideRow] = field(default_factory=list)
    came: Mark | None = None


def side_rows(
    difference: BundleDiff, *, owners_before: Owners | None = None, owners_after: Owners | None = None
) -> tuple[SideRow, ...]:
    """Return the rows: those of the project first, then those of each unit that differs."""
    writer = _Writer(difference)
    return tuple(writer.rows(owners_before or {}, owners_after or {}))


def summary_of(rows: tuple[SideRow, ...]) -> str:
    """Return what there is in numbers, as in `2 units · 3 changed · 1 added`."""
    counts = Counter(row.mark for row in rows)
    units = sum(row.mark is Mark.HEADING and row.icon != _PROJECT_ICON for row in rows)
    told = [
        f"{counts[mark]} {mark.value}" for mark in (Mark.CHANGED, Mark.ADDED, Mark.REMOVED) if counts[mark]
    ]
    return " · ".join([*([counted(units, "unit")] if units else []), *told])


class _Writer:
    def __init__(self, difference: BundleDiff) -> None:
        self._difference = difference
        self._bars = Bars(difference.beats)
        self._project = _Block(None, None, -1)
        self._blocks: dict[UUID, _Block] = {}

    def rows(self, owners_before: Owners, owners_after: Owners) -> Iterator[SideRow]:
        self._write_project()
        self._write_units()
        self._write_tracks()
        self._write_regions()
        self._write_events()
        self._write_devices()
        for block in (self._project, *sorted(self._blocks.values(), key=lambda block: block.place)):
            if block.rows or block.came is not None:
                yield _heading(block, owners_before, owners_after)
                yield from block.rows

    def _block(self, unit: Unit | None, before: Unit | None = None) -> _Block:
        if unit is None:
            return self._project
        found = self._blocks.get(unit.uuid)
        if found is None:
            found = self._blocks[unit.uuid] = _Block(unit, before or unit, unit.index)
        return found

    def _is_gone_or_new(self, unit: Unit | None) -> bool:
        block = None if unit is None else self._blocks.get(unit.uuid)
        return block is not None and block.came is not None

    def _write_project(self) -> None:
        difference, add = self._difference, self._project.rows.append
        if difference.tempo is not None:
            add(_changed("tempo", difference.tempo, lambda value: tempo_words(_float(value)), "clock"))
        if difference.signature is not None:
            add(_changed("time signature", difference.signature, _signature, "clock"))
        for change in difference.meta:
            add(_changed(change.field, change, _plain, "info"))
        for sample in difference.samples.added:
            add(SideRow(Mark.ADDED, "", _sample(sample), "audio"))
        for sample in difference.samples.removed:
            add(SideRow(Mark.REMOVED, _sample(sample), "", "audio"))
        for found in difference.samples.changed:
            add(SideRow(Mark.CHANGED, _sample(found.before), _sample(found.after), "audio"))

    def _write_units(self) -> None:
        units = self._difference.units
        for unit in units.added:
            block = self._block(unit)
            block.came, block.before = Mark.ADDED, None
        for unit in units.removed:
            block = self._blocks[unit.uuid] = _Block(None, unit, unit.index, came=Mark.REMOVED)
        for change in units.changed:
            block = self._block(change.after, change.before)
            block.rows += [_field(each) for each in change.fields if each.field != "name"]
            if change.field("name") is not None:
                block.rows.insert(0, SideRow(Mark.CHANGED, change.before.name, change.after.name, "pencil"))
        for change in self._difference.mixer:
            block = self._block(change.after, change.before)
            block.rows += [_field(each) for each in change.fields]

    def _write_tracks(self) -> None:
        tracks = self._difference.tracks
        for mark, found in ((Mark.ADDED, tracks.added), (Mark.REMOVED, tracks.removed)):
            for place in found:
                if not self._is_gone_or_new(place.unit):
                    row = _one_side(mark, track_phrase(place.track), TRACK_ICONS[place.track.kind])
                    self._block(place.unit).rows.append(row)
        for change in tracks.changed:
            name, icon = track_phrase(change.after.track), TRACK_ICONS[change.after.track.kind]
            rows = self._block(change.after.unit, change.before.unit).rows
            for each in change.fields:
                rows.append(_changed(f"{name}, {each.field}", each, _plain, icon))

    def _write_regions(self) -> None:
        regions = self._difference.regions
        for mark, found in ((Mark.ADDED, regions.added), (Mark.REMOVED, regions.removed)):
            for place in found:
                if not self._is_gone_or_new(place.unit):
                    self._block(place.unit).rows.append(
                        _one_side(mark, self._bars.region(place), _region_icon(place))
                    )
        for change in regions.changed:
            rows = self._block(change.after.unit, change.before.unit).rows
            rows.append(self._region_change(change))

    def _region_change(self, change: Changed[TrackRegion]) -> SideRow:
        before, after = self._bars.region(change.before), self._bars.region(change.after)
        told = [each.field for each in change.fields if each.field not in ("position", "label")]
        for each in change.fields:
            if each.field == "track":
                before, after = (
                    f"{before} on {each.before or 'no track'}",
                    f"{after} on {each.after or 'no track'}",
                )
            elif each.field == "sample":
                before, after = (
                    f"{before}, {each.before or 'no sample'}",
                    f"{after}, {each.after or 'no sample'}",
                )
        if "duration" in told:
            after += ", another length"
        return SideRow(Mark.CHANGED, before, after, _region_icon(change.after))

    def _write_events(self) -> None:
        for changes in (self._difference.notes, self._difference.automation):
            for change in changes:
                if not self._is_gone_or_new(change.unit):
                    self._block(change.unit).rows += _events(change)

    def _write_devices(self) -> None:
        devices = self._difference.devices
        renamed = {change.after.name for change in self._difference.units.changed if change.field("name")}
        for mark, found in ((Mark.ADDED, devices.added), (Mark.REMOVED, devices.removed)):
            for device in found:
                unit = self._unit_of(device)
                if not self._is_gone_or_new(unit):
                    self._block(unit).rows.append(_one_side(mark, _device(device), "settings"))
        for change in devices.changed:
            label = change.field("label")
            if label is not None and change.after.label in renamed and len(change.fields) == 1:
                continue  # an instrument is called as its unit, and that was told
            before, after = _device(change.before), _device(change.after)
            if before == after:
                before, after = f"{before}: as it was set", f"{after}: other settings"
            self._block(self._unit_of(change.after)).rows.append(
                SideRow(Mark.CHANGED, before, after, "settings")
            )

    def _unit_of(self, device: Device) -> Unit | None:
        return None if device.unit is None else self._difference.names.get(device.unit)


def _heading(block: _Block, owners_before: Owners, owners_after: Owners) -> SideRow:
    if block.unit is None and block.before is None:
        return SideRow(Mark.HEADING, "Project", "Project", _PROJECT_ICON)
    of = block.unit or block.before
    assert of is not None
    tracks = counted(len(of.tracks), "track")
    before = "" if block.before is None else block.before.name or "Without a name"
    after = "" if block.unit is None else block.unit.name or "Without a name"
    if block.came is Mark.ADDED:
        after = f"{after} · added with {tracks}"
    elif block.came is Mark.REMOVED:
        before = f"{before} · removed with {tracks}"
    return SideRow(
        Mark.HEADING,
        before,
        after,
        UNIT_ICONS[of.type],
        _owners(block.before, owners_before),
        _owners(block.unit, owners_after),
    )


def _owners(unit: Unit | None, owners: Owners) -> str:
    if unit is None:
        return ""
    uuids = (unit.uuid, *(track.uuid for track in unit.tracks))
    names = dict.fromkeys(owners[uuid] for uuid in uuids if uuid in owners)
    if len(names) > 1 and NOT_KNOWN in names:
        del names[NOT_KNOWN]
        return ", ".join(names) + ", perhaps others"
    return ", ".join(names)


def _field(change: FieldChange) -> SideRow:
    if change.field == "volume":
        return _changed("volume", change, lambda value: decibels(_float(value) or 0.0), "output")
    if change.field in ("mute", "solo"):
        off, on = {"mute": ("not muted", "muted"), "solo": ("not soloed", "soloed")}[change.field]
        return SideRow(Mark.CHANGED, on if change.before else off, on if change.after else off, "output")
    if change.field == "panning":
        return _changed("panning", change, _panning, "output")
    if change.field == "position":
        return SideRow(Mark.CHANGED, _place(change.before), _place(change.after), "bus")
    return _changed(change.field, change, _plain, "settings")


def _place(value: object) -> str:
    return f"place {value + 1} in the mixer" if isinstance(value, int) else "in the mixer"


def _changed(name: str, change: FieldChange, words: object, icon: str) -> SideRow:
    assert callable(words)
    before, after = (words(value) or "none" for value in (change.before, change.after))
    return SideRow(Mark.CHANGED, f"{name} {before}", f"{name} {after}", icon)


def _one_side(mark: Mark, text: str, icon: str) -> SideRow:
    return SideRow(mark, "", text, icon) if mark is Mark.ADDED else SideRow(mark, text, "", icon)


def _events(change: EventChanges) -> Iterable[SideRow]:
    icon = TRACK_ICONS[change.kind]
    one = "note" if change.kind is TrackKind.NOTES else "automation point"
    if change.added:
        yield SideRow(Mark.ADDED, "", counted(change.added, one), icon)
    if change.removed:
        yield SideRow(Mark.REMOVED, counted(change.removed, one), "", icon)
    if change.changed:
        told = counted(change.changed, one)
        yield SideRow(Mark.CHANGED, f"{told} as before", f"{told} changed", icon)


def _region_icon(place: TrackRegion) -> str:
    return TRACK_ICONS[place.region.kind]


def _device(device: Device) -> str:
    return device.name if device.label in ("", device.name) else f"{device.name} “{device.label}”"


def _sample(sample: Sample) -> str:
    name = f"“{sample.name}”" if sample.name else str(sample.uuid)
    return f"sample {name}" + (
        f", {size(sample.bytes)}" if sample.bytes is not None else ", not in the bundle"
    )


def _panning(value: object) -> str:
    number = _float(value)
    if number is None:
        return ""
    side = "left" if number < 0 else "right"
    return "centre" if abs(number) < 0.005 else f"{abs(number) * 100:.0f}% {side}"


def _signature(value: object) -> str:
    return signature_words(value) if isinstance(value, tuple) else ""


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
