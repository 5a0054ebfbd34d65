"""The store of a session: opened once, told when it is away, and only ever the one that is known."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from syncsphere_desktop.domain.audio_check import RowToCheck
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.errors import StoreReadOnlyError, StoreUnavailableError
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.store import open_store
from syncsphere_desktop.studio.store_access import StoreAccess
from tests.read_only import read_only


class KnownInMemory:
    """Remembers a store as the database does."""

    def __init__(self) -> None:
        self.identity: str | None = None

    async def known(self) -> str | None:
        return self.identity

    async def remember(self, identity: str, url: str) -> None:
        assert url
        self.identity = identity


@asynccontextmanager
async def access_to(url: str | None, known: KnownInMemory | None = None) -> AsyncIterator[StoreAccess]:
    access = StoreAccess(url, known or KnownInMemory())
    try:
        yield access
    finally:
        await access.shutdown()


async def test_it_is_opened_once_for_all_who_ask(tmp_path: Path) -> None:
    async with access_to(str(tmp_path)) as access:
        told: list[bool] = []
        access.subscribe(lambda: told.append(access.store is not None))
        first, second = await asyncio.gather(access.open(), access.open())
        assert first is second is access.store
        assert told == [True]


async def test_nothing_is_reached_for_before_somebody_asks(tmp_path: Path) -> None:
    async with access_to(str(tmp_path / "not-there")) as access:
        assert (access.store, access.problem) == (None, None)


async def test_a_folder_that_is_away_is_a_problem_until_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    async with access_to(str(folder)) as access:
        told: list[bool] = []
        access.subscribe(lambda: told.append(access.problem is not None))
        with pytest.raises(StoreUnavailableError):
            await access.open()
        folder.mkdir()
        await access.look_again()
        assert told == [True, False]
        assert access.store is await access.open()


async def test_a_store_that_goes_away_later_is_noticed_by_the_next_look(tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    folder.mkdir()
    async with access_to(str(folder)) as access:
        await access.open()
        folder.rename(tmp_path / "elsewhere")
        await access.look_again()
        assert (type(access.problem), access.store) == (StoreUnavailableError, None)


async def test_a_connection_without_a_store_says_so() -> None:
    async with access_to(None) as access:
        with pytest.raises(StoreUnavailableError, match="names no folder") as caught:
            await access.open()
        assert not caught.value.retryable


async def test_the_first_write_makes_the_store_the_known_one(tmp_path: Path) -> None:
    known = KnownInMemory()
    async with access_to(str(tmp_path), known) as access:
        store = await access.claim()
        assert known.identity is not None
        assert store.identity() == known.identity
        assert await access.claim() is store


async def test_an_empty_folder_in_the_place_of_the_known_store_is_refused(tmp_path: Path) -> None:
    known = KnownInMemory()
    known.identity = "of-another-time"
    async with access_to(str(tmp_path), known) as access:
        with pytest.raises(StoreUnavailableError):
            await access.open()
        assert list(tmp_path.iterdir()) == []


async def test_the_store_of_another_studio_is_refused(tmp_path: Path) -> None:
    open_store(str(tmp_path)).mark()
    known = KnownInMemory()
    known.identity = "of-this-studio"
    async with access_to(str(tmp_path), known) as access:
        with pytest.raises(StoreUnavailableError):
            await access.open()


async def test_work_whose_waiter_left_goes_on_to_its_end_before_the_threads_end(tmp_path: Path) -> None:
    access = StoreAccess(str(tmp_path), KnownInMemory())
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.set()

    waiter = asyncio.create_task(access.blockingly(work))
    while not begun.is_set():  # noqa: ASYNC110  # set by a thread
        await asyncio.sleep(0.005)
    waiter.cancel()
    closing = asyncio.create_task(access.shutdown())
    await asyncio.sleep(0)
    assert not closing.done()
    may_end.set()
    await closing
    assert ended.is_set()


async def test_leaving_while_it_is_being_opened_leaves_nothing_open(tmp_path: Path) -> None:
    access = StoreAccess(str(tmp_path), KnownInMemory())
    asker = asyncio.create_task(access.open())
    await asyncio.sleep(0)
    asker.cancel()
    await access.shutdown()
    assert access.store is None
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("audio-store")]


def _row(file_path: str) -> RowToCheck:
    return RowToCheck(AudioFileId(1), None, file_path, file_path, *(None,) * 6, ContentState.UNCHECKED, None)


async def test_a_root_without_any_of_the_studios_files_is_not_claimed(tmp_path: Path) -> None:
    known = KnownInMemory()

    async def witnesses() -> list[RowToCheck]:
        return [_row("kick.wav")]

    access = StoreAccess(str(tmp_path), known, witnesses=witnesses)
    try:
        with pytest.raises(StoreUnavailableError, match="may not be mounted"):
            await access.claim()
        assert (known.identity, list(tmp_path.iterdir())) == (None, [])
        (tmp_path / "kick.wav").write_bytes(b"sound")
        await access.claim()
        assert known.identity is not None
    finally:
        await access.shutdown()


async def test_an_empty_root_is_claimed_for_a_studio_without_rows(tmp_path: Path) -> None:
    known = KnownInMemory()

    async def witnesses() -> list[RowToCheck]:
        return []

    access = StoreAccess(str(tmp_path), known, witnesses=witnesses)
    try:
        await access.claim()
        assert known.identity is not None
    finally:
        await access.shutdown()


async def test_a_store_that_is_read_only_is_opened_and_not_claimed(tmp_path: Path) -> None:
    known, folder = KnownInMemory(), tmp_path / "audio"
    folder.mkdir()
    async with access_to(str(folder), known) as access:
        told: list[bool] = []
        access.subscribe(lambda: told.append(access.is_read_only))
        with read_only(folder):
            assert (await access.open()).stat(StorePath("kick.wav")) is None
            assert access.is_read_only
            with pytest.raises(StoreReadOnlyError, match="read but not written to"):
                await access.claim()
            assert (known.identity, access.problem) == (None, None)
        await access.look_again()
        await access.claim()
        assert known.identity is not None
        assert told == [True, False]
