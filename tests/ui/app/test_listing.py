"""A list in its frame: search, counts, states, export, layout, others' changes."""

from __future__ import annotations

import csv
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.database.notifications import EverythingMayHaveChanged, Operation, TableChanged
from syncsphere_desktop.errors import AccessDeniedError, ConnectionLostError, TimedOutError
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.users.controller import UsersController
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from tests.ui.bench import (
    Bench,
    Stores,
    button,
    find_button,
    loaded,
    texts,
    turns,
    until,
    users_view,
    view_bench,
)
from tests.ui.loops import QtRun


def seeded(count: int) -> Stores:
    stores = Stores()
    stores.studio.seed_users(count)
    return stores


def names(bench: Bench[UsersController]) -> list[str]:
    model = bench.controller.listing.model
    rows = (model.row(position) for position in range(model.count.value))
    return [row.username for row in rows if row is not None]


def overlay(bench: Bench[UsersController]) -> EmptyState | ErrorState | None:
    view = bench.controller.listing.view
    found: list[EmptyState | ErrorState] = [*view.findChildren(EmptyState), *view.findChildren(ErrorState)]
    return next((widget for widget in found if widget.isVisible()), None)


def banner(bench: Bench[UsersController]) -> Banner | None:
    found = [shown for shown in bench.controller.frame.findChildren(Banner) if shown.isVisible()]
    return found[0] if found else None


def changed_users() -> TableChanged:
    return TableChanged("users", Operation.UPDATE, (), None, own=False)


async def search(bench: Bench[UsersController], text: str) -> None:
    bench.controller.frame.search.setText(text)
    bench.controller.frame.search.returnPressed.emit()
    await loaded(bench.controller)


def test_the_search_asks_the_server_and_tells_how_many_were_found(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(300)) as bench:
            assert "300" in texts(bench.controller.frame)
            await search(bench, "user0000012")
            assert names(bench) == [f"user0000012{digit}" for digit in range(10)]
            assert "10" in texts(bench.controller.frame)
            # The sidebar keeps the number of all users: it is no place for what was searched for.
            assert bench.counts[-1] == "300"
            await search(bench, "")
            assert "300" in texts(bench.controller.frame)

    qt_run(scenario())


def test_an_empty_list_offers_what_fills_it(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), Stores()) as bench:
            shown = overlay(bench)
            assert isinstance(shown, EmptyState)
            assert "No users yet" in texts(shown)
            assert "0" in texts(bench.controller.frame)
            button(shown, "New user").click()
            await until(bench.dialogs)

    qt_run(scenario())


def test_nothing_found_says_so_and_shows_all_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(5)) as bench:
            await search(bench, "zz")
            shown = overlay(bench)
            assert isinstance(shown, EmptyState)
            assert "Nothing matches “zz”." in texts(shown)
            button(shown, "Show all").click()
            await loaded(bench.controller)
            assert overlay(bench) is None
            assert bench.controller.frame.search.text() == ""
            assert len(names(bench)) == 5

    qt_run(scenario())


def test_a_list_that_can_not_be_read_says_why_and_is_tried_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = seeded(5)
        stores.studio.gate.failure = AccessDeniedError("You may not read the users.", details="42501")
        async with view_bench(users_view(), stores) as bench:
            shown = overlay(bench)
            assert isinstance(shown, ErrorState)
            assert "You may not read the users." in texts(shown)
            stores.studio.gate.failure = None
            stores.studio.gate.close()
            shown.retry_button.click()
            await turns()
            assert overlay(bench) is None  # rows are on their way: a skeleton, not yesterday's failure
            stores.studio.gate.open()
            await until(lambda: len(names(bench)) == 5)
            assert bench.counts[-1] == "5"

    qt_run(scenario())


def test_rows_stay_under_a_banner_while_the_server_is_away(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = seeded(5)
        async with view_bench(users_view(), stores) as bench:
            stores.studio.gate.failure = ConnectionLostError("The connection broke.")
            bench.controller.reload()
            await until(lambda: banner(bench) is not None)
            shown = banner(bench)
            assert shown is not None
            assert shown.sentence == "The connection broke. What is shown may be out of date."
            assert overlay(bench) is None
            assert len(names(bench)) == 5
            stores.studio.gate.failure = None
            button(shown, "Retry").click()
            await until(lambda: banner(bench) is None)
            await loaded(bench.controller)
            assert banner(bench) is None

    qt_run(scenario())


def test_a_search_that_fails_is_no_matter_of_being_offline(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = seeded(5)
        async with view_bench(users_view(), stores) as bench:
            stores.studio.gate.failure = TimedOutError("It took too long.")
            bench.controller.frame.search.setText("user")
            bench.controller.frame.search.returnPressed.emit()
            await until(lambda: banner(bench) is not None)
            shown = banner(bench)
            assert shown is not None
            assert shown.sentence == "It took too long."

    qt_run(scenario())


def test_others_changes_are_read_soon_and_those_of_other_tables_not_at_all(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = Stores()
        await stores.user("ada")
        async with view_bench(users_view(), stores) as bench:
            calls = stores.studio.gate.calls
            bench.controller.take_change(TableChanged("projects", Operation.UPDATE, (), None, own=False))
            await turns()
            assert stores.studio.gate.calls == calls
            await stores.user("bob")
            bench.controller.take_change(changed_users())
            await until(lambda: names(bench) == ["ada", "bob"])
            await stores.user("cy")
            bench.controller.take_change(EverythingMayHaveChanged())
            await until(lambda: names(bench) == ["ada", "bob", "cy"])
            assert bench.counts[-1] == "3"

    qt_run(scenario())


def test_a_list_that_was_never_shown_has_its_count(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stores = Stores()
        await stores.user("ada")
        async with view_bench(users_view(), stores, shown=False) as bench:
            await until(lambda: bench.counts == ["1"])
            await stores.user("bob")
            bench.controller.take_change(changed_users())
            await until(lambda: bench.counts == ["1", "2"])
            assert bench.controller.listing.model.query is None

    qt_run(scenario())


def test_what_is_listed_is_exported_in_its_order_as_a_job(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(1_200)) as bench:
            await search(bench, "user000010")
            target = tmp_path / "users.csv"
            bench.controller.listing.export_to(target)
            await bench.told("100 users are in users.csv.")
            (job,) = bench.jobs.all
            assert (job.state, job.sentence, job.title) == (JobState.DONE, "100 rows", "Export to users.csv")
            with target.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.DictReader(stream))
            assert [row["User"] for row in rows] == names(bench)
            assert list(rows[0]) == ["User", "Email", "Created", "Updated", "Id"]

    qt_run(scenario())


def test_an_export_that_is_cancelled_leaves_no_file(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        stores = seeded(1_200)
        async with view_bench(users_view(), stores) as bench:
            stores.studio.gate.close()
            bench.controller.listing.export_to(tmp_path / "users.csv")
            await until(lambda: bench.jobs.running)
            (job,) = bench.jobs.running
            assert job.can_cancel
            job.cancel()
            await until(lambda: not bench.jobs.running)
            assert (job.state, job.sentence) == (JobState.CANCELLED, "Nothing was written.")
            assert list(tmp_path.iterdir()) == []

    qt_run(scenario())


def test_an_export_that_fails_says_why_and_ends_its_job(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(3)) as bench:
            bench.controller.listing.export_to(tmp_path / "no folder" / "users.csv")
            await until(lambda: bench.toasts.sentences)
            (job,) = bench.jobs.all
            assert job.state is JobState.FAILED
            assert job.sentence == bench.toasts.sentences[0]

    qt_run(scenario())


def test_an_export_that_meets_a_bug_does_not_stay_a_running_job(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(3)) as bench:
            bench.controller.listing._source = None  # type: ignore[assignment]
            bench.controller.listing.export_to(tmp_path / "users.csv")
            await until(lambda: bench.bugs)
            assert bench.jobs.all[0].state is JobState.FAILED
            bench.bugs.clear()

    qt_run(scenario())


def test_the_export_asks_for_a_file(qt_run: QtRun, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(3)) as bench:
            bench.controller.listing.export()
            dialog = await bench.asked(QFileDialog)
            assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
            assert dialog.selectedFiles()[0].endswith("users.csv")
            dialog.filesSelected.emit([str(tmp_path / "chosen.csv")])
            dialog.reject()
            await bench.told("3 users are in chosen.csv.")

    qt_run(scenario())


def test_columns_sorting_and_sizes_come_back(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(5)) as bench:
            bench.controller.listing.view.header.resizeSection(0, 301)
            bench.controller.listing.view.header.sort_requested.emit(
                bench.controller.listing.model.query.sort.__class__("id", descending=True)  # type: ignore[union-attr]
            )
            await loaded(bench.controller)
            bench.controller.frame.toggle_inspector()
            await turns()
            saved = bench.controller.save_layout()
        async with view_bench(users_view(), seeded(5), layout=saved) as bench:
            assert names(bench)[0] == "user00000005"
            assert bench.controller.listing.view.columnWidth(0) == 301
            assert bench.controller.inspector.isHidden()
            bench.controller.frame.toggle_inspector()
            await turns()
            assert bench.controller.inspector.width() >= 300

    qt_run(scenario())


def test_the_layout_of_a_view_that_was_never_shown_changes_nothing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(5), shown=False) as bench:
            saved = bench.controller.save_layout()
        async with view_bench(users_view(), seeded(5), layout=saved) as bench:
            await turns()
            assert bench.controller.inspector.width() == 360
            assert names(bench)[0] == "user00000001"

    qt_run(scenario())


def test_garbage_in_the_layout_is_left_out(qt_run: QtRun) -> None:
    garbage: dict[str, object] = {
        "splitter": [-4, 10**30],
        "inspector": "perhaps",
        "columns": {"username": {"width": -3}, "no such": 7},
        "sort": {"key": "password_hash", "descending": 3},
    }

    async def scenario() -> None:
        for layout in (garbage, {"splitter": "wide", "columns": 5, "sort": []}, {"splitter": [True, False]}):
            async with view_bench(users_view(), seeded(5), layout=layout) as bench:
                assert names(bench)[0] == "user00000001"
                assert bench.controller.inspector.isVisible()

    qt_run(scenario())


def test_the_slash_goes_to_the_search_and_the_inspectors_close_folds_it(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(), seeded(5)) as bench:
            bench.window.activateWindow()
            await turns()
            QTest.keyClick(bench.controller.listing.view, Qt.Key.Key_Slash)
            assert bench.window.focusWidget() is bench.controller.frame.search
            bench.controller.listing.view.go_to(0)
            bench.controller.inspector.close_requested.emit()
            assert bench.controller.inspector.isHidden()

    qt_run(scenario())


def test_a_connection_that_only_reads_is_not_offered_to_add_anything(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(users_view(read_only=True), Stores()) as bench:
            assert isinstance(overlay(bench), EmptyState)
            assert find_button(bench.window, "New user") is None

    qt_run(scenario())
