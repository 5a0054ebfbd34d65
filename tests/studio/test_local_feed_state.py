"""What the local studio's feed writes down about itself, and what others make of it: without serving."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.studio import local_feed
from syncsphere_desktop.studio.local_feed import ActivityWish, LocalFeed

_WAITING = "import sys; print('on', flush=True); sys.stdin.read()"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_WAITING}"


@pytest.fixture
def feed(tmp_path: Path) -> LocalFeed:
    return LocalFeed(tmp_path)


@contextmanager
def noted_process(
    feed: LocalFeed, program: str, *, is_ready: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands in the feed's place, and is written down as it."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        said = {"pid": process.pid, "started": psutil.Process(process.pid).create_time(), "port": 8137}
        feed.folder.mkdir(exist_ok=True)
        (feed.folder / "state.json").write_text(json.dumps({**said, "is_ready": is_ready}))
        try:
            yield process
        finally:
            process.kill()


def test_one_that_was_never_launched_is_not_found_and_nothing_is_stopped(feed: LocalFeed) -> None:
    assert feed.find() is None
    assert feed.wait_until_ready() is None
    assert feed.stop() is False
    feed.wish_activity(None)
    assert feed.stop() is False


def test_what_serves_is_found_and_not_launched_again(feed: LocalFeed) -> None:
    feed.announce(8137)
    found = feed.find()
    assert found is not None
    assert (found.pid, found.is_ready, found.url.startswith("wss://127.0.0.1:8137")) == (
        os.getpid(),
        True,
        True,
    )
    assert feed.wait_until_ready() == found
    assert LocalFeed(feed.studio_folder).launch() == found


def test_a_number_that_another_process_got_is_not_the_feed(feed: LocalFeed) -> None:
    feed.announce(8137)
    state = feed.folder / "state.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "started": 1.0}))
    assert feed.find() is None
    assert feed.stop() is False


def test_one_that_is_not_ready_in_time_is_not_waited_for_any_longer(feed: LocalFeed) -> None:
    with noted_process(feed, _WAITING, is_ready=False) as process:
        assert feed.wait_until_ready(0.05) is None
        assert process.poll() is None


def test_it_is_stopped_and_then_gone(feed: LocalFeed) -> None:
    with noted_process(feed, _WAITING) as process:
        assert feed.stop() is True
        assert process.wait(10) != 0
        assert feed.find() is None


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't refuse to end there")
def test_one_that_does_not_listen_is_ended_all_the_same(
    feed: LocalFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_feed, "_STOP_SECONDS", 0.1)
    with noted_process(feed, _STUBBORN) as process:
        assert feed.stop() is True
        assert process.wait(10) == -9


def test_one_alone_serves_at_a_time(feed: LocalFeed) -> None:
    feed.folder.mkdir()
    other = LocalFeed(feed.studio_folder)
    with feed.serving_alone() as first, other.serving_alone() as second:
        assert (first, second) == (True, False)
    with other.serving_alone() as later:
        assert later is True


def test_a_wish_for_activity_is_kept_until_it_is_taken_back(feed: LocalFeed) -> None:
    wish = ActivityWish(seed=7, pace=1.5)
    feed.wish_activity(wish)
    assert LocalFeed(feed.studio_folder).activity() == wish
    feed.wish_activity(None)
    assert feed.activity() is None


def test_its_certificates_are_made_once(feed: LocalFeed) -> None:
    feed.folder.mkdir()
    files = feed.ensure_certificates()
    made = files.authority.read_bytes()
    assert feed.ensure_certificates().authority.read_bytes() == made
    assert feed.authority.read_bytes() == made


def test_a_folder_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    (tmp_path / "feed").write_text("a file is in its place")
    feed = LocalFeed(tmp_path)
    with pytest.raises(LocalStudioError):
        feed.wish_activity(ActivityWish(1, 1.0))
    with pytest.raises(LocalStudioError):
        feed.find()
