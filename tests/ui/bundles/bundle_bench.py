"""The view of bundle versions on a bench, with versions in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.studio.bundle_contents import BundleContents
from syncsphere_desktop.studio.bundles.child.desk import OwnProcess
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.bundles.controller import BundleParts, BundlesController
from syncsphere_desktop.ui.bundles.diff_dialog import DiffDialog
from tests.bundle_maker import sample_bundle
from tests.fakes.bundles import EmptyLibrary, InMemoryDeeds, InMemoryHolders, InMemoryVersions
from tests.ui.bench import (
    NOW,
    Bench,
    Stores,
    turns,
    until,
    view_bench,
)


class Parts:
    """What the view was built over."""

    versions: InMemoryVersions
    holders: InMemoryHolders
    deeds: InMemoryDeeds
    train: Project
    hymn: Project


@asynccontextmanager
async def bundles(
    fill: Callable[[Parts], None] | None = None, *, read_only: bool = False
) -> AsyncIterator[tuple[Bench[BundlesController], Parts]]:
    """Night train has three versions, of which the second is as the first; Hymn has one."""
    stores, parts = Stores(), Parts()
    ada = await stores.user("ada")
    parts.train = await stores.project("Night train", ada)
    parts.hymn = await stores.project("Hymn", ada)
    parts.versions = versions = InMemoryVersions(stores.studio)
    parts.holders = InMemoryHolders(stores.studio.gate)
    parts.deeds = InMemoryDeeds(versions, stores.projects, NOW)
    for version, days in (("v1", 0), ("v1", 10), ("v2", 20)):
        versions.add(parts.train, sample_bundle(version), days=days)
    versions.add(parts.hymn, sample_bundle("v1"), days=30)
    if fill is not None:
        fill(parts)

    def make(stores: Stores, context: ViewContext) -> BundlesController:
        return BundlesController(
            BundleParts(
                versions=versions,
                marks=versions,
                projects=stores.projects,
                contents=BundleContents(versions, EmptyLibrary(), OwnProcess()),
                holders=parts.holders.rows,
                people=stores.users.rows,
                deeds=parts.deeds,
            ),
            context,
            lambda: NOW,
            read_only=read_only,
        )

    async with view_bench(make, stores) as bench:
        yield bench, parts


def rows(bench: Bench[BundlesController]) -> list[BundleVersion]:
    model = bench.controller.listing.model
    return [row for at in range(model.count.value) if (row := model.row(at)) is not None]


async def select(bench: Bench[BundlesController], project: Project, number: int) -> BundleVersion:
    found = rows(bench)
    place = next(at for at, row in enumerate(found) if (row.project_id, row.version) == (project.id, number))
    bench.controller.listing.view.go_to(place)
    await until(lambda: bench.controller.editing.shown == found[place])
    await until(lambda: bench.controller.inspector.shows_contents)
    await turns()
    return found[place]


async def compared(bench: Bench[BundlesController]) -> DiffDialog:
    dialog = await bench.asked(DiffDialog)
    await until(lambda: dialog.shown is not None)
    return dialog
