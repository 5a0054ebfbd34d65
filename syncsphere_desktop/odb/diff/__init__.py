"""What differs between two bundles, in the words of music.

::

    from syncsphere_desktop.odb import open_bundle
    from syncsphere_desktop.odb.diff import compare, describe

    difference = compare(open_bundle(before), open_bundle(after))
    for paragraph in describe(difference):
        print(paragraph.text)            # Bass: 2 regions moved, volume -3.0 → -1.5 dB

Things are the same when their UUIDs are; where a project's UUIDs were made anew, when their content is.
"""

from __future__ import annotations

from syncsphere_desktop.odb.diff.changes import (
    BundleDiff,
    Changed,
    Changes,
    Counts,
    Device,
    EventChanges,
    FieldChange,
    TrackRegion,
    UnitTrack,
)
from syncsphere_desktop.odb.diff.comparison import compare
from syncsphere_desktop.odb.diff.words import Paragraph, ParagraphKind, describe

__all__ = [
    "BundleDiff",
    "Changed",
    "Changes",
    "Counts",
    "Device",
    "EventChanges",
    "FieldChange",
    "Paragraph",
    "ParagraphKind",
    "TrackRegion",
    "UnitTrack",
    "compare",
    "describe",
]
