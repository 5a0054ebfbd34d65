"""The local studio's feed: started once, found by others, gone with the last who uses the studio."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from websockets.sync.client import connect

from syncsphere_desktop.database.postmaster import is_alive
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.local_feed import ActivityWish, FeedChild, LocalFeed
from syncsphere_desktop.studio.local_studio import LocalStudio

_CHECKOUT = Path(__file__).resolve().parents[2]

_HOLDING = """
import sys, time
from syncsphere_desktop.database.postmaster import is_alive
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.local_studio import LocalStudio
with LocalStudio(Paths.of_this_user()).held(feed=True):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with a studio that was made and rests."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        folder = Path(name)
        with studio_of(folder).held():
            pass
        yield folder
        studio_of(folder).stop(force=True)


def studio_of(home: Path) -> LocalStudio:
    """Return the studio of a home."""
    return LocalStudio(Paths(home / "config", home / "data", home / "logs", home / "cache"))


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ready(feed: LocalFeed) -> FeedChild:
    """Return the child once it serves."""
    child = feed.wait_until_ready()
    assert child is not None, feed.log.read_text()
    return child


def answers(child: FeedChild, feed: LocalFeed) -> bool:
    """Whether the feed answers a client that trusts its authority."""
    with connect(child.url, ssl=ssl.create_default_context(cafile=str(feed.authority))) as client:
        return client.ping().wait(20)


def test_it_starts_with_who_asks_for_it_and_ends_with_the_last(home: Path) -> None:
    studio = studio_of(home)
    feed = LocalFeed(studio.folder)
    with studio.held():
        assert feed.find() is None  # a command that wants the database alone starts no feed
        assert studio.target().profile.feed_url is None
        with studio_of(home).held(feed=True) as target:
            child = ready(feed)
            assert answers(child, feed)
            assert target.profile.feed_url == child.url
            assert target.profile.feed_authorities == feed.authority
            assert feed.launch() == child
        assert answers(child, feed)
        assert studio.status().feed_url == child.url
    assert feed.find() is None
    assert not is_alive(child.pid)
    assert feed.log.read_text() == ""


def test_stopping_the_studio_ends_its_feed_and_the_activity_and_neither_comes_back(home: Path) -> None:
    studio = studio_of(home)
    feed = LocalFeed(studio.folder)
    studio.start(activity=ActivityWish(1, 0.05))
    child = ready(feed)
    assert studio.status().activity
    studio.stop()
    assert not is_alive(child.pid)
    assert feed.find() is None
    assert feed.activity() is None
    assert studio.start_feed() is None  # nobody holds the studio
    assert not studio.has_feed


def test_a_feed_that_is_wanted_later_is_waited_for_and_ends_with_the_last(home: Path) -> None:
    studio = studio_of(home)
    with studio.held() as before:
        assert before.profile.feed_url is None
        target = studio.start_feed()
        assert target is not None
        child = ready(LocalFeed(studio.folder))
        assert target.profile.feed_url == child.url
    assert not is_alive(child.pid)


def test_many_that_launch_it_at_once_have_one(home: Path) -> None:
    studio = studio_of(home)
    with studio.held(), ThreadPoolExecutor(4) as pool:
        feeds = [LocalFeed(studio.folder) for _ in range(4)]
        assert len({child.pid for child in pool.map(LocalFeed.launch, feeds)}) == 1
        ready(feeds[0])


def test_another_port_is_taken_where_the_usual_one_is_in_use(home: Path) -> None:
    studio = studio_of(home)
    feed = LocalFeed(studio.folder)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with studio.held(feed=True):
            usual = ready(feed).port
        other.bind(("127.0.0.1", usual))
        other.listen()
        with studio.held(feed=True):
            child = ready(feed)
            assert child.port != usual
            assert answers(child, feed)


def test_a_holder_that_is_killed_takes_the_feed_with_it_and_the_next_one_has_it_anew(home: Path) -> None:
    studio = studio_of(home)
    feed = LocalFeed(studio.folder)
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDING],
        cwd=_CHECKOUT,
        env={**os.environ, "SYNCSPHERE_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"held\n"
    child = ready(feed)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    assert answers(child, feed)  # nobody is cut off at once
    eventually(lambda: feed.find() is None)
    with studio.held(feed=True):
        assert ready(feed).pid != child.pid


def test_a_feed_that_is_killed_is_seen_through_and_started_again(home: Path) -> None:
    studio = studio_of(home)
    feed = LocalFeed(studio.folder)
    with studio.held(feed=True):
        child = ready(feed)
        os.kill(child.pid, signal.SIGKILL)
        eventually(lambda: feed.find() is None)
        assert studio.target().profile.feed_url is None
        feed.launch()
        assert answers(ready(feed), feed)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"pid": "x", "started": 0, "port": 1}'])
def test_what_is_damaged_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    feed = LocalFeed(tmp_path)
    feed.wish_activity(ActivityWish(1, 0.5))
    assert feed.activity() == ActivityWish(1, 0.5)
    for name in ("state.json", "activity.json"):
        (feed.folder / name).write_bytes(content)
    assert feed.find() is None
    assert feed.activity() is None
    assert feed.stop() is False
