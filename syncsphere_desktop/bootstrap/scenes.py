"""The scenes of the tour: what is done to the real window before each picture."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QLineEdit

from syncsphere_desktop.bootstrap.bundle_scenes import BUNDLE_SCENES
from syncsphere_desktop.bootstrap.import_scenes import IMPORT_SCENES
from syncsphere_desktop.bootstrap.integrity_scenes import INTEGRITY_SCENES
from syncsphere_desktop.bootstrap.library_scenes import LIBRARY_SCENES
from syncsphere_desktop.bootstrap.ownership_past_scenes import OWNERSHIP_PAST_SCENES
from syncsphere_desktop.bootstrap.ownership_scenes import OWNERSHIP_SCENES
from syncsphere_desktop.bootstrap.product_scenes import PRODUCT_SCENES
from syncsphere_desktop.bootstrap.scene import Scene
from syncsphere_desktop.bootstrap.stage import Needs, Stage
from syncsphere_desktop.database.connection import Health
from syncsphere_desktop.ui.app.cheat_sheet import CheatSheet
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.jobs_panel import JobsPanel
from syncsphere_desktop.ui.app.palette import CommandPalette
from syncsphere_desktop.ui.connecting.connect_dialog import ConnectDialog
from syncsphere_desktop.ui.projects.dialogs import (
    AddPersonDialog,
    NewProjectDialog,
    RemoveProjectsDialog,
    TransferDialog,
)
from syncsphere_desktop.ui.users.dialogs import NewUserDialog, PasswordDialog
from syncsphere_desktop.ui.users.giving import HandOverDialog, RemoveUsersDialog
from syncsphere_desktop.ui.widgets.conflict import ConflictDialog


async def _welcome(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    await stage.settled()
    stage.shoot("welcome")


async def _connect(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    stage.program.connecting.page.form_requested.emit()
    await stage.dialog(ConnectDialog)
    stage.shoot("welcome-connect")


async def _connect_feed(stage: Stage) -> None:
    stage.program.connecting.show_welcome()
    stage.program.connecting.page.form_requested.emit()
    dialog = await stage.dialog(ConnectDialog)
    form, ended = dialog.form, asyncio.Event()
    # Nothing listens there, so that both tests show a step that fails.
    form.take_address("postgresql://ada@127.0.0.1:1/syncsphere")
    form.feed.address.setText("wss://127.0.0.1:1/ws")
    form.feed.unfold()
    dialog.test_ended.connect(ended.set)
    dialog.start_test()
    await ended.wait()
    await stage.settled()
    stage.shoot("welcome-connect-feed")


async def _users(stage: Stage) -> None:
    stage.shoot("users")


async def _users_selected(stage: Stage) -> None:
    await _select_user(stage, 2)
    stage.shoot("users-selected")


async def _users_many(stage: Stage) -> None:
    stage.users.listing.view.go_to(1)
    stage.users.listing.view.selection.extend_to(5)
    await stage.settled()
    stage.shoot("users-many")


async def _users_new(stage: Stage) -> None:
    stage.users.add()
    dialog = await stage.dialog(NewUserDialog)
    for name, text in (("Username", "ada"), ("Email", "ada at studio"), ("Password", "blue door ninety")):
        stage.child(dialog, QLineEdit, name).setText(text)
    dialog.confirm.click()
    await stage.settled()
    stage.shoot("users-new")


async def _users_password(stage: Stage) -> None:
    await _select_user(stage, 3)
    stage.users.set_password()
    dialog = await stage.dialog(PasswordDialog)
    stage.child(dialog, QLineEdit, "Password").setText("é" * 37)
    await stage.settled()
    stage.shoot("users-password")


async def _users_conflict(stage: Stage) -> None:
    await _select_user(stage, 2)
    form, shown = stage.users.inspector.form, stage.users.editing.shown
    assert shown is not None
    for editor in form.findChildren(QLineEdit):
        editor.setText(f"{editor.text()}.mine")
    stage.execute(
        "UPDATE users SET email = %s, updated_at = now() WHERE id = %s", f"theirs@{shown.id}", shown.id
    )
    form.save()
    await stage.dialog(ConflictDialog)
    stage.shoot("users-conflict")
    await stage.clear()
    form.revert()
    stage.execute("UPDATE users SET email = %s WHERE id = %s", shown.email, shown.id)


async def _users_hand_over(stage: Stage) -> None:
    await _select_user(stage, 2)
    stage.users.hand_over()
    await stage.dialog(HandOverDialog)
    stage.shoot("users-hand-over")


async def _users_delete(stage: Stage) -> None:
    await _select_user(stage, 2)
    stage.users.delete()
    await stage.dialog(RemoveUsersDialog)
    stage.shoot("users-delete")


async def _users_nothing_found(stage: Stage) -> None:
    stage.users.frame.search.setText("zzyzx")
    await stage.until(lambda: stage.users.listing.model.count.value == 0)
    await stage.settled()
    stage.shoot("users-nothing-found")
    stage.users.frame.search.clear()
    await stage.until(lambda: stage.users.listing.model.count.value > 0)


async def _users_loading_and_error(stage: Stage) -> None:
    opened = await stage.program.open_session(stage.studio.target())
    await stage.program.desktop.leave()
    stage.program.desktop.adopt(opened)
    with stage.connection() as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        stage.program.desktop.show_view("users")
        await asyncio.sleep(0.8)
        stage.shoot("users-loading")
        await stage.until(lambda: stage.users.listing.model.error is not None)
        await stage.settled()
        stage.shoot("users-error")
    stage.users.listing.retry()
    await stage.until(lambda: stage.users.listing.model.count.value > 0)


async def _projects(stage: Stage) -> None:
    stage.shoot("projects")


async def _projects_selected(stage: Stage) -> None:
    await _select_project(stage, 1)
    stage.shoot("projects-selected")


async def _projects_new(stage: Stage) -> None:
    stage.projects.add()
    await stage.dialog(NewProjectDialog)
    stage.shoot("projects-new")


async def _projects_transfer(stage: Stage) -> None:
    await _select_project(stage, 1)
    stage.projects.transfer()
    await stage.dialog(TransferDialog)
    stage.shoot("projects-transfer")


async def _projects_add_person(stage: Stage) -> None:
    await _select_project(stage, 1)
    stage.projects.add_person()
    await stage.dialog(AddPersonDialog)
    stage.shoot("projects-add-person")


async def _projects_delete(stage: Stage) -> None:
    await _select_project(stage, 0)
    stage.projects.listing.view.selection.extend_to(2)
    await stage.settled()
    stage.projects.delete()
    await stage.dialog(RemoveProjectsDialog)
    stage.shoot("projects-delete")


async def _palette(stage: Stage) -> None:
    palette = CommandPalette(stage.frame.window)
    palette.open()
    await stage.settled()
    stage.shoot("window-palette")
    palette.dismiss()


async def _shortcuts(stage: Stage) -> None:
    sheet = CheatSheet(stage.frame.window)
    sheet.open()
    await stage.settled()
    stage.shoot("window-shortcuts")


async def _jobs(stage: Stage) -> None:
    jobs = stage.program.desktop.jobs
    running = jobs.start("Export to users.csv", cancel=lambda: None)
    running.progress(412_000, 1_000_000, "Writing rows")
    jobs.start("Export to projects.csv").end(JobState.DONE, "25 rows")
    panel = JobsPanel(jobs, stage.frame.window)
    panel.open_above(stage.frame.window.status)
    await stage.settled()
    stage.shoot("window-jobs")
    panel.dismiss()
    running.end(JobState.CANCELLED)
    jobs.clear_ended()


async def _offline(stage: Stage) -> None:
    session = stage.program.desktop.session
    assert session is not None
    stage.studio.stop(force=True)
    stage.users.reload()
    await stage.until(lambda: session.database.state.health is Health.LOST)
    await stage.until(lambda: stage.users.listing.model.error is not None)
    await stage.settled()
    stage.shoot("users-offline")
    stage.studio.start()


async def _select_user(stage: Stage, position: int) -> None:
    stage.users.listing.view.go_to(position)
    await stage.until(lambda: stage.users.editing.shown is not None)
    await stage.settled()


async def _select_project(stage: Stage, position: int) -> None:
    stage.projects.listing.view.go_to(position)
    await stage.until(lambda: stage.projects.editing.shown is not None)
    await stage.settled()


SCENES: tuple[Scene, ...] = (
    Scene("welcome", Needs.NOTHING, _welcome),
    Scene("welcome-connect", Needs.NOTHING, _connect),
    Scene("welcome-connect-feed", Needs.NOTHING, _connect_feed),
    Scene("users", Needs.USERS, _users),
    Scene("users-selected", Needs.USERS, _users_selected),
    Scene("users-many", Needs.USERS, _users_many),
    Scene("users-new", Needs.USERS, _users_new),
    Scene("users-password", Needs.USERS, _users_password),
    Scene("users-conflict", Needs.USERS, _users_conflict),
    Scene("users-hand-over", Needs.USERS, _users_hand_over),
    Scene("users-delete", Needs.USERS, _users_delete),
    Scene("users-nothing-found", Needs.USERS, _users_nothing_found),
    Scene("users-loading", Needs.USERS, _users_loading_and_error),
    Scene("projects", Needs.PROJECTS, _projects),
    Scene("projects-selected", Needs.PROJECTS, _projects_selected),
    Scene("projects-new", Needs.PROJECTS, _projects_new),
    Scene("projects-transfer", Needs.PROJECTS, _projects_transfer),
    Scene("projects-add-person", Needs.PROJECTS, _projects_add_person),
    Scene("projects-delete", Needs.PROJECTS, _projects_delete),
    *LIBRARY_SCENES,
    *IMPORT_SCENES,
    *BUNDLE_SCENES,
    *INTEGRITY_SCENES,
    *OWNERSHIP_SCENES,
    *OWNERSHIP_PAST_SCENES,
    Scene("window-palette", Needs.USERS, _palette),
    Scene("window-shortcuts", Needs.USERS, _shortcuts),
    Scene("window-jobs", Needs.USERS, _jobs),
    *PRODUCT_SCENES,
    Scene("users-offline", Needs.USERS, _offline),
)
