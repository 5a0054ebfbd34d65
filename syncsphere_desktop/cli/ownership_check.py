"""`ownership check`: whether the live feed and the table say the same of who holds what."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import chosen_target, opened
from syncsphere_desktop.cli.feed_options import add_feed_options, chosen_feed
from syncsphere_desktop.cli.ownership_watch import add_project_option, shown_projects
from syncsphere_desktop.cli.run import FOUND_SOMETHING_WRONG, tell, wants_json
from syncsphere_desktop.cli.text_table import text_table
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.errors import FeedUnavailableError, UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.domain.ownership_agreement import Agreement, Difference
    from syncsphere_desktop.settings import ConnectionTarget
    from syncsphere_desktop.studio.ownership.titles import Titles
    from syncsphere_desktop.studio.ownership.watching import OwnershipWatch

Document = dict[str, Any]
_CONNECT_SECONDS = 6.0
_LOOK_SECONDS = 0.05


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        parents=[connection],
        help="compare the live feed with the table (exit 3 when they differ, 1 when the feed is not there)",
    )
    add_project_option(parser)
    add_feed_options(parser)
    parser.add_argument(
        "--timeout", type=float, default=20.0, metavar="SECONDS", help="how long to wait (default: 20)"
    )
    parser.set_defaults(command=_check)


def _check(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.cli.event_loop import run_async

    if not 0 < namespace.timeout <= 86400:  # also not a number
        raise UsageError("The time to wait is more than 0 seconds and at most a day.")
    with chosen_target(namespace) as target:
        document, text = run_async(_main(namespace, target))
    tell(document, as_json=wants_json(namespace), text=text)
    return FOUND_SOMETHING_WRONG if document["total"] else 0


async def _main(namespace: argparse.Namespace, target: ConnectionTarget) -> tuple[Document, str]:
    from syncsphere_desktop.studio.ownership.opening import ownership_watch
    from syncsphere_desktop.studio.ownership.titles import Titles

    endpoint = chosen_feed(target, namespace)
    if endpoint is None and getattr(namespace, "local", False):
        raise FeedUnavailableError("The live feed of the local studio does not run; `local start` starts it.")
    if endpoint is None:
        raise UsageError("This connection names no live feed to compare the table with; --feed-url does.")
    async with opened(target) as database:
        watch = ownership_watch(database, endpoint)
        watch.show(await shown_projects(database, namespace.project))
        try:
            await watch.start()
            agreement = await _outcome(watch, namespace.timeout)
            boxes = sum(len(picture.owners()) for picture in watch.pictures.values())
            return await _told(agreement, len(watch.pictures), boxes, Titles(database))
        finally:
            await watch.shutdown()


async def _outcome(watch: OwnershipWatch, seconds: float) -> Agreement:
    """Wait until it is certain. Raises FeedError where the feed is not there or does not tell."""
    import asyncio

    from syncsphere_desktop.domain.ownership_agreement import Agreement, AgreementState
    from syncsphere_desktop.studio.ownership.watch_status import WatchWay

    loop = asyncio.get_running_loop()
    started = loop.time()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        agreement = watch.agreement
        if agreement.state is not AgreementState.UNKNOWN:
            return agreement
        if watch.has_read and not watch.pictures:
            return Agreement(AgreementState.AGREE, checked_at=datetime.now(UTC), reason="")
        waited = loop.time() - started
        is_away = watch.has_read and watch.pictures and watch.status.way is not WatchWay.FEED
        if waited > seconds or (is_away and waited > min(seconds, _CONNECT_SECONDS)):
            if watch.failure is not None:
                raise watch.failure
            raise FeedUnavailableError(agreement.reason, step="reach")


async def _told(agreement: Agreement, projects: int, boxes: int, titles: Titles) -> tuple[Document, str]:
    rows = [await _row(difference, titles) for difference in agreement.differences]
    document: Document = {
        "state": agreement.state.value,
        "projects": projects,
        "boxes": boxes,
        "total": agreement.total,
        "differences": rows,
        "checked_at": None if agreement.checked_at is None else agreement.checked_at.isoformat(),
    }
    if not agreement.total:
        compared = f"{counted(boxes, 'track')} of {counted(projects, 'project')}"
        return document, f"The feed and the table agree ({compared})."
    keys = ("project", "track", "feed_owner", "table_owners")
    lines = [
        (
            row["project"],
            row["track"],
            row["feed_owner"] or "nobody",
            ", ".join(row["table_owners"]) or "nobody",
        )
        for row in rows
    ]
    headline = f"The feed and the table differ on {counted(agreement.total, 'track')}."
    more = "" if agreement.total == len(rows) else f"\nThe first {len(rows)} are shown."
    return document, f"{headline}\n\n{text_table([key.replace('_', ' ') for key in keys], lines)}{more}"


def _listed(owners: list[str]) -> str:
    return ", ".join(owners) or "nobody"


async def _row(difference: Difference, titles: Titles) -> Document:
    feed = difference.feed_owner
    return {
        "project_id": difference.project_id,
        "project": await titles.project(difference.project_id),
        "box_uuid": str(difference.box_uuid),
        "track": await titles.track(difference.project_id, difference.box_uuid),
        "feed_owner_id": feed,
        "feed_owner": await titles.user(feed) if isinstance(feed, int) else feed,
        "table_owner_ids": list(difference.table_owners),
        "table_owners": [await titles.user(owner) for owner in difference.table_owners],
    }
