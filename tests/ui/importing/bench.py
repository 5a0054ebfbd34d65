"""The importing part in a window over a studio in memory and a fake importer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QApplication

from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.ui.importing.controller import ImportController, ImportParts
from syncsphere_desktop.ui.projects.controller import ProjectsController
from tests.fakes.importing import FakeImporter
from tests.ui.bench import Bench, Stores, projects_view, view_bench


@dataclass
class ImportBench:
    """The part with what it works on; the projects view is shown beside it."""

    beside: Bench[ProjectsController]
    importer: FakeImporter
    part: ImportController
    project: Project
    views: list[str]
    shown: list[object]
    """What is shown in place of the projects view, where there is something."""


@asynccontextmanager
async def import_bench(
    importer: FakeImporter | None = None, *, refused: str | None = None, journals: bool = False
) -> AsyncIterator[ImportBench]:
    """Open the window with one project, Night Drive, and its owner, mara."""
    used = importer or FakeImporter()
    stores = Stores()
    project = await stores.project("Night Drive", await stores.user("mara"))
    views: list[str] = []
    shown: list[object] = []

    async def open_importer() -> FakeImporter:
        return used

    async def blockingly(work: Any) -> Any:
        return work()

    async with view_bench(projects_view(), stores) as bench:
        parts = ImportParts(
            open_importer, stores.projects, stores.users, blockingly, lambda: journals, refused
        )
        part = ImportController(
            parts,
            bench.controller._context,
            bench.window,
            lambda: shown[0] if shown else bench.controller,
            views.append,
        )
        try:
            yield ImportBench(bench, used, part, project, views, shown)
        finally:
            used.planning.set()
            await part.shutdown()
    assert QApplication.activeModalWidget() is None
