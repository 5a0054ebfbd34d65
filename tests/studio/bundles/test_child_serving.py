"""What the child says over its pipes: served here, on a thread, so that each frame is seen."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from uuid import UUID

import pytest

from syncsphere_desktop.studio.bundles.child.desk import Job
from syncsphere_desktop.studio.bundles.child.jobs import hash_samples, open_and_keep, tell_difference
from syncsphere_desktop.studio.bundles.child.main import serve
from syncsphere_desktop.studio.bundles.child.wire import (
    LARGEST_FRAME,
    Frame,
    beat_of,
    range_of,
    receive,
    send,
    text_payload,
)
from tests.bundle_maker import BoxOf, bundle, graph, sample_bundle
from tests.studio.bundles import odd_jobs


class Served:
    """The parent's side of a child that is a thread."""

    def __init__(self) -> None:
        requests, self._to_child = _pipe()
        self._from_child, answers = _pipe()
        self.granted: list[float] = []
        self.ended_with: int | BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(requests, answers))
        self._thread.start()
        assert receive(self._from_child) == (Frame.READY, b"")

    def ask(
        self, job: Job, arguments: Mapping[str, Any], file: bytes | None = None
    ) -> list[tuple[Frame, Any]]:
        """Return every frame of the answer but its beats, whose last is END or ERROR; read from `file`."""
        self.begin(job, arguments, None if file is None else len(file))
        frames: list[tuple[Frame, Any]] = []
        while True:
            frame, payload = self.next()
            if frame is Frame.READ:
                assert file is not None
                offset, length = range_of(payload)
                self.send(Frame.DATA, file[offset : offset + length])
            elif frame is not Frame.BEAT:
                frames.append((frame, payload if frame is Frame.BYTES else json.loads(payload or b"null")))
            if frame in (Frame.END, Frame.ERROR):
                return frames

    def begin(self, job: Job, arguments: Mapping[str, Any], size: int | None = None) -> None:
        """Ask for a job."""
        name = f"{job.__module__}:{job.__name__}"
        asked = {"job": name, "arguments": arguments, "size": size, "seconds": 2.5}
        self.send(Frame.JOB, text_payload(asked))

    def send(self, frame: Frame, payload: bytes = b"") -> None:
        """Send a frame to the child."""
        send(self._to_child, frame, payload)

    def write(self, some: bytes) -> None:
        """Write what need not be a frame."""
        self._to_child.write(some)

    def next(self) -> tuple[Frame, bytes]:
        """Return the child's next frame."""
        got = receive(self._from_child)
        assert got is not None
        return got

    def leave(self) -> int | BaseException | None:
        """Close the pipes, and return how the child ended."""
        self._to_child.close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._from_child.close()
        return self.ended_with

    def _run(self, requests: BinaryIO, answers: BinaryIO) -> None:
        with requests, answers:
            try:
                self.ended_with = serve(requests, answers, self.granted.append)
            except (SystemExit, ValueError) as error:
                self.ended_with = error


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0)


@pytest.fixture
def child() -> Iterator[Served]:
    """A child that waits for jobs."""
    served = Served()
    yield served
    served.leave()


def test_jobs_are_done_one_after_the_other_until_the_parent_is_gone(child: Served) -> None:
    for _ in range(2):
        assert child.ask(odd_jobs.pid, {}) == [(Frame.PIECE, os.getpid()), (Frame.END, None)]
    assert child.granted == [2.5, 2.5]
    assert child.leave() == 0


def test_the_file_is_read_by_ranges_and_bytes_come_as_they_are(child: Served) -> None:
    content = bytes(range(256)) * 1024
    assert child.ask(odd_jobs.read_twice, {}, content) == [
        (Frame.BYTES, content[-10:]),
        (Frame.BYTES, content),
        (Frame.END, None),
    ]


def test_a_kept_bundle_is_compared_and_one_that_is_not_kept_is_named(child: Served) -> None:
    opened = child.ask(open_and_keep, {"key": "a"}, sample_bundle("v2"))
    assert opened[-1] == (Frame.END, None)
    same = {"before": "a", "after": "a", "owners": {}}
    assert child.ask(tell_difference, same)[-1] == (Frame.END, None)
    other = {"before": "a", "after": "b", "owners": {}}
    assert child.ask(tell_difference, other) == [(Frame.ERROR, {"not_kept": "b"})]


def test_samples_are_hashed_and_those_that_are_not_in_the_file_are_left_out(child: Served) -> None:
    data = sample_bundle("v1")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("audio.wav"))
        digest = hashlib.sha256(archive.read(name)).hexdigest()
    held = name.split("/")[1]
    asked = {"samples": ["00000000-0000-0000-0000-000000000001", held]}
    assert child.ask(hash_samples, asked, data) == [(Frame.PIECE, [held, digest]), (Frame.END, None)]


def test_a_cover_comes_last_and_a_damaged_one_is_none(child: Served) -> None:
    cover = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(64))
    data = bundle(graph([]), extra={"image.bin": cover})
    whole = child.ask(open_and_keep, {"key": "a"}, data)
    assert whole[-2] == (Frame.BYTES, cover)
    damaged = data.replace(cover[:16], bytes(16))
    assert damaged != data
    told = child.ask(open_and_keep, {"key": "a"}, damaged)
    assert Frame.BYTES not in [frame for frame, _ in told]
    assert told[-1] == (Frame.END, None)


def test_much_that_differs_comes_in_several_pieces(child: Served) -> None:
    units = [
        BoxOf("AudioUnitBox", UUID(int=number + 1), {1: "instrument", 11: number}) for number in range(60)
    ]
    child.ask(open_and_keep, {"key": "a"}, bundle(graph([])))
    child.ask(open_and_keep, {"key": "b"}, bundle(graph(units)))
    told = child.ask(tell_difference, {"before": "a", "after": "b", "owners": {}})
    pieces = [rows for frame, rows in told if frame is Frame.PIECE]
    assert max(map(len, pieces)) <= 50
    boxes = [box for rows in pieces for row in rows for box in row[6]]
    assert sorted(boxes) == sorted(unit.uuid.hex for unit in units)


def test_a_refusal_is_told_whole_and_the_next_job_is_done(child: Served) -> None:
    told = child.ask(odd_jobs.refuse, {"message": "The disk is full."})
    problem = {"error": "QueryError", "message": "The disk is full.", "details": "page 7"}
    assert told == [(Frame.PIECE, "begun"), (Frame.ERROR, problem)]
    [(frame, nested)] = child.ask(odd_jobs.nest, {})
    assert (frame, nested["message"]) == (Frame.ERROR, "It is nested too deeply.")
    assert child.ask(odd_jobs.pid, {})[-1] == (Frame.END, None)


def test_a_file_that_the_parent_cannot_read_ends_the_job_alone(child: Served) -> None:
    child.begin(odd_jobs.read_twice, {}, 100)
    assert child.next()[0] is Frame.READ
    child.send(Frame.NO_DATA)
    assert child.next() == (Frame.ERROR, b'{"source":true}')
    assert child.ask(odd_jobs.pid, {})[-1] == (Frame.END, None)


def test_a_bug_and_a_want_of_memory_are_told_and_end_the_child() -> None:
    child = Served()
    [(_, bug)] = child.ask(odd_jobs.fail, {"zero": 0})
    assert "ZeroDivisionError" in bug["bug"]
    assert child.leave() == 1
    child = Served()
    assert child.ask(odd_jobs.take_memory, {"bytes": 1 << 62}) == [(Frame.ERROR, {"memory": True})]
    assert child.leave() == 1


def test_a_job_that_nobody_knows_is_a_bug() -> None:
    child = Served()
    child.send(
        Frame.JOB,
        text_payload({"job": f"{odd_jobs.__name__}:dance", "arguments": {}, "size": None, "seconds": 1}),
    )
    frame, payload = child.next()
    assert (frame, "AttributeError" in json.loads(payload)["bug"]) == (Frame.ERROR, True)
    assert child.leave() == 1


def test_a_parent_that_goes_while_its_file_is_read_ends_the_child() -> None:
    child = Served()
    child.begin(odd_jobs.read_twice, {}, 100)
    assert child.next()[0] is Frame.READ
    ended = child.leave()
    assert isinstance(ended, SystemExit)
    assert ended.code == 0


def test_beats_come_while_a_job_goes_on_and_what_is_no_frame_is_refused() -> None:
    child = Served()
    child.begin(odd_jobs.beat_thrice, {})
    assert [beat_of(child.next()[1]) for _ in range(3)] == [1.0, 2.0, 3.0]
    assert child.next() == (Frame.END, b"")
    child.write(b"J" + (LARGEST_FRAME + 1).to_bytes(4, "big"))
    assert isinstance(child.leave(), ValueError)
