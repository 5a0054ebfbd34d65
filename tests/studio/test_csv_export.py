"""A CSV export is whole, or not there; spreadsheets neither run its cells nor garble them."""

from __future__ import annotations

import asyncio
import csv
import errno
import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.errors import FileError, TimedOutError
from syncsphere_desktop.studio.csv_export import export_csv, write_csv
from syncsphere_desktop.ui.tables.column import Column
from tests.fakes.million import GeneratedRows, Track

TITLES = ("Name", "Size", "Made")


async def rows_of(*rows: Sequence[object]) -> AsyncIterator[Sequence[object]]:
    for row in rows:
        yield row


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


async def test_exact_values_are_written(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    made = datetime(2025, 3, 12, 14, 3, 9)

    written = await write_csv(
        path, TITLES, rows_of(("Ann", 12_400_000, made), ("", None, None), ("x", True, False))
    )

    assert written == 3
    assert read(path) == [
        list(TITLES),
        ["Ann", "12400000", "2025-03-12 14:03:09"],
        ["", "", ""],
        ["x", "true", "false"],
    ]


async def test_the_format_is_rfc_4180(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"

    await write_csv(path, ["A", "B"], rows_of(('say "hi"', "a,b"), ("two\nlines", "é🎵")), bom=False)

    assert path.read_bytes() == 'A,B\r\n"say ""hi""","a,b"\r\n"two\nlines",é🎵\r\n'.encode()


@pytest.mark.parametrize("bom", [True, False])
async def test_the_mark_for_spreadsheets_is_a_choice(tmp_path: Path, bom: bool) -> None:
    path = tmp_path / "users.csv"
    await write_csv(path, ["A"], rows_of(), bom=bom)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") is bom


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
async def test_a_text_that_a_spreadsheet_would_run_is_guarded(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users.csv"

    await write_csv(path, ["Name", "Size"], rows_of((text, -1)))
    assert read(path)[1] == ["'" + text, "-1"]

    await write_csv(path, ["Name", "Size"], rows_of((text, -1)), guard_formulas=False)
    assert read(path)[1] == [text, "-1"]


async def test_progress_counts_rows(tmp_path: Path) -> None:
    told: list[int] = []
    rows = rows_of(*(("row", number) for number in range(1_200)))

    assert await write_csv(tmp_path / "a.csv", ["A", "B"], rows, progress=told.append) == 1_200

    assert told == [500, 1_000, 1_200]


async def test_a_failing_list_leaves_nothing_and_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("old")

    async def failing() -> AsyncIterator[Sequence[object]]:
        for number in range(2_000):
            yield (number,)
        raise TimedOutError("The server took too long.")

    with pytest.raises(TimedOutError):
        await write_csv(path, ["A"], failing())

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_cancelled_export_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[Sequence[object]]:
        number = 0
        while True:
            number += 1
            yield (number,)
            if number == 3_000:
                begun.set()
            if number % 100 == 0:
                await asyncio.sleep(0)

    task = asyncio.create_task(write_csv(tmp_path / "users.csv", ["A"], endless()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not list(tmp_path.iterdir())


async def test_an_existing_file_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("old")
    path.chmod(0o640)

    await write_csv(path, ["A"], rows_of((1,)))

    assert path.stat().st_mode & 0o777 == 0o640
    assert read(path) == [["A"], ["1"]]


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="its folder does not exist"):
        await write_csv(tmp_path / "none" / "users.csv", ["A"], rows_of())


async def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a folder"):
        await write_csv(tmp_path, ["A"], rows_of())


async def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    # A small file reaches the disk at fsync; /dev/full has no folder to write beside.
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(FileError, match="the disk is full"):
        await write_csv(tmp_path / "users.csv", ["A"], rows_of((1,)))

    assert not list(tmp_path.iterdir())


async def test_everything_listed_is_exported_in_its_order_and_without_moving_the_list(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    source = GeneratedRows(5_000)
    query = ListQuery(Sort("name", descending=True), search="2")
    await source.prepare(query)
    source.insert_first(2)
    columns: tuple[Column[Track], ...] = (
        Column("Name", lambda row: row.name),
        Column("Size", lambda row: row.size, format=lambda value: f"{value} kB"),
    )
    told: list[int] = []

    assert await export_csv(path, columns, source, query, told.append) == 2_501

    written = read(path)
    assert written[:2] == [["Name", "Size"], ["Track 5000", "85000"]]
    assert written[-1] == ["Track 5002", "85074"]
    assert told[-1] == 2_501
    assert len(await source.ids(query, 0, 5_000)) == 2_500


async def test_rows_removed_during_the_export_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    source = GeneratedRows(3_000)

    def progress(_done: int) -> None:
        source.remove(2_999)

    columns: tuple[Column[Track], ...] = (Column("Id", lambda row: row.id),)
    written = await export_csv(path, columns, source, ListQuery(Sort("name")), progress)

    assert written == 2_999
    assert ["2999"] not in read(path)
