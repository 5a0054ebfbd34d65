"""Jobs tell how far they are, and end once."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from syncsphere_desktop.ui.app.job_parts import JobParts
from syncsphere_desktop.ui.app.jobs import JobPart, Jobs, JobState
from syncsphere_desktop.ui.app.jobs_panel import JobRow, job_facts
from syncsphere_desktop.ui.widgets.buttons import IconButton


def test_a_job_knows_its_fraction_and_ends_full(qapp: QApplication) -> None:
    jobs = Jobs()
    job = jobs.start("Export")
    assert [job.fraction] == [None]
    job.progress(25, 100, "Writing")
    assert job.fraction == 0.25
    job.end(JobState.DONE, "100 rows")
    assert job.fraction == 1.0
    assert jobs.running == ()


def test_cancel_asks_the_owner_and_only_while_it_runs(qapp: QApplication) -> None:
    jobs = Jobs()
    asked: list[bool] = []
    job = jobs.start("Export", cancel=lambda: asked.append(True))
    job.cancel()
    assert asked == [True]
    job.end(JobState.CANCELLED)
    job.cancel()
    assert asked == [True]
    assert not job.can_cancel


def test_ended_jobs_are_kept_until_cleared_and_running_ones_stay(qapp: QApplication) -> None:
    jobs = Jobs()
    for number in range(30):
        jobs.start(f"Job {number}").end(JobState.DONE)
    running = jobs.start("Now")
    assert len(jobs.all) <= 22
    jobs.clear_ended()
    assert jobs.all == (running,)


def test_a_job_is_paused_and_goes_on_only_while_it_runs(qapp: QApplication) -> None:
    asked: list[bool] = []
    jobs = Jobs()
    job = jobs.start("Import", pause=asked.append)
    job.toggle_pause()
    job.toggle_pause()
    job.end(JobState.DONE)
    job.toggle_pause()
    assert asked == [True, False]
    assert not job.is_paused
    assert not job.can_pause


def test_a_job_tells_in_its_own_words_how_far_it_is(qapp: QApplication) -> None:
    jobs = Jobs()
    job = jobs.start("Import", pause=lambda _waits: None)
    job.report(0.5, "6 of 12 files · 84.0 MB/s", [JobPart("Kick.wav", 0.25)])
    assert job.fraction == 0.5
    assert job_facts(job) == "6 of 12 files · 84.0 MB/s"
    job.toggle_pause()
    assert job_facts(job) == "Paused · 6 of 12 files · 84.0 MB/s"


def test_the_row_of_a_job_offers_what_can_be_done_about_it(qtbot: QtBot) -> None:
    offers: list[str] = []
    waits: list[bool] = []
    jobs = Jobs()
    job = jobs.start("Import into Night Drive", cancel=lambda: None, pause=waits.append)
    row = JobRow(job)
    qtbot.addWidget(row)
    row.show()
    job.report(0.5, "6 of 12 files", [JobPart("Kick.wav", 0.25), JobPart("Snare.wav", 1.0)])
    pause = next(found for found in row.findChildren(IconButton) if found.isVisible())
    assert pause.accessibleName() == "Pause Import into Night Drive"
    pause.click()
    assert waits == [True]
    assert pause.accessibleName() == "Go on with Import into Night Drive"
    parts = row.findChild(JobParts)
    assert parts is not None
    assert parts.isVisible()
    assert parts.accessibleName() == "Kick.wav, 25%; Snare.wav, 100%"

    job.end(JobState.DONE, "12 files", offer=("Report…", lambda: offers.append("report")))
    assert not parts.isVisible()
    assert not pause.isVisible()
    next(found for found in row.findChildren(QPushButton) if found.text() == "Report…").click()
    assert offers == ["report"]
    job.withdraw_offer()
    assert not [found for found in row.findChildren(QPushButton) if found.isVisible()]


def test_progress_that_comes_thousandfold_is_told_some_ten_times_a_second(qtbot: QtBot) -> None:
    jobs = Jobs()
    told: list[int] = []
    job = jobs.start("Export")
    job.changed.connect(lambda: told.append(job.done))
    for done in range(10_000):
        job.progress(done, 10_000)
    assert len(told) <= 5
    qtbot.waitUntil(lambda: told[-1] == 9_999)
    job.progress(10_000, 10_000)
    job.end(JobState.DONE)
    assert told[-1] == 10_000
