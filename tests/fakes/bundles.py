"""Versions of projects in memory, with real bytes behind them, and what is done with them."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.bundle import BundleVersion, checked_label
from syncsphere_desktop.domain.ids import BundleId, OwnershipId, ProjectId, RowVersion, UserId
from syncsphere_desktop.domain.listing import RowSource
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.domain.progress import Progress
from syncsphere_desktop.domain.project import Project, ProjectDraft
from syncsphere_desktop.domain.retention import Candidate, RetentionPlan
from syncsphere_desktop.errors import NotFoundError
from syncsphere_desktop.odb import open_bundle
from syncsphere_desktop.odb.diff import compare, describe
from syncsphere_desktop.odb.summary import summary_of
from syncsphere_desktop.studio.bundles.files import (
    ExportedBundle,
    ImportCheck,
    OnBytes,
    check_import,
    read_bundle_file,
)
from syncsphere_desktop.studio.bundles.restoring import RestoreImpact, UnitImpact
from syncsphere_desktop.studio.bundles.retention import Pruned
from syncsphere_desktop.studio.bundles.verifying import VerifyReport
from tests.fakes.projects import InMemoryProjects
from tests.fakes.rows import Gate, InMemoryRows, Rows
from tests.fakes.studio import InMemoryStudio

T = TypeVar("T")
START = datetime(2025, 1, 1)


class InMemoryVersions:
    """Versions with their bytes; what is known of them is found out when they are added."""

    def __init__(self, studio: InMemoryStudio) -> None:
        self.studio = studio
        self.gate: Gate = studio.gate
        self.table: Rows[BundleVersion] = Rows()
        self.data: dict[int, bytes] = {}
        self.reads = 0
        self.rows: RowSource[BundleVersion] = InMemoryRows(
            self.table,
            studio.gate,
            sort_keys={
                "version": lambda row: row.version,
                "created_at": lambda row: row.created_at,
                "size": lambda row: row.size,
                "boxes": lambda row: row.boxes,
                "project": lambda row: row.project_name,
                "creator": lambda row: row.creator_name,
                "label": lambda row: row.label,
                "id": lambda row: row.id,
            },
            search=lambda row: (row.project_name, row.creator_name, row.label),
            filters={"project_id": lambda row, value: row.project_id == value},
        )

    def add(self, project: Project, data: bytes, *, days: int = 0, boxes: int | None = None) -> BundleVersion:
        """Store bytes as a project's next version, some days after the start."""
        before = [row for row in self.table if row.project_id == project.id]
        last = before[-1] if before else None
        found = len(open_bundle(data).graph.boxes) if boxes is None else boxes
        version = BundleVersion(
            id=BundleId(self.table.take_id()),
            project_id=project.id,
            project_name=project.name,
            version=1 if last is None else (last.version or 0) + 1,
            size=len(data),
            created_by=UserId(1),
            creator_name="ada",
            created_at=START + timedelta(days=days or len(before)),
            row_version=RowVersion(1),
            size_delta=None if last is None else len(data) - last.size,
            boxes=found,
            boxes_delta=None if last is None or last.boxes is None else found - last.boxes,
            collapsed=last is not None and last.boxes is not None and found < last.boxes / 2,
        )
        self.data[version.id] = data
        return self.table.put(version)

    async def get(self, bundle_id: BundleId) -> BundleVersion:
        await self.gate()
        version = self.table.get(bundle_id)
        if version is None:
            raise NotFoundError(f"There is no bundle version with the id {bundle_id}.")
        return version

    async def mark(
        self, bundle_id: BundleId, *, label: str | None = None, pinned: bool | None = None
    ) -> BundleVersion:
        version = await self.get(bundle_id)
        if label is not None:
            version = replace(version, label=checked_label(label))
        if pinned is not None:
            version = replace(version, pinned=pinned)
        return self.table.put(version)

    async def read(self, bundle_id: BundleId, work: Callable[[BinaryIO], T]) -> T:
        await self.get(bundle_id)
        self.reads += 1
        return work(io.BytesIO(self.data[bundle_id]))


class EmptyLibrary:
    """An audio library without any file."""

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]:
        return frozenset()

    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]:
        return ()

    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]:
        return {}


class InMemoryHolders:
    """Who holds which box."""

    def __init__(self, gate: Gate) -> None:
        self.table: Rows[BoxOwnership] = Rows()
        self.rows: RowSource[BoxOwnership] = InMemoryRows(
            self.table,
            gate,
            sort_keys={"id": lambda row: row.id},
            search=lambda row: (row.owner_name,),
            filters={"project_id": lambda row, value: row.project_id == value},
        )

    def hold(self, project: Project, box: UUID, name: str, since: datetime) -> None:
        """Let somebody hold a box since a moment."""
        self.table.put(
            BoxOwnership(
                OwnershipId(self.table.take_id()),
                project.id,
                project.name,
                box,
                0,
                UserId(1),
                name,
                since,
                since,
                RowVersion(1),
            )
        )


class InMemoryDeeds:
    """Does in memory what the use cases do on a server; `done` tells what was asked for."""

    def __init__(self, versions: InMemoryVersions, projects: InMemoryProjects, now: datetime) -> None:
        self._versions = versions
        self._projects = projects
        self._now = now
        self.done: list[str] = []
        self.online: tuple[str, ...] | None = None

    async def restore_impact(self, bundle_id: BundleId) -> RestoreImpact:
        version = await self._versions.get(bundle_id)
        newest = [row for row in self._versions.table if row.project_id == version.project_id][-1]
        difference = compare(*(open_bundle(self._versions.data[one.id]) for one in (newest, version)))
        units = tuple(UnitImpact(paragraph, ("bob",)) for paragraph in describe(difference))
        return RestoreImpact(version, newest, True, units, online=self.online)

    async def restore(self, bundle_id: BundleId) -> BundleVersion:
        version = await self._versions.get(bundle_id)
        assert version.project_id is not None
        return await self.copy(bundle_id, version.project_id)

    async def copy(self, bundle_id: BundleId, project_id: ProjectId) -> BundleVersion:
        project = await self._projects.get(project_id)
        return self._versions.add(project, self._versions.data[bundle_id], days=200)

    async def copy_to_new_project(self, bundle_id: BundleId, draft: ProjectDraft) -> BundleVersion:
        return await self.copy(bundle_id, (await self._projects.add(draft)).id)

    async def export(
        self, bundle_id: BundleId, path: Path, *, overwrite: bool = False, on_bytes: OnBytes | None = None
    ) -> ExportedBundle:
        data = self._versions.data[bundle_id]
        path.write_bytes(data)
        if on_bytes is not None:
            on_bytes(len(data))
        return ExportedBundle(path, len(data), "")

    async def check_import(self, path: Path, project_id: ProjectId) -> ImportCheck:
        return check_import(summary_of(read_bundle_file(path)), None)

    async def store(
        self, path: Path, project_id: ProjectId, *, on_bytes: OnBytes | None = None
    ) -> BundleVersion:
        return self._versions.add(await self._projects.get(project_id), path.read_bytes(), days=300)

    async def candidates(self, project_id: ProjectId | None) -> tuple[tuple[Candidate, ...], datetime]:
        found = (row for row in self._versions.table if project_id in (None, row.project_id))
        return tuple(
            Candidate(row.id, row.project_id, row.version, row.size, row.created_at, row.label, row.pinned)
            for row in found
        ), self._now

    async def prune(self, plan: RetentionPlan) -> Pruned:
        for candidate in plan.removed:
            self._versions.table.drop(candidate.id)
        return Pruned(tuple(candidate.id for candidate in plan.removed), plan.freed)

    async def verify(self, project_id: ProjectId | None, progress: Progress) -> VerifyReport:
        progress("Version 1", 0.5)
        self.done.append(f"verify {project_id}")
        return VerifyReport(len(list(self._versions.table)), 0, 0, 0, ())
