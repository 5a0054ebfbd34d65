"""What other services wrote is understood; what leads out of the storage is refused."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.errors import PathOutsideStoreError
from syncsphere_desktop.storage.paths import (
    StorePath,
    StoreRoot,
    is_part,
    name_of,
    new_path,
    part_path,
    parts_of,
    stored_path,
    trash_path,
)

POSIX = StoreRoot(("/srv/audio",))
WINDOWS = StoreRoot(("C:\\Audio",))
BUCKET = StoreRoot(("s3://takes/studio",))
SERVER = StoreRoot(("/srv/audio", "sftp://ada@nas:22/srv/audio", "sftp://nas/srv/audio"))


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        ("projects/12/a.wav", POSIX, "projects/12/a.wav"),
        ("./projects//12/./a.wav", POSIX, "projects/12/a.wav"),
        ("/srv/audio/a b.wav", POSIX, "a b.wav"),
        ("/srv/audio//a.wav", POSIX, "a.wav"),
        ("file:///srv/audio/a%20b.wav", POSIX, "a b.wav"),
        ("a..b/..c.wav", POSIX, "a..b/..c.wav"),
        ("folder\\a.wav", POSIX, "folder/a.wav"),
        ("x/back\\slash.wav", POSIX, "x/back\\slash.wav"),
        ("Se\u0301an.wav", POSIX, "S\u00e9an.wav"),
        ("file://localhost/srv/audio/12/a%20b.wav", POSIX, "12/a b.wav"),
        ("FILE://LocalHost/srv/audio/12/a.wav", POSIX, "12/a.wav"),
        ("file://localhost/C:/Audio/12/a.wav", WINDOWS, "12/a.wav"),
        ("C:\\Audio\\12\\a.wav", WINDOWS, "12/a.wav"),
        ("c:/audio/12/a.wav", WINDOWS, "12/a.wav"),
        ("file:///C:/Audio/12/a%20b.wav", WINDOWS, "12/a b.wav"),
        ("12\\a.wav", WINDOWS, "12/a.wav"),
        ("s3://takes/studio/12/a.wav", BUCKET, "12/a.wav"),
        ("12/a.wav", BUCKET, "12/a.wav"),
        ("sftp://nas/srv/audio/a.wav", SERVER, "a.wav"),
        ("/srv/audio/a.wav", SERVER, "a.wav"),
        ("/a.wav", StoreRoot(("/",)), "a.wav"),
    ],
)
def test_paths_of_other_services_are_understood(text: str, root: StoreRoot, path: str) -> None:
    assert stored_path(text, root) == path


@pytest.mark.parametrize("root", [POSIX, WINDOWS, BUCKET, SERVER], ids=["posix", "windows", "s3", "sftp"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "/",
        "..",
        "../a.wav",
        "a/../../b.wav",
        "a/../b.wav",
        "..\\a.wav",
        "x\\..\\..\\a.wav",
        "a/..\\b.wav",
        "/etc/passwd",
        "/srv/audio",
        "/srv/audio/",
        "/srv/audio2/a.wav",
        "/srv/audio/../a.wav",
        "/srv/audio/x/../../a.wav",
        "\\\\server\\share\\a.wav",
        "//server/share/a.wav",
        "\\\\?\\C:\\a.wav",
        "\\a.wav",
        "D:\\a.wav",
        "D:a.wav",
        "C:\\Audio\\..\\a.wav",
        "a\0.wav",
        "http://host/a.wav",
        "s3://other/studio/a.wav",
        "s3://takes/studio/../a.wav",
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "file://elsewhere/srv/audio/a.wav",
        "file://localhostess/srv/audio/a.wav",
        "file:///srv/audio/%2e%2e/a.wav",
        ".syncsphere/store.json",
        ".SyncSphere/trash/a.wav",
        "./.syncsphere/x",
    ],
)
def test_paths_that_lead_out_are_refused(text: str, root: StoreRoot) -> None:
    with pytest.raises(PathOutsideStoreError):
        stored_path(text, root)


@given(st.text(max_size=60))
def test_whatever_is_written_in_a_row_stays_inside_or_is_refused(text: str) -> None:
    for root in (POSIX, WINDOWS, BUCKET):
        try:
            path = stored_path(text, root)
        except PathOutsideStoreError:
            continue
        assert parts_of(path)
        assert stored_path(path, root) == path


@pytest.mark.parametrize(
    ("filename", "begins"),
    [
        ("Kick.wav", "Kick-"),
        ("../../etc/passwd", "_.._etc_passwd-"),
        ("CON.wav", "_CON-"),
        ("con", "_con-"),
        ("lpt1.take.wav", "_lpt1.take-"),
        ("console.wav", "console-"),
        ("a\nb\x1b[31m.wav", "ab[31m-"),
        ("", "audio-"),
        ("...", "audio-"),
        (" . .wav", "audio-"),
        ('a:b*?"<>|\\.wav', "a_b_______-"),
        ("\ud800x.wav", "_x-"),
        ("Se\u0301an.wav", "S\u00e9an-"),
        ("a\u202egnp.wav", "agnp-"),
    ],
)
def test_a_new_name_is_safe_and_reads_like_the_old_one(filename: str, begins: str) -> None:
    path = new_path(12, filename)
    assert path.startswith("projects/12/")
    assert name_of(path).startswith(begins)


@given(st.text(max_size=400))
def test_a_new_name_is_safe_whatever_the_old_one_was(filename: str) -> None:
    path = new_path(7, filename)
    name = name_of(path)
    assert stored_path(path, POSIX) == stored_path(path, WINDOWS) == path
    assert len(name.encode()) <= 120 + 9 + 17
    assert name == unicodedata.normalize("NFC", name)
    assert not name.endswith((" ", "."))
    assert not is_part(name)


def test_a_long_name_keeps_its_ending() -> None:
    path = new_path(1, "\U0001f3b8" * 251 + ".wav")
    assert name_of(path).endswith(".wav")
    assert len(name_of(path).encode()) <= 140


def test_new_names_differ() -> None:
    assert len({new_path(1, "a.wav") for _number in range(1000)}) == 1000


def test_temporary_names_lie_in_the_same_folder() -> None:
    assert part_path(StorePath("a/b/c.wav")).startswith("a/b/.syncsphere-")
    assert is_part(part_path(StorePath("c.wav")))
    assert not is_part("syncsphere-00.part")
    assert trash_path("id", StorePath("a/b.wav")) == ".syncsphere/trash/id/b.wav"
