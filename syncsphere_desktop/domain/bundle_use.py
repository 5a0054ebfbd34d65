"""Which stored version of a project names a sample."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncsphere_desktop.domain.ids import BundleId, ProjectId

MOST_USES = 100
"""How many versions are named, or counted, for one file: the newest ones."""


class MatchedBy(StrEnum):
    """What tells that a sample of a bundle is a certain audio file, the surest first."""

    CONTENT = "content"
    """The bundle holds the very same bytes."""
    UUID = "uuid"
    """The file's path holds the UUID that the sample has in the project."""
    NAME = "name"
    """The sample has the file's name, in the same project."""
    STEM = "stem"
    """The sample has the file's name but for what follows the dot, in the same project."""
    NAME_ONLY = "name_only"
    """The sample has the file's name, and nothing tells which project the file belonged to."""


@dataclass(frozen=True, slots=True)
class BundleUse:
    """One bundle version that names an audio file; `sample` is the name it has in there.

    `project_id` and `version` are None where another service stored none.
    """

    bundle_id: BundleId
    project_id: ProjectId | None
    version: int | None
    sample: str
    by: MatchedBy = MatchedBy.NAME
