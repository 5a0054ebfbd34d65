"""What an import would do, told before anything is written."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from syncsphere_desktop.domain.audio import AudioFileDraft, StoredAudio
from syncsphere_desktop.domain.sound import AudioFormat, Content, SoundFacts
from syncsphere_desktop.storage.paths import new_path
from syncsphere_desktop.studio.audio_import.plan import Verdict
from tests.audio_corpus import write_tone
from tests.studio.audio_import.studio import Studio, of, sha256, write_takes, write_wav


async def test_every_file_is_described_before_anything_is_written(studio: Studio) -> None:
    for kind in AudioFormat:
        write_tone(studio.takes / f"tone.{kind.value}", kind, rate=48_000, channels=2)

    plan = await studio.plan()

    assert plan.new == len(AudioFormat)
    assert {file.facts.format for file in plan.files if file.facts} == set(AudioFormat)
    assert {(file.facts.sample_rate, file.facts.channels) for file in plan.files if file.facts} == {
        (48_000, 2)
    }
    assert plan.bytes == sum(path.stat().st_size for path in studio.takes.iterdir())
    assert (plan.project_id, plan.project_name) == (studio.project.id, "Song")
    assert list(studio.root.iterdir()) == []
    assert not studio.journals.exists()


async def test_what_is_no_audio_is_told_with_its_reason(studio: Studio) -> None:
    contents = {
        "empty.wav": b"",
        "text.wav": b"Dear diary,\n" * 100,
        "picture.wav": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(200),
        "notes.txt": b"take 3 is the one",
    }
    for name, content in contents.items():
        (studio.takes / name).write_bytes(content)
    write_wav(studio.takes / "good.wav")

    plan = await studio.plan()

    assert (plan.new, plan.rejected) == (1, len(contents))
    for name in contents:
        file = of(plan.files, name)
        assert file.verdict is Verdict.NOT_AUDIO
        assert file.reason
        assert file.reason.endswith(".")


async def test_damaged_audio_and_other_formats_are_told_apart_from_what_is_no_audio(studio: Studio) -> None:
    whole = write_wav(studio.takes / "cut.wav").read_bytes()
    (studio.takes / "cut.wav").write_bytes(whole[:-40])
    (studio.takes / "half.flac").write_bytes(b"fLaC" + bytes(40))
    (studio.takes / "other.au").write_bytes(b".snd" + bytes(2000))

    plan = await studio.plan()

    assert [file.verdict for file in plan.files] == [
        Verdict.UNREADABLE,
        Verdict.UNREADABLE,
        Verdict.OTHER_FORMAT,
    ]
    assert "cut off" in str(of(plan.files, "cut.wav").reason)


async def test_a_file_that_the_project_has_is_a_duplicate(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    done = await studio.take()
    renamed = (studio.takes / "001.wav").rename(studio.takes / "renamed.wav")
    write_wav(studio.takes / "new.wav", pitch=999)

    plan = await studio.plan()

    assert (plan.new, plan.duplicates) == (1, 3)
    file = of(plan.files, "renamed.wav")
    assert (file.verdict, file.duplicate_of) == (Verdict.DUPLICATE, done.files[1].id)
    assert file.sha256 == sha256(renamed)
    assert file.reason == "The project has it as 001.wav."


async def test_a_file_that_another_project_has_is_new(studio: Studio) -> None:
    write_takes(studio.takes, 2)
    await studio.take()

    other = await studio.add_project("Other")

    plan = await studio.importer.plan([studio.takes], other)
    assert (plan.new, plan.duplicates) == (2, 0)


async def test_two_equal_files_are_imported_once(studio: Studio) -> None:
    write_wav(studio.takes / "a.wav")
    write_wav(studio.takes / "b.wav")
    write_wav(studio.takes / "c.wav", pitch=500)

    plan = await studio.plan()

    assert [file.verdict for file in plan.files] == [Verdict.NEW, Verdict.DUPLICATE, Verdict.NEW]
    assert plan.files[1].reason == "It has the same content as takes/a.wav."


async def test_a_row_that_nobody_hashed_is_compared_by_its_file(studio: Studio) -> None:
    source = write_wav(studio.takes / "kick.wav")
    write_wav(studio.takes / "as long.wav", pitch=700)
    path = new_path(studio.project.id, "Other name.wav")
    with source.open("rb") as stream:
        studio.store.put(stream, path)
    await studio.sql(
        "INSERT INTO audio_files (project_id, filename, file_path, file_size)"
        " VALUES (:p, 'Other name.wav', :f, :s)",
        p=studio.project.id,
        f=path,
        s=source.stat().st_size,
    )

    plan = await studio.plan()

    assert of(plan.files, "kick.wav").verdict is Verdict.DUPLICATE
    assert of(plan.files, "as long.wav").verdict is Verdict.NEW


@pytest.mark.parametrize("spoilt", ["missing", "cut", "outside"])
async def test_a_row_without_its_whole_file_does_not_count_as_here(studio: Studio, spoilt: str) -> None:
    source = write_wav(studio.takes / "kick.wav")
    await studio.take()
    (path,) = await studio.paths()
    if spoilt == "missing":
        (studio.root / path).unlink()
    elif spoilt == "cut":
        os.truncate(studio.root / path, 100)
    else:
        await studio.sql("UPDATE audio_files SET file_path = '/elsewhere/kick.wav'")

    assert of((await studio.plan(source)).files, "kick.wav").verdict is Verdict.NEW


async def test_planning_for_another_project_reads_no_file_twice(studio: Studio) -> None:
    write_takes(studio.takes, 2)
    await studio.take()
    other = await studio.add_project("Other")
    plan = await studio.plan()
    for path in studio.takes.iterdir():
        path.unlink()

    again = await studio.importer.replan(plan, other)

    assert (again.project_id, again.new, again.duplicates) == (other.id, 2, 0)
    assert (await studio.importer.replan(again, studio.project)).duplicates == 2


@pytest.mark.skipif(sys.platform == "win32", reason="rights are others on Windows")
async def test_a_file_that_vanishes_or_may_not_be_read_is_told(studio: Studio) -> None:
    gone, refused = write_wav(studio.takes / "a gone.wav"), write_wav(studio.takes / "refused.wav", pitch=300)
    write_wav(studio.takes / "there.wav", pitch=400)

    class Vanishing:
        def probe(self, path: Path, *, decode: bool = False) -> SoundFacts:
            gone.unlink(missing_ok=True)
            return studio.pool.probe(path, decode=decode)

    opening = os.open

    def refusing(path: Any, *arguments: Any, **options: Any) -> int:
        if Path(os.fsdecode(path)) == refused:  # root may read everything
            raise PermissionError(13, "Permission denied")
        return opening(path, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "open", refusing)
        plan = await studio.another(pool=Vanishing()).plan([studio.takes], studio.project)

    assert of(plan.files, "a gone.wav").verdict is Verdict.UNREADABLE
    assert of(plan.files, "refused.wav").reason == "There is no right to read it."
    assert of(plan.files, "there.wav").verdict is Verdict.NEW


async def test_planning_ends_when_its_task_is_cancelled(studio: Studio) -> None:
    write_takes(studio.takes, 4)
    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow:
        def probe(self, path: Path, *, decode: bool = False) -> SoundFacts:
            loop.call_soon_threadsafe(began.set)
            return studio.pool.probe(path, decode=decode)

    planning = asyncio.create_task(studio.another(pool=Slow()).plan([studio.takes], studio.project))
    await began.wait()
    planning.cancel()

    with pytest.raises(asyncio.CancelledError):
        await planning


async def test_progress_is_told_in_the_event_loop(studio: Studio) -> None:
    write_takes(studio.takes, 3)
    told: list[str] = []

    def tell(sentence: str, _share: float | None) -> None:
        asyncio.get_running_loop()  # raises anywhere else
        told.append(sentence)

    await studio.importer.plan([studio.takes], studio.project, progress=tell)
    await asyncio.sleep(0)

    assert told[0] == "Looking for files"
    assert any(sentence.startswith("Looking into files") for sentence in told)


async def test_a_damaged_row_does_not_keep_its_content_from_being_imported_again(studio: Studio) -> None:
    source = write_wav(studio.takes / "kick.wav")
    facts = SoundFacts(AudioFormat.WAV, "PCM 16 bit", 0.05, 8000, 1)
    stored = StoredAudio(
        AudioFileDraft(studio.project.id, "kick.wav", "lost/kick.wav"),
        Content(source.stat().st_size, sha256(source)),
        facts,
    )
    await studio.rows.files.add_many([stored], uuid4())

    assert (await studio.plan()).new == 1
