"""What is found in what was dropped, and what is left alone."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from syncsphere_desktop.storage.base import go_on
from syncsphere_desktop.storage.store import open_store
from syncsphere_desktop.studio.audio_import.control import ImportControl, WorkCancelledError
from syncsphere_desktop.studio.audio_import.plan import PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.scanning import scan


def found(root: Path, *sources: Path, check: Callable[[], None] = go_on) -> list[PlannedFile]:
    """What a scan yields, with the store at `root`."""
    root.mkdir(exist_ok=True)
    return list(scan(sources, open_store(str(root)), check))


def reasons(files: Sequence[PlannedFile]) -> dict[str, str | None]:
    """Why each is not taken, by its path for people."""
    return {file.relative: file.reason for file in files}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "audio"


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    return folder


def test_a_folder_gives_its_files_in_the_order_of_names(root: Path, takes: Path) -> None:
    for name in ("b.wav", "a.wav", "Drums/kick.wav"):
        (takes / name).parent.mkdir(exist_ok=True)
        (takes / name).write_bytes(b"x")

    files = found(root, takes)

    assert [file.relative for file in files] == ["takes/a.wav", "takes/b.wav", "takes/Drums/kick.wav"]
    assert {file.verdict for file in files} == {Verdict.NEW}
    assert all(file.stamp is not None and file.size == 1 for file in files)


def test_what_is_dropped_twice_is_taken_once(root: Path, takes: Path) -> None:
    (takes / "a.wav").write_bytes(b"x")
    inner = takes / "inner"
    inner.mkdir()
    (inner / "b.wav").write_bytes(b"y")

    files = found(root, inner, takes, takes / "a.wav", takes / ".." / "takes")

    assert sorted(file.source.name for file in files) == ["a.wav", "b.wav"]


def test_links_in_folders_are_not_followed(root: Path, takes: Path) -> None:
    (takes / "a.wav").write_bytes(b"x")
    (takes / "again.wav").symlink_to(takes / "a.wav")
    (takes / "circle").symlink_to(takes)
    (takes / "self").symlink_to(takes / "self")

    told = reasons(found(root, takes))

    assert told["takes/a.wav"] is None
    for name in ("again.wav", "circle", "self"):
        assert "link" in str(told[f"takes/{name}"])
    assert len(told) == 4


def test_a_link_that_was_chosen_itself_is_followed(root: Path, takes: Path, tmp_path: Path) -> None:
    (takes / "a.wav").write_bytes(b"x")
    link = tmp_path / "link"
    link.symlink_to(takes)

    assert reasons(found(root, link)) == {"link/a.wav": None}


def test_a_link_in_a_circle_is_told(root: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.symlink_to(other)
    other.symlink_to(one)

    (file,) = found(root, one)

    assert (file.verdict, file.reason) == (Verdict.UNREADABLE, "It's a link that leads in a circle.")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes, sockets and devices are files on POSIX alone")
def test_pipes_sockets_and_devices_are_left_alone(
    root: Path, takes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(takes / "pipe.wav")
    listener = socket.socket(socket.AF_UNIX)
    monkeypatch.chdir(takes)  # the address of a socket is short
    listener.bind("socket.wav")
    listener.close()

    files = found(root, takes, Path("/dev/zero"))

    assert {file.verdict for file in files} == {Verdict.SKIPPED}
    assert reasons(files) == {
        "takes/pipe.wav": "It's a pipe, no file.",
        "takes/socket.wav": "It's a socket, no file.",
        "zero": "It's a device, no file.",
    }


def test_what_desktops_keep_in_folders_is_hidden(root: Path, takes: Path) -> None:
    for name in (".DS_Store", "._kick.wav", "Thumbs.db", "Desktop.ini", ".take.wav"):
        (takes / name).write_bytes(b"x")

    told = {file.source.name: file.verdict for file in found(root, takes)}

    assert told.pop(".take.wav") is Verdict.NEW
    assert set(told.values()) == {Verdict.HIDDEN}


def test_what_is_not_there_is_told(root: Path, tmp_path: Path) -> None:
    files = found(root, tmp_path / "nothing.wav", tmp_path / "no\0name", tmp_path / ("x" * 300))

    assert {file.verdict for file in files} == {Verdict.UNREADABLE}
    assert [file.reason for file in files] == [
        "It isn't there.",
        "Its name can't be that of a file.",
        "Its path is too long to be opened.",
    ]


def test_the_storage_is_not_imported_into_itself(root: Path, tmp_path: Path) -> None:
    inside = root / "projects" / "1"
    inside.mkdir(parents=True)
    (inside / "kick.wav").write_bytes(b"x")
    (tmp_path / "new.wav").write_bytes(b"y")
    link = tmp_path / "link"
    link.symlink_to(inside)

    assert reasons(found(root, root)) == {"audio": "It's in the audio storage already."}
    assert reasons(found(root, inside)) == {"1": "It's in the audio storage already."}
    assert reasons(found(root, inside / "kick.wav")) == {"kick.wav": "It's in the audio storage already."}
    assert reasons(found(root, link)) == {"link": "It's in the audio storage already."}
    around = reasons(found(root, tmp_path))
    assert around[f"{tmp_path.name}/audio"] == "It's the audio storage itself."
    assert around[f"{tmp_path.name}/new.wav"] is None
    assert len(around) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_names_of_any_bytes_can_be_shown(root: Path, takes: Path) -> None:
    names = [
        b"caf\xe9.wav",
        b"two\nlines.wav",
        b"\x1b[31mred.wav",
        "\u202egnp.wav".encode(),
        b"x" * 251 + b".wav",
    ]
    for name in names:
        Path(os.fsdecode(os.fsencode(takes) + b"/" + name)).write_bytes(b"x")

    shown = {file.relative for file in found(root, takes)}

    assert shown == {
        "takes/caf\\xe9.wav",
        "takes/two\\nlines.wav",
        "takes/\\x1b[31mred.wav",
        "takes/\\u202egnp.wav",
        f"takes/{'x' * 251}.wav",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others on Windows")
def test_a_folder_without_the_right_to_read_is_told(root: Path, takes: Path) -> None:
    locked = takes / "locked"
    locked.mkdir()
    (locked / "a.wav").write_bytes(b"x")
    (takes / "b.wav").write_bytes(b"x")
    locked.chmod(0)
    root.mkdir()
    try:
        with _without_privileges(takes):
            told = reasons(found(root, takes))
    finally:
        locked.chmod(0o700)

    assert told == {"takes/b.wav": None, "takes/locked": "There is no right to read it."}


def test_a_scan_ends_when_it_is_cancelled(root: Path, takes: Path) -> None:
    for number in range(3):
        (takes / f"{number}.wav").write_bytes(b"x")
    control = ImportControl()
    files = scan([takes], open_store(str(root)), control.checkpoint)

    next(files)
    control.cancel()

    with pytest.raises(WorkCancelledError):
        list(files)


class _without_privileges:  # noqa: N801  # reads as a statement
    """Be nobody for a while, where the tests run as root; what is read must be open to others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: list[tuple[Path, int]] = []

    def __enter__(self) -> None:
        if os.geteuid() == 0:
            for path in (self._folder, *self._folder.parents):
                mode = path.stat().st_mode
                if mode & 0o055 != 0o055 and path != Path("/"):
                    self._opened.append((path, mode))
                    path.chmod(mode | 0o055)
            os.seteuid(65534)

    def __exit__(self, *_exception: object) -> None:
        if os.getuid() == 0:
            os.seteuid(0)
            for path, mode in self._opened:
                path.chmod(mode)


def test_what_goes_away_during_the_scan_is_told(root: Path, takes: Path) -> None:
    inner = takes / "a"
    inner.mkdir()
    for name in ("b.wav", "c.wav"):
        (takes / name).write_bytes(b"x")

    def clear() -> None:  # at the source, at each entry: the folder was seen by the third, the files not
        turns.append(None)
        if len(turns) == 3:
            inner.rmdir()
            (takes / "b.wav").unlink()

    turns: list[None] = []
    told = reasons(found(root, takes, check=clear))

    assert told == {"takes/b.wav": "It isn't there.", "takes/a": "It isn't there.", "takes/c.wav": None}


def test_a_storage_that_is_elsewhere_or_not_there_hides_nothing(tmp_path: Path, takes: Path) -> None:
    (takes / "a.wav").write_bytes(b"x")
    for url in (str(tmp_path / "unmounted"), "s3://bucket/audio"):
        with closing(open_store(url)) as store:
            assert reasons(list(scan([takes], store, go_on))) == {"takes/a.wav": None}
