"""What the status bar says of the feed and of the picture of who holds what."""

from __future__ import annotations

from datetime import datetime

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ownership_agreement import Agreement, AgreementState
from syncsphere_desktop.studio.ownership.watch_status import WatchStatus, WatchWay
from syncsphere_desktop.ui.app.status_bar import Tone
from syncsphere_desktop.ui.ownership.truth_strip import light_words


def feed_words(agreement: Agreement, status: WatchStatus, now: datetime) -> tuple[str, Tone, str]:
    """Return the words, the tone of the dot, and the whole story; `now` has a zone."""
    story = f"{light_words(agreement, status)}. {status.sentence(now)}"
    match status.way:
        case WatchWay.OFFLINE:
            return "Feed off", Tone.BAD if status.read_at is not None else Tone.QUIET, story
        case WatchWay.FEED if agreement.state is AgreementState.DIFFERS:
            return f"Feed live · {counted(agreement.total, 'difference')}", Tone.BUSY, story
        case WatchWay.FEED:
            tone = Tone.GOOD if agreement.state is AgreementState.AGREE else Tone.QUIET
            return "Feed live", tone, story
        case _ if status.reason is not None:
            return "Feed reconnecting…", Tone.BUSY, story
        case _:
            return "No feed", Tone.QUIET, story
