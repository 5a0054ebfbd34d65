"""Editing keeps what was typed through selections, saves, conflicts and others' changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from syncsphere_desktop.domain.user import User
from syncsphere_desktop.errors import TimedOutError
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.widgets.conflict import ConflictDialog, Side
from tests.ui.bench import (
    Bench,
    Stores,
    button,
    find_button,
    line,
    loaded,
    texts,
    turns,
    until,
    users_view,
    view_bench,
)
from tests.ui.loops import QtRun


@asynccontextmanager
async def three_users() -> AsyncIterator[tuple[Bench[UsersController], list[User]]]:
    stores = Stores()
    people = [await stores.user(name) for name in ("ada", "bob", "cy")]
    async with view_bench(users_view(), stores) as bench:
        yield bench, people


def change_behind(bench: Bench[UsersController], user: User, **values: object) -> User:
    """Change a user as another service would."""
    studio = bench.stores.studio
    changed = replace(studio.user(user.id), row_version=studio.next_version(), **values)  # type: ignore[arg-type]
    return studio.users.put(changed)


async def select(bench: Bench[UsersController], position: int) -> None:
    bench.controller.listing.view.go_to(position)
    await turns()


def email(bench: Bench[UsersController]) -> str:
    return line(bench.controller.inspector, "Email").text()


def type_email(bench: Bench[UsersController], text: str) -> None:
    line(bench.controller.inspector, "Email").setText(text)


def shown_id(bench: Bench[UsersController]) -> int | None:
    shown = bench.controller.editing.shown
    return None if shown is None else shown.id


def stored(bench: Bench[UsersController], user: User) -> User:
    return bench.stores.studio.user(user.id)


def test_what_was_typed_is_there_again_after_another_row_was_looked_at(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, _people):
            await select(bench, 0)
            type_email(bench, "new@studio.example")
            await select(bench, 1)
            assert email(bench) == "bob@studio.example"
            assert not bench.controller.inspector.form.is_dirty
            await select(bench, 0)
            assert email(bench) == "new@studio.example"
            assert bench.controller.inspector.form.changes == {"email": "new@studio.example"}

    qt_run(scenario())


def test_what_was_typed_is_there_again_after_many_rows_were_selected_or_none(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, _people):
            await select(bench, 0)
            type_email(bench, "new@studio.example")
            bench.controller.listing.view.selection.extend_to(2)
            await turns()
            assert bench.controller.unsaved() == "What you typed for ada is not saved."
            bench.controller.listing.view.selection.clear()
            await turns()
            await select(bench, 0)
            assert email(bench) == "new@studio.example"

    qt_run(scenario())


def test_save_writes_only_what_was_changed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            written: list[dict[str, object]] = []
            await select(bench, 0)
            form = bench.controller.inspector.form
            form.save_requested.connect(lambda _base, changes: written.append(dict(changes)))
            type_email(bench, "new@studio.example")
            QTest.keyClick(
                line(bench.controller.inspector, "Email"),
                Qt.Key.Key_S,
                Qt.KeyboardModifier.ControlModifier,
            )
            await bench.told("ada was saved.")
            assert written == [{"email": "new@studio.example"}]
            assert stored(bench, people[0]).email == "new@studio.example"
            assert not form.is_dirty
            assert bench.controller.unsaved() is None

    qt_run(scenario())


def test_a_duplicate_is_told_beside_the_field_and_nothing_is_lost(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            line(bench.controller.inspector, "Username").setText("bob")
            type_email(bench, "new@studio.example")
            bench.controller.inspector.form.save()
            await until(lambda: "This username is taken already." in texts(bench.controller.inspector))
            assert line(bench.controller.inspector, "Username").text() == "bob"
            assert email(bench) == "new@studio.example"
            assert button(bench.controller.inspector, "Save").isEnabled()
            assert stored(bench, people[0]).username == "ada"
            # Typing takes the error away, and another save stores both.
            line(bench.controller.inspector, "Username").setText("bobby")
            assert "This username is taken already." not in texts(bench.controller.inspector)
            bench.controller.inspector.form.save()
            await bench.told("bobby was saved.")

    qt_run(scenario())


def test_a_row_that_was_deleted_meanwhile_keeps_what_was_typed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "new@studio.example")
            bench.stores.studio.users.drop(people[0].id)
            bench.controller.inspector.form.save()
            await until(
                lambda: any("was deleted meanwhile" in said for said in texts(bench.controller.inspector))
            )
            assert email(bench) == "new@studio.example"

    qt_run(scenario())


def test_a_deleted_row_leaves_the_list_and_stays_in_the_inspector_while_something_is_typed(
    qt_run: QtRun,
) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "new@studio.example")
            bench.stores.studio.users.drop(people[0].id)
            bench.controller.reload()
            await until(lambda: bench.controller.listing.model.count.value == 2)
            await turns()
            assert bench.controller.listing.view.selection.count == 0
            assert not bench.controller.inspector.is_empty
            assert email(bench) == "new@studio.example"
            await select(bench, 0)
            assert email(bench) == "bob@studio.example"

    qt_run(scenario())


def test_a_deleted_row_without_edits_leaves_the_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            bench.stores.studio.users.drop(people[0].id)
            bench.controller.reload()
            await until(lambda: bench.controller.inspector.is_empty)
            assert bench.controller.unsaved() is None

    qt_run(scenario())


async def in_conflict(bench: Bench[UsersController], people: list[User]) -> ConflictDialog:
    await select(bench, 0)
    type_email(bench, "mine@studio.example")
    change_behind(bench, people[0], email="theirs@studio.example")
    bench.controller.inspector.form.save()
    return await bench.asked(ConflictDialog)


def test_a_conflict_keeps_theirs(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            dialog = await in_conflict(bench, people)
            dialog.reload_button.click()
            await bench.told("ada stays as it is stored.")
            assert email(bench) == "theirs@studio.example"
            assert stored(bench, people[0]).email == "theirs@studio.example"
            assert bench.controller.unsaved() is None

    qt_run(scenario())


def test_a_conflict_saves_mine(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            dialog = await in_conflict(bench, people)
            assert not dialog.save_button.isEnabled()
            dialog.choose("email", Side.MINE)
            dialog.save_button.click()
            await bench.told("ada was saved.")
            assert stored(bench, people[0]).email == "mine@studio.example"
            assert email(bench) == "mine@studio.example"
            assert bench.controller.unsaved() is None

    qt_run(scenario())


def test_leaving_a_conflict_saves_nothing_and_keeps_what_was_typed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            dialog = await in_conflict(bench, people)
            dialog.cancel_button.click()
            await until(lambda: find_button(bench.controller.inspector, "Save") is not None)
            assert button(bench.controller.inspector, "Save").isEnabled()
            assert email(bench) == "mine@studio.example"
            assert stored(bench, people[0]).email == "theirs@studio.example"
            assert bench.controller.unsaved() is not None

    qt_run(scenario())


def test_a_row_that_changes_again_while_the_dialog_is_open_is_asked_about_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            first = await in_conflict(bench, people)
            change_behind(bench, people[0], email="newer@studio.example")
            first.choose("email", Side.MINE)
            first.save_button.click()
            await until(lambda: bench.dialog(ConflictDialog) not in {None, first})
            second = await bench.asked(ConflictDialog)
            assert "newer@studio.example" in texts(second)
            assert stored(bench, people[0]).email == "newer@studio.example"
            second.choose("email", Side.MINE)
            second.save_button.click()
            await bench.told("ada was saved.")
            assert stored(bench, people[0]).email == "mine@studio.example"

    qt_run(scenario())


def test_others_changes_of_other_fields_survive_a_save_of_mine(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "mine@studio.example")
            change_behind(bench, people[0], username="adele")
            bench.controller.inspector.form.save()
            dialog = await bench.asked(ConflictDialog)
            assert dialog.choices == {"username": Side.THEIRS, "email": Side.MINE}
            dialog.save_button.click()
            await bench.told("adele was saved.")
            after = stored(bench, people[0])
            assert (after.username, after.email) == ("adele", "mine@studio.example")

    qt_run(scenario())


def test_an_edit_in_place_is_stored(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            model = bench.controller.listing.model
            assert model.setData(model.index(0, 0), "adele")
            await bench.told("adele was saved.")
            assert stored(bench, people[0]).username == "adele"
            assert model.pending_edit(people[0].id, "username") is None

    qt_run(scenario())


def test_an_edit_in_place_that_is_refused_shows_the_stored_value_and_why(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            model = bench.controller.listing.model
            rejected: list[str] = []
            model.edit_rejected.connect(lambda _id, _name, sentence: rejected.append(sentence))
            model.setData(model.index(0, 0), "bob")
            await until(lambda: rejected)
            assert rejected == ["This username is taken already."]
            assert model.data(model.index(0, 0)) == "ada"
            assert stored(bench, people[0]).username == "ada"
            # What was typed is where the next edit begins, and is forgotten when that one is stored.
            assert model.data(model.index(0, 0), Qt.ItemDataRole.EditRole) == "bob"
            model.setData(model.index(0, 0), "bobby")
            await until(lambda: stored(bench, people[0]).username == "bobby")
            await until(lambda: model.data(model.index(0, 0), Qt.ItemDataRole.EditRole) == "bobby")

    qt_run(scenario())


def test_an_edit_in_place_in_conflict_that_is_left_shows_the_stored_value(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            model = bench.controller.listing.model
            change_behind(bench, people[0], username="adele")
            model.setData(model.index(0, 0), "adi")
            dialog = await bench.asked(ConflictDialog)
            assert model.data(model.index(0, 0)) == "adi"
            dialog.cancel_button.click()
            await until(lambda: model.pending_edit(people[0].id, "username") is None)
            assert stored(bench, people[0]).username == "adele"

    qt_run(scenario())


def test_an_edit_in_place_leaves_alone_what_is_typed_in_the_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "mine@studio.example")
            model = bench.controller.listing.model
            model.setData(model.index(0, 0), "adele")
            await bench.told("adele was saved.")
            # The name in the form follows: it was not typed there, and a save must not take it back.
            assert line(bench.controller.inspector, "Username").text() == "adele"
            assert bench.controller.inspector.form.changes == {"email": "mine@studio.example"}
            bench.controller.inspector.form.save()
            await until(lambda: stored(bench, people[0]).email == "mine@studio.example")
            assert stored(bench, people[0]).username == "adele"
            assert bench.dialog(ConflictDialog) is None

    qt_run(scenario())


def test_others_changes_are_shown_in_the_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            change_behind(bench, people[0], email="theirs@studio.example")
            bench.controller.reload()
            await until(lambda: email(bench) == "theirs@studio.example")

    qt_run(scenario())


def test_others_changes_never_replace_what_is_typed(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "mine@studio.example")
            change_behind(bench, people[0], username="adele")
            bench.controller.reload()
            await until(lambda: "adele" in texts(bench.controller.inspector))
            assert email(bench) == "mine@studio.example"
            bench.controller.inspector.form.save()
            await bench.asked(ConflictDialog)

    qt_run(scenario())


def test_two_saves_in_a_row_both_arrive(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            bench.controller.inspector.form.save()
            await bench.told("ada was saved.")
            type_email(bench, "two@studio.example")
            bench.controller.inspector.form.save()
            await until(lambda: stored(bench, people[0]).email == "two@studio.example")
            assert bench.dialog(ConflictDialog) is None

    qt_run(scenario())


def test_what_is_typed_while_a_save_is_under_way_is_kept(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            bench.stores.studio.gate.close()
            bench.controller.inspector.form.save()
            await turns()
            type_email(bench, "two@studio.example")
            line(bench.controller.inspector, "Username").setText("adele")
            bench.stores.studio.gate.open()
            await bench.told("ada was saved.")
            assert stored(bench, people[0]).email == "one@studio.example"
            assert bench.controller.inspector.form.changes == {
                "username": "adele",
                "email": "two@studio.example",
            }
            bench.controller.inspector.form.save()
            await bench.told("adele was saved.")
            assert stored(bench, people[0]).email == "two@studio.example"

    qt_run(scenario())


def test_escape_does_not_take_back_what_is_being_saved(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, _people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            bench.stores.studio.gate.close()
            bench.controller.inspector.form.save()
            await turns()
            QTest.keyClick(line(bench.controller.inspector, "Email"), Qt.Key.Key_Escape)
            assert email(bench) == "one@studio.example"
            bench.stores.studio.gate.open()
            await bench.told("ada was saved.")
            type_email(bench, "two@studio.example")
            QTest.keyClick(line(bench.controller.inspector, "Email"), Qt.Key.Key_Escape)
            assert email(bench) == "one@studio.example"

    qt_run(scenario())


def test_a_save_that_fails_after_another_row_was_chosen_is_told_by_name_and_the_text_is_kept(
    qt_run: QtRun,
) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, _people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            gate = bench.stores.studio.gate
            gate.close()
            bench.controller.inspector.form.save()
            await turns()
            await select(bench, 1)
            gate.failure = TimedOutError("The server took too long.")
            gate.open()
            await bench.told("ada was not saved. The server took too long.")
            gate.failure = None
            assert not any("took too long" in said for said in texts(bench.controller.inspector.form))
            await select(bench, 0)
            assert email(bench) == "one@studio.example"
            assert button(bench.controller.inspector, "Save").isEnabled()

    qt_run(scenario())


def test_a_save_that_ends_after_another_row_was_chosen_leaves_that_one_alone(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, _people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            bench.stores.studio.gate.close()
            bench.controller.inspector.form.save()
            await turns()
            await select(bench, 1)
            type_email(bench, "bob2@studio.example")
            bench.stores.studio.gate.open()
            await bench.told("ada was saved.")
            assert email(bench) == "bob2@studio.example"
            assert bench.controller.unsaved() == "What you typed for bob is not saved."

    qt_run(scenario())


def test_a_row_that_is_not_at_hand_never_leaves_the_one_before_in_the_inspector(qt_run: QtRun) -> None:
    """Else the password would be set for a user that is not selected any more."""

    async def scenario() -> None:
        stores = Stores()
        stores.studio.seed_users(5_000)
        async with view_bench(users_view(), stores) as bench:
            await select(bench, 0)
            assert shown_id(bench) == 1
            stores.studio.gate.close()
            bench.controller.listing.view.go_to(4_999)
            assert shown_id(bench) is None
            stores.studio.gate.open()
            await until(lambda: shown_id(bench) == 5_000)

    qt_run(scenario())


def test_a_deleted_row_is_no_loss_any_more(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            type_email(bench, "one@studio.example")
            bench.stores.studio.users.drop(people[0].id)
            bench.controller.editing.forget({people[0].id})
            await loaded(bench.controller)
            assert bench.controller.unsaved() is None
            assert bench.controller.inspector.is_empty

    qt_run(scenario())


def test_enter_in_the_list_puts_the_cursor_into_the_form(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with three_users() as (bench, people):
            await select(bench, 0)
            bench.controller.listing.view.row_activated.emit(people[0])
            assert bench.window.focusWidget() is line(bench.controller.inspector, "Username")

    qt_run(scenario())
