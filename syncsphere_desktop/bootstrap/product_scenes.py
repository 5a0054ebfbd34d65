"""The scenes of the tour about the app itself: about box, updates, and a file without a connection."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.domain.updates import Standing, parsed
from syncsphere_desktop.studio.updates import News, Updates
from syncsphere_desktop.ui.app.about_dialog import AboutDialog
from syncsphere_desktop.ui.bundles.file_dialog import BundleFileDialog
from syncsphere_desktop.ui.updates.dialog import UpdateDialog

_NOTES = """\
Backups
· A backup is verified by restoring it beside the studio.
· Retention by days, weeks and months.

Mended
· The grid of ownership keeps its place when a track is renamed.
"""


async def _about(stage: Stage) -> None:
    stage.program.about.open()
    await stage.dialog(AboutDialog)
    stage.shoot("about")


async def _updates_none(stage: Stage) -> None:
    stage.program.updates.open()
    await stage.dialog(UpdateDialog)
    stage.shoot("updates-none")


async def _updates_found(stage: Stage) -> None:
    # No server gives it out: what it would give is shown as it would be.
    dialog = UpdateDialog(
        stage.frame.window, stage.program.desktop.scope, Updates(stage.frame.store), found=_news()
    )
    stage.program.desktop.scope.spawn(_asked(dialog))
    await stage.dialog(UpdateDialog)
    stage.shoot("updates-found")


async def _asked(dialog: UpdateDialog) -> None:
    await dialog.ask()


def _news() -> News:
    now = datetime.now(UTC)
    file = {"url": "https://example.org/syncsphere-desktop.deb", "sha256": "5f1d" * 16, "size": 96_400_000}
    document = {
        "version": "0.2.0",
        "released": (now - timedelta(days=2)).isoformat(),
        "expires": (now + timedelta(days=60)).isoformat(),
        "notes": _NOTES,
        "page": "https://example.org/download",
        "files": dict.fromkeys(("linux", "windows", "macos"), file),
    }
    return News(Standing.NEWER, parsed(json.dumps(document).encode()))


async def _bundle_file(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    dialog = await _opened(stage, _copied(stage, RESOURCES / "sample" / "studio-project-v2.odb"))
    await stage.until(lambda: dialog.inspector.shows_contents)
    await stage.settled()
    stage.shoot("file")


async def _foreign_file(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    dialog = await _opened(stage, _copied(stage, RESOURCES / "self-test" / "tone.wav"))
    await stage.until(lambda: dialog.inspector.shows_contents)
    await stage.settled()
    stage.shoot("file-foreign")


async def _missing_file(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    dialog = await _opened(stage, stage.frame.paths.cache / "Verse two.odb")
    await stage.until(lambda: dialog.inspector.is_empty)
    await stage.settled()
    stage.shoot("file-missing")


def _copied(stage: Stage, source: Path) -> Path:
    """Return a copy where the tour has its own files: a picture shows no folder of this checkout."""
    folder = stage.frame.paths.cache
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(source, folder / f"Night train{source.suffix}"))


async def _opened(stage: Stage, path: Path) -> BundleFileDialog:
    stage.program.bundle_files.open(path)
    return await stage.dialog(BundleFileDialog)


PRODUCT_SCENES: tuple[Scene, ...] = (
    Scene("about", Needs.USERS, _about),
    Scene("updates-none", Needs.USERS, _updates_none),
    Scene("updates-found", Needs.USERS, _updates_found),
    Scene("file", Needs.NOTHING, _bundle_file),
    Scene("file-foreign", Needs.NOTHING, _foreign_file),
    Scene("file-missing", Needs.NOTHING, _missing_file),
)
