"""The scenes of integrity: files of the sample studio are really damaged, checked, and mended again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.studio.integrity.findings import FindingKind
from syncsphere_desktop.ui.integrity.controller import FINDINGS, QUARANTINE
from syncsphere_desktop.ui.integrity.dialogs import QuarantineDialog, RemoveForGoodDialog

_TAKEN = 3


async def _integrity(stage: Stage) -> None:
    view = stage.integrity
    await stage.until(lambda: not view.findings.listing.model.is_loading)
    await stage.settled()
    stage.shoot("integrity-unchecked")
    view.check()
    await stage.until(lambda: view.check_run.is_running)
    await stage.until(lambda: not view.check_run.is_running)
    await stage.settled()
    stage.program.toasts.clear()
    await stage.settled()
    stage.shoot("integrity-sound")
    with _damaged(stage.studio.audio_folder):
        view.check()
        await stage.until(lambda: view.check_run.is_running)
        await stage.until(lambda: view.findings.count > 0 or not view.check_run.is_running)
        view.check_run.toggle_pause()
        await stage.settled()
        stage.shoot("integrity-checking")
        view.check_run.toggle_pause()
        await stage.until(lambda: not view.check_run.is_running)
        await stage.settled()
        await _select(stage, FindingKind.MISSING)
        stage.shoot("integrity-findings")
        await _quarantine(stage)
        await _away(stage)
    view.show_page(FINDINGS)


async def _quarantine(stage: Stage) -> None:
    view = stage.integrity
    await _select(stage, FindingKind.ORPHAN)
    selection = view.findings.listing.view.selection
    selection.extend_to(view.findings.listing.view.currentIndex().row() + _TAKEN - 1)
    await stage.settled()
    view.mending.quarantine()
    dialog = await stage.dialog(QuarantineDialog)
    stage.shoot("integrity-quarantine-ask")
    dialog.confirm_button.click()
    await stage.until(lambda: view.quarantine.count > 0)
    await stage.settled()
    stage.program.toasts.clear()
    view.show_page(QUARANTINE)
    await stage.settled()
    view.quarantine.listing.view.go_to(0)
    await stage.settled()
    stage.shoot("integrity-quarantine")
    view.returning.remove()
    await stage.dialog(RemoveForGoodDialog)
    stage.shoot("integrity-remove")
    await stage.clear()


async def _away(stage: Stage) -> None:
    """A check of a storage that is not there fails, and tells no findings."""
    view = stage.integrity
    folder = stage.studio.audio_folder
    away = folder.with_name("audio-away")
    folder.rename(away)
    try:
        view.check()
        await stage.until(view.findings.failure.isVisible)
        await stage.settled()
        stage.shoot("integrity-failed")
    finally:
        away.rename(folder)


async def _select(stage: Stage, kind: FindingKind) -> None:
    listing = stage.integrity.findings.listing
    await stage.until(lambda: not listing.model.is_loading and not listing.model.is_dimmed)
    rows = (listing.model.row(position) for position in range(listing.model.count.value))
    found = [place for place, row in enumerate(rows) if row is not None and row.finding.kind is kind]
    listing.view.go_to(found[0])
    await stage.settled()


@contextmanager
def _damaged(folder: Path) -> Iterator[None]:
    """Lose a file, cut one, change one, and put some that nobody knows; afterwards all is as before."""
    files = sorted(path for path in folder.rglob("*.wav") if ".syncsphere" not in path.parts)
    lost, cut, changed = ((path, path.read_bytes()) for path in files[:3])
    strangers = [folder / "bounces" / f"Rough mix {number}.wav" for number in range(1, _TAKEN + 2)]
    lost[0].unlink()
    cut[0].write_bytes(cut[1][: len(cut[1]) // 2])
    changed[0].write_bytes(changed[1][:-64] + bytes(64))
    strangers[0].parent.mkdir(exist_ok=True)
    for number, path in enumerate(strangers):
        path.write_bytes(files[5].read_bytes() + bytes(number + 2))
    try:
        yield
    finally:
        for path, content in (lost, cut, changed):
            path.write_bytes(content)
        for path in strangers:
            path.unlink(missing_ok=True)


INTEGRITY_SCENES: tuple[Scene, ...] = (Scene("integrity", Needs.INTEGRITY, _integrity),)
