"""The connection's test, told to the dialog's steps."""

from __future__ import annotations

from syncsphere_desktop.database.probe import ProbeReport, ProbeStep, probe
from syncsphere_desktop.database.probe import StepState as Found
from syncsphere_desktop.database.schema.status import SchemaState
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.ui.connecting.steps import StepListener, StepState

_FEED_STATES = {None: StepState.SKIPPED, True: StepState.PASSED, False: StepState.FAILED}

_STATES = {
    Found.PENDING: StepState.RUNNING,
    Found.OK: StepState.PASSED,
    Found.FAILED: StepState.FAILED,
    Found.SKIPPED: StepState.SKIPPED,
}


async def probe_steps(target: ConnectionTarget, tell: StepListener) -> AppError | None:
    """Try a connection and tell each step; return what failed, or None where a session can be opened."""
    failed = False

    def hear(step: ProbeStep) -> None:
        nonlocal failed
        if failed:
            return  # what comes after the failure was not tried, and stays blank
        failed = step.state is Found.FAILED
        tell(step.name, _STATES[step.state], step.sentence)

    report = await probe(target, hear)
    if report.error is None:
        _tell_doubts(report, tell)
    return report.error


async def probe_feed_steps(endpoint: FeedEndpoint, tell: StepListener) -> AppError | None:
    """Try a live feed and tell each step; return what failed, or None where it can be followed."""
    from syncsphere_desktop.feed.probing import FeedStep, probe_feed

    def hear(step: FeedStep) -> None:
        running = step.is_passed is None and not step.sentence
        tell(step.name, StepState.RUNNING if running else _FEED_STATES[step.is_passed], step.sentence)

    return await probe_feed(endpoint, hear)


def _tell_doubts(report: ProbeReport, tell: StepListener) -> None:
    """Turn what passed, and still keeps the app from changing anything, into a warning."""
    sentences = {step.name: step.sentence for step in report.steps}
    if report.read_only:
        tell("version", StepState.WARNED, f"{sentences['version']} It allows reading only.")
    status = report.schema
    if status is not None and status.state in {SchemaState.AHEAD, SchemaState.FOREIGN}:
        tell("schema", StepState.WARNED, sentences["schema"])
    elif report.may_write is False:
        tell("schema", StepState.WARNED, f"{sentences['schema']} This user may not change all of them.")
