"""Frames of the live feed through our client, in Qt's event loop, beside a bare websockets loop there."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from PySide6.QtWidgets import QApplication

from benchmarks.frame import Result, at_least_times, at_most, is_soak
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.feed.client import FeedClient
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.feed.messages import OwnershipClaimed, SyncRequested, UserRef
from syncsphere_desktop.feed.state import FeedEvent
from syncsphere_desktop.feed.trust import context_for
from syncsphere_desktop.feed.wire import encode

RUNS = 7
_OTHERS = "what other programs take of the machine left out"
_LAST = UUID(int=0)


def run() -> list[Result]:
    """Measure the rate of frames, ours and the baseline by turns, and the memory that a flood takes."""
    from qasync import QEventLoop

    application = QApplication.instance() or QApplication([])
    frames = 400_000 if is_soak() else 100_000
    with _sender(frames) as endpoint, QEventLoop(application) as loop:
        measure = lambda work: loop.run_until_complete(work(endpoint, frames))  # noqa: E731
        return _results(measure, frames)


def _results(measure: Callable[[Work], Rate], frames: int) -> list[Result]:
    for work in (_ours, _bare):
        measure(work)
    before = psutil.Process().memory_info().rss
    turns = [(measure(_ours), measure(_bare), measure(_with_json)) for _ in range(RUNS)]
    grown = (psutil.Process().memory_info().rss - before) / 1e6
    note = "TLS, qasync, decoded, merged, told in batches and held by box"
    rates = [statistics.median(rate.by_clock for rate in column) for column in zip(*turns, strict=True)]
    spent = [statistics.median(rate.by_processor for rate in column) for column in zip(*turns, strict=True)]
    return [
        Result(
            "feed frames a second, beside a bare loop", rates[0], rates[1], "/s", at_least_times(0.6), note
        ),
        Result("the same, beside a loop that parses JSON", rates[0], rates[2], "/s"),
        Result(
            "feed frames a second of the processor", spent[0], spent[1], "/s", at_least_times(0.6), _OTHERS
        ),
        Result(f"memory after {RUNS} floods of {frames:,} frames", grown, None, "MB", at_most(20)),
    ]


@dataclass(frozen=True, slots=True)
class Rate:
    """Frames a second, by the clock and by the processor's time of this process."""

    by_clock: float
    by_processor: float


class _Watch:
    """Takes the time from the first frame on."""

    def __init__(self) -> None:
        self._clock = time.perf_counter()
        self._processor = time.process_time()

    def rate(self, frames: int) -> Rate:
        """Return how many frames came a second."""
        clock, processor = time.perf_counter() - self._clock, time.process_time() - self._processor
        return Rate(frames / clock, frames / processor)


Work = Callable[[FeedEndpoint, int], Coroutine[Any, Any, Rate]]


async def _ours(endpoint: FeedEndpoint, frames: int) -> Rate:
    """Return the rate from the first to the last frame, through the client into a state by box."""
    client = FeedClient(endpoint)
    held: dict[UUID, UserRef] = {}
    ended = asyncio.Event()
    watch: _Watch | None = None

    def take(batch: Sequence[FeedEvent]) -> None:
        nonlocal watch
        watch = watch or _Watch()
        for event in batch:
            if isinstance(event, OwnershipClaimed):
                held[event.box_uuid] = event.owner
        if _LAST in held:
            ended.set()

    client.subscribe(take)
    client.watch([ProjectId(7)])
    client.start()
    await ended.wait()
    assert watch is not None
    assert client.counts.received >= frames
    rate = watch.rate(frames)
    await client.shutdown()
    return rate


async def _bare(endpoint: FeedEndpoint, frames: int) -> Rate:
    """Return the rate at which a bare loop receives frames and drops them."""
    return await _loop(endpoint, frames, lambda _text: None)


async def _with_json(endpoint: FeedEndpoint, frames: int) -> Rate:
    """Return the rate at which a bare loop receives frames and parses them."""
    return await _loop(endpoint, frames, json.loads)


async def _loop(endpoint: FeedEndpoint, frames: int, take: Callable[[str | bytes], object]) -> Rate:
    from websockets.asyncio.client import connect

    async with connect(endpoint.url, ssl=context_for(endpoint), compression=None, proxy=None) as connection:
        await connection.send(encode(SyncRequested(ProjectId(7), "bench")))
        await connection.recv()
        watch, count = _Watch(), 0
        async for text in connection:
            take(text)
            count += 1
            if count == frames:
                break
        return watch.rate(frames)


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
