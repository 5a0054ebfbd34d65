"""Ids of the studio's rows, so that one kind is never passed for another."""

from __future__ import annotations

from typing import NewType

UserId = NewType("UserId", int)
ProjectId = NewType("ProjectId", int)
AudioFileId = NewType("AudioFileId", int)
BundleId = NewType("BundleId", int)
OwnershipId = NewType("OwnershipId", int)
CollaboratorId = NewType("CollaboratorId", int)

RowVersion = NewType("RowVersion", int)
"""PostgreSQL's `xmin` of the row as it was read: an update that names another one is a conflict."""
