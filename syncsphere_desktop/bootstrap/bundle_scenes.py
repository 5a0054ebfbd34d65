"""The scenes of bundle versions."""

from __future__ import annotations

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.domain.retention import Interval
from syncsphere_desktop.ui.bundles.dialogs import ImportBundlesDialog
from syncsphere_desktop.ui.bundles.diff_dialog import TEXT, DiffDialog
from syncsphere_desktop.ui.bundles.restore_dialog import RestoreDialog
from syncsphere_desktop.ui.bundles.retention_dialog import RetentionDialog

_PROJECT = "Midnight Session"


async def _bundles(stage: Stage) -> None:
    await _read(stage)
    stage.shoot("bundles")


async def _contents(stage: Stage) -> None:
    await _of_project(stage)
    await _select(stage, 0)
    await stage.settled()
    stage.shoot("bundles-contents")
    stage.bundles.show_all()
    await _loaded(stage)


async def _compare(stage: Stage) -> None:
    await _of_project(stage)
    await _select(stage, 0)
    stage.bundles.comparing.compare()
    dialog = await stage.dialog(DiffDialog)
    await stage.until(lambda: dialog.shown is not None)
    await stage.settled()
    stage.shoot("bundles-compare")
    dialog.show_as(TEXT)
    await stage.settled()
    stage.shoot("bundles-compare-text")
    await stage.clear()
    stage.bundles.show_all()
    await _loaded(stage)


async def _restore(stage: Stage) -> None:
    await _of_project(stage)
    await _select(stage, 1)
    stage.bundles.handling.restore()
    dialog = await stage.dialog(RestoreDialog)
    await stage.until(dialog.confirm_button.isEnabled)
    await stage.settled()
    stage.shoot("bundles-restore")
    await stage.clear()
    stage.bundles.show_all()
    await _loaded(stage)


async def _retention(stage: Stage) -> None:
    stage.bundles.handling.simulate_retention()
    dialog = await stage.dialog(RetentionDialog)
    await stage.until(lambda: dialog.simulation is not None)
    before = dialog.simulation
    dialog.then.setCurrentIndex(dialog.then.findData(Interval.YEAR))
    dialog.then.activated.emit(dialog.then.currentIndex())
    await stage.until(lambda: dialog.simulation is not before)
    await stage.settled()
    stage.shoot("bundles-retention")


async def _import(stage: Stage) -> None:
    await _of_project(stage)
    source = RESOURCES / "sample" / "studio-project-v1.odb"
    stage.bundles.handling.take([source], stage.bundles.receiving_project())
    await stage.dialog(ImportBundlesDialog)
    stage.shoot("bundles-import")
    await stage.clear()
    stage.bundles.show_all()
    await _loaded(stage)


async def _read(stage: Stage) -> None:
    """Wait until the background has read what every version holds."""
    model = stage.bundles.listing.model

    def known() -> bool:
        rows = [model.row(position) for position in range(model.count.value)]
        return not model.is_loading and all(row is not None and row.boxes is not None for row in rows)

    await stage.until(known)
    await stage.settled()


async def _of_project(stage: Stage) -> None:
    model = stage.bundles.listing.model
    rows = (model.row(position) for position in range(model.count.value))
    project = next(row.project_id for row in rows if row is not None and row.project_name == _PROJECT)
    assert project is not None
    stage.bundles.narrow({"project_id": project})
    await _loaded(stage)
    await stage.until(stage.bundles.chart.isVisible)
    await stage.until(lambda: stage.bundles.receiving_project() is not None)


async def _loaded(stage: Stage) -> None:
    model = stage.bundles.listing.model
    await stage.until(lambda: not model.is_loading and not model.is_dimmed)
    await stage.settled()


async def _select(stage: Stage, position: int) -> None:
    stage.bundles.listing.view.go_to(position)
    await stage.until(lambda: stage.bundles.inspector.shows_contents)
    await stage.settled()


BUNDLE_SCENES: tuple[Scene, ...] = (
    Scene("bundles", Needs.BUNDLES, _bundles),
    Scene("bundles-contents", Needs.BUNDLES, _contents),
    Scene("bundles-compare", Needs.BUNDLES, _compare),
    Scene("bundles-restore", Needs.BUNDLES, _restore),
    Scene("bundles-retention", Needs.BUNDLES, _retention),
    Scene("bundles-import", Needs.BUNDLES, _import),
)
