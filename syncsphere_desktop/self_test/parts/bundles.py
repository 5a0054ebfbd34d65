"""The reader of bundles, in its child process."""

from __future__ import annotations

from pathlib import Path

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.odb.summary import summary_from
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.studio.bundles.child.jobs import tell_in_short
from syncsphere_desktop.studio.bundles.child.process import BundleProcess

SAMPLE = RESOURCES / "sample" / "studio-project-v2.odb"


def check(_folder: Path) -> str:
    """Have a bundle that openDAW made read by a child."""
    with BundleProcess() as reader, SAMPLE.open("rb") as file:
        bundle = summary_from(reader.ask(tell_in_short, {}, file))
    if bundle.problem or not bundle.boxes:
        raise NotPassedError(f"The sample bundle can't be read. {bundle.problem or ''}".strip())
    return f"{bundle.boxes} boxes, {bundle.tracks} tracks, {bundle.sample_count} samples"
