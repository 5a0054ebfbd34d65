"""The projects view: editing, people and their roles, transfer, deletion, filters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QComboBox, QListWidget, QWidget

from syncsphere_desktop.database.notifications import Operation, TableChanged
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.ui.app.actions import visible_actions
from syncsphere_desktop.ui.projects.controller import ProjectsController
from syncsphere_desktop.ui.projects.dialogs import (
    AddPersonDialog,
    NewProjectDialog,
    RemoveProjectsDialog,
    TransferDialog,
)
from syncsphere_desktop.ui.widgets.buttons import IconButton
from syncsphere_desktop.ui.widgets.confirm import ConfirmDialog
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from tests.ui.bench import (
    Bench,
    Stores,
    button,
    cut_buttons,
    find_button,
    line,
    loaded,
    projects_view,
    prose,
    texts,
    turns,
    until,
    view_bench,
)
from tests.ui.loops import QtRun

LONG_NAME = "Wiederaufnahme der Streichersätze für „Nächtliche Überlandfahrt“ im Winterhalbjahr"


@asynccontextmanager
async def projects(read_only: bool = False) -> AsyncIterator[Bench[ProjectsController]]:
    """Ada owns Tape and Night drive, where bob is an editor; cy works on nothing."""
    stores = Stores()
    ada, bob, _cy = [await stores.user(name) for name in ("ada", "bob", "cy")]
    tape = await stores.project("Tape", ada)
    await stores.project("Night drive", ada)
    await stores.collaborators.set_role(tape.id, bob.id, Role.EDITOR)
    async with view_bench(projects_view(read_only=read_only), stores) as bench:
        yield bench


async def select(bench: Bench[ProjectsController], name: str) -> Project:
    model = bench.controller.listing.model
    rows = [model.row(at) for at in range(model.count.value)]
    place = next(at for at, row in enumerate(rows) if row is not None and row.name == name)
    bench.controller.listing.view.go_to(place)
    await turns()
    shown = bench.controller.editing.shown
    assert shown is not None
    return shown


async def choose(dialog: QWidget, name: str) -> None:
    picker = dialog.findChildren(PersonPicker)[0]
    picker.search.setText(name)
    picker.search.returnPressed.emit()
    found = picker.findChildren(QListWidget)[0]
    await until(lambda: found.count() == 1 and name in found.item(0).text())
    QTest.keyClick(picker.search, Qt.Key.Key_Down)


def names(bench: Bench[ProjectsController]) -> list[str]:
    model = bench.controller.listing.model
    return [row.name for at in range(model.count.value) if (row := model.row(at)) is not None]


def role_box(bench: Bench[ProjectsController], name: str) -> QComboBox | None:
    boxes = bench.controller.inspector.people.findChildren(QComboBox)
    found = (box for box in boxes if box.accessibleName() == f"Role of {name}")
    return next((box for box in found if box.isVisible()), None)


async def choose_role(bench: Bench[ProjectsController], name: str, role: Role) -> None:
    await until(lambda: role_box(bench, name) is not None)
    box = role_box(bench, name)
    assert box is not None
    box.setCurrentIndex(box.findData(role))
    box.activated.emit(box.currentIndex())


def role_of(bench: Bench[ProjectsController], project: Project, name: str) -> str | None:
    people = {
        row.username: row
        for row in map(bench.stores.studio.shown_collaborator, bench.stores.studio.working_on(project.id))
    }
    return people[name].role if name in people else None


def test_a_project_is_added_with_its_owner_as_a_collaborator(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            button(bench.window, "New project").click()
            dialog = await bench.asked(NewProjectDialog)
            line(dialog, "Name").setText("Sunrise")
            line(dialog, "Room id").setText("room-7")
            prose(dialog, "Description").setPlainText("Two\nlines")
            dialog.findChildren(QCheckBox)[0].setChecked(True)
            await choose(dialog, "cy")
            dialog.confirm.click()
            await bench.told("Sunrise was added.")
            await until(lambda: names(bench) == ["Night drive", "Sunrise", "Tape"])
            shown = bench.controller.editing.shown
            assert shown is not None
            assert (shown.name, shown.room_id, shown.description, shown.is_public) == (
                "Sunrise",
                "room-7",
                "Two\nlines",
                True,
            )
            assert role_of(bench, shown, "cy") == Role.OWNER

    qt_run(scenario())


def test_a_project_without_an_owner_is_told_beside_the_field(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            bench.controller.add()
            dialog = await bench.asked(NewProjectDialog)
            line(dialog, "Name").setText("Sunrise")
            dialog.confirm.click()
            await until(lambda: dialog.fields.field("owner_id").error == "Choose who owns the project.")
            line(dialog, "Name").setText("")
            dialog.confirm.click()
            await until(lambda: dialog.fields.field("name").error is not None)

    qt_run(scenario())


def test_an_edit_writes_every_kind_of_field(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            inspector = bench.controller.inspector
            prose(inspector, "Description").setPlainText("New\nwords")
            inspector.form.findChildren(QCheckBox)[0].setChecked(True)
            line(inspector, "Room id").setText("  room-9 ")
            assert inspector.form.changes == {
                "description": "New\nwords",
                "room_id": "room-9",
                "is_public": True,
            }
            inspector.form.save()
            await bench.told("Tape was saved.")
            stored = bench.stores.studio.project(project.id)
            assert (stored.description, stored.room_id, stored.is_public) == ("New\nwords", "room-9", True)
            assert not inspector.form.is_dirty

    qt_run(scenario())


def test_what_other_services_stored_is_no_edit_before_anything_is_typed(qt_run: QtRun) -> None:
    """Blanks around a name, Windows line ends and a flag without a value are none."""

    async def scenario() -> None:
        stores = Stores()
        ada = await stores.user("ada")
        tape = await stores.project("Tape", ada)
        stores.studio.projects.put(replace(tape, name=" Tape ", description="a\r\nb\r\n", is_public=None))
        async with view_bench(projects_view(), stores) as bench:
            await select(bench, " Tape ")
            assert not bench.controller.inspector.form.is_dirty
            assert bench.controller.unsaved() is None
            line(bench.controller.inspector, "Room id").setText("r")
            assert bench.controller.inspector.form.changes == {"room_id": "r"}

    qt_run(scenario())


def test_a_room_that_is_taken_is_told_beside_its_field(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            other = next(row for row in bench.stores.studio.projects if row.id != project.id)
            bench.stores.studio.projects.put(replace(other, room_id="taken"))
            line(bench.controller.inspector, "Room id").setText("taken")
            bench.controller.inspector.form.save()
            await until(lambda: "This room id is taken already." in texts(bench.controller.inspector))
            assert line(bench.controller.inspector, "Room id").text() == "taken"

    qt_run(scenario())


def test_the_inspector_tells_what_a_project_holds(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Night drive")
            bench.stores.studio.contents[project.id] = ProjectImpact(1, 41, 12_400_000, 3, 5_000, 7)
            await select(bench, "Tape")
            await select(bench, "Night drive")
            await until(lambda: "41 · 12.4 MB" in texts(bench.controller.inspector))
            assert {"Night drive", "Owned by ada", "7"} <= set(texts(bench.controller.inspector))

    qt_run(scenario())


def test_a_role_is_changed_at_once(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            await choose_role(bench, "bob", Role.VIEWER)
            await bench.told("bob is viewer of Tape now.")
            assert role_of(bench, project, "bob") == Role.VIEWER

    qt_run(scenario())


def test_a_role_that_was_changed_meanwhile_is_refused_told_and_shown_as_it_is(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            await until(lambda: role_box(bench, "bob") is not None)
            bob = next(row for row in bench.stores.studio.users if row.username == "bob")
            bench.stores.studio.put_role(project.id, bob.id, Role.OWNER)
            await choose_role(bench, "bob", Role.VIEWER)
            await until(lambda: any("changed" in said for said in texts(bench.controller.inspector.people)))
            box = role_box(bench, "bob")
            assert box is not None
            assert box.currentData() == Role.OWNER
            assert role_of(bench, project, "bob") == Role.OWNER

    qt_run(scenario())


def test_the_last_owner_can_not_become_anything_else(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            # Without an owner of its own, the project's last collaborator with that role must keep it.
            stored = bench.stores.studio.projects.get(project.id)
            assert stored is not None
            bench.stores.studio.projects.put(replace(stored, owner_id=None))
            bench.controller.reload()
            await until(
                lambda: (
                    bench.controller.editing.shown is not None
                    and bench.controller.editing.shown.owner_id is None
                )
            )
            bench.controller.take_change(
                TableChanged("project_collaborators", Operation.UPDATE, (), None, own=False)
            )
            await choose_role(bench, "ada", Role.EDITOR)
            await until(lambda: any("owner" in said for said in texts(bench.controller.inspector.people)))
            await turns()
            assert role_of(bench, project, "ada") == Role.OWNER
            box = role_box(bench, "ada")
            assert box is not None
            assert box.currentData() == Role.OWNER

    qt_run(scenario())


def test_the_projects_owner_has_no_role_to_change_and_can_not_be_removed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            await select(bench, "Tape")
            await until(lambda: role_box(bench, "bob") is not None)
            assert role_box(bench, "ada") is None
            assert "Project owner" in texts(bench.controller.inspector.people)
            removers = bench.controller.inspector.people.findChildren(IconButton)
            assert [found.accessibleName() for found in removers if found.isVisible()] == [
                "Remove bob from the project"
            ]

    qt_run(scenario())


def test_scrolling_over_a_role_changes_nothing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            await until(lambda: role_box(bench, "bob") is not None)
            box = role_box(bench, "bob")
            assert box is not None
            place = QPointF(box.rect().center())
            wheel = QWheelEvent(
                place,
                box.mapToGlobal(place),
                QPoint(),
                QPoint(0, -120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(box, wheel)
            await turns()
            assert role_of(bench, project, "bob") == Role.EDITOR
            assert box.currentData() == Role.EDITOR

    qt_run(scenario())


def test_a_person_is_added_and_only_those_who_are_not_there_are_offered(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            bench.controller.add_person()
            dialog = await bench.asked(AddPersonDialog)
            found = dialog.findChildren(QListWidget)[0]
            await until(lambda: found.count() == 1)
            assert "cy" in found.item(0).text()
            assert not dialog.confirm.isEnabled()
            await choose(dialog, "cy")
            assert dialog.confirm.text() == "Add cy"
            dialog.confirm.click()
            await bench.told("cy works on Tape now.")
            assert role_of(bench, project, "cy") == Role.EDITOR
            await until(lambda: role_box(bench, "cy") is not None)
            # The number in the list follows, with or without notices from the database.
            await until(lambda: _people_column(bench, "Tape") == 3)

    qt_run(scenario())


def _people_column(bench: Bench[ProjectsController], name: str) -> int:
    model = bench.controller.listing.model
    rows = (model.row(at) for at in range(model.count.value))
    return next(row.collaborators for row in rows if row is not None and row.name == name)


def test_a_person_leaves_the_project_after_the_question(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            await until(lambda: role_box(bench, "bob") is not None)
            remover = next(
                found
                for found in bench.controller.inspector.people.findChildren(IconButton)
                if found.accessibleName() == "Remove bob from the project"
            )
            remover.click()
            dialog = await bench.asked(ConfirmDialog)
            dialog.confirm_button.click()
            await bench.told("bob left Tape.")
            assert role_of(bench, project, "bob") is None
            await until(lambda: role_box(bench, "bob") is None)

    qt_run(scenario())


def test_a_project_whose_owner_is_no_collaborator_is_put_right(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = next(row for row in bench.stores.studio.projects if row.name == "Tape")
            for row in bench.stores.studio.working_on(project.id):
                bench.stores.studio.collaborators.drop(row.id)
            await select(bench, "Tape")
            told = "The project's owner is not among its people as an owner."
            await until(lambda: told in texts(bench.controller.inspector.people))
            button(bench.controller.inspector.people, "Put it right").click()
            await bench.told("ada is an owner of Tape again.")
            await until(lambda: told not in texts(bench.controller.inspector.people))
            assert role_of(bench, project, "ada") == Role.OWNER
            await select(bench, "Night drive")
            assert told not in texts(bench.controller.inspector.people)

    qt_run(scenario())


def test_people_that_can_not_be_read_are_not_asked_for_again_and_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            gate = bench.stores.studio.gate
            gate.failure = ConnectionLostError("The connection broke.")
            await select(bench, "Tape")
            await until(lambda: "The connection broke." in texts(bench.controller.inspector.people))
            calls = gate.calls
            await turns()
            assert gate.calls == calls
            gate.failure = None
            bench.controller.take_change(
                TableChanged("project_collaborators", Operation.UPDATE, (), None, own=False)
            )
            await until(lambda: role_box(bench, "bob") is not None)
            assert "The connection broke." not in texts(bench.controller.inspector.people)

    qt_run(scenario())


def test_a_project_is_transferred_and_the_former_owner_stays_as_an_editor(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            line(bench.controller.inspector, "Room id").setText("typed")
            bench.controller.transfer()
            dialog = await bench.asked(TransferDialog)
            assert "The new owner joins with the role owner. ada stays as an editor." in texts(dialog)
            assert not dialog.confirm.isEnabled()
            await choose(dialog, "cy")
            dialog.confirm.click()
            await bench.told("Tape belongs to cy now.")
            assert role_of(bench, project, "ada") == Role.EDITOR
            assert role_of(bench, project, "cy") == Role.OWNER
            assert "Owned by cy" in texts(bench.controller.inspector)
            await until(lambda: role_box(bench, "ada") is not None)
            # What was typed before is still there, and saving it is no conflict with our own change.
            bench.controller.inspector.form.save()
            await bench.told("Tape was saved.")
            assert bench.stores.studio.project(project.id).room_id == "typed"

    qt_run(scenario())


def test_projects_are_deleted_after_it_is_said_what_goes_with_them(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            bench.controller.listing.view.selection.select_all()
            await turns()
            assert "2 projects selected" in texts(bench.controller.inspector)
            bench.controller.delete()
            dialog = await bench.asked(RemoveProjectsDialog)
            assert dialog.windowTitle() == "Delete 2 projects?"
            assert any("3 collaborations" in said and "can't be undone" in said for said in texts(dialog))
            assert not dialog.confirm.isDefault()
            dialog.confirm.click()
            await bench.told("2 projects were deleted.")
            await until(lambda: names(bench) == [])

    qt_run(scenario())


def test_a_project_that_is_gone_is_told_in_the_dialog(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = await select(bench, "Tape")
            bench.controller.delete()
            dialog = await bench.asked(RemoveProjectsDialog)
            bench.stores.studio.projects.drop(project.id)
            dialog.confirm.click()
            await until(lambda: any("There is no project" in said for said in texts(dialog)))

    qt_run(scenario())


def test_the_filter_narrows_to_public_or_private_and_show_all_takes_it_back(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            choice = bench.controller.filter.findChildren(QComboBox)[0]
            choice.setCurrentIndex(1)
            choice.activated.emit(1)
            await loaded(bench.controller)
            assert names(bench) == []
            assert "Nothing matches this filter." in texts(bench.controller.listing.view)
            button(bench.controller.listing.view, "Show all").click()
            await until(lambda: names(bench) == ["Night drive", "Tape"])
            assert choice.currentIndex() == 0

    qt_run(scenario())


def test_the_projects_of_one_person_are_shown_whatever_was_searched_before(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            bench.controller.frame.search.setText("zzz")
            bench.controller.frame.search.returnPressed.emit()
            await until(lambda: names(bench) == [])
            bob = next(row for row in bench.stores.studio.users if row.username == "bob")
            bench.controller.narrow({"user_id": bob.id})
            await until(lambda: names(bench) == ["Tape"])
            button(bench.window, "Of one person ✕").click()
            await until(lambda: names(bench) == ["Night drive", "Tape"])
            assert find_button(bench.window, "Of one person ✕") is None

    qt_run(scenario())


def test_a_session_that_only_reads_shows_no_way_to_write(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects(read_only=True) as bench:
            await select(bench, "Tape")
            await until(lambda: "editor" in texts(bench.controller.inspector.people))
            shown = [
                found.text() for found in bench.window.findChildren(QAbstractButton) if found.isVisible()
            ]
            words = ("New project", "Save", "Revert", "Transfer…", "Delete…", "Add a person…")
            assert [text for text in shown if text in words] == []
            assert role_box(bench, "bob") is None
            assert prose(bench.controller.inspector, "Description").isReadOnly()
            enabled = {action.text() for action in visible_actions(bench.window)}
            assert not {"New project…", "Transfer the project…", "Delete projects…"} & enabled
            for wish in (
                bench.controller.add,
                bench.controller.transfer,
                bench.controller.add_person,
                bench.controller.delete,
            ):
                wish()
            await turns()
            assert bench.dialogs() == []

    qt_run(scenario())


def test_long_names_cut_no_button(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            project = next(row for row in bench.stores.studio.projects if row.name == "Tape")
            bench.stores.studio.projects.put(replace(project, name=LONG_NAME))
            cy = next(row for row in bench.stores.studio.users if row.username == "cy")
            long = replace(cy, username="Maximiliane-Theodora Königsmüller")
            bench.stores.studio.users.put(long)
            bench.stores.studio.put_role(project.id, cy.id, Role.VIEWER)
            bench.controller.reload()
            await until(lambda: LONG_NAME in names(bench))
            bench.controller.narrow({"user_id": cy.id})
            await until(lambda: names(bench) == [LONG_NAME])
            await select(bench, LONG_NAME)
            await until(lambda: role_box(bench, long.username) is not None)
            await turns()
            assert cut_buttons(bench.window) == []
            assert bench.window.width() == 1100
            box = role_box(bench, long.username)
            assert box is not None
            assert box.width() >= box.minimumSizeHint().width()
            right = box.mapTo(bench.controller.inspector, QPoint(box.width(), 0)).x()
            assert right <= bench.controller.inspector.width()
            for wish, kind in (
                (bench.controller.add, NewProjectDialog),
                (bench.controller.transfer, TransferDialog),
                (bench.controller.add_person, AddPersonDialog),
                (bench.controller.delete, RemoveProjectsDialog),
            ):
                wish()
                dialog: FormDialog[object] = await bench.asked(kind)  # type: ignore[arg-type]
                await turns()
                assert cut_buttons(dialog) == []
                assert dialog.width() <= 1100
                dialog.reject()
                await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_the_versions_of_the_selected_project_are_shown(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with projects() as bench:
            tape = await select(bench, "Tape")
            button(bench.controller.inspector, "Versions").click()
            assert bench.opened == [("bundles", {"project_id": tape.id})]

    qt_run(scenario())
