"""What every store does, whatever it is made of."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import (
    FileError,
    PathOutsideStoreError,
    StoredFileExistsError,
    StoredFileMissingError,
    StoreReadOnlyError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage.marker import MARKER_PATH
from syncsphere_desktop.storage.paths import OWN_FOLDER, StorePath, new_path, part_path, trash_path
from syncsphere_desktop.storage.store import BLOCK_BYTES, AudioStore
from tests.read_only import read_only
from tests.storage.conftest import Behind

AT = StorePath("projects/12/Kick-3f9a1c2e.wav")
Opener = Callable[[], AudioStore]


def content_of(data: bytes) -> Content:
    return Content(len(data), hashlib.sha256(data).hexdigest())


def files_below(folder: Path) -> set[str]:
    """Return the files that are really there, but for the marker."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] != OWN_FOLDER
    }


@pytest.mark.parametrize("size", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 19 * BLOCK_BYTES + 7])
def test_what_was_put_is_read_back(store: AudioStore, folder: Path, size: int) -> None:
    data = os.urandom(size)
    counted: list[int] = []
    assert store.put(io.BytesIO(data), AT, on_bytes=counted.append) == content_of(data)
    assert sum(counted) == size
    with store.open(AT) as stored:
        assert stored.read() == data
    assert (folder / AT).read_bytes() == data
    found = store.stat(AT)
    assert found is not None
    assert (found.path, found.size) == (AT, size)
    assert files_below(folder) == {AT}


def test_a_stored_file_can_be_read_at_any_place(store: AudioStore) -> None:
    data = os.urandom(3 * BLOCK_BYTES)
    store.put(io.BytesIO(data), AT)
    with store.open(AT) as stored:
        assert stored.seekable()
        assert stored.seek(-5, io.SEEK_END) == len(data) - 5
        assert stored.read(100) == data[-5:]
        assert stored.seek(BLOCK_BYTES + 3) == BLOCK_BYTES + 3
        assert stored.read(10) == data[BLOCK_BYTES + 3 : BLOCK_BYTES + 13]
        stored.seek(4, io.SEEK_CUR)
        assert stored.tell() == BLOCK_BYTES + 17
        with pytest.raises((OSError, ValueError)):
            stored.seek(-1)


def test_only_the_rest_of_the_source_is_stored(store: AudioStore) -> None:
    source = io.BytesIO(b"header and sound")
    source.seek(11)
    assert store.put(source, AT) == content_of(b"sound")


def test_nothing_is_overwritten(store: AudioStore) -> None:
    store.put(io.BytesIO(b"first"), AT)
    with pytest.raises(StoredFileExistsError):
        store.put(io.BytesIO(b"second"), AT)
    with store.open(AT) as stored:
        assert stored.read() == b"first"
    assert not list(store.leftovers())


def test_a_name_that_was_taken_between_stage_and_commit_is_kept(store: AudioStore, folder: Path) -> None:
    one = store.stage(io.BytesIO(b"one"), AT)
    two = store.stage(io.BytesIO(b"two"), AT)
    two.commit()
    with pytest.raises(StoredFileExistsError):
        one.commit()
    one.discard()
    assert (folder / AT).read_bytes() == b"two"
    assert not list(store.leftovers())


def test_what_is_staged_has_no_name_until_it_is_committed(store: AudioStore, folder: Path) -> None:
    temporary = part_path(AT)
    staged = store.stage(io.BytesIO(b"sound"), AT, temporary=temporary)
    assert staged.content == content_of(b"sound")
    assert (staged.path, staged.temporary) == (AT, temporary)
    assert store.stat(AT) is None
    assert not list(store.walk())
    assert [file.path for file in store.leftovers()] == [temporary]
    staged.commit()
    staged.commit()
    staged.discard()
    assert [file.path for file in store.walk()] == [AT]
    assert not list(store.leftovers())


def test_what_is_discarded_leaves_nothing(store: AudioStore, folder: Path) -> None:
    with store.stage(io.BytesIO(b"sound"), AT) as staged:
        assert files_below(folder) == {staged.temporary}
    staged.discard()
    assert not files_below(folder)


def test_a_temporary_path_must_be_one(store: AudioStore) -> None:
    for wrong in ("projects/12/x.part", "other/.syncsphere-0123.part", AT):
        with pytest.raises(ValueError, match="temporary"):
            store.stage(io.BytesIO(b""), AT, temporary=StorePath(wrong))


def test_a_leftover_of_a_crash_can_be_removed_by_its_path(store: AudioStore) -> None:
    staged = store.stage(io.BytesIO(b"sound"), AT)
    store.remove(staged.temporary)
    assert not list(store.leftovers())


def test_a_cancelled_put_leaves_nothing(store: AudioStore, folder: Path) -> None:
    asked: list[int] = []

    def check() -> None:
        asked.append(1)
        if len(asked) == 12:
            raise InterruptedError("cancelled")

    with pytest.raises(InterruptedError):
        store.put(io.BytesIO(bytes(20 * BLOCK_BYTES)), AT, check=check)
    assert not files_below(folder)
    assert not list(store.leftovers())


def test_a_put_pauses_between_blocks(store: AudioStore) -> None:
    may_go, reached = threading.Event(), threading.Event()

    def check() -> None:
        reached.set()
        may_go.wait(30)

    with ThreadPoolExecutor(1) as thread:
        putting = thread.submit(store.put, io.BytesIO(b"sound"), AT, check=check)
        assert reached.wait(30)
        assert store.stat(AT) is None
        may_go.set()
        assert putting.result(30) == content_of(b"sound")


class Broken(io.RawIOBase):
    """A source that can be read once, and then no more."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    @override
    def readinto(self, block: object) -> int:
        self.reads += 1
        if self.reads > 1:
            raise OSError(5, "Input/output error")
        return 1000


def test_a_source_that_breaks_is_told_from_the_store_and_leaves_nothing(
    store: AudioStore, folder: Path
) -> None:
    with pytest.raises(FileError, match="can't be read: Input/output error"):
        store.put(Broken(), AT)  # type: ignore[arg-type]
    assert not files_below(folder)
    assert not list(store.leftovers())


class OnlyRead:
    """A source as plain as can be."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def read(self, count: int) -> bytes:
        return self.data.read(min(count, 700))


def test_a_source_needs_no_more_than_read(store: AudioStore) -> None:
    data = os.urandom(5000)
    assert store.put(OnlyRead(data), AT) == content_of(data)  # type: ignore[arg-type]


def test_many_threads_put_at_once(store: AudioStore, folder: Path) -> None:
    data = {new_path(number % 3, f"take {number}.wav"): os.urandom(50_000) for number in range(24)}
    with ThreadPoolExecutor(6) as threads:
        stored = list(threads.map(lambda item: store.put(io.BytesIO(item[1]), item[0]), data.items()))
    assert stored == [content_of(value) for value in data.values()]
    assert {file.path: file.size for file in store.walk()} == dict.fromkeys(data, 50_000)
    assert {path: (folder / path).read_bytes() for path in data} == data


def test_a_batch_is_committed_at_once(store: AudioStore, folder: Path) -> None:
    paths = [new_path(number % 2, "a.wav") for number in range(6)]
    staged = [store.stage(io.BytesIO(path.encode()), path) for path in paths]
    store.commit_all(staged)
    store.commit_all(staged)
    assert files_below(folder) == set(paths)


def test_a_missing_file_is_told(store: AudioStore) -> None:
    store.put(io.BytesIO(b"x"), AT)
    for path in (
        StorePath("projects/12/none.wav"),
        StorePath("nowhere/none.wav"),
        StorePath(f"{AT}/under.wav"),
    ):
        assert store.stat(path) is None
        with pytest.raises(StoredFileMissingError):
            store.open(path)
        with pytest.raises(StoredFileMissingError), store.as_file(path):
            pass
        with pytest.raises(StoredFileMissingError):
            store.move(path, StorePath("a/b.wav"))
        store.remove(path)


def test_removing_removes_that_file_alone(store: AudioStore, folder: Path) -> None:
    other = StorePath("projects/12/Kick-3f9a1c2e.wav2")
    store.put(io.BytesIO(b"x"), AT)
    store.put(io.BytesIO(b"y"), other)
    store.remove(AT)
    assert files_below(folder) == {other}


def test_moving_never_overwrites(store: AudioStore, folder: Path) -> None:
    taken, trash = StorePath("projects/13/taken.wav"), trash_path("20f1", AT)
    store.put(io.BytesIO(b"a"), AT)
    store.put(io.BytesIO(b"b"), taken)
    with pytest.raises(StoredFileExistsError):
        store.move(AT, taken)
    assert files_below(folder) == {AT, taken}
    store.move(AT, trash)
    assert [file.path for file in store.walk()] == [taken]
    with store.open(trash) as stored:
        assert stored.read() == b"a"
    store.move(trash, AT)
    assert (folder / AT).read_bytes() == b"a"


def test_a_file_is_given_as_one_on_this_machine(store: AudioStore, kind: str) -> None:
    data = os.urandom(2 * BLOCK_BYTES + 5)
    store.put(io.BytesIO(data), AT)
    with store.as_file(AT) as held:
        address = held.address
        for _again in range(2):
            with held.open() as stream:
                assert stream.read() == data
        assert address.read_bytes() == data
        assert held.status().st_size == len(data)
        assert held.name.endswith(".wav")
        assert address.is_relative_to("/proc/self/fd") == kind.startswith("folder")
    assert not address.exists()


def test_copying_for_this_machine_can_be_cancelled(store: AudioStore, kind: str) -> None:
    store.put(io.BytesIO(bytes(BLOCK_BYTES)), AT)

    def check() -> None:
        raise InterruptedError("cancelled")

    if kind.startswith("folder"):
        return  # nothing is copied
    with pytest.raises(InterruptedError), store.as_file(AT, check=check):
        pass


def test_looking_needs_no_right_to_write(store: AudioStore, kind: str, folder: Path) -> None:
    if kind == "s3":
        pytest.skip("its rights are the key's, and the test server knows one key")
    store.put(io.BytesIO(b"x"), AT)
    with read_only(folder):
        store.check()
        assert store.is_writable() is not True
        with store.open(AT) as stored:
            assert stored.read() == b"x"
        with pytest.raises(StoreReadOnlyError, match="read but not written to"):
            store.check_writable()
    store.check_writable()
    assert files_below(folder) == {AT}


TRAPS = ["", ".", "..", "../x", "a/../../x", "a//b", "/etc/passwd", "a/./b", "a\0b", "a/.."]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_path_that_was_never_checked_leads_nowhere(store: AudioStore, trap: str, folder: Path) -> None:
    path = StorePath(trap)
    store.put(io.BytesIO(b"x"), AT)
    (folder.parent / "x").write_bytes(b"outside")
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.open(path),
        lambda: store.stat(path),
        lambda: store.put(io.BytesIO(b"x"), path),
        lambda: store.move(AT, path),
        lambda: store.move(path, StorePath("y")),
        lambda: store.remove(path),
    )
    for call in calls:
        with pytest.raises(PathOutsideStoreError):
            call()
    (folder.parent / "x").unlink()


def test_both_unicode_forms_find_the_file(store: AudioStore, folder: Path, kind: str, behind: Behind) -> None:
    composed, decomposed = "St\u00fcck/S\u00e9an.wav", "Stu\u0308ck/Se\u0301an.wav"
    store.mark()
    behind.write(decomposed, b"by a Mac")
    path = StorePath(composed)
    with store.open(path) as stored:
        assert stored.read() == b"by a Mac"
    assert store.stat(path) is not None
    if kind != "s3":  # keys are bytes: a bucket may well hold both
        assert [file.path for file in store.walk()] == [path]
    store.move(path, AT)
    assert files_below(folder) == {AT}


def test_the_first_write_marks_the_root(opener: Opener, folder: Path) -> None:
    store = opener()
    store.check()
    assert store.identity() is None
    assert not [path for path in folder.rglob("*") if path.is_file()]
    store.put(io.BytesIO(b"x"), AT)
    identity = store.identity()
    assert identity is not None
    assert store.expected == identity
    other = opener()
    other.check()
    assert other.mark() == other.expected == identity


def test_many_apps_that_mark_at_once_agree(opener: Opener, kind: str) -> None:
    if kind == "s3":
        return  # S3 has no such thing as the first of two
    stores = [opener() for _number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(lambda store: store.mark(), stores))) == 1
    assert not list(stores[0].leftovers())


def test_a_root_that_lost_its_marker_is_not_touched(store: AudioStore, behind: Behind) -> None:
    store.put(io.BytesIO(b"x"), AT)
    staged = store.stage(io.BytesIO(b"y"), StorePath("y.wav"))
    marker = behind.take_away(MARKER_PATH)
    for call in untouched_calls(store):
        with pytest.raises(StoreUnavailableError, match="may not be mounted"):
            call()
    behind.write(MARKER_PATH, marker)
    store.check()
    staged.commit()


def untouched_calls(store: AudioStore) -> tuple[Callable[[], object], ...]:
    return (
        store.check,
        store.mark,
        lambda: list(store.walk()),
        lambda: list(store.leftovers()),
        lambda: store.put(io.BytesIO(b"x"), StorePath("a/b.wav")),
        lambda: store.move(AT, StorePath("b.wav")),
        lambda: store.remove(AT),
    )


def test_another_studio_s_root_is_not_touched(opener: Opener, folder: Path) -> None:
    opener().put(io.BytesIO(b"x"), AT)
    store = opener()
    store.expect("6fa459ea-ee8a-3ca4-894e-db77e160355e")
    for call in untouched_calls(store):
        with pytest.raises(StoreUnavailableError, match="another"):
            call()
    assert files_below(folder) == {AT}


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"store": 7}', b'{"store": "x"}', b"\xff" * 5000])
def test_a_damaged_marker_is_told(store: AudioStore, behind: Behind, damage: bytes) -> None:
    behind.write(MARKER_PATH, damage)
    with pytest.raises(StoreUnavailableError, match=r"\.syncsphere/store\.json\) is damaged"):
        store.check()
    with pytest.raises(StoreUnavailableError, match="damaged"):
        store.put(io.BytesIO(b"x"), AT)


def test_a_walk_sees_all_but_what_is_ours(store: AudioStore, behind: Behind) -> None:
    store.put(io.BytesIO(b"x"), AT)
    store.move(AT, trash_path("1", AT))
    names = {"a.wav", "deep/er/and/deeper/b.wav", "deep/c c.wav", "deep/.hidden", "deep/ümlaut.wav"}
    for name in names:
        behind.write(name, name.encode())
    assert {file.path: file.size for file in store.walk()} == {name: len(name.encode()) for name in names}
    assert all(file.modified > 1e9 for file in store.walk())
