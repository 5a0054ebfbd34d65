"""The line that tells the truth about the picture: do feed and table agree, how is it kept, how old is it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ownership_agreement import Agreement, AgreementState
from syncsphere_desktop.studio.ownership.watch_status import WatchStatus, WatchWay
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.status_dot import StatusDot

_TONES = {
    AgreementState.AGREE: "success",
    AgreementState.DIFFERS: "warning",
    AgreementState.UNKNOWN: "text-muted",
}


def light_words(agreement: Agreement, status: WatchStatus) -> str:
    """Return what the light says."""
    if agreement.state is AgreementState.AGREE:
        return "Feed and table agree"
    if agreement.state is AgreementState.DIFFERS:
        return f"Feed and table differ on {counted(agreement.total, 'track')}"
    if status.way is WatchWay.FEED:
        return "Comparing feed and table"
    if status.way is not WatchWay.OFFLINE:
        return "Not compared with a feed"
    return "Starting" if status.reason is None else "Offline"


class TruthStrip(QFrame):
    """A light with words, a sentence, and the way to the differences."""

    differences_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        set_surface(self, 1)
        self.light = StatusDot("text-muted", "")
        self.sentence = ElidedLabel()
        self.sentence.setProperty("role", "secondary")
        self.differences = Button("Differences…", Kind.LINK, tooltip="Show where feed and table differ")
        self.differences.clicked.connect(self.differences_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(12)
        row.addWidget(self.light)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.differences)
        self.setFixedHeight(36)

    def show_truth(self, agreement: Agreement, status: WatchStatus, now: datetime) -> None:
        """Show how things stand at `now`, which has a zone."""
        tone = _TONES[agreement.state]
        if status.way is WatchWay.OFFLINE and status.read_at is not None:
            tone = "danger"
        self.light.show_state(tone, light_words(agreement, status))
        told = status.sentence(now)
        if agreement.state is AgreementState.UNKNOWN and status.way is WatchWay.FEED and agreement.reason:
            told = f"{told} {agreement.reason}"
        self.sentence.set_text(told)
        self.differences.setVisible(agreement.state is AgreementState.DIFFERS)
