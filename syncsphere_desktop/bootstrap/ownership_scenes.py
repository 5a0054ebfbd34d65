"""The scenes of ownership: tracks are really claimed, released and contested by another connection."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QListWidget

from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.studio.local_feed import ActivityWish, LocalFeed
from syncsphere_desktop.ui.ownership.act_dialog import ActDialog
from syncsphere_desktop.ui.ownership.geometry import Density
from syncsphere_desktop.ui.ownership.people import STALE_AFTER_SECONDS
from syncsphere_desktop.ui.ownership.values import Shown

_PROJECT = "Midnight Session"
_MANY = 5_000
_CROWD = 50


async def _all(stage: Stage) -> None:
    view = stage.ownership
    view.show_project(None)
    await stage.until(lambda: not view.list.listing.model.is_loading)
    await stage.settled()
    await stage.settled()
    stage.shoot("ownership-all")
    view.list.listing.view.go_to(0)
    await stage.settled()
    stage.shoot("ownership-all-selected")
    view.list.listing.view.selection.clear()


async def _alive(stage: Stage) -> None:
    """Sample members join, claim and release through real sockets."""
    await _show(stage, _PROJECT)
    view = stage.ownership
    canvas = view.grid.canvas
    stage.execute("CREATE TABLE kept_for_a_moment AS SELECT * FROM box_ownership")
    stage.studio.start(activity=ActivityWish(seed=7, pace=0.4))
    await stage.until(lambda: view.grid.truth.light.accessibleName() == "Feed and table agree")
    people = view.grid.model.people
    await stage.until(lambda: sum(one.here is True for one in people) > 1)
    canvas.set_motion(enabled=True)
    seen = canvas.repaints
    await stage.until(lambda: canvas.repaints > seen and bool(canvas.lit))
    stage.shoot("ownership-alive")
    canvas.set_motion(enabled=False)
    LocalFeed(stage.studio.folder).wish_activity(None)
    await stage.until(lambda: not any(one.here for one in people))
    stage.execute("DELETE FROM box_ownership")
    stage.execute("INSERT INTO box_ownership SELECT * FROM kept_for_a_moment")
    stage.execute("DROP TABLE kept_for_a_moment")
    people.stale_after = 1.0
    await stage.until(lambda: view.grid.model.tally().stale > 0)
    view.grid.show_all()
    await stage.settled()
    stale = next(at for at in range(view.grid.model.row_count) if people.any_stale(view.grid.model.held(at)))
    await _select(stage, stale, 0)
    stage.shoot("ownership-stale")
    people.stale_after = STALE_AFTER_SECONDS


async def _no_feed(stage: Stage) -> None:
    await _show(stage, _PROJECT)
    truth = stage.ownership.grid.truth
    await stage.until(lambda: "Live by the feed" in truth.sentence.whole_text)
    LocalFeed(stage.studio.folder).stop()
    await stage.until(lambda: truth.sentence.whole_text.startswith("Live by the database"))
    await stage.settled()
    stage.shoot("ownership-no-feed")
    stage.studio.start()
    await stage.until(lambda: truth.sentence.whole_text.startswith("Live by the feed"))


async def _grid(stage: Stage) -> None:
    await _show(stage, _PROJECT)
    stage.shoot("ownership-grid")
    await _select(stage, 3, 1)
    stage.shoot("ownership-selected")
    stage.ownership.grid.canvas.selection.extend_to(8)
    await stage.settled()
    stage.shoot("ownership-many")


async def _act(stage: Stage) -> None:
    await _show(stage, _PROJECT)
    view = stage.ownership
    view.grid.canvas.selection.select_all()
    view.wishes.ask("grid", gives=True)
    dialog = await stage.dialog(ActDialog)
    stage.child(dialog, QLineEdit, "Reason").setText("She is back on Monday, and the mix is due")
    assert dialog.person is not None
    dialog.person.search.setText("lucja")
    await stage.settled()
    await stage.until(lambda: not _pick(dialog))
    await stage.until(dialog.confirm.isEnabled)
    await stage.settled()
    stage.shoot("ownership-hand-over")
    dialog.confirm.click()
    await stage.until(lambda: view.acting.is_counting and view.grid.countdown.isVisible())
    await stage.settled()
    stage.shoot("ownership-countdown")
    view.acting.call_off()
    await stage.until(lambda: not view.acting.is_counting)
    view.wishes.ask("grid", gives=False)
    await stage.dialog(ActDialog)
    stage.shoot("ownership-release")
    await stage.clear()
    view.grid.canvas.selection.clear()


def _pick(dialog: ActDialog) -> bool:
    """Take the first person that was found; return whether there is none yet."""
    assert dialog.person is not None
    people = dialog.person.findChildren(QListWidget)[0]
    if people.count():
        people.setCurrentRow(0)
    return people.count() == 0


async def _contested(stage: Stage) -> None:
    await _show(stage, _PROJECT)
    model = stage.ownership.grid.model
    track = next(row for row in range(model.row_count) if model.held(row).owners)
    box, owner = model.track(track).box_uuid, model.held(track).owners[0]
    stage.execute(
        "INSERT INTO box_ownership (project_id, box_uuid, owner_id) SELECT project_id, box_uuid, u.id"
        " FROM box_ownership, users u WHERE box_uuid = %s AND u.id <> %s ORDER BY u.id LIMIT 1",
        str(box),
        owner,
    )
    await stage.until(lambda: model.held(track).is_contested)
    await _select(stage, track, 0)
    stage.shoot("ownership-contested")
    stage.ownership.grid.show_only(Shown.CONTESTED)
    await stage.settled()
    stage.shoot("ownership-contested-only")
    stage.execute("DELETE FROM box_ownership WHERE id = (SELECT max(id) FROM box_ownership)")
    stage.ownership.grid.show_all()
    stage.ownership.grid.show_only(Shown.STALE)
    await stage.settled()
    stage.shoot("ownership-nothing-found")
    stage.ownership.grid.show_all()


async def _crowd(stage: Stage) -> None:
    """Five thousand tracks and fifty people."""
    project = stage.add_project("Film score, all cues")
    stage.execute(
        "INSERT INTO users (username, email, password_hash) SELECT 'player ' || n, 'player' || n ||"
        " '@studio.example', '-' FROM generate_series(1, %s) n",
        _CROWD,
    )
    stage.execute(
        "INSERT INTO project_collaborators (project_id, user_id, role) SELECT %s, id, 'editor' FROM users"
        " WHERE username LIKE 'player %%'",
        project,
    )
    stage.execute(
        "INSERT INTO box_ownership (project_id, box_uuid, owner_id, track_index, created_at, updated_at)"
        " SELECT %s, md5(n::text)::uuid, CASE WHEN n %% 7 = 0"
        " THEN NULL ELSE (SELECT min(id) FROM users WHERE username LIKE 'player %%') + (n * n) %% %s END, n,"
        " now() - n * interval '11 seconds', now() - n * interval '11 seconds' FROM generate_series(1, %s) n",
        project,
        _CROWD,
        _MANY,
    )
    await _show(stage, "Film score, all cues")
    await stage.until(lambda: stage.ownership.grid.model.row_count == _MANY)
    await stage.settled()
    stage.shoot("ownership-crowd")
    stage.ownership.grid.show_density(Density.OVERVIEW)
    await stage.settled()
    stage.shoot("ownership-overview")
    stage.ownership.grid.show_density(Density.COMFORTABLE)
    stage.execute("DELETE FROM projects WHERE id = %s", project)
    stage.execute("DELETE FROM users WHERE username LIKE 'player %%'")


async def _empty(stage: Stage) -> None:
    project = stage.add_project("New idea")
    await _show(stage, "New idea")
    stage.shoot("ownership-no-tracks")
    stage.execute("DELETE FROM projects WHERE id = %s", project)
    stage.ownership.show_project(None)


async def _offline(stage: Stage) -> None:
    await _show(stage, _PROJECT)
    stage.studio.stop(force=True)
    await stage.until(lambda: stage.ownership.grid.truth.light.accessibleName() == "Offline")
    await stage.settled()
    stage.shoot("ownership-offline")
    stage.studio.start()
    await stage.until(lambda: stage.ownership.grid.truth.light.accessibleName() != "Offline")


async def _show(stage: Stage, name: str) -> None:
    view = stage.ownership
    session = stage.program.desktop.session
    assert session is not None
    project = await session.projects.find(name)
    assert project is not None
    view.show_project(project)
    await stage.until(lambda: view.grid.is_loaded and view.grid.project == project)
    await stage.settled()


async def _select(stage: Stage, row: int, column: int) -> None:
    stage.ownership.grid.canvas.go_to(row, column)
    await stage.settled()


OWNERSHIP_SCENES: tuple[Scene, ...] = (
    Scene("ownership-all", Needs.OWNERSHIP, _all),
    Scene("ownership-alive", Needs.OWNERSHIP, _alive),
    Scene("ownership-no-feed", Needs.OWNERSHIP, _no_feed),
    Scene("ownership-grid", Needs.OWNERSHIP, _grid),
    Scene("ownership-act", Needs.OWNERSHIP, _act),
    Scene("ownership-contested", Needs.OWNERSHIP, _contested),
    Scene("ownership-crowd", Needs.OWNERSHIP, _crowd),
    Scene("ownership-empty", Needs.OWNERSHIP, _empty),
    Scene("ownership-offline", Needs.OWNERSHIP, _offline),
)
