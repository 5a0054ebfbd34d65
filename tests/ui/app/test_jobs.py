"""Jobs tell how far they are, and end once."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from syncsphere_desktop.ui.app.jobs import Jobs, JobState


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
