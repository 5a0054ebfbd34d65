"""What the journal of an import remembers, and what is read of it after a crash."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import pytest

from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.errors import FileError
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.studio.audio_import.journal import (
    AbandonedJournal,
    Announced,
    InterruptedImport,
    Journal,
    forget_interrupted,
    interrupted,
    take_abandoned,
)

FILES = [
    Announced(StorePath(f"projects/1/.syncsphere-{n}.part"), StorePath(f"projects/1/{n}.wav"))
    for n in range(3)
]


@pytest.fixture
def head() -> InterruptedImport:
    """An import from a folder whose name is no UTF-8."""
    source = Path(os.fsdecode(b"/takes/caf\xe9"))
    return InterruptedImport(uuid4(), ProjectId(1), (source,), UserId(2), "store", "database")


@pytest.fixture
def dead(tmp_path: Path, head: InterruptedImport) -> Path:
    """The journal of a process that died with two files announced and one settled."""
    journal = Journal(tmp_path, head)
    settled = journal.announce(FILES[:1])
    journal.announce(FILES[1:])
    journal.settle(settled)
    journal.close(interrupted=True)
    (path,) = tmp_path.glob("*.journal")
    return path


def taken(folder: Path) -> AbandonedJournal:
    """The only abandoned journal."""
    (journal,) = take_abandoned(folder)
    return journal


def test_what_was_announced_and_not_settled_is_found(dead: Path, head: InterruptedImport) -> None:
    journal = taken(dead.parent)

    assert journal.content.head == head
    assert journal.content.unsettled == tuple(FILES[1:])
    journal.remove()
    assert take_abandoned(dead.parent) == []
    assert interrupted(dead.parent) == (head,)


def test_the_journal_of_a_living_process_is_left_alone(tmp_path: Path, head: InterruptedImport) -> None:
    journal = Journal(tmp_path, head)
    journal.announce(FILES)

    assert take_abandoned(tmp_path) == []

    journal.close(interrupted=True)
    taken(tmp_path).release()


def test_two_processes_do_not_recover_the_same_journal(dead: Path) -> None:
    first = taken(dead.parent)

    assert take_abandoned(dead.parent) == []

    first.release()
    taken(dead.parent).release()


def test_a_settled_journal_goes_away(tmp_path: Path, head: InterruptedImport) -> None:
    journal = Journal(tmp_path, head)
    journal.settle(journal.announce(FILES))
    journal.close(interrupted=False)

    assert list(tmp_path.iterdir()) == []


def test_a_kept_journal_stays_though_it_is_settled(tmp_path: Path, head: InterruptedImport) -> None:
    journal = Journal(tmp_path, head)
    journal.close(interrupted=False, keep=True)

    again = taken(tmp_path)
    assert again.content.unsettled == ()
    again.release()


def test_an_interrupted_import_is_forgotten_when_it_is_completed(
    tmp_path: Path, head: InterruptedImport
) -> None:
    Journal(tmp_path, head).close(interrupted=True)
    assert interrupted(tmp_path) == (head,)

    Journal(tmp_path, head).close(interrupted=False)

    assert interrupted(tmp_path) == ()
    forget_interrupted(tmp_path, head.import_id)


def test_a_line_that_was_cut_off_was_never_acted_on(dead: Path) -> None:
    with dead.open("ab") as stream:
        stream.write(b'{"announce":9,"files":[["projects/1/.syncsphere-9.part","proj')

    journal = taken(dead.parent)

    assert journal.content.unsettled == tuple(FILES[1:])
    journal.release()


def test_the_journal_of_another_version_of_the_app_is_left_alone(dead: Path) -> None:
    content = dead.read_bytes().replace(b'"version":1', b'"version":2')
    dead.write_bytes(content)

    assert take_abandoned(dead.parent) == []
    assert dead.read_bytes() == content


def test_a_journal_that_says_nothing_goes_away(tmp_path: Path) -> None:
    (tmp_path / "x.journal").write_bytes(b"")

    assert take_abandoned(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path: Path, head: InterruptedImport) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FileError, match="journal"):
        Journal(tmp_path / "file", head)


def test_nothing_is_interrupted_where_nothing_was_imported(tmp_path: Path) -> None:
    assert interrupted(tmp_path / "nowhere") == ()
    assert take_abandoned(tmp_path / "nowhere") == []
