"""What other programs say of the files that are dropped or copied is read as they mean it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from syncsphere_desktop.ui.importing.addresses import Sources, holds_files, lines_of, read_addresses

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the paths are those of POSIX")


async def read(mime: QMimeData) -> Sources:
    return await read_addresses(lines_of(mime))


def files(*paths: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return mime


def text(said: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(said)
    return mime


async def test_files_keep_blanks_percents_hashes_and_letters_of_any_language() -> None:
    names = ("/takes/Kick 100%.wav", "/takes/#2?.wav", "/takes/Größe été 鼓.flac", "/takes/a\nb.wav")
    assert (await read(files(*names))).paths == tuple(map(Path, names))


async def test_a_name_that_is_no_utf_8_arrives_byte_by_byte() -> None:
    mime = QMimeData()
    mime.setData("text/uri-list", b"file:///takes/caf%E9.wav\r\n")
    assert (await read(mime)).paths == (Path(os.fsdecode(b"/takes/caf\xe9.wav")),)


async def test_the_same_file_twice_is_one_and_other_addresses_are_counted() -> None:
    mime = QMimeData()
    mime.setData(
        "text/uri-list",
        b"# copied\r\nfile:///a.wav\r\nfile://localhost/a.wav\r\nhttps://studio.example/b.wav\r\n"
        b"file://elsewhere.example/c.wav\r\nsmb://nas/d.wav\r\n",
    )
    assert await read(mime) == Sources((Path("/a.wav"),), elsewhere=3)


async def test_paths_in_text_are_taken_a_line_each_and_other_text_is_not() -> None:
    assert await read(text('/takes/Kick.wav\n"/takes/Snare 2.wav"\n')) == Sources(
        (Path("/takes/Kick.wav"), Path("/takes/Snare 2.wav"))
    )
    assert await read(text("the kick is too loud")) == Sources((), elsewhere=1)
    assert (await read(text("~/take.wav"))).paths == (Path.home() / "take.wav",)


async def test_nothing_is_no_file() -> None:
    assert await read(QMimeData()) == Sources(())
    assert not holds_files(text("/takes/Kick.wav"))
    assert holds_files(files("/takes/Kick.wav"))
