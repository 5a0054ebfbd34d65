"""By which way changes are learnt, and how old the picture is, in a sentence."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syncsphere_desktop.domain.humane import time_left
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.feed.state import FeedPhase, FeedState


class WatchWay(StrEnum):
    """The quickest way by which changes are learnt now."""

    FEED = "feed"
    NOTICES = "notices"
    POLLING = "polling"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """How the watch stands. `read_at`, with a zone, is when the table was last read, of several projects the
    one read longest ago; None before the first time. `reason` is a whole sentence on what is not as it
    should be; without one OFFLINE is how it is before the start.
    """

    way: WatchWay = WatchWay.OFFLINE
    read_at: datetime | None = None
    reason: str | None = None
    has_notices: bool = False

    def is_news_after(self, before: WatchStatus) -> bool:
        """Whether more than the time of the last read is different."""
        mine = (self.way, self.reason, self.has_notices, self.read_at is None)
        return mine != (before.way, before.reason, before.has_notices, before.read_at is None)

    def picture_age(self, now: datetime) -> timedelta | None:
        """Return how long ago the table was read; None before the first time."""
        return None if self.read_at is None else max(timedelta(0), now - self.read_at)

    def sentence(self, now: datetime) -> str:
        """Return by which way changes come and how old the picture is, with the reason where there is one."""
        age = self.picture_age(now)
        if self.way is WatchWay.OFFLINE and self.reason is None:
            return "The table is about to be read."
        if age is None:
            read = "the table was not read yet"
        elif age < timedelta(seconds=1):
            read = "the table was read just now"
        else:
            read = f"the table was read {time_left(age.total_seconds())} ago"
        how = {
            WatchWay.FEED: "Live by the feed and the database's notices"
            if self.has_notices
            else "Live by the feed",
            WatchWay.NOTICES: "Live by the database's notices",
            WatchWay.POLLING: "The table is read every few seconds",
            WatchWay.OFFLINE: "The database can't be read",
        }[self.way]
        said = f"{how}; {read}."
        return said if self.reason is None else f"{said} {self.reason}"


def status_of(
    failure: AppError | None, feed: FeedState | None, read: Collection[Moment | None], *, has_notices: bool
) -> WatchStatus:
    """Return the status by what is known of the parts; `read` is when each project's table was read."""
    oldest = min((moment.at for moment in read if moment is not None), default=None)
    read_at = None if None in read else oldest
    if failure is not None:
        return WatchStatus(WatchWay.OFFLINE, read_at, failure.message, has_notices)
    if feed is not None and feed.phase is FeedPhase.LIVE:
        return WatchStatus(WatchWay.FEED, read_at, None, has_notices)
    way = WatchWay.NOTICES if has_notices else WatchWay.POLLING
    if feed is None:
        return WatchStatus(way, read_at, None, has_notices)
    is_coming = feed.phase is FeedPhase.CONNECTING
    silence = "The feed is being connected." if is_coming else "The feed is not connected."
    return WatchStatus(way, read_at, feed.reason or silence, has_notices)
