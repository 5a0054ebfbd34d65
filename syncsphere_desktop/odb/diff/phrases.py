"""Short phrases for single differences: numbers with their units, names in quotes, places in bars."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from syncsphere_desktop.odb.contents import Sample, Track, TrackKind, Unit
from syncsphere_desktop.odb.diff.changes import (
    Changed,
    Changes,
    Counts,
    Device,
    EventChanges,
    FieldChange,
    Plain,
    TrackRegion,
    UnitTrack,
)

ARROW = "→"
TICKS = 960
"""In a quarter note."""

_EVENTS = {
    TrackKind.NOTES: ("note", "notes"),
    TrackKind.AUTOMATION: ("automation point", "automation points"),
}
_REGION_VERBS = (
    ("position", "moved"),
    ("track", "moved to another track"),
    ("duration", "changed in length"),
    ("label", "renamed"),
    ("sample", "given another sample"),
)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def owners(before: Sequence[str], after: Sequence[str]) -> str:
    """Return who held something then and now, or an empty text where nobody did."""
    if tuple(before) == tuple(after):
        return ", ".join(after)
    return f"{', '.join(before) or 'nobody'} {ARROW} {', '.join(after) or 'nobody'}"


def unit(change: Changed[Unit]) -> Iterator[str]:
    """Yield what is told of a unit that is in both bundles."""
    for each in change.fields:
        if each.field == "name":
            yield f"renamed from “{each.before}”"
        elif each.field == "position":
            yield "moved in the mixer"
        elif each.field == "device":
            yield f"instrument {each.before or 'none'} {ARROW} {each.after or 'none'}"
        else:
            yield f"{each.field} {each.before or 'none'} {ARROW} {each.after or 'none'}"


def mixer(change: FieldChange) -> str:
    """Return a change of a knob or a button of the mixer."""
    if change.field == "mute":
        return "muted" if change.after else "no longer muted"
    if change.field == "solo":
        return "soloed" if change.after else "no longer soloed"
    if change.field == "volume":
        return f"volume {_decibels(change.before)} {ARROW} {_decibels(change.after)} dB"
    return f"panning {_panning(change.before)} {ARROW} {_panning(change.after)}"


def track(each: Track) -> str:
    """Return what a track is, as in `automation track of volume`."""
    if each.kind is TrackKind.AUTOMATION:
        return f"automation of {each.drives}" if each.drives else "automation track"
    return "track" if each.kind is TrackKind.UNDEFINED else f"{each.kind.value} track"


def track_changes(change: Changed[UnitTrack]) -> Iterator[str]:
    """Yield what is told of a track that is in both bundles."""
    name = track(change.after.track)
    for each in change.fields:
        if each.field == "unit":
            yield f"{name} taken over from “{each.before}”"
        elif each.field == "position":
            yield f"{name} moved"
        elif each.field == "enabled":
            yield f"{name} switched {'on' if each.after else 'off'}"
        else:
            yield f"{name}: {each.field} {each.before or 'none'} {ARROW} {each.after or 'none'}"


def region_counts(changes: Sequence[Changed[TrackRegion]]) -> Iterator[str]:
    """Yield how many regions were moved, renamed and so on; one that changed tracks counts once as moved."""
    for name, verb in _REGION_VERBS:
        number = sum(
            change.field(name) is not None and not (name == "position" and change.field("track"))
            for change in changes
        )
        if number:
            yield f"{count(number, 'region')} {verb}"


def events(kind: TrackKind, changes: Iterable[EventChanges]) -> Iterator[str]:
    """Yield how many notes or points were added, removed, changed."""
    one, many = _EVENTS[kind]
    found = list(changes)
    for verb in ("added", "removed", "changed"):
        number = sum(getattr(change, verb) for change in found)
        if number:
            yield f"{count(number, one, many)} {verb}"


def devices(changes: Changes[Device], *, told_names: Collection[str]) -> Iterator[tuple[Device, str]]:
    """Yield each device that came, went or changed, with what is told of it.

    A new label that is one of `told_names` is left out.
    """
    for device in changes.added:
        yield device, f"{_device(device)} added"
    for device in changes.removed:
        yield device, f"{_device(device)} removed"
    for change in changes.changed:
        renamed = change.field("label")
        if renamed is None:
            yield change.after, f"settings of {_device(change.after)} changed"
        elif change.after.label not in told_names:
            yield change.after, f"{change.after.name} “{renamed.before}” now “{renamed.after}”"


def tempo(change: FieldChange) -> str:
    """Return a change of the tempo."""
    if change.before is None or change.after is None:
        return f"tempo {_tempo(change.before)} {ARROW} {_tempo(change.after)}"
    return f"tempo {_number(change.before)} {ARROW} {_number(change.after)} bpm"


def signature(change: FieldChange) -> str:
    """Return a change of the time signature."""
    return f"time signature {_signature(change.before)} {ARROW} {_signature(change.after)}"


def meta(changes: Iterable[FieldChange]) -> Iterator[str]:
    """Yield what is told of the project's description."""
    for each in changes:
        if each.field == "name":
            yield f"renamed from “{each.before}” to “{each.after}”"
        elif each.field == "artist":
            yield f"artist {each.before or 'none'} {ARROW} {each.after or 'none'}"
        else:
            yield f"{each.field} changed"


def samples(changes: Changes[Sample]) -> Iterator[tuple[str, list[str]]]:
    """Yield how many samples came, went or changed, with their names."""
    for verb, found in (("added", changes.added), ("removed", changes.removed)):
        if found:
            yield f"{count(len(found), 'sample')} {verb}", [f"sample {_named(each)} {verb}" for each in found]
    if changes.changed:
        yield (
            f"{count(len(changes.changed), 'sample')} changed",
            [f"sample {_named(each.after)}: {_sample_change(each)}" for each in changes.changed],
        )


def others(counts: Mapping[str, Counts]) -> Iterator[str]:
    """Yield a line for each class of boxes that no word of music stands for."""
    for name, each in counts.items():
        numbers = ", ".join(
            f"{number:,} {verb}"
            for number, verb in ((each.added, "added"), (each.removed, "removed"), (each.changed, "changed"))
            if number
        )
        yield f"{name}: {numbers}"


class Bars:
    """Tells places in bars, by the time signature that the later bundle has."""

    def __init__(self, beats: tuple[int, int] | None) -> None:
        number, unit_ = beats or (4, 4)
        self._beat = TICKS * 4 / unit_
        self._bar = self._beat * number

    def place(self, ticks: float) -> str:
        """Return a position as in `bar 5` or `bar 5, beat 2.5`."""
        bar, rest = divmod(ticks, self._bar)
        beat = rest / self._beat + 1
        return (
            f"bar {int(bar) + 1}" if beat < 1.001 else f"bar {int(bar) + 1}, beat {_number(round(beat, 2))}"
        )

    def region(self, place: TrackRegion) -> str:
        """Return a region with its place, as in `“Chorus” at bar 5`."""
        return f"{_region(place)} at {self.place(place.region.position)}"

    def changes(self, change: Changed[TrackRegion]) -> Iterator[str]:
        """Yield a line for each thing that differs in a region."""
        name = _region(change.after)
        for each in change.fields:
            if each.field == "position":
                old, new = change.before.region.position, change.after.region.position
                yield f"{name} moved from {self.place(old)} to {self.place(new)}"
            elif each.field == "track":
                yield f"{name} moved from {each.before or 'no track'} to {each.after or 'no track'}"
            elif each.field == "label":
                yield f"region “{each.before or ''}” renamed “{each.after or ''}”"
            elif each.field == "duration":
                yield f"{name} changed in length"
            else:
                yield f"{name}: sample {each.before or 'none'} {ARROW} {each.after or 'none'}"


def _region(place: TrackRegion) -> str:
    label = place.region.label
    return f"region “{label}”" if label else f"{place.region.kind.value} region"


def _device(device: Device) -> str:
    return device.name if device.label == device.name else f"{device.name} “{device.label}”"


def _named(sample: Sample) -> str:
    return f"“{sample.name}”" if sample.name else str(sample.uuid)


def _sample_change(change: Changed[Sample]) -> str:
    told = []
    for each in change.fields:
        if each.field == "name":
            told.append(f"renamed from “{each.before}”")
        elif each.field == "bytes":
            told.append("left out of the bundle" if each.after is None else "other audio in the bundle")
        else:
            told.append("other audio in the bundle" if each.field == "content" else f"{each.field} changed")
    return ", ".join(dict.fromkeys(told))


def _decibels(value: Plain) -> str:
    if not isinstance(value, int | float):
        return "none"
    return f"{value:.1f}".replace("-", "−") if abs(value) >= 0.05 else "0.0"


def _panning(value: Plain) -> str:
    if not isinstance(value, int | float):
        return "none"
    if abs(value) < 0.005:
        return "centre"
    return f"{abs(value) * 100:.0f}% {'left' if value < 0 else 'right'}"


def _number(value: Plain) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _tempo(value: Plain) -> str:
    return "none" if value is None else f"{_number(value)} bpm"


def _signature(value: Plain) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else "none"
