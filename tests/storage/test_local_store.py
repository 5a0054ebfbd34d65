"""What a folder may hold or do that no file should suffer from: links, devices, full disks, crashes."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from syncsphere_desktop.errors import (
    InputError,
    PathOutsideStoreError,
    StoredFileExistsError,
    StoredFileMissingError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnavailableError,
)
from syncsphere_desktop.storage import renaming
from syncsphere_desktop.storage.folders import DescriptorFolder, Folder, PathFolder
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.store import BLOCK_BYTES, open_store
from tests.read_only import read_only

if sys.platform == "win32":
    pytest.skip("these are POSIX systems' folders", allow_module_level=True)

AT = StorePath("projects/12/Kick-3f9a1c2e.wav")
IS_ROOT = os.geteuid() == 0
ROUNDS = 40 if os.environ.get("SYNCSPHERE_SOAK") else 8


@pytest.fixture(params=[DescriptorFolder.at, PathFolder.at], ids=["descriptors", "paths"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LocalStore:
    opener: Callable[[Path], Folder] = request.param
    (tmp_path / "root").mkdir()
    return LocalStore(tmp_path / "root", open_folder=opener)


@pytest.fixture
def root(tmp_path: Path, store: LocalStore) -> Path:
    return tmp_path / "root"


def calls_on(store: LocalStore, path: StorePath) -> tuple[Callable[[], object], ...]:
    return (
        lambda: store.open(path),
        lambda: store.stat(path),
        lambda: store.put(io.BytesIO(b"x"), StorePath(f"{path}/in.wav")),
        lambda: store.move(path, StorePath("moved.wav")),
        lambda: store.remove(path),
        lambda: store.as_file(path).__enter__(),
    )


@pytest.mark.parametrize("inside", [True, False], ids=["to inside", "to outside"])
def test_no_link_is_followed(store: LocalStore, root: Path, tmp_path: Path, inside: bool) -> None:
    target = (root if inside else tmp_path) / "target"
    target.mkdir()
    (target / "a.wav").write_bytes(b"kept")
    (root / "folder").symlink_to(target)
    (root / "a.wav").symlink_to(target / "a.wav")
    (root / "dangling.wav").symlink_to(tmp_path / "nothing")
    for path in ("folder/a.wav", "a.wav", "dangling.wav"):
        for call in calls_on(store, StorePath(path)):
            with pytest.raises(PathOutsideStoreError, match="link"):
                call()
    with pytest.raises((PathOutsideStoreError, StoredFileExistsError)):
        store.put(io.BytesIO(b"x"), StorePath("dangling.wav"))
    assert [file.path for file in store.walk()] == (["target/a.wav"] if inside else [])
    assert [path.name for path in target.iterdir()] == ["a.wav"]
    assert (target / "a.wav").read_bytes() == b"kept"
    assert not (tmp_path / "nothing").exists()


def test_a_loop_of_links_ends(store: LocalStore, root: Path) -> None:
    (root / "loop").symlink_to(root)
    (root / "self").symlink_to("self")
    assert not list(store.walk())
    with pytest.raises(PathOutsideStoreError):
        store.open(StorePath("loop/loop/x.wav"))


def test_a_marker_behind_a_link_is_none_of_ours(store: LocalStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / ".syncsphere").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PathOutsideStoreError):
        store.mark()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "root").symlink_to(tmp_path / "disk")
    store = open_store(str(tmp_path / "root"))
    store.put(io.BytesIO(b"x"), AT)
    assert (tmp_path / "disk" / AT).read_bytes() == b"x"
    assert set(store.root.places) == {str(tmp_path / "root"), str(tmp_path / "disk")}


def test_pipes_devices_and_folders_are_no_files(store: LocalStore, root: Path) -> None:
    os.mkfifo(root / "pipe.wav")
    (root / "folder.wav").mkdir()
    for name in ("pipe.wav", "folder.wav"):
        assert store.stat(StorePath(name)) is None
        with pytest.raises(StoredFileMissingError):
            store.open(StorePath(name))
        with pytest.raises(StoredFileExistsError):
            store.put(io.BytesIO(b"x"), StorePath(name))
    assert not list(store.walk())


def test_names_that_are_no_text_are_walked_over(store: LocalStore, root: Path) -> None:
    strange = b"caf\xe9\n.wav"
    (Path(os.fsdecode(bytes(root) + b"/" + strange))).write_bytes(b"x")
    [found] = store.walk()
    assert os.fsencode(found.path) == strange
    with store.open(found.path) as stored:
        assert stored.read() == b"x"


def test_a_name_in_both_unicode_forms_is_two_files(store: LocalStore, root: Path) -> None:
    for name in ("S\u00e9an.wav", "Se\u0301an.wav"):
        (root / name).write_bytes(name.encode())
    if len(list(root.iterdir())) < 2:
        pytest.skip("this file system takes both for one")
    walked = [file.path for file in store.walk()]
    assert sorted(walked) == ["Se\u0301an.wav", "S\u00e9an.wav"]
    for path in walked:
        with store.open(path) as stored:
            assert stored.read() == path.encode()


def test_a_name_that_is_too_long_is_told(store: LocalStore) -> None:
    with pytest.raises(PathOutsideStoreError, match="name"):
        store.put(io.BytesIO(b"x"), StorePath("x" * 300))


def test_a_stored_file_is_open_to_those_who_may_see_its_folder(store: LocalStore, root: Path) -> None:
    store.mark()
    for mode, expected in ((0o700, 0o600), (0o755, 0o644), (0o775, 0o664), (0o777, 0o664)):
        (root / f"{mode:o}").mkdir()
        (root / f"{mode:o}").chmod(mode)
        path = StorePath(f"{mode:o}/a.wav")
        store.put(io.BytesIO(b"x"), path)
        assert stat.S_IMODE((root / path).stat().st_mode) == expected


def test_a_file_that_is_being_written_is_its_owner_s_alone(store: LocalStore, root: Path) -> None:
    seen: list[int] = []

    def look(_count: int) -> None:
        seen.extend(stat.S_IMODE(part.stat().st_mode) for part in root.rglob("*.part"))

    store.put(io.BytesIO(b"sound"), AT, on_bytes=look)
    assert seen == [0o600]


def test_a_folder_is_a_whole_path() -> None:
    for wrong in ("", "audio", "./audio", "file://nas/audio", "ftp://host/x", "/a\0b"):
        with pytest.raises(InputError) as caught:
            open_store(wrong)
        assert caught.value.field == "storage_url"


def test_a_file_address_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    open_store((tmp_path / "a b").as_uri()).put(io.BytesIO(b"x"), AT)
    assert (tmp_path / "a b" / AT).exists()


def test_a_root_that_is_gone_is_unavailable_and_may_come_back(store: LocalStore, root: Path) -> None:
    store.put(io.BytesIO(b"x"), AT)
    staged = store.stage(io.BytesIO(b"y"), StorePath("y.wav"))
    away = root.with_name("away")
    root.rename(away)
    for call in (
        store.check,
        lambda: list(store.walk()),
        lambda: store.stat(AT),
        lambda: store.open(AT),
        staged.commit,
        staged.discard,
    ):
        with pytest.raises(StoreUnavailableError, match="not there") as caught:
            call()
        assert caught.value.retryable
    away.rename(root)
    store.check()
    staged.commit()
    assert {file.path for file in store.walk()} == {AT, "y.wav"}


def test_a_root_that_is_a_file_is_unavailable(store: LocalStore, root: Path) -> None:
    root.rmdir()
    root.write_bytes(b"")
    with pytest.raises(StoreUnavailableError):
        store.check()


def test_a_root_that_is_swapped_for_an_empty_folder_in_the_middle_of_a_put_gets_nothing(
    tmp_path: Path,
) -> None:
    root, away = tmp_path / "root", tmp_path / "away"
    root.mkdir()
    store = open_store(str(root))
    store.mark()

    def unmount(_count: int) -> None:
        if not away.exists():
            root.rename(away)
            root.mkdir()

    with pytest.raises(StoreUnavailableError, match="may not be mounted"):
        store.put(io.BytesIO(bytes(3 * BLOCK_BYTES)), AT, on_bytes=unmount)
    assert not list(root.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB, where this account may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this account may not mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing(small_disk: Path) -> None:
    store = open_store(str(small_disk))
    store.put(io.BytesIO(bytes(BLOCK_BYTES)), AT)
    with pytest.raises(StoreFullError) as caught:
        store.put(io.BytesIO(bytes(8 * BLOCK_BYTES)), StorePath("large.wav"))
    assert not caught.value.retryable
    assert [file.path for file in store.walk()] == [AT]
    assert not list(store.leftovers())
    store.put(io.BytesIO(bytes(BLOCK_BYTES)), StorePath("small.wav"))


def test_an_unmounted_root_is_never_written_to(small_disk: Path) -> None:
    store = open_store(str(small_disk))
    store.put(io.BytesIO(b"x"), AT)
    subprocess.run(["umount", str(small_disk)], check=True)  # nothing holds it
    for call in (
        store.check,
        lambda: list(store.walk()),
        lambda: store.put(io.BytesIO(b"y"), StorePath("y.wav")),
        lambda: store.remove(AT),
    ):
        with pytest.raises(StoreUnavailableError, match="may not be mounted"):
            call()
    assert not list(small_disk.iterdir())
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(small_disk)], check=True)
    with pytest.raises(StoreUnavailableError):
        store.check()  # something else is mounted there


def writes_to(store: LocalStore) -> tuple[Callable[[], object], ...]:
    return (
        store.check_writable,
        store.mark,
        lambda: store.put(io.BytesIO(b"x"), StorePath("projects/12/new.wav")),
        lambda: store.move(AT, StorePath("moved.wav")),
        lambda: store.remove(AT),
    )


def reads_and_refuses_writes(store: LocalStore) -> None:
    """Check that everything but a write works, and that each write is refused for that reason."""
    store.check()
    assert store.is_writable() is False
    assert [file.path for file in store.walk()] == [AT]
    assert not list(store.leftovers())
    with store.open(AT) as stored, store.as_file(AT) as held, held.open() as given:
        assert stored.read() == given.read() == b"x"
    for write in writes_to(store):
        with pytest.raises(StoreReadOnlyError, match="read but not written to") as caught:
            write()
        assert not caught.value.retryable


def test_a_store_that_is_read_only_is_read_and_not_written_to(store: LocalStore, root: Path) -> None:
    store.put(io.BytesIO(b"x"), AT)
    assert store.is_writable()
    with read_only(root):
        reads_and_refuses_writes(store)
    store.check_writable()


@pytest.mark.parametrize("store", [DescriptorFolder.at], ids=["descriptors"], indirect=True)
@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_set_between_the_look_and_the_use_leads_nowhere(
    store: LocalStore, root: Path, tmp_path: Path, swapped: str
) -> None:
    store.put(io.BytesIO(b"inside"), AT)
    outside = tmp_path / "outside" / Path(AT).name
    outside.parent.mkdir()
    outside.write_bytes(b"a secret")
    with store.as_file(AT) as held:
        place = root / AT if swapped == "file" else (root / AT).parent
        place.rename(tmp_path / "away")
        place.symlink_to(outside if swapped == "file" else outside.parent)
        assert (root / AT).read_bytes() == b"a secret"
        with held.open() as given:
            assert given.read() == b"inside"
        assert held.address.read_bytes() == b"inside"
        assert held.status().st_size == len(b"inside")
    with pytest.raises(PathOutsideStoreError), store.as_file(AT):
        pass


def test_what_was_held_is_let_go(store: LocalStore) -> None:
    store.put(io.BytesIO(b"x"), AT)
    before = psutil.Process().num_fds()
    with store.as_file(AT), pytest.raises(KeyError), store.as_file(AT):
        raise KeyError
    assert psutil.Process().num_fds() == before


def test_a_file_larger_than_allowed_is_told_and_leaves_nothing(store: LocalStore) -> None:
    store.mark()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * BLOCK_BYTES, hard))
    try:
        with pytest.raises(StoreFullError, match="size"):
            store.put(io.BytesIO(bytes(3 * BLOCK_BYTES)), AT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(store.leftovers())
    assert not list(store.walk())


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_folder_without_rights_is_told(store: LocalStore, root: Path) -> None:
    store.put(io.BytesIO(b"x"), AT)
    root.chmod(0o300)
    with pytest.raises(StoreUnavailableError, match="may not be read"):
        store.check()
    root.chmod(0o700)
    (root / "projects").chmod(0)
    with pytest.raises(StoreUnavailableError, match="right"):
        list(store.walk())
    (root / "projects").chmod(0o700)


class NoSuchCall:
    """Where the system offers neither the one call nor links."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self, *_arguments: object) -> None:
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("missing", [("_by_system",), ("_by_system", "_by_link")], ids=["links", "neither"])
def test_nothing_is_overwritten_where_the_file_system_offers_less(
    store: LocalStore, missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in missing:
        monkeypatch.setattr(renaming, name, NoSuchCall(errno.EINVAL))
    first, second = store.stage(io.BytesIO(b"first"), AT), store.stage(io.BytesIO(b"second"), AT)
    first.commit()
    with pytest.raises(StoredFileExistsError):
        second.commit()
    second.discard()
    assert [(file.path, file.size) for file in store.walk()] == [(AT, 5)]
    assert not list(store.leftovers())


ENDLESS_PUTS = """
import io, os, sys
from syncsphere_desktop.storage.paths import new_path
from syncsphere_desktop.storage.store import open_store
store = open_store(sys.argv[1])
store.mark()
print("ready", flush=True)
while True:
    path = new_path(1, "take.wav")
    store.put(io.BytesIO((path * 40_000).encode()), path)
"""


@pytest.mark.slow
def test_a_killed_put_leaves_the_file_whole_or_absent(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    whole = 0
    for number in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", ENDLESS_PUTS, str(tmp_path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.003 + number * 0.011 % 0.09)
            process.send_signal(signal.SIGKILL)
        for file in store.walk():
            with store.open(file.path) as stored:
                assert stored.read() == (file.path * 40_000).encode()
            store.remove(file.path)
            whole += 1
        parts = [file.path for file in store.leftovers()]
        assert len(parts) <= 1
        for path in parts:
            store.remove(path)
        store.check()
    assert whole > 0


PUT_LARGE = """
import resource, sys
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.store import open_store
store = open_store(sys.argv[1])
store.mark()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[2], "rb", buffering=0) as source:
    store.put(source, StorePath("large.wav"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    source = tmp_path / "source.wav"
    size = (2048 if os.environ.get("SYNCSPHERE_SOAK") else 200) << 20
    with source.open("wb") as file:
        file.truncate(size)
    (tmp_path / "root").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PUT_LARGE, str(tmp_path / "root"), str(source)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) < 16 * 1024
    assert (tmp_path / "root" / "large.wav").stat().st_size == size


def test_a_marker_that_is_written_anew_in_place_is_noticed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    first = store.mark()
    assert store.identity() == first
    other = str(uuid4())
    marker = tmp_path / ".syncsphere" / "store.json"
    marker.write_text(marker.read_text("utf-8").replace(first, other), "utf-8")
    assert store.identity() == other
    with pytest.raises(StoreUnavailableError, match="another studio's"):
        store.put(io.BytesIO(b"x"), StorePath("projects/1/a.wav"))
    marker.unlink()
    assert store.identity() is None
