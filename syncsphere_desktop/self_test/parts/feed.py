"""The live feed: the app's server and its client, over TLS on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.feed.certificates import LocalAuthority
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint, FeedMode
from syncsphere_desktop.feed.messages import OwnershipClaimed
from syncsphere_desktop.feed.server.encryption import ServerCertificate
from syncsphere_desktop.feed.server.server import FeedServer
from syncsphere_desktop.feed.state import FeedEvent, FeedPhase
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.self_test.parts.book import Book

_PROJECT, _USER, _BOX = ProjectId(1), UserId(1), UUID(int=1)
_SECONDS = 20.0


def check(folder: Path) -> str:
    """Serve with a certificate made for it, claim a track as one client, and hear of it as another."""
    return asyncio.run(_followed(folder))


async def _followed(folder: Path) -> str:
    files = await asyncio.to_thread(LocalAuthority(folder / "certificates").ensure)
    certificate = ServerCertificate(files.certificate, files.key)
    async with FeedServer(Book(), certificate=certificate) as server:
        watching = FeedEndpoint(server.url, authorities=files.authority)
        joining = FeedEndpoint(server.url, authorities=files.authority, mode=FeedMode.JOIN, user_id=_USER)
        observer, claimant = FeedClient(watching), FeedClient(joining)
        try:
            await _claim(observer, claimant)
        finally:
            await observer.shutdown()
            await claimant.shutdown()
        return f"a claim heard over {server.url.partition(':')[0]}"


async def _claim(observer: FeedClient, claimant: FeedClient) -> None:
    heard, live = asyncio.Event(), asyncio.Event()

    def listen(events: Sequence[FeedEvent]) -> None:
        if any(isinstance(event, OwnershipClaimed) and event.box_uuid == _BOX for event in events):
            heard.set()

    def look(_state: object) -> None:
        if observer.state.phase is FeedPhase.LIVE and claimant.state.phase is FeedPhase.LIVE:
            live.set()

    observer.subscribe(listen)
    for client in (observer, claimant):
        client.subscribe_state(look)
        client.watch([_PROJECT])
        client.start()
    try:
        async with asyncio.timeout(_SECONDS):
            await live.wait()
            await claimant.send(OwnershipClaimed(_PROJECT, _BOX, _USER))
            await heard.wait()
    except TimeoutError:
        reason = observer.state.reason or claimant.state.reason or ""
        raise NotPassedError(
            f"The feed did not tell of a claim within {_SECONDS:g} s. {reason}".strip()
        ) from None
