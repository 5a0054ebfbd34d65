"""The scenes of the log and the history: tracks really change hands, then their events are made older."""

from __future__ import annotations

from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.ui.ownership.pages import TRACKS
from syncsphere_desktop.ui.ownership.past_pages import HISTORY, LOG
from syncsphere_desktop.ui.ownership.past_strip import GRID, LANES

_PROJECT = "Midnight Session"
_ROUNDS = 14


async def _log(stage: Stage) -> None:
    _live_through(stage)
    view = stage.ownership
    view.show_project(None)
    view.show_page(LOG)
    log = view.past.log
    await stage.until(lambda: not log.listing.model.is_loading and log.listing.model.count.value > 0)
    await stage.settled()
    log.listing.view.go_to(2)
    await stage.settled()
    await stage.settled()
    stage.shoot("ownership-log")
    log.toggle_pause()
    await stage.until(lambda: log.is_paused)
    _change_hands(stage, len(stage.theme))
    await stage.until(lambda: log.waiting > 0)
    await stage.settled()
    stage.shoot("ownership-log-paused")
    log.toggle_pause()
    await stage.settled()
    view.show_page(TRACKS)


async def _history(stage: Stage) -> None:
    await _show(stage)
    history = stage.ownership.past.history
    history.show_shape(GRID)
    await stage.settled()
    stage.shoot("ownership-history-now")
    history.axis.step(-3)
    await stage.until(lambda: history.moment is not None)
    await stage.settled()
    await stage.settled()
    stage.shoot("ownership-history")
    history.go_to(None)
    await stage.settled()
    stage.ownership.show_page(TRACKS)


async def _lanes(stage: Stage) -> None:
    await _show(stage)
    history = stage.ownership.past.history
    history.show_shape(LANES)
    history.axis.step(-2)
    await stage.settled()
    await stage.settled()
    stage.shoot("ownership-lanes")
    history.go_to(None)
    history.show_shape(GRID)
    stage.ownership.show_page(TRACKS)


async def _heat(stage: Stage) -> None:
    _live_through(stage)
    view = stage.ownership
    view.show_project(None)
    view.show_page(HISTORY)
    heat = view.past.heat
    await stage.until(lambda: heat.is_loaded)
    heat.map.go_to(0, 30)
    await stage.settled()
    stage.shoot("ownership-heat")
    view.show_page(TRACKS)


async def _no_history(stage: Stage) -> None:
    """The table of events is away for a moment."""
    view = stage.ownership
    stage.execute("ALTER TABLE syncsphere_desktop.ownership_events RENAME TO kept_for_a_moment")
    view.show_project(None)
    view.show_page(HISTORY)
    heat = view.past.heat
    heat.read()
    await stage.until(lambda: "No history" in heat.covers.told)
    await stage.settled()
    stage.shoot("ownership-no-history")
    stage.execute("ALTER TABLE syncsphere_desktop.kept_for_a_moment RENAME TO ownership_events")
    view.show_page(TRACKS)


async def _show(stage: Stage) -> None:
    _live_through(stage)
    view = stage.ownership
    session = stage.program.desktop.session
    assert session is not None
    project = await session.projects.find(_PROJECT)
    assert project is not None
    view.show_project(project)
    view.show_page(HISTORY)
    await stage.until(lambda: view.past.history.is_loaded and view.past.history.project == project)
    await stage.settled()


def _live_through(stage: Stage) -> None:
    """Let tracks of all projects change hands many times, and have that happened over the last days; once."""
    with stage.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT min(at) < now() - interval '1 day' FROM syncsphere_desktop.ownership_events")
        if cursor.fetchone()[0]:
            return
    stage.execute("CREATE TABLE kept_for_a_moment AS SELECT id, owner_id FROM box_ownership")
    for round_ in range(_ROUNDS):
        _change_hands(stage, round_)
    stage.execute(
        "UPDATE box_ownership b SET owner_id = k.owner_id FROM kept_for_a_moment k WHERE k.id = b.id"
        " AND b.owner_id IS DISTINCT FROM k.owner_id"
    )
    stage.execute("DROP TABLE kept_for_a_moment")
    stage.execute(
        "UPDATE syncsphere_desktop.ownership_events e SET at = now() - ((n.newest - e.id) * (n.newest - e.id)"
        " * interval '40 minutes' / n.newest) - interval '3 minutes' FROM (SELECT max(id) AS newest"
        " FROM syncsphere_desktop.ownership_events) n WHERE e.at > now() - interval '1 hour'"
    )


def _change_hands(stage: Stage, round_: int) -> None:
    stage.execute(
        "UPDATE box_ownership b SET owner_id = CASE WHEN (b.id * 7 + %s * 5) %% 11 < 3 THEN NULL ELSE"
        " (SELECT c.user_id FROM project_collaborators c WHERE c.project_id = b.project_id"
        " ORDER BY (c.user_id * 31 + b.id * 17 + %s * 13) %% 23, c.user_id LIMIT 1) END"
        " WHERE (b.id + %s) %% 3 = 0",
        round_,
        round_,
        round_,
    )


OWNERSHIP_PAST_SCENES: tuple[Scene, ...] = (
    Scene("ownership-log", Needs.OWNERSHIP, _log),
    Scene("ownership-history", Needs.OWNERSHIP, _history),
    Scene("ownership-lanes", Needs.OWNERSHIP, _lanes),
    Scene("ownership-heat", Needs.OWNERSHIP, _heat),
    Scene("ownership-no-history", Needs.OWNERSHIP, _no_history),
)
