"""Which versions may go by rules, shown first, and their removal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundle_retention import BundleRetentionRepository
from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.retention import RetentionPlan, RetentionRules, plan_retention


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed and how many bytes that freed; `stayed` were planned to go and must not any more.

    The server uses the space again for new versions; its files become smaller only by its own maintenance.
    """

    removed: tuple[BundleId, ...]
    freed: int
    stayed: tuple[BundleId, ...] = ()


class Retention:
    """Plans and removes. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._rows = BundleRetentionRepository(database, actor)

    async def plan(self, rules: RetentionRules, project_id: ProjectId | None = None) -> RetentionPlan:
        """Return what the rules say of each version of a project, or of all projects; changes nothing."""
        candidates, now = await self._rows.candidates(project_id)
        return await asyncio.to_thread(plan_retention, rules, candidates, now)

    async def apply(self, plan: RetentionPlan) -> Pruned:
        """Remove what may go, as far as it still may when it is done. All or nothing; raises AppError."""
        sizes = await self._rows.remove(plan)
        planned = [candidate.id for candidate in plan.removed]
        return Pruned(
            removed=tuple(bundle_id for bundle_id in planned if bundle_id in sizes),
            freed=sum(sizes.values()),
            stayed=tuple(bundle_id for bundle_id in planned if bundle_id not in sizes),
        )
