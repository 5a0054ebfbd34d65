"""The integrity view: checks with what they find, what mends it, and the quarantine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QAbstractItemModel
from PySide6.QtWidgets import QCheckBox, QPushButton

from syncsphere_desktop.errors import StoreUnavailableError
from syncsphere_desktop.studio.integrity.findings import CheckScope, FindingKind
from syncsphere_desktop.ui.app.jobs import JobState
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.integrity.controller import (
    FINDINGS,
    QUARANTINE,
    IntegrityController,
    IntegrityParts,
)
from syncsphere_desktop.ui.integrity.dialogs import QuarantineDialog, RemoveForGoodDialog
from syncsphere_desktop.ui.widgets.segments import Segment
from tests.fakes.integrity import FakeIntegrity, finding, held, report
from tests.ui.bench import (
    NOW,
    Bench,
    Stores,
    button,
    cut_buttons,
    find_button,
    texts,
    turns,
    until,
    view_bench,
)
from tests.ui.loops import QtRun

MIXED = [
    finding(FindingKind.ORPHAN, "Rough mix.wav"),
    finding(FindingKind.MISSING, "Kick.wav", 1, used=2),
    finding(FindingKind.MISDESCRIBED, "Snare.wav", 2),
]


def view_over(
    fake: FakeIntegrity, *, read_only: bool = False
) -> Callable[[Stores, ViewContext], IntegrityController]:
    """Return what makes the view over a fake."""

    def make(stores: Stores, context: ViewContext) -> IntegrityController:
        parts = IntegrityParts(fake.open, stores.projects, fake.reach)
        return IntegrityController(parts, context, lambda: NOW, read_only=read_only)

    return make


async def with_project() -> Stores:
    stores = Stores()
    await stores.project("Night Drive", await stores.user("mara"))
    return stores


def column(model: QAbstractItemModel, at: int = 1) -> list[str]:
    return [str(model.index(row, at).data()) for row in range(model.rowCount())]


def found(bench: Bench[IntegrityController]) -> list[str]:
    return column(bench.controller.findings.listing.model)


def kept(bench: Bench[IntegrityController]) -> list[str]:
    return column(bench.controller.quarantine.listing.model, 0)


async def select(bench: Bench[IntegrityController], *names: str) -> None:
    """Select findings by the names of their files."""
    page = bench.controller.findings
    await until(lambda: set(names) <= set(found(bench)))
    page.listing.view.selection.select_ids([row.id for row in page.source.rows if row.name in names])
    await turns()


def test_before_any_check_the_view_says_so_and_checks_on_wish(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(found=list(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            assert "Not checked yet" in texts(bench.controller.view)
            next(
                found
                for found in bench.controller.findings.listing.view.findChildren(QPushButton)
                if found.text() == "Check now"
            ).click()
            await until(lambda: len(found(bench)) == 3)
            assert fake.wishes == [(CheckScope(), True, False)]
            strip = bench.controller.findings.strip
            assert strip.sentence == "Checked 12 files: 1 missing, 1 described wrongly, 1 without a row."
            assert bench.counts[-1] == "3"

    qt_run(scenario())


def test_what_the_last_check_found_is_shown_at_once_the_worst_first(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: found(bench) == ["Kick.wav", "Snare.wav", "Rough mix.wav"])
            assert "Begun just now" in texts(bench.controller.view)
            assert not fake.wishes

    qt_run(scenario())


def test_a_clean_check_says_that_nothing_is_wrong(qt_run: QtRun) -> None:
    async def scenario() -> None:
        async with view_bench(view_over(FakeIntegrity()), await with_project()) as bench:
            bench.controller.check()
            await until(lambda: "Nothing is wrong" in texts(bench.controller.view))
            assert "Checked 12 files: nothing wrong." in texts(bench.controller.view)

    qt_run(scenario())


def test_findings_show_while_the_check_goes_on_and_it_is_paused_and_cancelled(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(found=list(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            fake.going.clear()
            page = bench.controller.findings
            bench.controller.check()
            await until(lambda: len(found(bench)) == 3)
            await until(lambda: "6 of 12 files" in page.strip.sentence)
            assert "2 s left" in page.strip.sentence
            button(page.frame, "Pause").click()
            await until(lambda: page.strip.sentence.startswith("Paused"))
            job = bench.jobs.all[0]
            assert job.is_paused
            button(page.frame, "Go on").click()
            await until(lambda: not page.strip.sentence.startswith("Paused"))
            button(page.frame, "Cancel").click()
            await until(lambda: job.state is JobState.CANCELLED)
            assert page.strip.sentence.startswith("Stopped after 12 files")

    qt_run(scenario())


def test_a_second_check_does_not_begin_beside_the_first(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity()
        async with view_bench(view_over(fake), await with_project()) as bench:
            fake.going.clear()
            bench.controller.check()
            await until(lambda: bench.controller.check_run.is_running)
            bench.controller.check()
            await turns()
            assert len(fake.wishes) == 1
            fake.going.set()
            await until(lambda: not bench.controller.check_run.is_running)

    qt_run(scenario())


def test_a_store_that_is_away_fails_the_check_and_keeps_what_was_found_before(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 3)
            fake.failure = StoreUnavailableError("The audio storage is not there.")
            bench.controller.check()
            failure = bench.controller.findings.failure
            await until(failure.isVisible)
            assert failure.sentence == "The audio storage is not there."
            assert len(found(bench)) == 3
            fake.failure = None
            button(failure, "Retry").click()
            await until(lambda: "Nothing is wrong" in texts(bench.controller.view))
            assert failure.isHidden()

    qt_run(scenario())


def test_the_banner_goes_once_the_storage_is_there_again(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 3)
            fake.failure = StoreUnavailableError("The audio storage is not there.")
            bench.controller.check()
            failure = bench.controller.findings.failure
            await until(failure.isVisible)
            outage = bench.controller.outage
            outage.pace.setInterval(1)
            await until(lambda: fake.looks >= 3)
            assert failure.isVisible()
            fake.failure = None
            await until(failure.isHidden)
            assert not outage.pace.isActive()

    qt_run(scenario())


def test_the_banner_goes_when_the_view_is_looked_at_again_and_when_something_was_done(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 3)
            failure = bench.controller.findings.failure
            for come_back in (bench.controller.activate, bench.controller.mending.relocate):
                fake.failure = StoreUnavailableError("The audio storage is not there.")
                bench.controller.check()
                await until(failure.isVisible)
                await until(lambda: fake.looks)
                await select(bench, "Kick.wav")
                fake.failure = None
                come_back()
                await until(failure.isHidden)
                fake.looks = 0

    qt_run(scenario())


def test_a_storage_that_is_there_and_no_good_stays_said(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity()
        async with view_bench(view_over(fake), await with_project()) as bench:
            outage = bench.controller.outage
            outage.show(StoreUnavailableError("The audio storage is empty."))
            outage.pace.setInterval(1)
            await until(lambda: fake.looks >= 3)
            assert bench.controller.findings.failure.isVisible()

    qt_run(scenario())


def test_what_was_mended_does_not_come_back_with_a_check_that_fails(qt_run: QtRun) -> None:
    async def scenario() -> None:
        stray = replace(finding(FindingKind.ORPHAN, "Kick.wav"), path="moved/Kick.wav")
        fake = FakeIntegrity(known=report([*MIXED, stray]), found_at={"Kick.wav": stray.path})
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 4)
            page = bench.controller.findings
            page.listing.view.selection.select_ids(
                [row.id for row in page.source.rows if row.finding.kind is FindingKind.MISSING]
            )
            bench.controller.mending.relocate()
            await until(lambda: found(bench) == ["Snare.wav", "Rough mix.wav"])
            told = "Checked 12 files: 1 described wrongly, 1 without a row."
            assert page.strip.sentence == told
            fake.failure = StoreUnavailableError("The audio storage is not there.")
            bench.controller.check()
            await until(page.failure.isVisible)
            await turns()
            assert found(bench) == ["Snare.wav", "Rough mix.wav"]
            assert page.strip.sentence == told
            segments = [one for one in page.kinds.findChildren(Segment) if one.isVisible()]
            assert [one.accessibleName() for one in segments] == [
                "All 2",
                "Described wrongly 1",
                "Without row 1",
            ]

    qt_run(scenario())


def test_what_is_mended_while_a_check_runs_is_not_told_at_its_end(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(found=list(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            fake.going.clear()
            bench.controller.check()
            await select(bench, "Kick.wav")
            bench.controller.mending.relocate()
            await until(lambda: found(bench) == ["Snare.wav", "Rough mix.wav"])
            fake.going.set()
            await until(lambda: not bench.controller.check_run.is_running)
            await turns()
            assert found(bench) == ["Snare.wav", "Rough mix.wav"]
            sentence = bench.controller.findings.strip.sentence
            assert sentence == "Checked 12 files: 1 described wrongly, 1 without a row."

    qt_run(scenario())


def test_three_actions_of_a_finding_are_whole_in_a_narrow_inspector(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report([finding(FindingKind.CHANGED, "Kick.wav", 1)]))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "Kick.wav")
            inspector = bench.controller.findings.inspector
            await until(lambda: find_button(inspector, "Find by content"))
            for width in (inspector.width(), 280):
                inspector.resize(width, inspector.height())
                await turns()
                assert find_button(inspector, "Read anew") is not None
                assert not cut_buttons(inspector)

    qt_run(scenario())


def test_findings_are_narrowed_by_kind_and_searched(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 3)
            page = bench.controller.findings
            segments = [one for one in page.kinds.findChildren(Segment) if one.isVisible()]
            assert [one.accessibleName() for one in segments] == [
                "All 3",
                "Missing 1",
                "Described wrongly 1",
                "Without row 1",
            ]
            segments[-1].click()
            await until(lambda: found(bench) == ["Rough mix.wav"])
            segments[0].click()
            page.frame.search.setText("snare")
            await until(lambda: found(bench) == ["Snare.wav"])

    qt_run(scenario())


def test_the_inspector_tells_what_is_wrong_and_which_versions_use_the_file(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "Kick.wav")
            inspector = bench.controller.findings.inspector
            await until(lambda: "Night Drive: versions 1 and 2" in texts(inspector))
            assert find_button(inspector, "Find by content") is not None
            assert find_button(inspector, "Read anew") is None
            await select(bench, "Snare.wav")
            assert find_button(inspector, "Read anew") is not None
            assert find_button(inspector, "Find by content") is None
            await select(bench, "Kick.wav", "Rough mix.wav")
            assert "2 findings selected" in texts(inspector)

    qt_run(scenario())


def test_what_was_found_by_content_leaves_the_list_and_what_was_not_says_why(qt_run: QtRun) -> None:
    async def scenario() -> None:
        lost = [finding(FindingKind.MISSING, name, at) for at, name in enumerate(("A.wav", "B.wav"), 1)]
        fake = FakeIntegrity(known=report(lost), refused={"B.wav"})
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "A.wav", "B.wav")
            button(bench.controller.findings.inspector, "Find by content").click()
            await bench.told("1 file found again (1.00 kB). 1 file left out: It was mended meanwhile.")
            await until(lambda: found(bench) == ["B.wav"])
            assert fake.acted == [("relocate", ("projects/1/A.wav", "projects/1/B.wav"))]

    qt_run(scenario())


def test_rows_are_described_anew_by_what_their_files_hold(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(found=list(MIXED), known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "Snare.wav", "Kick.wav")
            bench.controller.mending.read_anew()
            await until(lambda: found(bench) == ["Kick.wav", "Rough mix.wav"])
            assert fake.acted == [("reprobe", (2,))]

    qt_run(scenario())


def test_quarantine_says_which_versions_fall_silent_before_it_takes_anything(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "Kick.wav", "Rough mix.wav")
            bench.controller.mending.quarantine()
            dialog = await bench.asked(QuarantineDialog)
            told = texts(dialog)
            assert "1 row leaves the library." in told
            assert "1 file without a row is moved away." in told
            assert "2 stored versions still use Kick.wav: they would be silent there." in told
            dialog.confirm_button.click()
            await until(lambda: found(bench) == ["Snare.wav"])
            assert fake.acted[0][0] == "put: Found by a check"
            assert fake.claimed
            await until(lambda: bench.controller.quarantine.count == 2)
            button(bench.toasts, "Show").click()
            await until(lambda: len(kept(bench)) == 2)

    qt_run(scenario())


def test_files_come_back_from_the_quarantine(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(held=[held(1, "Kick.wav"), held(2, "Snare.wav")])
        async with view_bench(view_over(fake), await with_project()) as bench:
            bench.controller.show_page(QUARANTINE)
            page = bench.controller.quarantine
            await until(lambda: kept(bench) == ["Snare.wav", "Kick.wav"])
            page.listing.view.go_to(0)
            await until(lambda: "Kept 28 days more" in texts(page.inspector))
            await until(lambda: "Night Drive" in texts(page.inspector))
            button(page.inspector, "Restore").click()
            await bench.told("1 file restored")
            await until(lambda: kept(bench) == ["Kick.wav"])
            assert fake.acted == [("restore", (2,))]

    qt_run(scenario())


def test_removing_for_good_names_what_is_lost_and_spares_what_is_used(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(held=[held(1, "Kick.wav"), held(2, "Snare.wav", due=True)])
        async with view_bench(view_over(fake), await with_project()) as bench:
            bench.controller.show_page(QUARANTINE)
            page = bench.controller.quarantine
            await until(lambda: len(kept(bench)) == 2)
            button(page.frame, "Remove what is due…").click()
            dialog = await bench.asked(RemoveForGoodDialog)
            assert dialog.heading.text() == "Remove Snare.wav for good?"
            dialog.confirm_button.click()
            await until(lambda: kept(bench) == ["Kick.wav"])
            page.listing.view.go_to(0)
            await turns()
            button(page.inspector, "Remove for good…").click()
            dialog = await bench.asked(RemoveForGoodDialog)
            dialog.findChildren(QCheckBox)[0].setChecked(True)
            dialog.confirm_button.click()
            await until(lambda: "The quarantine is empty" in texts(bench.controller.view))
            assert [deed for deed, _ids in fake.acted] == [
                "empty, even used: False",
                "empty, even used: True",
            ]

    qt_run(scenario())


def test_a_connection_that_only_reads_may_check_and_changes_nothing(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(found=list(MIXED), held=[held(1, "Kick.wav")])
        async with view_bench(view_over(fake, read_only=True), await with_project()) as bench:
            bench.controller.check()
            await until(lambda: len(found(bench)) == 3)
            await select(bench, "Kick.wav")
            inspector = bench.controller.findings.inspector
            for text in ("Find by content", "Quarantine…"):
                assert find_button(inspector, text) is None
            bench.controller.show_page(QUARANTINE)
            assert find_button(bench.controller.quarantine.frame, "Remove what is due…") is None

    qt_run(scenario())


def test_the_library_shows_the_row_of_the_selected_finding(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity(known=report(MIXED))
        async with view_bench(view_over(fake), await with_project()) as bench:
            await select(bench, "Kick.wav")
            button(bench.controller.findings.inspector, "Show in library").click()
            await select(bench, "Snare.wav")
            button(bench.controller.findings.inspector, "Show in library").click()
            assert bench.opened == [
                ("library", {"ids": "1"}),
                ("library", {"ids": "2"}),
            ]

    qt_run(scenario())


def test_the_layouts_of_both_pages_are_remembered_apart(qt_run: QtRun) -> None:
    fake = FakeIntegrity(known=report(MIXED), held=[held(1, "Kick.wav")])

    async def first() -> dict[str, object]:
        async with view_bench(view_over(fake), await with_project()) as bench:
            await until(lambda: len(found(bench)) == 3)
            bench.controller.show_page(QUARANTINE)
            await until(lambda: len(kept(bench)) == 1)
            bench.controller.quarantine.listing.view.header.resizeSection(0, 321)
            return bench.controller.save_layout()

    async def second(layout: dict[str, object]) -> None:
        async with view_bench(view_over(fake), await with_project(), layout=layout) as bench:
            assert bench.controller.quarantine.listing.view.header.sectionSize(0) == 321
            assert bench.controller.findings.listing.view.header.sectionSize(0) != 321

    async def torn() -> None:
        async with view_bench(view_over(fake), await with_project(), layout={FINDINGS: "torn"}) as bench:
            await until(lambda: len(found(bench)) == 3)

    layout = qt_run(first())
    assert set(layout) == {FINDINGS, QUARANTINE}
    qt_run(second(layout))
    qt_run(torn())


def test_leaving_the_session_ends_a_paused_check(qt_run: QtRun) -> None:
    async def scenario() -> None:
        fake = FakeIntegrity()
        async with view_bench(view_over(fake), await with_project()) as bench:
            fake.going.clear()
            bench.controller.check()
            await until(lambda: fake.controls)
            bench.controller.check_run.toggle_pause()
        assert fake.controls[0].cancelled

    qt_run(scenario())
