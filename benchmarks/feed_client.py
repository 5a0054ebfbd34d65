"""Frames of the live feed through our client, in Qt's event loop, beside a bare websockets loop there."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from PySide6.QtWidgets import QApplication

from benchmarks.frame import Result, at_least_times, at_most, is_soak
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.messages import OwnershipClaimed, UserRef
from syncsphere_desktop.feed.state import FeedEvent
from syncsphere_desktop.feed.trust import context_for
from syncsphere_desktop.feed.wire import encode

RUNS = 5
_LAST = UUID(int=0)


def run() -> list[Result]:
    """Measure the rate of frames, ours and the baseline by turns, and the memory that a flood takes."""
    from qasync import QEventLoop

    application = QApplication.instance() or QApplication([])
    frames = 400_000 if is_soak() else 100_000
    with _sender(frames) as endpoint, QEventLoop(application) as loop:
        measure = lambda work: loop.run_until_complete(work(endpoint, frames))  # noqa: E731
        return _results(measure, frames)


def _results(measure: Callable[[Work], float], frames: int) -> list[Result]:
    for work in (_ours, _bare):
        measure(work)
    before = psutil.Process().memory_info().rss
    turns = [(measure(_ours), measure(_bare), measure(_with_json)) for _ in range(RUNS)]
    grown = (psutil.Process().memory_info().rss - before) / 1e6
    ours, bare, parsed = (statistics.median(column) for column in zip(*turns, strict=True))
    note = "TLS, qasync, decoded, merged, told in batches and held by box"
    return [
        Result("feed frames a second, beside a bare loop", ours, bare, "/s", at_least_times(0.6), note),
        Result("the same, beside a loop that parses JSON", ours, parsed, "/s"),
        Result(f"memory after {RUNS} floods of {frames:,} frames", grown, None, "MB", at_most(20)),
    ]


Work = Callable[[FeedEndpoint, int], Coroutine[Any, Any, float]]


async def _ours(endpoint: FeedEndpoint, frames: int) -> float:
    """Return the frames a second from the first to the last, through the client into a state by box."""
    client = FeedClient(endpoint)
    held: dict[UUID, UserRef] = {}
    ended = asyncio.Event()
    began = 0.0

    def take(batch: Sequence[FeedEvent]) -> None:
        nonlocal began
        began = began or time.perf_counter()
        for event in batch:
            if isinstance(event, OwnershipClaimed):
                held[event.box_uuid] = event.owner
        if _LAST in held:
            ended.set()

    client.subscribe(take)
    client.watch([ProjectId(7)])
    client.start()
    await ended.wait()
    seconds = time.perf_counter() - began
    assert client.counts.received >= frames
    await client.shutdown()
    return frames / seconds


async def _bare(endpoint: FeedEndpoint, frames: int) -> float:
    """Return the frames a second that a bare loop receives and drops."""
    return await _loop(endpoint, frames, lambda _text: None)


async def _with_json(endpoint: FeedEndpoint, frames: int) -> float:
    """Return the frames a second that a bare loop receives and parses."""
    import json

    return await _loop(endpoint, frames, json.loads)


async def _loop(endpoint: FeedEndpoint, frames: int, take: Callable[[str | bytes], object]) -> float:
    from websockets.asyncio.client import connect

    from syncsphere_desktop.feed.messages import SyncRequested

    async with connect(endpoint.url, ssl=context_for(endpoint), compression=None, proxy=None) as connection:
        await connection.send(encode(SyncRequested(ProjectId(7), "bench")))
        await connection.recv()
        began, count = time.perf_counter(), 0
        async for text in connection:
            take(text)
            count += 1
            if count == frames:
                break
        return frames / (time.perf_counter() - began)


@contextmanager
def _sender(frames: int) -> Iterator[FeedEndpoint]:
    with tempfile.TemporaryDirectory(prefix="syncsphere-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.feed_sender", folder, str(frames)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield FeedEndpoint(f"wss://localhost:{port}/ws", authorities=Path(folder) / "authority.pem")
            process.stdin.close()
