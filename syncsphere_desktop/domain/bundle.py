"""A stored version of a project, without its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.bundle_check import CheckState
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.text import checked_text

LABEL_MAX = 100

_COLLAPSED_BOXES = 10
"""Fewer boxes than that come and go without anything being wrong."""


@dataclass(frozen=True, slots=True)
class BundleVersion:
    """A row of `project_bundles`; `size` is in bytes, which stay on the server.

    Deltas are those to the version before it in its project; None for the first one, and where one of both
    was not read yet. `boxes` is None until the version was read. `collapsed` says that most boxes of the
    version before are gone. `twin` says that another row of the project has the same number. `label`,
    `pinned` and `check` (what verifying told, None where it never did) come from our side tables, and are
    empty without them.
    """

    id: BundleId
    project_id: ProjectId | None
    project_name: str | None
    version: int | None
    size: int
    created_by: UserId | None
    creator_name: str | None
    created_at: datetime | None
    row_version: RowVersion
    size_delta: int | None = None
    boxes: int | None = None
    boxes_delta: int | None = None
    collapsed: bool = False
    twin: bool = False
    label: str | None = None
    pinned: bool = False
    check: CheckState | None = None

    @property
    def title(self) -> str:
        """Return what it is called in its project: `Version 12`, or by its id where it has no number."""
        return f"Bundle {self.id}" if self.version is None else f"Version {self.version:,}"


def has_collapsed(before: int, after: int) -> bool:
    """Return whether so many boxes are gone that somebody should look at it."""
    return after < before / 2 and before - after >= _COLLAPSED_BOXES


def checked_label(value: str | None) -> str | None:
    """Return a label as it will be stored, None for none; raises InputError (field `label`)."""
    text = checked_text(value or "", field="label", label="A label", maximum=LABEL_MAX, required=False)
    return text or None
