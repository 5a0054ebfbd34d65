"""The users view: adding, passwords, handing over, deleting, and what a session may do that only reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import bcrypt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QListWidget, QRadioButton, QWidget

from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.errors import ConnectionLostError
from syncsphere_desktop.settings import ThemeMode
from syncsphere_desktop.ui.app.actions import visible_actions
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.users.dialogs import NewUserDialog, PasswordDialog
from syncsphere_desktop.ui.users.giving import HandOverDialog, RemoveUsersDialog
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.person_picker import PersonPicker
from tests.ui.bench import (
    Bench,
    Stores,
    button,
    cut_buttons,
    find_button,
    line,
    texts,
    turns,
    until,
    users_view,
    view_bench,
)
from tests.ui.loops import QtRun

LONG = "Maximiliane-Theodora Königsmüller-Hohenstein"


@asynccontextmanager
async def users(*names: str, read_only: bool = False) -> AsyncIterator[Bench[UsersController]]:
    stores = Stores()
    for name in names:
        await stores.users.add(UserDraft(name, f"{name.replace(' ', '.')}@studio.example", "-"))
    async with view_bench(users_view(read_only=read_only), stores) as bench:
        yield bench


async def select(bench: Bench[UsersController], position: int) -> User:
    bench.controller.listing.view.go_to(position)
    await turns()
    shown = bench.controller.editing.shown
    assert shown is not None
    return shown


async def give(bench: Bench[UsersController], user: User, *, audio: int = 0, boxes: int = 0) -> None:
    bench.stores.studio.uploads[user.id] += audio
    bench.stores.studio.boxes[user.id] += boxes


async def choose(dialog: QWidget, name: str) -> None:
    """Choose a person in the picker, as one does: by letters and the arrow."""
    picker = dialog.findChildren(PersonPicker)[0]
    picker.search.setText(name)
    picker.search.returnPressed.emit()
    found = picker.findChildren(QListWidget)[0]
    await until(lambda: found.count() == 1 and name in found.item(0).text())
    QTest.keyClick(picker.search, Qt.Key.Key_Down)


def names(bench: Bench[UsersController]) -> list[str]:
    model = bench.controller.listing.model
    return [row.username for at in range(model.count.value) if (row := model.row(at)) is not None]


def fill(dialog: NewUserDialog, username: str, email: str, password: str, again: str | None = None) -> None:
    line(dialog, "Username").setText(username)
    line(dialog, "Email").setText(email)
    for name, text in (("Password", password), ("Password again", password if again is None else again)):
        line(dialog, name).setText(text)


async def said(dialog: FormDialog[object] | QWidget, part: str) -> None:
    await until(lambda: any(part in text for text in texts(dialog)))


def test_a_user_is_added_selected_and_shown(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            button(bench.window, "New user").click()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, "cy", "cy@studio.example", "blue door ninety")
            dialog.confirm.click()
            await bench.told("cy was added.")
            await until(lambda: names(bench) == ["ada", "bob", "cy"])
            shown = bench.controller.editing.shown
            assert shown is not None
            assert shown.username == "cy"
            assert not bench.controller.inspector.is_empty
            stored = bench.stores.studio.password_hashes[shown.id].encode()
            assert bcrypt.checkpw(b"blue door ninety", stored)
            assert stored.startswith(b"$2b$12$")

    qt_run(scenario())


def test_a_user_who_is_taken_is_told_beside_the_field_and_all_that_was_typed_stays(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, "ada", "new@studio.example", "blue door ninety")
            dialog.confirm.click()
            await said(dialog, "This username is taken already.")
            assert dialog.fields.field("username").error == "This username is taken already."
            assert line(dialog, "Email").text() == "new@studio.example"
            assert line(dialog, "Password").text() == "blue door ninety"
            assert dialog.confirm.isEnabled()
            dialog.reject()
            await until(lambda: not bench.dialogs())
            assert names(bench) == ["ada"]

    qt_run(scenario())


@pytest.mark.parametrize(
    ("username", "email", "password", "again", "field", "told"),
    [
        ("", "a@b", "blue door ninety", None, "username", "empty"),
        ("x" * 101, "a@b", "blue door ninety", None, "username", "100"),
        ("cy", "no at sign", "blue door ninety", None, "email", "@"),
        ("cy", "a@b", "a" * 73, None, "password", "72 bytes"),
        ("cy", "a@b", "é" * 37, None, "password", "this has 74"),
        ("cy", "a@b", "blue door ninety", "blue door ninety!", "repeat", "not the same"),
    ],
)
def test_what_can_not_be_a_user_is_told_beside_its_field(
    qt_run: QtRun, username: str, email: str, password: str, again: str | None, field: str, told: str
) -> None:
    async def scenario() -> None:
        async with users() as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, username, email, password, again)
            dialog.confirm.click()
            await until(lambda: dialog.fields.field(field).error is not None)
            assert told in str(dialog.fields.field(field).error)
            assert list(bench.stores.studio.users) == []

    qt_run(scenario())


def test_a_password_of_72_bytes_is_set(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            user = await select(bench, 0)
            bench.controller.set_password()
            dialog = await bench.asked(PasswordDialog)
            for name in ("Password", "Password again"):
                line(dialog, name).setText("é" * 36)
            dialog.confirm.click()
            await bench.told("ada has a new password.")
            stored = bench.stores.studio.password_hashes[user.id].encode()
            assert bcrypt.checkpw("é".encode() * 36, stored)

    qt_run(scenario())


def test_a_lost_connection_keeps_the_dialog_with_what_was_typed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, "cy", "cy@studio.example", "blue door ninety")
            bench.stores.studio.gate.failure = ConnectionLostError("The connection broke.")
            dialog.confirm.click()
            await said(dialog, "The connection broke.")
            bench.stores.studio.gate.failure = None
            dialog.confirm.click()
            await bench.told("cy was added.")

    qt_run(scenario())


def test_a_dialog_that_is_saving_is_not_left(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, "cy", "cy@studio.example", "blue door ninety")
            bench.stores.studio.gate.close()
            dialog.confirm.click()
            await turns()
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            dialog.close()
            assert dialog.isVisible()
            bench.stores.studio.gate.open()
            await bench.told("cy was added.")

    qt_run(scenario())


def test_a_second_dialog_is_not_opened_over_the_first(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            await select(bench, 0)
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            line(dialog, "Username").setText("typed already")
            bench.controller.set_password()
            bench.controller.delete()
            bench.controller.add()
            await turns()
            assert bench.dialogs() == [dialog]
            assert line(dialog, "Username").text() == "typed already"

    qt_run(scenario())


def test_dialogs_close_with_their_view(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            user = await select(bench, 0)
            await give(bench, user, audio=1)
            bench.controller.hand_over()
            await bench.asked(HandOverDialog)
            await bench.controller.shutdown()
            assert bench.dialogs() == []

    qt_run(scenario())


def test_a_dialog_that_is_left_while_people_are_on_their_way_ends_quietly(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            user = await select(bench, 0)
            await give(bench, user, audio=1)
            bench.controller.hand_over()
            dialog = await bench.asked(HandOverDialog)
            bench.stores.studio.gate.close()
            dialog.findChildren(PersonPicker)[0].search.setText("b")
            dialog.findChildren(PersonPicker)[0].search.returnPressed.emit()
            await turns()
            dialog.reject()
            await turns()
            bench.stores.studio.gate.open()
            await turns()
            assert bench.bugs == []

    qt_run(scenario())


def test_everything_is_handed_over_to_the_one_who_was_chosen(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob", "cy") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=12, boxes=7)
            bob = next(user for user in bench.stores.studio.users if user.username == "bob")
            bench.controller.hand_over()
            dialog = await bench.asked(HandOverDialog)
            assert [box.text() for box in dialog.findChildren(QCheckBox)] == [
                "12 audio files uploaded",
                "7 tracks held",
            ]
            assert not dialog.confirm.isEnabled()
            await choose(dialog, "bob")
            assert dialog.confirm.text() == "Hand over to bob"
            dialog.findChildren(QCheckBox)[0].setChecked(False)
            dialog.confirm.click()
            await until(lambda: not bench.dialogs())
            assert (bench.stores.studio.uploads[ada.id], bench.stores.studio.boxes[bob.id]) == (12, 7)

    qt_run(scenario())


def test_who_owns_nothing_has_nothing_to_hand_over(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            await select(bench, 0)
            await until(lambda: "0" in texts(bench.controller.inspector))
            assert not button(bench.controller.inspector, "Hand over…").isEnabled()
            bench.controller.hand_over()
            await bench.told("ada has nothing to hand over.")
            assert bench.dialogs() == []

    qt_run(scenario())


def test_a_user_without_belongings_is_deleted_after_the_question(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            await select(bench, 0)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            assert "Removing ada touches nothing else. This can't be undone." in texts(dialog)
            assert dialog.confirm.text() == "Delete user"
            assert not dialog.confirm.isDefault()
            dialog.confirm.click()
            await bench.told("ada was deleted.")
            await until(lambda: names(bench) == ["bob"])
            assert bench.controller.inspector.is_empty

    qt_run(scenario())


def test_deleting_says_what_it_touches_and_hands_over(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=12, boxes=7)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            assert not dialog.confirm.isEnabled()
            await choose(dialog, "bob")
            told = "Removing ada hands 12 audio files and 7 tracks over to bob. This can't be undone."
            assert told in texts(dialog)
            dialog.confirm.click()
            await bench.told("ada was deleted.")
            (bob,) = bench.stores.studio.users
            assert bench.stores.studio.boxes[bob.id] == 7

    qt_run(scenario())


def test_deleting_releases_what_was_held(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=12, boxes=7)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            release = dialog.findChildren(QRadioButton)[1]
            release.setChecked(True)
            told = "Removing ada releases 7 tracks, leaves 12 audio files without an uploader."
            assert f"{told} This can't be undone." in texts(dialog)
            dialog.confirm.click()
            await bench.told("ada was deleted.")
            await until(lambda: names(bench) == ["bob"])

    qt_run(scenario())


def test_projects_are_never_left_without_an_owner(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = Stores()
        ada = await stores.user("ada")
        await stores.user("bob")
        await stores.project("Tape", ada)
        async with view_bench(users_view(), stores) as bench:
            await select(bench, 0)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            release = dialog.findChildren(QRadioButton)[1]
            assert not release.isEnabled()
            assert release.text() == "Leave it without an owner (not possible for projects)"
            await choose(dialog, "bob")
            dialog.confirm.click()
            await bench.told("ada was deleted.")
            (project,) = stores.studio.projects
            assert stores.studio.project(project.id).owner_name == "bob"

    qt_run(scenario())


def test_enter_in_the_search_for_a_person_does_not_close_the_dialog(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=1)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            picker = dialog.findChildren(PersonPicker)[0]
            picker.search.setText("bo")
            QTest.keyClick(picker.search, Qt.Key.Key_Return)
            await turns()
            assert dialog.isVisible()

    qt_run(scenario())


def test_many_users_are_deleted_at_once_and_named(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob", "cy", "dan", "eve") as bench:
            bench.controller.listing.view.go_to(0)
            bench.controller.listing.view.selection.extend_to(3)
            await turns()
            assert "4 users selected" in texts(bench.controller.inspector)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            assert dialog.windowTitle() == "Delete 4 users?"
            assert any(said.startswith("Removing ada, bob, cy and 1 other") for said in texts(dialog))
            dialog.confirm.click()
            await bench.told("4 users were deleted.")
            await until(lambda: names(bench) == ["eve"])
            assert bench.controller.listing.view.selection.count == 0

    qt_run(scenario())


def test_after_all_were_deleted_nothing_stays_selected(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            bench.controller.listing.view.selection.select_all()
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            dialog.confirm.click()
            await bench.told("2 users were deleted.")
            await bench.stores.user("new")
            bench.controller.reload()
            await until(lambda: names(bench) == ["new"])
            assert bench.controller.listing.view.selection.count == 0

    qt_run(scenario())


def test_the_inspector_tells_what_a_user_owns_and_leads_to_the_projects(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = Stores()
        ada = await stores.user("ada")
        await stores.user("bob")
        await stores.project("Tape", ada)
        stores.studio.uploads[ada.id] = 12
        async with view_bench(users_view(), stores) as bench:
            await select(bench, 0)
            await until(lambda: "12" in texts(bench.controller.inspector))
            assert {"ada", "ada@studio.example", str(ada.id)} <= set(texts(bench.controller.inspector))
            button(bench.controller.inspector, "Show the projects").click()
            assert bench.opened == [("projects", {"user_id": ada.id})]
            await select(bench, 1)
            await turns()
            assert find_button(bench.controller.inspector, "Show the projects") is None

    qt_run(scenario())


def test_a_slow_count_is_never_shown_for_the_user_chosen_after(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=99)
            await select(bench, 1)
            bench.stores.studio.gate.close()
            bench.controller.listing.view.go_to(0)
            await turns()
            assert "…" in texts(bench.controller.inspector)
            bench.controller.listing.view.go_to(1)
            await turns()
            bench.stores.studio.gate.open()
            await until(lambda: "…" not in texts(bench.controller.inspector))
            assert "99" not in texts(bench.controller.inspector)

    qt_run(scenario())


def test_a_session_that_only_reads_shows_no_way_to_write(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob", read_only=True) as bench:
            await select(bench, 0)
            shown = [
                found.text() for found in bench.window.findChildren(QAbstractButton) if found.isVisible()
            ]
            words = ("New user", "Save", "Revert", "Set password…", "Hand over…", "Delete…")
            assert [text for text in shown if text in words] == []
            assert line(bench.controller.inspector, "Email").isReadOnly()
            enabled = {action.text() for action in visible_actions(bench.window)}
            assert not {"New user…", "Edit in place", "Set password…", "Delete users…"} & enabled
            assert "Copy the selected rows" in enabled
            for wish in (
                bench.controller.add,
                bench.controller.set_password,
                bench.controller.hand_over,
                bench.controller.delete,
            ):
                wish()
            bench.controller.listing.view.edit_current()
            await turns()
            assert bench.dialogs() == []

    qt_run(scenario())


def test_long_names_and_german_texts_cut_no_button(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users(LONG, "bob") as bench:
            user = await select(bench, 0)
            await give(bench, user, audio=1234567, boxes=7654321)
            await turns()
            assert cut_buttons(bench.window) == []
            assert bench.window.width() == 1100
            for wish, kind in (
                (bench.controller.add, NewUserDialog),
                (bench.controller.set_password, PasswordDialog),
                (bench.controller.hand_over, HandOverDialog),
                (bench.controller.delete, RemoveUsersDialog),
            ):
                wish()
                dialog: FormDialog[object] = await bench.asked(kind)  # type: ignore[arg-type]
                if dialog.findChildren(PersonPicker):
                    await choose(dialog, "bob")
                await turns()
                assert cut_buttons(dialog) == []
                assert dialog.width() <= 1100
                cut = [
                    label.text()
                    for label in dialog.findChildren(QLabel)
                    if label.isVisible()
                    and label.wordWrap()
                    and label.heightForWidth(label.width()) > label.height()
                ]
                assert cut == []
                dialog.reject()
                await until(lambda: not bench.dialogs())

    qt_run(scenario())


def test_another_theme_repaints_an_open_picker(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            before = bench.theme.mode
            user = await select(bench, 0)
            await give(bench, user, audio=1)
            bench.theme.set_mode(ThemeMode.DARK)
            bench.controller.hand_over()
            dialog = await bench.asked(HandOverDialog)
            await choose(dialog, "bob")
            found = dialog.findChildren(QListWidget)[0]
            dark = found.grab().toImage()
            bench.theme.set_mode(ThemeMode.LIGHT)
            await turns()
            light = found.grab().toImage()
            row = found.visualItemRect(found.item(0)).center()
            assert dark.pixelColor(4, row.y()) != light.pixelColor(4, row.y())
            bench.theme.set_mode(before)

    qt_run(scenario())


def test_a_dialog_begins_in_its_first_field(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada") as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            assert dialog.focusWidget() is line(dialog, "Username")
            dialog.reject()
            await turns()
            await select(bench, 0)
            bench.controller.set_password()
            asked = await bench.asked(PasswordDialog)
            assert asked.focusWidget() is line(asked, "Password")
            asked.reject()

    qt_run(scenario())


def test_an_added_user_is_the_current_row_so_that_editing_means_that_one(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users(*(f"user {number:03}" for number in range(300))) as bench:
            bench.controller.add()
            dialog = await bench.asked(NewUserDialog)
            fill(dialog, "zoe", "zoe@studio.example", "blue door ninety")
            dialog.confirm.click()
            await bench.told("zoe was added.")
            view = bench.controller.listing.view

            def is_current() -> bool:
                row = view.current_row()
                return row is not None and row.username == "zoe"

            await until(is_current)
            assert view.selection.count == 1

    qt_run(scenario())


def test_choosing_nobody_yet_says_what_waits_for_a_receiver(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with users("ada", "bob") as bench:
            ada = await select(bench, 0)
            await give(bench, ada, audio=5)
            bench.controller.delete()
            dialog = await bench.asked(RemoveUsersDialog)
            assert any("Choose who receives 5 audio files" in text for text in texts(dialog))
            dialog.reject()

    qt_run(scenario())
