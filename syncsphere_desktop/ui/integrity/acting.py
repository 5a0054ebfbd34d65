"""What is told of an action's outcome, with the reasons of what was not done."""

from __future__ import annotations

from collections.abc import Callable

from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.studio.integrity.outcomes import ActionReport
from syncsphere_desktop.ui.library.deeds import report_sentence
from syncsphere_desktop.ui.widgets.toasts import ToastHost

_TOLD_AT_MOST = 40
_LONG_SECONDS = 20.0
_SHORT_SECONDS = 6.0


def tell_outcome(
    toasts: ToastHost,
    report: ActionReport,
    did: str,
    *,
    action: str | None = None,
    on_action: Callable[[], None] | None = None,
) -> None:
    """Notify of the outcome, `did` as in `restored`; the action is offered where something was done."""
    left = report.not_done
    lines = [f"{outcome.path}: {outcome.reason}" for outcome in left[:_TOLD_AT_MOST]]
    if len(left) > _TOLD_AT_MOST:
        lines.append(f"… and {number(len(left) - _TOLD_AT_MOST)} more")
    offered = bool(report.done)
    toasts.show_message(
        report_sentence(report, did),
        "success" if not left else "warning" if report.done else "danger",
        action=action if offered else None,
        on_action=on_action if offered else None,
        details="\n".join(lines) or None,
        seconds=_LONG_SECONDS if left else _SHORT_SECONDS,
    )
