"""Which stored version of a project names a sample."""

from __future__ import annotations

from dataclasses import dataclass

from syncsphere_desktop.domain.ids import BundleId, ProjectId


@dataclass(frozen=True, slots=True)
class BundleUse:
    """One bundle version that names an audio file; `sample` is the name it has in there."""

    bundle_id: BundleId
    project_id: ProjectId
    version: int
    sample: str
