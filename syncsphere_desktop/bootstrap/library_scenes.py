"""The scenes of the audio library."""

from __future__ import annotations

import shutil

from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog, RemoveFilesDialog


async def _library(stage: Stage) -> None:
    await stage.until(stage.library.notice.isHidden)
    stage.shoot("library")


async def _selected(stage: Stage) -> None:
    await _select(stage, 0)
    waveform = stage.library.inspector.listen.waveform
    await stage.until(lambda: waveform.has_peaks)
    stage.library.sound.player.seek(0.31)
    await stage.settled()
    stage.shoot("library-selected")


async def _many(stage: Stage) -> None:
    await _select(stage, 1)
    stage.library.listing.view.selection.extend_to(6)
    await stage.settled()
    stage.shoot("library-many")


async def _filters(stage: Stage) -> None:
    stage.library.narrow({"format": "wav", "channels": 2, "duration_max": 2.0})
    await _loaded(stage)
    stage.shoot("library-filters")
    stage.library.filters.open_menu()
    await stage.settled()
    stage.place_menu(stage.library.filters.button)
    stage.shoot("library-filter-menu")
    await stage.close_menus()
    stage.library.narrow({"state": "missing"})
    await _loaded(stage)
    stage.shoot("library-nothing-found")
    stage.library.narrow({})
    await _loaded(stage)


async def _duplicates(stage: Stage) -> None:
    folder = stage.studio.audio_folder
    original = next(iter(sorted(folder.glob("*/*.wav"))))
    copy = folder / "copies" / original.name
    copy.parent.mkdir(exist_ok=True)
    shutil.copyfile(original, copy)
    columns = "project_id, filename, file_size, duration, sample_rate, channels, format, uploaded_by"
    stage.execute(
        f"INSERT INTO audio_files ({columns}, file_path) SELECT {columns}, %s FROM audio_files"
        " WHERE file_path = %s",
        copy.relative_to(folder).as_posix(),
        original.relative_to(folder).as_posix(),
    )
    stage.library.reload()
    await stage.settled()
    stage.library.listing.view.selection.select_all()
    stage.library.reprobe()
    await stage.until(lambda: bool(stage.program.toasts.sentences))
    stage.program.toasts.clear()
    stage.library.narrow({"duplicates": True})
    await _loaded(stage)
    await _select(stage, 0)
    stage.shoot("library-duplicates")
    stage.library.narrow({})
    await _loaded(stage)
    await _select(stage, 0)
    stage.shoot("library-checked")
    stage.execute("DELETE FROM audio_files WHERE file_path LIKE %s", "copies/%")
    shutil.rmtree(copy.parent)
    stage.program.desktop.jobs.clear_ended()


async def _move(stage: Stage) -> None:
    await _select(stage, 0)
    stage.library.move()
    await stage.dialog(ChooseProjectDialog)
    stage.shoot("library-move")


async def _remove(stage: Stage) -> None:
    await _select(stage, 2)
    stage.library.listing.view.selection.extend_to(4)
    await stage.settled()
    stage.library.remove()
    await stage.dialog(RemoveFilesDialog)
    stage.shoot("library-remove")


async def _store_failed(stage: Stage) -> None:
    folder = stage.studio.audio_folder
    away = folder.with_name("audio-away")
    folder.rename(away)
    try:
        stage.library.notice.look()
        await stage.until(stage.library.notice.isVisible)
        await _select(stage, 8)
        await stage.settled()
        stage.shoot("library-store-failed")
    finally:
        away.rename(folder)
    stage.library.notice.look()
    await stage.until(stage.library.notice.isHidden)


async def _empty(stage: Stage) -> None:
    stage.execute("CREATE TABLE kept_for_a_moment AS SELECT * FROM audio_files")
    stage.execute("DELETE FROM audio_files")
    stage.library.reload()
    await stage.until(lambda: stage.library.listing.model.count.value == 0)
    await stage.settled()
    stage.shoot("library-empty")
    stage.execute("INSERT INTO audio_files SELECT * FROM kept_for_a_moment")
    stage.execute("DROP TABLE kept_for_a_moment")
    stage.library.reload()
    await stage.until(lambda: stage.library.listing.model.count.value > 0)


async def _select(stage: Stage, position: int) -> None:
    stage.library.listing.view.go_to(position)
    await stage.until(lambda: stage.library.editing.shown is not None)
    await stage.settled()


async def _loaded(stage: Stage) -> None:
    model = stage.library.listing.model
    await stage.until(lambda: not model.is_loading and not model.is_dimmed)
    await stage.settled()


LIBRARY_SCENES: tuple[Scene, ...] = (
    Scene("library", Needs.LIBRARY, _library),
    Scene("library-selected", Needs.LIBRARY, _selected),
    Scene("library-many", Needs.LIBRARY, _many),
    Scene("library-filters", Needs.LIBRARY, _filters),
    Scene("library-duplicates", Needs.LIBRARY, _duplicates),
    Scene("library-move", Needs.LIBRARY, _move),
    Scene("library-remove", Needs.LIBRARY, _remove),
    Scene("library-store-failed", Needs.LIBRARY, _store_failed),
    Scene("library-empty", Needs.LIBRARY, _empty),
)
