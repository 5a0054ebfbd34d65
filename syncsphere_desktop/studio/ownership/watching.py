"""Watches who holds which track: the table is the truth, notices and the feed make it fast."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from syncsphere_desktop.database.listener_thread import ListenerMode
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.ownership import OwnershipChange, OwnershipNews, ReadAgain
from syncsphere_desktop.domain.ownership_agreement import Agreement
from syncsphere_desktop.domain.ownership_box import GRACE_SECONDS, Moment
from syncsphere_desktop.domain.ownership_picture import Picture, Step
from syncsphere_desktop.domain.presence import Presence
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.feed.state import FeedEvent, FeedPhase, FeedState, Overflowed
from syncsphere_desktop.studio.ownership.comparing import AgreementKeeper, StateAsker
from syncsphere_desktop.studio.ownership.feed_hearing import FeedHearing
from syncsphere_desktop.studio.ownership.inbox import Inbox
from syncsphere_desktop.studio.ownership.table_reading import Rows, TableReader
from syncsphere_desktop.studio.ownership.telling import (
    ChangeListener,
    ChangeTeller,
    Listeners,
    RepaintListener,
)
from syncsphere_desktop.studio.ownership.watch_ports import (
    All,
    Clock,
    Feed,
    HoldingsTable,
    Notices,
    Shown,
    SystemClock,
    WatchPacing,
)
from syncsphere_desktop.studio.ownership.watch_status import WatchStatus, WatchWay, status_of

_SLICE = 250
"""Boxes taken from a read before the event loop has its turn: half a millisecond or so."""

Unsubscribe = Callable[[], None]
ProjectIds = Callable[[], Awaitable[Collection[ProjectId]]]


class OwnershipWatch:
    """Joins the table, its notices and the feed to one picture a project, which lives as long as it is shown.

    It starts and ends `notices` and `feed`. Where ALL are shown `all_projects` names those to listen for,
    else they are those with boxes. Listeners are called in the event loop of `start`. A bug goes to
    `report_bug`, or is raised by `shutdown`.
    """

    def __init__(
        self,
        table: HoldingsTable,
        notices: Notices | None,
        feed: Feed | None,
        *,
        all_projects: ProjectIds | None = None,
        clock: Clock | None = None,
        pacing: WatchPacing | None = None,
        report_bug: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._notices = notices
        self._feed = feed
        self._all_projects = all_projects
        self._report_bug = report_bug
        self._clock = clock or SystemClock()
        self._pacing = pacing or WatchPacing()
        self._pictures: dict[ProjectId, Picture] = {}
        self._gone: set[ProjectId] = set()
        self._shows_all = False
        self._reader = TableReader(
            table,
            self._clock,
            self._pacing,
            take=self._take_read,
            take_all=self._take_all,
            tell=self._take_outcome,
        )
        self._hearing = FeedHearing()
        self._keeper = AgreementKeeper(self._pacing.answer)
        self._teller = ChangeTeller(self._pacing.batch)
        self._status_listeners: Listeners[WatchStatus] = Listeners()
        self._agreement_listeners: Listeners[Agreement] = Listeners()
        self._presence_listeners: Listeners[frozenset[ProjectId]] = Listeners()
        self._agreement = Agreement()
        self._status = WatchStatus()
        self._failure: AppError | None = None
        self._is_dirty = False
        self._tasks: list[asyncio.Task[None]] = []
        self._asker = StateAsker(feed)
        self._news: Inbox[OwnershipNews] = Inbox(self._on_notices, ReadAgain())
        self._frames: Inbox[FeedEvent] = Inbox(self._on_feed, Overflowed())
        self._unsubscribe: list[Unsubscribe] = []
        self._next_full = float("inf")
        self._next_look = 0.0

    @property
    def status(self) -> WatchStatus:
        """Return by which way changes are learnt now, and how old the picture is."""
        return self._status

    @property
    def agreement(self) -> Agreement:
        """Return whether feed and table agree, as it was last found."""
        return self._agreement

    @property
    def failure(self) -> AppError | None:
        """Return why the table can't be read, or None where it can."""
        return self._failure

    @property
    def has_read(self) -> bool:
        """Whether the table was read since `start`."""
        return self._reader.reads > 0

    def picture(self, project_id: ProjectId) -> Picture:
        """Return what is known of a project; empty until it is shown and was read once."""
        return self._pictures.get(project_id) or Picture(project_id)

    @property
    def pictures(self) -> Mapping[ProjectId, Picture]:
        """Return the pictures of every project that is shown."""
        return self._pictures

    def presence(self, project_id: ProjectId) -> Presence:
        """Return who is in a project as far as the feed tells."""
        return self._hearing.presence(project_id)

    def subscribe(self, listener: ChangeListener) -> Unsubscribe:
        """Call `listener` with batches of changes of holders; returns what ends that."""
        return self._teller.changes.add(listener)

    def subscribe_repaint(self, listener: RepaintListener) -> Unsubscribe:
        """Call `listener` with every box that looks different, confirmed ones and first readings included."""
        return self._teller.repaints.add(listener)

    def subscribe_status(self, listener: Callable[[WatchStatus], None]) -> Unsubscribe:
        """Call `listener` when the way or its reason changed; returns what ends that."""
        return self._status_listeners.add(listener)

    def subscribe_agreement(self, listener: Callable[[Agreement], None]) -> Unsubscribe:
        """Call `listener` when feed and table came to agree or differ otherwise; returns what ends that."""
        return self._agreement_listeners.add(listener)

    def subscribe_presence(self, listener: Callable[[frozenset[ProjectId]], None]) -> Unsubscribe:
        """Call `listener` with the projects in which somebody came or went; returns what ends that."""
        return self._presence_listeners.add(listener)

    async def start(self) -> None:
        """Begin to watch; what is read after this misses nothing."""
        if self._notices is not None:
            self._unsubscribe.append(self._notices.subscribe(self._news.put))
            self._unsubscribe.append(self._notices.subscribe_mode(lambda _mode: self._on_way()))
            await self._notices.start()
        if self._feed is not None:
            self._unsubscribe.append(self._feed.subscribe(self._frames.put))
            self._unsubscribe.append(self._feed.subscribe_state(lambda _state: self._on_way()))
            self._feed.start()
        self._plan_full_read(self._clock.now())
        self._refresh_status()
        self._tasks = [
            asyncio.create_task(self._reader.run(), name="ownership-reader"),
            asyncio.create_task(self._tick(), name="ownership-ticker"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._on_task_done)

    async def shutdown(self) -> None:
        """Stop watching; every task, the notices and the feed have ended when this returns."""
        for end in self._unsubscribe:
            end()
        self._unsubscribe.clear()
        for part in (self._news, self._frames, self._teller):
            part.close()
        tasks = [*self._tasks, *self._asker.tasks]
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        if self._feed is not None:
            await self._feed.shutdown()
        if self._notices is not None:
            await self._notices.shutdown()
        bug = next((result for result in results if isinstance(result, Exception)), None)
        if bug is not None and self._report_bug is None:
            raise bug

    def _on_task_done(self, task: asyncio.Task[None]) -> None:
        bug = None if task.cancelled() else task.exception()
        if bug is not None and self._report_bug is not None:
            self._report_bug(bug)

    def show(self, projects: Shown) -> None:
        """Watch these projects, or ALL, and no others; what is new is read at once."""
        self._shows_all = isinstance(projects, All)
        wanted = set(self._pictures) if isinstance(projects, All) else set(projects)
        self._reader.limit_to(None if self._shows_all else frozenset(wanted))
        for project_id in [project_id for project_id in self._pictures if project_id not in wanted]:
            del self._pictures[project_id]
        self._gone &= wanted
        if self._shows_all:
            self._reader.want(None)
        for project_id in wanted - self._pictures.keys():
            self._pictures[project_id] = Picture(project_id)
            self._reader.want(project_id)
        self._listen()

    def read_again(self) -> None:
        """Read the table of all that is shown as soon as may be, as after a change of one's own."""
        if self._shows_all:
            self._reader.want(None)
        else:
            for project_id in self._pictures:
                self._reader.want(project_id)

    def _listen(self) -> None:
        followed = self._pictures.keys() - self._gone
        self._hearing.limit_to(followed)
        self._keeper.forget_all_but(self._pictures)
        self._is_dirty = True
        if self._feed is not None:
            self._feed.watch(followed)

    @property
    def _has_notices(self) -> bool:
        return self._notices is not None and self._notices.mode is ListenerMode.LIVE

    @property
    def _feed_state(self) -> FeedState | None:
        return None if self._feed is None else self._feed.state

    def _picture_for(self, project_id: ProjectId) -> Picture | None:
        """Return the picture of a project that is shown; where ALL are, a new one is begun."""
        picture = self._pictures.get(project_id)
        if picture is None and self._shows_all:
            picture = self._pictures[project_id] = Picture(project_id)
            self._reader.want(project_id)
            self._listen()
        return picture

    def _on_notices(self, news: Sequence[OwnershipNews]) -> None:
        now = self._clock.now()
        changes: defaultdict[ProjectId, list[OwnershipChange]] = defaultdict(list)
        for item in news:
            if isinstance(item, OwnershipChange):
                changes[item.project_id].append(item)
                continue
            self._reader.retry_now()
            if item.project_id is None:
                self.read_again()
            elif self._picture_for(item.project_id) is not None:
                self._reader.want(item.project_id)
        for project_id, told in changes.items():
            picture = self._picture_for(project_id)
            if picture is not None:
                self._take(picture, picture.take_notices(told, now))
        self._teller.tell_soon()

    def _on_feed(self, batch: Sequence[FeedEvent]) -> None:
        now = self._clock.now()
        heard = self._hearing.hear(batch, now)
        for project_id, said in heard.claims.items():
            picture = self._pictures.get(project_id)
            if picture is not None:
                # Where notices tell of the table a claim waits for one, and for the ticker if none comes.
                self._take(picture, picture.take_claims(said, now), may_read=not self._has_notices)
        for project_id in heard.read & self._pictures.keys():
            self._reader.want(project_id)
        self._asker.ask(heard.ask)
        if heard.present:
            self._presence_listeners.tell(frozenset(heard.present))
        self._is_dirty = True
        self._teller.tell_soon()

    def _take(self, picture: Picture, step: Step, *, may_read: bool = True) -> None:
        self._teller.add(picture.project_id, step)
        if step.repaint:
            self._is_dirty = True
        if step.wants_read and may_read:
            self._reader.want(picture.project_id)

    async def _take_read(self, project_id: ProjectId, rows: Rows | None, began: Moment) -> None:
        picture = self._pictures.get(project_id)
        if picture is None:
            return
        was_gone = project_id in self._gone
        (self._gone.add if rows is None else self._gone.discard)(project_id)
        for number, step in enumerate(picture.read_in_slices(rows or (), began, self._clock.now(), _SLICE)):
            if number:
                await asyncio.sleep(0)
            self._take(picture, step)
        self._is_dirty = True
        if was_gone is not (project_id in self._gone):
            self._listen()
        self._teller.tell_soon()

    async def _take_all(self, parted: dict[ProjectId, Rows], began: Moment) -> None:
        projects = set(parted)
        if self._all_projects is not None:
            projects |= set(await self._all_projects())
        if not self._shows_all:
            return
        gone = self._pictures.keys() - projects
        new = projects - self._pictures.keys()
        for project_id in new:
            self._pictures[project_id] = Picture(project_id)
        for project_id in [*projects, *gone]:
            await self._take_read(project_id, parted.get(project_id, ()), began)
            await asyncio.sleep(0)
        if self._all_projects is not None:
            for project_id in gone:
                self._pictures.pop(project_id, None)
        if new or gone:
            self._listen()

    def _take_outcome(self, failure: AppError | None) -> None:
        self._failure = failure
        self._refresh_status()

    def _on_way(self) -> None:
        """The feed or the notices came or went: what was told meanwhile is not known."""
        state = self._feed_state
        if state is not None and state.phase is FeedPhase.OFF:
            self._hearing.lose_all(self._clock.now())
        self._refresh_status()
        self._is_dirty = True

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._pacing.tick)
            now = self._clock.now()
            self._ask_late_claims(now)
            changed = self._hearing.age(now, self._pacing.forget_presence)
            if changed:
                self._presence_listeners.tell(frozenset(changed))
            if now.seconds >= self._next_full:
                self._plan_full_read(now)
                self.read_again()
            if self._is_dirty and now.seconds >= self._next_look:
                await self._look(now)
            self._refresh_status()

    def _ask_late_claims(self, now: Moment) -> None:
        """Have the table read where a claim waited longer for it than it may."""
        for project_id, picture in self._pictures.items():
            since = picture.waits_since
            if since is not None and since < now.seconds - GRACE_SECONDS:
                self._reader.want(project_id)

    def _plan_full_read(self, now: Moment) -> None:
        state = self._feed_state
        is_told = self._has_notices or (state is not None and state.phase is FeedPhase.LIVE)
        pause = self._pacing.compare * random.uniform(0.8, 1.2) if is_told else self._pacing.poll  # noqa: S311
        self._next_full = now.seconds + pause

    async def _look(self, now: Moment) -> None:
        """Compare feed and table, a project at a time so that the event loop has its turn in between."""
        self._is_dirty = False
        asked: list[ProjectId] = []
        for project_id in list(self._pictures):
            picture = self._pictures.get(project_id)
            if picture is None:
                continue
            look = self._keeper.look(picture, self._hearing.account(project_id), self._clock.now())
            if look.asks:
                asked.append(project_id)
                self._reader.want(project_id)
            if not look.is_settled:
                self._is_dirty = True
            await asyncio.sleep(0)
        self._asker.ask(asked)
        self._next_look = now.seconds + max(self._pacing.tick, (self._clock.now().seconds - now.seconds) * 20)
        self._tell_agreement(now)

    def _tell_agreement(self, now: Moment) -> None:
        followed = {key: picture for key, picture in self._pictures.items() if key not in self._gone}
        found = self._keeper.agreement(followed, self._feed_state, self._hearing.refusal, now.at)
        before, self._agreement = self._agreement, found
        if (before.state, before.differences, before.reason) != (
            found.state,
            found.differences,
            found.reason,
        ):
            self._agreement_listeners.tell(found)

    def _refresh_status(self) -> None:
        read = [picture.read_at for picture in self._pictures.values()]
        before = self._status
        self._status = status_of(self._failure, self._feed_state, read, has_notices=self._has_notices)
        if self._status.is_news_after(before):
            if self._status.way is WatchWay.POLLING and before.way is not WatchWay.POLLING:
                self._plan_full_read(self._clock.now())
            self._status_listeners.tell(self._status)
