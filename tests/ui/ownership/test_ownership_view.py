"""The view of ownership over a studio in memory: the grid, the list, filters, acts, and the line of truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListWidget

from syncsphere_desktop.database.change_events import Operation, TableChanged
from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ownership import ChangeSource, OwnershipChange
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.studio.ownership.watch_ports import WatchPacing
from syncsphere_desktop.studio.ownership.watching import OwnershipWatch
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.library.dialogs import ChooseProjectDialog
from syncsphere_desktop.ui.ownership.act_dialog import ActDialog
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.controller import OwnershipController
from syncsphere_desktop.ui.ownership.differences_dialog import DifferencesDialog
from syncsphere_desktop.ui.ownership.geometry import Density
from syncsphere_desktop.ui.ownership.parts import OwnershipParts
from syncsphere_desktop.ui.ownership.values import Shown
from tests.fakes.ownership import InMemoryOwnership
from tests.fakes.ownership_sources import FakeFeed
from tests.ui.bench import (
    NOW,
    Bench,
    Stores,
    button,
    cut_buttons,
    find_button,
    line,
    turns,
    until,
    view_bench,
)
from tests.ui.loops import QtRun

_QUICK = WatchPacing(poll=0.05, compare=0.2, tick=0.02, retry=0.02, retry_longest=0.05, answer=0.2)


class Parts:
    """What the view was built over."""

    ownership: InMemoryOwnership
    feed: FakeFeed | None
    watch: OwnershipWatch
    train: Project
    hymn: Project
    ada: User
    bob: User
    boxes: list[UUID]


@asynccontextmanager
async def ownership(
    *, feed: FakeFeed | None = None, read_only: bool = False, shown: bool = True, project: bool = True
) -> AsyncIterator[tuple[Bench[OwnershipController], Parts]]:
    """Night train has four tracks: Ada holds Kick, Bob holds Snare; Bass and Vocals are free."""
    stores, parts = Stores(), Parts()
    parts.ada, parts.bob = await stores.user("ada"), await stores.user("bob")
    parts.train = await stores.project("Night train", parts.ada)
    parts.hymn = await stores.project("Hymn", parts.ada)
    await stores.collaborators.set_role(parts.train.id, parts.bob.id, Role.EDITOR)
    parts.feed = feed
    parts.ownership = table = InMemoryOwnership(stores.studio)
    parts.boxes = table.name(parts.train, "Kick", "Snare", "Bass", "Vocals")
    table.hold(parts.train, parts.boxes[0], parts.ada.id, NOW - timedelta(minutes=3))
    table.hold(parts.train, parts.boxes[1], parts.bob.id, NOW - timedelta(hours=2))
    parts.watch = OwnershipWatch(table, table.notices, feed, pacing=_QUICK)

    def make(stores: Stores, context: ViewContext) -> OwnershipController:
        return OwnershipController(
            OwnershipParts(
                watch=parts.watch,
                names=table,
                rows=table.rows,
                collaborators=stores.collaborators,
                projects=stores.projects,
                people=stores.users,
                events=table.events,
                history=table.past,
                store=table,
                undo=table,
            ),
            context,
            GridClock(lambda: NOW, lambda: NOW.replace(tzinfo=UTC)),
            read_only=read_only,
        )

    layout = {"project": int(parts.train.id)} if project else {}
    async with view_bench(make, stores, layout=layout, shown=shown) as bench:
        if project and shown:
            await until(lambda: bench.controller.grid.is_loaded)
            await until(lambda: bench.controller.grid.model.tally().held == 2)
        yield bench, parts


def held(bench: Bench[OwnershipController]) -> dict[str, list[str]]:
    """Return who holds what by the grid, by names; free tracks are left out."""
    model = bench.controller.grid.model
    return {
        track.name: [model.people.name_of(owner) for owner in model.held_of(track.box_uuid).owners]
        for track in model.tracks
        if model.held_of(track.box_uuid).owners
    }


def shown_project(bench: Bench[OwnershipController]) -> int | None:
    """Return the id of the project that is shown."""
    project = bench.controller.project
    return None if project is None else project.id


async def pick(dialog: ActDialog, name: str) -> None:
    """Choose a person in the dialog."""
    assert dialog.person is not None
    people = dialog.person.findChildren(QListWidget)[0]
    await until(lambda: people.count() > 0)
    found = [at for at in range(people.count()) if people.item(at).text().startswith(name)]
    people.setCurrentRow(found[0])


def test_the_project_of_the_last_time_is_shown_with_its_tracks_by_people(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, _parts):
            grid = bench.controller.grid
            assert [grid.model.track(row).name for row in range(4)] == ["Kick", "Snare", "Bass", "Vocals"]
            assert [one.name for one in grid.model.people] == ["ada", "bob"]
            assert held(bench) == {"Kick": ["ada"], "Snare": ["bob"]}
            assert "Live by the database's notices" in grid.truth.sentence.whole_text
            assert grid.truth.light.accessibleName() == "Not compared with a feed"
            assert grid.canvas.hasFocus()
            assert not cut_buttons(grid.frame)

    qt_run(scenario())


def test_changes_by_others_are_shown_as_they_happen(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            table = parts.ownership
            kick = next(iter(table.table))
            table.give(kick, parts.bob.id)
            await until(lambda: held(bench) == {"Kick": ["bob"], "Snare": ["bob"]})
            table.give(kick, None)
            await until(lambda: held(bench) == {"Snare": ["bob"]})
            table.hold(parts.train, parts.boxes[1], parts.ada.id, NOW, quiet=False)
            await until(lambda: held(bench)["Snare"] == ["bob", "ada"])
            await until(lambda: bench.controller.grid.model.tally().contested == 1)

    qt_run(scenario())


def test_a_box_that_no_bundle_knows_comes_last_and_its_holder_gets_a_column_and_a_name(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            mira = await parts_user(bench, "mira")
            parts.ownership.hold(parts.train, UUID(int=77), mira.id, NOW, quiet=False)
            await until(lambda: len(bench.controller.grid.model.tracks) == 5)
            last = bench.controller.grid.model.tracks[-1]
            assert (last.name, last.in_bundle) == ("Box 00000000", False)
            await until(lambda: held(bench)["Box 00000000"] == ["mira"])
            person = bench.controller.grid.model.people.at(2)
            assert person is not None
            assert not person.is_collaborator

    qt_run(scenario())


def test_a_box_without_a_row_that_no_bundle_knows_goes_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            mira = await parts_user(bench, "mira")
            table, model = parts.ownership, bench.controller.grid.model
            row = table.hold(parts.train, UUID(int=77), mira.id, NOW, quiet=False)
            await until(lambda: held(bench).get("Box 00000000") == ["mira"])
            table.table.drop(row.id)
            at = NOW.replace(tzinfo=UTC)
            told = OwnershipChange(
                at, parts.train.id, row.box_uuid, None, mira.id, ChangeSource.NOTICE, row.id
            )
            table.notices.tell(replace(told, gone=True))
            await until(lambda: [track.name for track in model.tracks] == ["Kick", "Snare", "Bass", "Vocals"])
            # Her name is known by now, also where her column went and comes again.
            table.give(next(iter(table.table)), mira.id)
            await until(lambda: held(bench)["Kick"] == ["mira"])

    qt_run(scenario())


def test_a_project_that_is_deleted_is_said_to_be(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            for row in list(parts.ownership.table):
                parts.ownership.table.drop(row.id)
            parts.ownership.name(parts.train)
            await bench.stores.projects.remove([parts.train.id])
            bench.controller.grid.read()
            await until(
                lambda: any(
                    label.text() == "The project was deleted" and label.isVisible()
                    for label in bench.controller.grid.canvas.findChildren(QLabel)
                )
            )

    qt_run(scenario())


async def parts_user(bench: Bench[OwnershipController], name: str) -> User:
    return await bench.stores.user(name)


def test_filters_by_state_person_and_words(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            grid = bench.controller.grid

            def shown() -> list[str]:
                return [grid.model.track(row).name for row in range(grid.model.row_count)]

            grid.filters.states._segments[Shown.FREE.value].click()
            assert shown() == ["Bass", "Vocals"]
            grid.show_all()
            grid.filters.choose_person(parts.bob.id)
            grid.filters.people.activated.emit(grid.filters.people.currentIndex())
            assert shown() == ["Snare"]
            grid.show_all()
            QTest.keyClicks(grid.frame.search, "zither")
            await until(lambda: not shown())
            assert find_button(grid.canvas, "Show all tracks") is not None
            button(grid.canvas, "Show all tracks").click()
            await until(lambda: len(shown()) == 4)
            grid.canvas.go_to(0, 1)
            bench.controller._show_person()
            assert shown() == ["Snare"]

    qt_run(scenario())


def test_the_inspector_tells_of_a_track_its_holder_and_its_events(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            grid = bench.controller.grid
            parts.ownership.give(next(iter(parts.ownership.table)), parts.bob.id, NOW - timedelta(minutes=1))
            await until(lambda: held(bench)["Kick"] == ["bob"])
            grid.canvas.go_to(0)
            told = [label.text() for label in grid.inspector.findChildren(QLabel)]
            assert {"Kick", "Audio in Band", "Night train"} <= set(told)
            await until(
                lambda: any(
                    "it went from ada to bob" in label.text() for label in grid.inspector.findChildren(QLabel)
                )
            )
            bench.controller._copy_box()
            assert QGuiApplication.clipboard().text() == str(parts.boxes[0])
            grid.canvas.selection.select_all()
            assert any("Nobody: 2" in label.text() for label in grid.inspector.findChildren(QLabel))

    qt_run(scenario())


def test_a_release_is_told_counted_down_done_and_taken_back(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            bench.controller.grid.canvas.selection.select_all()
            QTest.keyClick(bench.controller.grid.canvas, Qt.Key.Key_Delete)
            dialog = await bench.asked(ActDialog)
            assert dialog.reason.hasFocus()
            await until(lambda: dialog.impact.text().startswith("Releases 2 tracks of"))
            assert not dialog.confirm.isEnabled()
            line(dialog, "Reason").setText("They went home")
            dialog.grace.setCurrentIndex(0)
            assert dialog.confirm.text() == "Release 2 tracks"
            dialog.confirm.click()
            await bench.told("Released 2 tracks.")
            await until(lambda: not held(bench))
            assert parts.ownership.reasons == ["They went home"]
            assert bench.jobs.all[0].state is JobState.DONE
            button(bench.window, "Undo").click()
            await bench.told("2 tracks have their former owners again.")
            await until(lambda: held(bench) == {"Kick": ["ada"], "Snare": ["bob"]})

    qt_run(scenario())


def test_a_countdown_can_be_called_off_and_nothing_was_done(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            controller = bench.controller
            controller.grid.canvas.go_to(0)
            controller.wishes.ask("grid", gives=False)
            dialog = await bench.asked(ActDialog)
            line(dialog, "Reason").setText("Too long")
            dialog.grace.setCurrentIndex(dialog.grace.findText("30 seconds"))
            await until(dialog.confirm.isEnabled)
            dialog.confirm.click()
            await until(controller.grid.countdown.isVisible)
            assert controller.grid.countdown.sentence == "Releases 1 track of ada in “Night train” in 30 s"
            assert controller.unsaved() is not None
            controller.wishes.ask("grid", gives=False)
            await bench.told("counts down yet")
            controller.grid.countdown.cancel.click()
            await bench.told("Called off")
            assert not controller.grid.countdown.isVisible()
            assert held(bench)["Kick"] == ["ada"]
            assert bench.jobs.all[0].state is JobState.CANCELLED
            assert not parts.ownership.reasons

    qt_run(scenario())


def test_tracks_are_given_by_row_by_person_and_by_project(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, _parts):
            controller = bench.controller
            controller.grid.canvas.go_to(2)
            controller.wishes.ask("grid", gives=True)
            dialog = await bench.asked(ActDialog)
            assert dialog.windowTitle() == "Claim the track for somebody"
            await pick(dialog, "bob")
            await until(lambda: dialog.impact.text() == "Claims 1 track in “Night train” for bob.")
            line(dialog, "Reason").setText("He asked for it")
            dialog.grace.setCurrentIndex(0)
            dialog.confirm.click()
            await until(lambda: held(bench).get("Bass") == ["bob"])
            controller.grid.canvas.go_to(0, 1)
            controller.wishes.ask_of_person(gives=False)
            dialog = await bench.asked(ActDialog)
            words = [dialog.what.itemText(at) for at in range(dialog.what.count())]
            assert words == ["All tracks of bob in Night train", "All tracks of bob in every project"]
            await until(lambda: dialog.impact.text().startswith("Releases 2 tracks of bob"))
            dialog.reject()
            await until(lambda: not bench.dialogs())
            controller.wishes.ask_of_project(gives=True)
            dialog = await bench.asked(ActDialog)
            assert dialog.impact.text() == "Choose who gets the tracks."
            await pick(dialog, "ada")
            await until(lambda: "over to ada" in dialog.impact.text())
            await until(lambda: not cut_buttons(dialog))
            dialog.reject()
            await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_what_changed_hands_during_the_countdown_is_told_and_stays(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            bench.controller.grid.canvas.go_to(0)
            bench.controller.wishes.ask("grid", gives=False)
            dialog = await bench.asked(ActDialog)
            line(dialog, "Reason").setText("Gone")
            await until(dialog.confirm.isEnabled)
            dialog.grace.addItem("A moment", 0.3)
            dialog.grace.setCurrentIndex(dialog.grace.count() - 1)
            dialog.confirm.click()
            await until(lambda: bench.controller.acting.is_counting)
            parts.ownership.give(next(iter(parts.ownership.table)), parts.bob.id)
            await bench.told("changed hands meanwhile; nothing was done")
            assert bench.jobs.all[0].state is JobState.FAILED
            assert held(bench)["Kick"] == ["bob"]

    qt_run(scenario())


def test_the_flat_list_names_tracks_and_opens_their_grid(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(project=False) as (bench, parts):
            controller = bench.controller
            model = controller.list.listing.model
            columns = {column.name: column for column in model.columns}
            rows = [row for at in range(2) if (row := model.row(at)) is not None]
            controller.list.listing.view.viewport().repaint()
            await until(lambda: {columns["track"].text(row) for row in rows} == {"Kick", "Snare"})
            assert {columns["state"].text(row) for row in rows} == {"Held"}
            assert bench.counts[-1] == "2"
            controller.list.listing.view.go_to(0)
            assert controller.list.inspector._title.text() == "Kick"
            controller.list.listing.view.row_activated.emit(rows[1])
            await until(lambda: controller.grid.is_loaded)
            assert shown_project(bench) == parts.train.id
            await until(lambda: controller.grid.canvas.selection.count == 1)
            assert controller.save_layout()["project"] == parts.train.id

    qt_run(scenario())


def test_the_flat_list_keeps_the_old_names_until_it_has_the_new(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(project=False) as (bench, parts):
            listing = bench.controller.list.listing
            track = next(column for column in listing.model.columns if column.name == "track")
            row = listing.model.row(0)
            assert row is not None
            listing.view.viewport().repaint()
            await until(lambda: track.text(row) in {"Kick", "Snare"})
            parts.ownership.name(parts.train, "Kick in", "Snare in", "Bass", "Vocals")
            bench.controller.take_change(
                TableChanged("project_bundles", Operation.INSERT, (1,), 1, own=False)
            )
            assert track.text(row) in {"Kick", "Snare"}
            await until(lambda: track.text(row) in {"Kick in", "Snare in"})

    qt_run(scenario())


def test_rows_of_the_list_are_released_together(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(project=False) as (bench, parts):
            controller = bench.controller
            controller.list.listing.view.go_to(0)
            controller.list.listing.view.selection.extend_to(1)
            controller.list.listing.view.delete_requested.emit()
            dialog = await bench.asked(ActDialog)
            await until(lambda: dialog.impact.text().startswith("Releases 2 tracks"))
            line(dialog, "Reason").setText("Clean up")
            dialog.grace.setCurrentIndex(0)
            dialog.confirm.click()
            await until(lambda: all(row.owner_id is None for row in parts.ownership.table))
            await bench.told("Released 2 tracks.")

    qt_run(scenario())


def test_a_project_is_chosen_in_the_header_and_left_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(project=False) as (bench, parts):
            controller = bench.controller
            controller.choose_project()
            dialog = await bench.asked(ChooseProjectDialog)
            dialog.accept_with(parts.hymn)
            await until(lambda: shown_project(bench) == parts.hymn.id)
            await until(lambda: controller.grid.is_loaded)
            assert "No tracks yet" in texts_of(bench)
            assert all(choice.button.text() == "Hymn" for choice in controller.pages.choices)
            controller.narrow({"project_id": int(parts.train.id)})
            await until(lambda: shown_project(bench) == parts.train.id)
            controller.pages.choices[0].clear.click()
            assert controller.project is None
            assert controller.list.frame.isVisible()

    qt_run(scenario())


def texts_of(bench: Bench[OwnershipController]) -> list[str]:
    return [label.text() for label in bench.controller.grid.frame.findChildren(QLabel) if label.isVisible()]


def told(dialog: DifferencesDialog) -> list[str]:
    """Return the first line of the differences."""
    items = [dialog.rows.item(0, column) for column in range(4)]
    return [item.text() for item in items if item is not None]


def test_presence_claims_and_differences_come_by_the_feed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        feed = FakeFeed()
        async with ownership(feed=feed) as (bench, parts):
            grid, train = bench.controller.grid, parts.train
            feed.active[train.id] = {parts.ada.id}
            feed.server[train.id] = {parts.boxes[0]: parts.ada.id, parts.boxes[1]: parts.bob.id}
            feed.connect()
            await until(lambda: [one.here for one in grid.model.people] == [True, False])
            await until(lambda: grid.truth.light.accessibleName() == "Feed and table agree")
            parts.ownership.gate.close()  # the table is slow
            feed.claim(train.id, parts.boxes[3], parts.bob.id)
            await until(lambda: held(bench).get("Vocals") == ["bob"])
            assert not grid.model.held_of(parts.boxes[3]).confirmed
            parts.ownership.gate.open()
            await until(lambda: "Vocals" not in held(bench))
            await until(grid.truth.differences.isVisible)
            grid.truth.differences.click()
            dialog = await bench.asked(DifferencesDialog)
            await until(lambda: told(dialog) == ["Night train", "Vocals", "bob", "Nobody"])
            feed.claim(train.id, parts.boxes[3], None)
            await until(dialog.rows.isHidden)
            dialog.reject()
            await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_differences_have_names_also_where_all_projects_are_shown(qt_run: QtRun) -> None:
    async def scenario() -> None:
        feed = FakeFeed()
        async with ownership(feed=feed, project=False) as (bench, parts):
            train = parts.train
            mira = await parts_user(bench, "mira")
            feed.server = {train.id: {parts.boxes[0]: mira.id, parts.boxes[1]: parts.bob.id}}
            feed.connect()
            await until(lambda: parts.watch.agreement.total == 1)
            bench.controller.show_differences()
            dialog = await bench.asked(DifferencesDialog)
            await until(lambda: told(dialog) == ["Night train", "Kick", "mira", "ada"])
            dialog.reject()
            await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_a_lost_server_is_said_and_the_picture_stays(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            parts.ownership.gate.failure = ConnectionLostError("The server is gone.")
            parts.ownership.notices.become(ListenerMode.OFF)
            parts.watch.read_again()
            truth = bench.controller.grid.truth
            await until(lambda: truth.light.accessibleName() == "Offline")
            assert "The server is gone." in truth.sentence.whole_text
            assert held(bench) == {"Kick": ["ada"], "Snare": ["bob"]}
            parts.ownership.gate.failure = None
            parts.ownership.notices.become(ListenerMode.LIVE)
            await until(lambda: truth.light.accessibleName() != "Offline")

    qt_run(scenario())


def test_names_that_can_t_be_read_are_an_error_with_retry(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(project=False) as (bench, parts):
            parts.ownership.gate.failure = ConnectionLostError("The server is gone.")
            bench.controller.show_project(parts.train)
            await until(lambda: find_button(bench.controller.grid.canvas, "Retry") is not None)
            parts.ownership.gate.failure = None
            button(bench.controller.grid.canvas, "Retry").click()
            await until(lambda: bench.controller.grid.is_loaded)

    qt_run(scenario())


def test_a_new_bundle_renames_the_tracks(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, parts):
            parts.ownership.name(parts.train, "Kick in", "Snare", "Bass", "Vocals")
            bench.controller.take_change(
                TableChanged("project_bundles", Operation.INSERT, (1,), 1, own=False)
            )
            await until(lambda: bench.controller.grid.model.track(0).name == "Kick in")
            assert held(bench)["Kick in"] == ["ada"]

    qt_run(scenario())


def test_sizes_and_density_are_remembered(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership() as (bench, _parts):
            controller = bench.controller
            controller.grid.step_density(1)
            assert controller.grid.canvas.density is Density.COMPACT
            controller.grid.canvas.set_names_width(200)
            layout = controller.save_layout()
            controller.grid.restore_layout({"names": "wide", "density": "huge", "splitter": 7})
            assert controller.grid.canvas.density is Density.COMPACT
            grid = layout["grid"]
            assert isinstance(grid, dict)
            assert (grid["density"], grid["names"]) == ("compact", 200)

    qt_run(scenario())


def test_a_viewer_can_look_and_do_nothing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(read_only=True) as (bench, _parts):
            bench.controller.grid.canvas.go_to(0)
            assert find_button(bench.controller.grid.inspector, "Release…") is None
            bench.controller.wishes.ask("grid", gives=False)
            await turns()
            assert not bench.dialogs()

    qt_run(scenario())


def test_a_view_that_was_never_shown_only_counts(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with ownership(shown=False) as (bench, parts):
            await until(lambda: bench.counts == ["2"])
            assert not parts.ownership.notices.is_running
            bench.controller.reload()

    qt_run(scenario())
