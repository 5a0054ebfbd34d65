"""Runs of checks, the orphans they found, imports, and the store that is known."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import Connection

from syncsphere_desktop.database.repositories.projects import ProjectRepository
from syncsphere_desktop.domain.audio_check import OrphanFile
from syncsphere_desktop.errors import NotFoundError
from tests.database.repositories.audio import Library, sha256, stored


async def test_a_check_that_was_cut_off_can_go_on(library: Library) -> None:
    assert await library.checks.unfinished(None, "store") is None
    run = await library.checks.begin(project_id=None, store_id="store", deep=True)
    assert run is not None
    assert (run.project_id, run.store_id, run.deep, run.cursor, run.counts) == (None, "store", True, 0, {})
    await library.checks.advance(run.id, 17, {"missing": 2, "files": 17})
    going_on = await library.checks.unfinished(None, "store")
    assert going_on is not None
    assert (going_on.id, going_on.cursor, going_on.counts) == (run.id, 17, {"missing": 2, "files": 17})
    assert going_on.finished_at is None
    assert await library.checks.unfinished(None, "another store") is None
    await library.checks.finish(run.id, {"missing": 3})
    assert await library.checks.unfinished(None, "store") is None
    last = await library.checks.last()
    assert last is not None
    assert (last.id, last.counts) == (run.id, {"missing": 3})
    assert last.finished_at is not None


async def test_each_project_has_checks_of_its_own(library: Library) -> None:
    tape = await library.project()
    run = await library.checks.begin(project_id=tape, store_id=None, deep=False)
    assert run is not None
    assert await library.checks.unfinished(None, None) is None
    found = await library.checks.unfinished(tape, None)
    assert found == run
    assert await library.checks.last(tape) == run
    assert await library.checks.last() is None
    newer = await library.checks.begin(project_id=tape, store_id=None, deep=False)
    assert newer is not None
    await library.checks.finish(newer.id, {})
    assert await library.checks.unfinished(tape, None) is None


async def test_orphans_are_those_of_the_last_check(library: Library) -> None:
    long = OrphanFile("deep/" * 800 + "x.wav", 5, 1.5)
    first = [OrphanFile("b.wav", 10, 1_700_000_000.25, sha256("b")), OrphanFile("a 🥁.wav", 20, 2.0), long]
    await library.checks.replace_orphans(1, [*first, OrphanFile("no \udcff text.wav", 1, 1.0)])
    assert {orphan.path: orphan for orphan in await library.checks.orphans()} == {
        orphan.path: orphan for orphan in first
    }
    assert [orphan.path for orphan in await library.checks.orphans(sizes={20, 99})] == ["a 🥁.wav"]
    await library.checks.keep_orphan_hash("a 🥁.wav", sha256("a"))
    await library.checks.remove_orphans([long.path, "no \udcff text.wav"])
    again = [
        OrphanFile("b.wav", 11, 1_700_000_000.25),
        OrphanFile("a 🥁.wav", 20, 2.0),
        OrphanFile("c", 1, 1.0),
    ]
    await library.checks.replace_orphans(2, again)
    hashes = {orphan.path: orphan.sha256 for orphan in await library.checks.orphans()}
    assert hashes == {"a 🥁.wav": sha256("a"), "b.wav": None, "c": None}
    await library.checks.replace_orphans(2, again)
    assert len(await library.checks.orphans()) == 3
    await library.checks.replace_orphans(3, [])
    assert await library.checks.orphans() == ()


async def test_an_import_is_remembered_with_its_rows(library: Library) -> None:
    tape, import_id = await library.project(), uuid4()
    assert await library.imports.find(import_id) is None
    with pytest.raises(NotFoundError):
        await library.imports.get(import_id)
    assert await library.imports.begin(import_id, tape, "/takes")
    assert await library.imports.under_way()
    await library.files.add_many([stored(tape, "kick", "kick"), stored(tape, "snare", "snare")], import_id)
    await library.imports.begin(import_id, tape, "/takes")
    [hats] = await library.put([stored(tape, "hats", "hats")], import_id)
    await library.imports.finish(import_id, duplicates=4, rejected=5)
    assert not await library.imports.under_way()
    found = await library.imports.get(import_id)
    assert (found.actor, found.project_id, found.project_name, found.source) == (
        "me", tape, "tape", "/takes",
    )  # fmt: skip
    assert (found.imported, found.duplicates, found.rejected, found.bytes) == (3, 4, 5, 13)
    assert found.finished_at is not None
    assert found.undone_at is None
    await library.files.update(hats, {"file_path": "elsewhere"})
    assert [row.filename for row in await library.imports.rows_of(import_id)] == ["kick", "snare"]
    await library.imports.mark_undone(import_id)
    assert (await library.imports.get(import_id)).undone_at is not None


async def test_an_import_that_goes_on_is_under_way_again(library: Library) -> None:
    tape, import_id = await library.project(), uuid4()
    await library.imports.begin(import_id, tape, "/takes")
    await library.imports.finish(import_id, duplicates=0, rejected=0)
    await library.imports.begin(import_id, tape, "/takes")
    assert await library.imports.under_way()
    assert (await library.imports.get(import_id)).finished_at is None


async def test_the_newest_imports_come_first_also_those_of_projects_that_are_gone(library: Library) -> None:
    tape, ids = await library.project(), [uuid4() for _ in range(3)]
    for import_id in ids:
        await library.imports.begin(import_id, tape, "/takes")
    await ProjectRepository(library.database, "me").remove([tape])
    recent = await library.imports.recent(2)
    assert [(one.id, one.project_id, one.project_name) for one in recent] == [
        (ids[2], tape, None),
        (ids[1], tape, None),
    ]


async def test_the_store_that_was_used_first_last_is_the_known_one(library: Library) -> None:
    assert await library.stores.known() is None
    await library.stores.remember("old", "file:///audio")
    await library.stores.remember("new", "sftp://nas/audio")
    await library.stores.remember("old", "file:///moved")
    assert await library.stores.known() == "new"


async def test_a_check_of_everything_forgets_what_was_known_of_rows_that_are_gone(library: Library) -> None:
    tape = await library.project()
    kick, snare = await library.add(tape, "kick", "snare")

    def known(connection: Connection) -> list[int]:
        found = connection.exec_driver_sql("SELECT file_id FROM syncsphere_desktop.audio_content ORDER BY 1")
        return list(found.scalars())

    await library.database.write(
        lambda connection: connection.exec_driver_sql(f"DELETE FROM audio_files WHERE id = {kick.id}")
    )
    of_project = await library.checks.begin(project_id=tape, store_id=None, deep=True)
    assert of_project is not None
    await library.checks.finish(of_project.id, {})
    assert await library.database.run(known) == [kick.id, snare.id]
    of_all = await library.checks.begin(project_id=None, store_id=None, deep=True)
    assert of_all is not None
    await library.checks.finish(of_all.id, {})
    assert await library.database.run(known) == [snare.id]
