"""Keeps what is known of stored versions up to date while a session is open, quietly."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.notifications import ChangeEvent, EverythingMayHaveChanged, TableChanged
from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.studio.bundle_index import index_bundles
from syncsphere_desktop.studio.bundles.child.process import BundleProcess
from syncsphere_desktop.studio.session import Session

_log = logging.getLogger(__name__)

_PAUSE_SECONDS = 5.0
"""Versions that arrive shortly after each other are read together."""


async def keep_bundles_read(session: Session, on_read: Callable[[], None]) -> None:
    """Read the versions that nothing is known of, now and whenever others arrive, until it is cancelled.

    `on_read` is called when there is more to know, such as by how many versions a file is used. A database
    that only reads, or a lost connection, is logged and nothing more.
    """
    wanted = asyncio.Event()
    wanted.set()

    def take(change: ChangeEvent) -> None:
        about_versions = isinstance(change, TableChanged) and change.table == "project_bundles"
        if about_versions or isinstance(change, EverythingMayHaveChanged):
            wanted.set()

    facts, streams = BundleFactsRepository(session.database), BundleStreams(session.database)
    unsubscribe = session.listener.subscribe(take)
    worker = BundleProcess()  # of its own: whoever opens a version does not wait for what is read beside it
    try:
        while session.database.read_only_reason is None:
            await wanted.wait()
            wanted.clear()
            try:
                report = await index_bundles(facts, streams, worker=worker)
            except AppError as error:
                _log.info("The stored versions were not read: %s", error.message)
            else:
                if report.read or report.forgotten:
                    on_read()
                if not report.possible:
                    return
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        unsubscribe()
        await asyncio.to_thread(worker.close)
