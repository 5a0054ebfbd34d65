"""Reads openDAW bundles: file object in, dataclasses out. A library of its own.

::

    from syncsphere_desktop.odb import open_bundle

    with open("song.odb", "rb") as file:
        bundle = open_bundle(file)
        print(bundle.kind, bundle.problem or "", bundle.contents.tempo)
        for unit in bundle.contents.units:
            print(unit.name, [track.kind for track in unit.tracks])

It reads a ZIP's directory and graph and leaves the samples where they are, so the file object may well be
far away. Whatever the bytes are, they give a `Bundle` whose `kind` says what they are. Nothing that a bundle
claims of itself is believed beyond `Limits`.

Single boxes are `bundle.graph.boxes`; a box has its class name, its UUID, and fields by their numbers, whose
types the format does not store: `box.fields.text(2)`, `.number(12)`, `.pointer(1)`.
"""

from __future__ import annotations

from syncsphere_desktop.odb.bundle import Bundle, BundleKind, open_bundle
from syncsphere_desktop.odb.container import Entry
from syncsphere_desktop.odb.contents import (
    Contents,
    Region,
    Sample,
    TimeBase,
    Track,
    TrackKind,
    Unit,
    UnitType,
)
from syncsphere_desktop.odb.graph import Box, Graph, parse_graph
from syncsphere_desktop.odb.limits import Limits
from syncsphere_desktop.odb.meta import ProjectMeta, SampleMeta
from syncsphere_desktop.odb.values import Fields, Pointer, Value

__all__ = [
    "Box",
    "Bundle",
    "BundleKind",
    "Contents",
    "Entry",
    "Fields",
    "Graph",
    "Limits",
    "Pointer",
    "ProjectMeta",
    "Region",
    "Sample",
    "SampleMeta",
    "TimeBase",
    "Track",
    "TrackKind",
    "Unit",
    "UnitType",
    "Value",
    "open_bundle",
    "parse_graph",
]
