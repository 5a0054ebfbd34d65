"""Settings survive damage, a newer app, a second app and a full disk; nothing is lost silently."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from syncsphere_desktop.errors import FileError, NotFoundError, SettingsError
from syncsphere_desktop.files import locked, replace_file, take_lock
from syncsphere_desktop.secret_store import SecretStore, feed_key
from syncsphere_desktop.settings import (
    ConnectionProfile,
    Environment,
    Layout,
    Paths,
    Settings,
    SslMode,
    ThemeMode,
    UpdateSettings,
)
from syncsphere_desktop.settings_store import RECENT_MAXIMUM, SettingsStore
from tests.fakes.keyrings import MemoryKeyring

PROFILE = ConnectionProfile(
    "studio",
    "db",
    5432,
    "syncsphere",
    "ada",
    SslMode.VERIFY_FULL,
    Path("/etc/ca.pem"),
    Environment.PRODUCTION,
    "sftp://ada@nas/audio",
)
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.of_this_user({"SYNCSPHERE_HOME": str(tmp_path)})


@pytest.fixture
def store(paths: Paths) -> SettingsStore:
    opened = SettingsStore(paths, SecretStore(choose=MemoryKeyring))
    opened.load()
    return opened


def _profile(number: int) -> ConnectionProfile:
    return replace(PROFILE, name=f"studio {number}", host=f"db{number}")


def test_without_a_file_there_are_defaults_and_nothing_is_written(store: SettingsStore, paths: Paths) -> None:
    assert store.settings == Settings()
    assert store.notice is None
    assert not paths.config.exists()


def test_everything_is_read_back(store: SettingsStore, paths: Paths) -> None:
    layouts: Mapping[str, Layout] = {
        "users": {"columns": [120, 80.5], "sort": {"key": "name", "down": True}, "x": None}
    }
    saved = store.save(
        Settings(ThemeMode.DARK, True, "users", layouts, recent=(PROFILE,), profiles=(PROFILE, _profile(2)))
    )
    again = SettingsStore(paths)
    assert again.load() == saved
    assert again.settings is not saved


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_the_feed_of_a_connection_is_read_back_and_its_token_is_not_in_the_file(
    store: SettingsStore, paths: Paths
) -> None:
    feed = replace(
        PROFILE,
        feed_url="wss://feed.example.org/ws",
        feed_authorities=Path("/etc/ca.pem"),
        feed_fingerprint="ab" * 32,
        feed_plain=True,
        feed_observes=False,
    )
    store.keep(feed)
    store.secrets.remember(feed_key(feed) or "", "hunter2-token")

    assert store.target(feed.name).profile == feed
    assert store.target(feed.name).feed_secret == "hunter2-token"
    assert "hunter2-token" not in store.path.read_text()


def test_the_file_is_for_its_owner_alone_and_leaves_no_part(store: SettingsStore, paths: Paths) -> None:
    store.remember(PROFILE)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in paths.config.iterdir()) == ["settings.json", "settings.json.lock"]


def test_the_password_is_not_in_the_file(store: SettingsStore) -> None:
    store.secrets.remember(PROFILE, "hunter2")
    store.remember(PROFILE)
    store.keep(PROFILE)
    assert "hunter2" not in store.path.read_text()
    assert store.target("studio").password == "hunter2"


def test_the_newest_ten_connections_are_remembered_once_each(store: SettingsStore, paths: Paths) -> None:
    for number in range(12):
        store.remember(_profile(number))
    store.remember(replace(_profile(5), name="renamed"))
    names = [profile.name for profile in SettingsStore(paths).load().recent]
    assert len(names) == RECENT_MAXIMUM
    assert names[:3] == ["renamed", "studio 11", "studio 10"]
    assert "studio 5" not in names
    store.forget_recent(_profile(11))
    assert [profile.name for profile in SettingsStore(paths).load().recent][:2] == ["renamed", "studio 10"]


def test_a_profile_is_kept_under_its_name_and_dropped_by_it(store: SettingsStore, paths: Paths) -> None:
    store.keep(PROFILE)
    store.keep(replace(PROFILE, port=5433))
    store.keep(_profile(2))
    assert [profile.port for profile in SettingsStore(paths).load().profiles] == [5433, 5432]
    store.drop("studio")
    assert SettingsStore(paths).load().profiles == (_profile(2),)


def test_an_unknown_name_tells_the_known_ones(store: SettingsStore) -> None:
    with pytest.raises(NotFoundError, match="None is saved yet"):
        store.target("nowhere")
    store.keep(PROFILE)
    store.remember(_profile(2))
    with pytest.raises(NotFoundError, match=r"There are: studio, studio 2\."):
        store.target("nowhere")
    assert store.target("studio 2").profile == _profile(2)


BROKEN = {
    "not JSON": b"{",
    "not UTF-8": b'{"version": 1, "last_view": "\xff"}',
    "deep": b"[" * 100_000,
    "empty": b"",
    "a list": b"[]",
    "no version": b"{}",
    "version true": b'{"version": true}',
    "theme": b'{"version": 1, "theme_mode": "purple"}',
    "theme number": b'{"version": 1, "theme_mode": 1}',
    "motion": b'{"version": 1, "reduced_motion": 1}',
    "view": b'{"version": 1, "last_view": 7}',
    "layouts": b'{"version": 1, "layouts": {"users": 1}}',
    "recent": b'{"version": 1, "recent": [1]}',
    "profiles": b'{"version": 1, "profiles": {}}',
    "profile": b'{"version": 1, "profiles": [{}]}',
    "storage": json.dumps(
        {
            "version": 1,
            "profiles": [
                {
                    "name": "",
                    "host": "",
                    "port": 1,
                    "database": "",
                    "user": "",
                    "sslmode": "disable",
                    "storage_url": 7,
                }
            ],
        }
    ).encode(),
    "port": json.dumps(
        {
            "version": 1,
            "recent": [{"name": "", "host": "", "port": 0, "database": "", "user": "", "sslmode": "disable"}],
        }
    ).encode(),
    "newer": b'{"version": 2, "wonderful": true}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_file_that_can_not_be_understood_is_kept_and_told(content: bytes, paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    store = SettingsStore(paths)
    store.path.write_bytes(content)
    assert store.load() == Settings()
    assert isinstance(store.notice, SettingsError)
    kept = store.path.with_name("settings.json.broken")
    assert kept.read_bytes() == content
    assert str(kept) in store.notice.message
    store.remember(PROFILE)
    assert SettingsStore(paths).load().recent == (PROFILE,)


def test_a_second_broken_file_does_not_replace_the_first(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    store = SettingsStore(paths)
    for content in (b"first", b"second"):
        store.path.write_bytes(content)
        store.load()
    assert store.path.with_name("settings.json.broken").read_bytes() == b"first"
    assert store.path.with_name("settings.json.broken-2").read_bytes() == b"second"


def test_a_file_that_breaks_while_the_app_runs_is_kept_at_the_next_save(store: SettingsStore) -> None:
    store.keep(PROFILE)
    store.path.write_bytes(b"oops")
    store.save(replace(store.settings, theme_mode=ThemeMode.DARK))
    assert store.notice is not None
    assert store.path.with_name("settings.json.broken").read_bytes() == b"oops"
    assert store.load().profiles == (PROFILE,)


def test_a_broken_file_that_can_not_be_moved_is_left_and_told(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    store = SettingsStore(paths)
    store.path.write_bytes(b"oops")
    (paths.config / "settings.json.lock").mkdir()
    assert store.load() == Settings()
    assert store.notice is not None
    assert store.path.read_bytes() == b"oops"


def test_two_apps_keep_each_other_s_changes(paths: Paths) -> None:
    one, two = SettingsStore(paths), SettingsStore(paths)
    one.load()
    one.save(Settings(layouts={"users": {"a": 1}, "projects": {"a": 1}}, profiles=(_profile(1), _profile(2))))
    two.load()
    one.load()
    one.save(
        replace(
            one.settings,
            theme_mode=ThemeMode.DARK,
            layouts={"users": {"a": 2}, "projects": {"a": 1}},
            profiles=(_profile(1),),
        )
    )
    one.remember(_profile(7))
    two.remember(_profile(8))
    merged = two.save(
        replace(
            two.settings,
            reduced_motion=True,
            last_view="projects",
            layouts={"users": two.settings.layouts["users"], "audio": {"b": 3}},
            profiles=(*two.settings.profiles, _profile(3)),
        )
    )
    assert merged.theme_mode is ThemeMode.DARK
    assert merged.reduced_motion
    assert merged.last_view == "projects"
    assert merged.layouts == {"users": {"a": 2}, "audio": {"b": 3}}
    assert [profile.name for profile in merged.profiles] == ["studio 1", "studio 3"]
    assert [profile.name for profile in merged.recent] == ["studio 8", "studio 7"]
    assert SettingsStore(paths).load() == merged


def test_what_one_app_removed_does_not_come_back_by_another(paths: Paths) -> None:
    one, two = SettingsStore(paths), SettingsStore(paths)
    one.remember(_profile(1))
    one.remember(_profile(2))
    two.load()
    one.forget_recent(_profile(1))
    two.remember(_profile(3))
    assert [profile.name for profile in two.settings.recent] == ["studio 3", "studio 2"]


def test_many_processes_that_write_at_once_lose_nothing(tmp_path: Path, paths: Paths) -> None:
    script = (
        "import sys\nfrom dataclasses import replace\n"
        "from syncsphere_desktop.settings import Paths, ConnectionProfile, SslMode\n"
        "from syncsphere_desktop.settings_store import SettingsStore\n"
        "store = SettingsStore(Paths.of_this_user())\nstore.load()\n"
        "for i in range(5):\n"
        "    store.keep(ConnectionProfile(f'{sys.argv[1]}-{i}', 'h', 1, 'd', 'u', SslMode.DISABLE))\n"
    )
    environment = {**os.environ, "SYNCSPHERE_HOME": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(number)], env=environment) for number in range(4)
    ]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    names = {profile.name for profile in SettingsStore(paths).load().profiles}
    assert names == {f"{number}-{i}" for number in range(4) for i in range(5)}


def test_a_file_that_can_not_be_written_is_an_error_and_the_change_is_kept_for_the_next_try(
    store: SettingsStore, paths: Paths
) -> None:
    store.path.mkdir(parents=True)
    with pytest.raises(SettingsError, match="can't be written"):
        store.remember(PROFILE)
    store.path.rmdir()
    store.remember(PROFILE)
    assert SettingsStore(paths).load().recent == (PROFILE,)


def test_a_file_that_can_not_be_read_is_told_and_not_overwritten(paths: Paths) -> None:
    store = SettingsStore(paths)
    store.path.mkdir(parents=True)
    assert store.load() == Settings()
    assert store.notice is not None
    assert "can't be read" in store.notice.message
    with pytest.raises(SettingsError):
        store.target("studio")


def test_a_lock_that_is_held_for_too_long_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    descriptor = take_lock(path)
    assert descriptor is not None
    with pytest.raises(FileError, match="holds"), locked(path, seconds=0.05):
        raise AssertionError("the lock was given twice")
    os.close(descriptor)
    with locked(path, seconds=0.05):
        assert take_lock(path) is None


def test_a_replacement_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "x").touch()
    with pytest.raises(OSError, match="taken"):
        replace_file(folder, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_connection_is_remembered_with_the_moment_of_its_use(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "config", tmp_path / "data", tmp_path / "logs", tmp_path / "cache")
    profile = ConnectionProfile("Studio", "db.example", 5432, "studio", "admin", SslMode.VERIFY_FULL)
    store = SettingsStore(paths)
    store.remember(profile)
    again = SettingsStore(paths)
    again.load()
    moment = again.used_at(profile)
    assert moment is not None
    assert moment == store.used_at(profile)
    again.forget_recent(profile)
    assert again.used_at(profile) is None


def test_no_app_forgets_the_newest_version_that_another_one_saw(paths: Paths) -> None:
    one, other = SettingsStore(paths), SettingsStore(paths)
    one.load()
    other.load()
    one.save(replace(one.settings, updates=UpdateSettings(seen_version="0.3.0", seen_released=300)))
    other.save(replace(other.settings, updates=UpdateSettings(weekly=True, checked=9)))

    assert SettingsStore(paths).load().updates == UpdateSettings(
        weekly=True, checked=9, seen_version="0.3.0", seen_released=300
    )


@pytest.mark.parametrize(
    "updates",
    [[], {"weekly": "yes"}, {"checked": -1}, {"checked": True}, {"seen_released": "x"}, {"source": 1}],
)
def test_what_is_wrong_about_updates_is_not_guessed(paths: Paths, updates: object) -> None:
    replace_file(SettingsStore(paths).path, json.dumps({"version": 1, "updates": updates}).encode())
    store = SettingsStore(paths)

    assert store.load() == Settings()
    assert store.notice is not None
