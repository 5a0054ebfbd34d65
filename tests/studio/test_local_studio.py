"""The local studio from an empty folder on: made once, found again, reset, and safe when killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import create_engine, text

from syncsphere_desktop.database.sample import sample_audio
from syncsphere_desktop.database.seed import SeedAmounts
from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.settings import Environment, Paths, SslMode
from syncsphere_desktop.studio.local_studio import LocalStudio

_CHECKOUT = Path(__file__).resolve().parents[2]

_HOLD = """
import sys
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.local_studio import LocalStudio
with LocalStudio(Paths.of_this_user()).held(lambda sentence, _: print(sentence, flush=True)):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A new home for everything the app writes; the studio in it is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        yield Path(name)
        _studio(Path(name)).stop(force=True)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A home with a complete, stopped local studio, to be copied."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        with _studio(Path(name)).held():
            pass
        yield Path(name)


@pytest.fixture
def studio(home: Path, made: Path) -> LocalStudio:
    """A local studio that was made earlier and does not run."""
    subprocess.run(["cp", "-a", f"{made}/.", str(home)], check=True)
    return _studio(home)


def _studio(home: Path) -> LocalStudio:
    return LocalStudio(Paths.of_this_user({"SYNCSPHERE_HOME": str(home)}))


def _hold(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _HOLD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT), "SYNCSPHERE_HOME": str(home)},
    )


def _wait_for(holder: subprocess.Popen[str], sentence: str) -> None:
    assert holder.stdout is not None
    assert any(line.strip() == sentence for line in holder.stdout)


def _count(url: str, table: str) -> int:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            row = cursor.fetchone()
            assert row is not None
            return int(row[0])
    finally:
        connection.close()


def test_the_first_start_gives_a_complete_studio_and_says_what_it_does(home: Path) -> None:
    told: list[str] = []
    studio = _studio(home)
    with studio.held(lambda sentence, _share: told.append(sentence)) as target:
        assert target.profile.name == "Local studio"
        assert target.profile.environment is Environment.LOCAL
        assert target.profile.sslmode is SslMode.DISABLE
        assert _count(studio.database_url, "users") == 40
        status = studio.status()
        assert (status.running, status.kept, status.users, status.projects) == (True, False, 40, 25)
        assert status.holders == (os.getpid(),)
        assert status.server_version is not None
        assert status.server_version.startswith("18")
    assert "Loading the sample studio" in told
    assert not studio.status().running


def test_both_drivers_take_the_address(studio: LocalStudio) -> None:
    with studio.held():
        url = studio.database_url
        assert _count(url, "projects") == 25
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg2:"))
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT current_database()")) == "syncsphere"
        engine.dispose()
    with pytest.raises(LocalStudioError, match="not running"):
        _ = studio.database_url


def test_a_home_with_odd_characters_has_an_address_that_works(made: Path, home: Path) -> None:
    odd = home / "a b&c?d#e%é"
    subprocess.run(["cp", "-a", str(made), str(odd)], check=True)
    studio = _studio(odd)
    with studio.held():
        assert _count(studio.database_url, "users") == 40


def test_who_empties_the_tables_does_not_get_the_sample_again(studio: LocalStudio) -> None:
    with studio.held():
        connection = psycopg2.connect(studio.database_url)
        with connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE users CASCADE")
        connection.close()
    with studio.held():
        assert studio.status().users == 0


def test_two_first_starts_at_once_make_one_studio(home: Path) -> None:
    holders = [_hold(home), _hold(home)]
    for holder in holders:
        _wait_for(holder, "ready")
    studio = _studio(home)
    assert studio.status().users == 40
    assert len(studio.status().holders) == 2
    for holder in holders:
        holder.communicate("\n", timeout=60)
    assert not studio.status().running


@pytest.mark.parametrize(
    "sentence", ["Looking at the local studio", "Loading the sample studio", "Starting the database server"]
)
def test_a_first_start_that_was_killed_is_completed_by_the_next(home: Path, sentence: str) -> None:
    holder = _hold(home)
    _wait_for(holder, sentence)
    holder.kill()
    holder.communicate()
    studio = _studio(home)
    with studio.held():
        status = studio.status()
        assert (status.users, status.projects) == (40, 25)


def test_start_lets_it_run_on_and_stop_ends_it(studio: LocalStudio) -> None:
    studio.start()
    status = studio.status()
    assert (status.running, status.kept, status.holders) == (True, True, ())
    assert studio.stop()
    assert not studio.stop()
    assert not studio.status().kept


def test_stop_and_reset_are_refused_while_another_process_uses_it(studio: LocalStudio, home: Path) -> None:
    holder = _hold(home)
    _wait_for(holder, "ready")
    with pytest.raises(LocalStudioError, match=f"in use by another process .id {holder.pid}"):
        studio.stop()
    with pytest.raises(LocalStudioError, match="in use"):
        studio.reset()
    studio.reset(force=True)
    assert studio.status().users == 40
    holder.communicate("\n", timeout=60)
    assert not studio.status().running


def test_reset_gives_the_sample_back_and_removes_everything_else(studio: LocalStudio) -> None:
    with studio.held():
        studio.ensure_audio()
        (studio.audio_folder / "mine.wav").write_bytes(b"x")
    with studio.seeder() as seeder:
        seeder.run(SeedAmounts(users=100))
        assert studio.status().users == 140
    studio.reset()
    assert not studio.status().running
    assert not (studio.audio_folder / "mine.wav").exists()
    with studio.held():
        assert studio.status().users == 40


def test_a_seeding_that_is_killed_leaves_nothing(studio: LocalStudio) -> None:
    code = """
import sys
from syncsphere_desktop.database.seed import SeedAmounts
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.local_studio import LocalStudio
with LocalStudio(Paths.of_this_user()).seeder() as seeder:
    seeder.run(SeedAmounts(users=300_000), lambda sentence, share: share and print("begun", flush=True))
"""
    home = studio.folder.parent.parent
    seeding = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(_CHECKOUT), "SYNCSPHERE_HOME": str(home)},
    )
    _wait_for(seeding, "begun")
    seeding.kill()
    seeding.communicate()
    with studio.held():
        while _count(studio.database_url, "pg_stat_activity WHERE backend_type = 'client backend'") > 1:
            time.sleep(0.05)
        assert studio.status().users == 40


def test_every_audio_row_has_its_file_with_true_numbers(home: Path) -> None:
    studio = _studio(home)
    expected = sample_audio()
    assert studio.ensure_audio() == len(expected)
    assert studio.storage_url == studio.audio_folder.as_uri()
    for audio in expected:
        path = studio.audio_folder / audio.path
        assert path.stat().st_size == audio.size
        with wave.open(str(path)) as file:
            facts = (file.getnframes(), file.getframerate(), file.getnchannels())
            assert facts == (audio.frames, audio.rate, audio.channels)
    assert studio.ensure_audio() == 0
    (studio.audio_folder / expected[0].path).write_bytes(b"cut short")
    assert studio.ensure_audio() == 1


def test_a_later_start_brings_no_removed_sample_audio_back(studio: LocalStudio) -> None:
    removed = studio.audio_folder / sample_audio()[0].path
    try:
        studio.start()
        removed.unlink()
        studio.start()
    finally:
        studio.stop(force=True)
    assert not removed.exists()


def test_status_of_a_studio_that_never_was(home: Path) -> None:
    status = _studio(home).status()
    assert not status.running
    assert status.database_url is None
    assert not (home / "data").exists()
