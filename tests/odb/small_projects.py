"""Bundles of a few boxes, and what the reader makes of them in short."""

from __future__ import annotations

from uuid import UUID

from syncsphere_desktop.odb import BundleKind, Limits, Pointer, open_bundle
from tests.bundle_maker import BoxOf, graph

UNIT, TRACK, BUS, FILE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)


def small_project(**values: dict[int, object]) -> bytes:
    """One unit with one track; `unit` and `track` change their fields."""
    unit: dict[int, object] = {1: "instrument", 11: 0, **values.get("unit", {})}
    track: dict[int, object] = {1: Pointer(UNIT, (20,)), 10: 0, 11: 1, **values.get("track", {})}
    return graph([BoxOf("AudioUnitBox", UNIT, unit), BoxOf("TrackBox", TRACK, track)])


def kind_and_problem(data: bytes, limits: Limits | None = None) -> tuple[BundleKind, str | None]:
    found = open_bundle(data, limits or Limits())
    return found.kind, found.problem
