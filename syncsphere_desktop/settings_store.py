"""The settings file: read at the start, merged with what another running app wrote, replaced whole.

A file that can't be understood is kept beside the new one, and told; the app goes on with its defaults.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.errors import FileError, NotFoundError, SettingsError
from syncsphere_desktop.files import locked, replace_file
from syncsphere_desktop.secret_store import SecretStore, feed_key, secret_key, storage_key
from syncsphere_desktop.settings import (
    ConnectionProfile,
    ConnectionTarget,
    Layout,
    Paths,
    Settings,
    UpdateSettings,
)
from syncsphere_desktop.settings_format import FORMAT_VERSION, NotUnderstoodError, decoded, encoded

if TYPE_CHECKING:
    from datetime import datetime

RECENT_MAXIMUM = 10
_FILE = "settings.json"


class SettingsStore:
    """Holds the settings as last read or written. Its calls are short and may be made on the GUI thread.

    `notice` says what was wrong with the file, or is None; show it once.
    """

    def __init__(self, paths: Paths, secrets: SecretStore | None = None) -> None:
        self.path = paths.config / _FILE
        self.secrets = secrets or SecretStore()
        self.notice: SettingsError | None = None
        self._lock_path = paths.config / f"{_FILE}.lock"
        self._settings = Settings()

    @property
    def settings(self) -> Settings:
        """Return the settings as this app knows them."""
        return self._settings

    def load(self) -> Settings:
        """Read the file and return the settings: the defaults where there is none, or none to understand."""
        try:
            self._settings = self._read() or Settings()
        except NotUnderstoodError as error:
            self._settings = Settings()
            self._put_aside(error)
        except OSError as error:
            self._settings = Settings()
            self.notice = SettingsError(
                f"The settings in {self.path} can't be read, so the app begins with its defaults.",
                details=error.strerror,
            )
        return self._settings

    def save(self, settings: Settings) -> Settings:
        """Write what changed since `settings` was read; return it with what another app changed meanwhile.

        Raises SettingsError; the settings are then valid for this session alone.
        """
        mine = replace(settings, recent=settings.recent[:RECENT_MAXIMUM])
        base, self._settings = self._settings, mine
        try:
            with locked(self._lock_path):
                theirs = self._theirs()
                merged = mine if theirs is None else merge(base, theirs, mine)
                if merged != theirs:
                    replace_file(self.path, encoded(merged))
        except (OSError, FileError) as error:
            self._settings = base  # what is not in the file is still to be written at the next save
            reason = error.strerror if isinstance(error, OSError) else error.message
            raise SettingsError(f"The settings can't be written to {self.path}.", details=reason) from error
        self._settings = merged
        return merged

    def remember(self, profile: ConnectionProfile) -> None:
        """Put a connection at the head of the recent ones, used now. Raises SettingsError."""
        others = tuple(known for known in self._settings.recent if not _same_place(known, profile))
        used = {**self._settings.used, secret_key(profile): int(time.time())}
        self.save(replace(self._settings, recent=(profile, *others), used=used))

    def used_at(self, profile: ConnectionProfile) -> datetime | None:
        """Return when a recent connection was used last, in this machine's time without a zone, or None."""
        from datetime import datetime  # the first paint does without

        moment = self._settings.used.get(secret_key(profile))
        return None if moment is None else datetime.fromtimestamp(moment)  # noqa: DTZ006

    def forget_recent(self, profile: ConnectionProfile) -> None:
        """Take a connection out of the recent ones. Raises SettingsError."""
        others = tuple(known for known in self._settings.recent if not _same_place(known, profile))
        self.save(replace(self._settings, recent=others))

    def keep(self, profile: ConnectionProfile) -> None:
        """Save a profile under its name, in the place of one that has the name. Raises SettingsError."""
        others = tuple(known for known in self._settings.profiles if known.name != profile.name)
        self.save(replace(self._settings, profiles=(*others, profile)))

    def drop(self, name: str) -> None:
        """Remove the saved profile of that name. Raises SettingsError; its password is not touched."""
        others = tuple(known for known in self._settings.profiles if known.name != name)
        self.save(replace(self._settings, profiles=others))

    def profile(self, name: str) -> ConnectionProfile:
        """Return the saved, or else recent, connection of that name. Raises NotFoundError."""
        known = (*self._settings.profiles, *self._settings.recent)
        for profile in known:
            if profile.name == name:
                return profile
        names = ", ".join(dict.fromkeys(profile.name for profile in known))
        there_are = f"There are: {names}." if names else "None is saved yet."
        raise NotFoundError(f"There is no saved connection “{name}”. {there_are}")

    def target(self, name: str) -> ConnectionTarget:
        """Read the file and return the connection of that name with its password.

        May ask the system's keyring, so it belongs off the GUI thread. Raises NotFoundError, or SettingsError
        where the file can't be used.
        """
        self.load()
        if self.notice is not None:
            raise self.notice
        profile = self.profile(name)
        storage = storage_key(profile)
        secret = None if storage is None else self.secrets.password(storage)
        feed = feed_key(profile)
        token = None if feed is None else self.secrets.password(feed)
        return ConnectionTarget(profile, self.secrets.password(profile), secret, token)

    def _read(self) -> Settings | None:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        return decoded(content)

    def _theirs(self) -> Settings | None:
        try:
            return self._read()
        except NotUnderstoodError as error:
            self._move_aside(error)
            return None

    def _put_aside(self, error: NotUnderstoodError) -> None:
        try:
            with locked(self._lock_path):
                try:
                    self._settings = self._read() or Settings()  # another app may have mended it meanwhile
                except NotUnderstoodError as still:
                    self._move_aside(still)
        except (OSError, FileError) as failure:
            self.notice = SettingsError(
                f"The settings in {self.path} can't be understood: {error}. The defaults are used.",
                details=str(failure),
            )

    def _move_aside(self, error: NotUnderstoodError) -> None:
        kept = _free_name(self.path)
        self.path.rename(kept)
        self.notice = SettingsError(
            f"The settings could not be understood: {error}."
            f" The app began with its defaults; the file is kept as {kept}.",
            details=f"This app reads settings up to version {FORMAT_VERSION}.",
        )


def merge(base: Settings, theirs: Settings, mine: Settings) -> Settings:
    """Return `theirs` with what `mine` changed since `base`: by field, view, connection and profile."""
    recent = _merged_recent(base.recent, theirs.recent, mine.recent)
    return Settings(
        theme_mode=theirs.theme_mode if mine.theme_mode == base.theme_mode else mine.theme_mode,
        reduced_motion=theirs.reduced_motion
        if mine.reduced_motion == base.reduced_motion
        else mine.reduced_motion,
        last_view=theirs.last_view if mine.last_view == base.last_view else mine.last_view,
        layouts=_merged_layouts(base, theirs, mine),
        recent=recent,
        used=_merged_moments(theirs.used, mine.used, recent),
        profiles=_merged_profiles(base.profiles, theirs.profiles, mine.profiles),
        updates=_merged_updates(base.updates, theirs.updates, mine.updates),
    )


def _merged_layouts(base: Settings, theirs: Settings, mine: Settings) -> dict[str, Layout]:
    merged = dict(theirs.layouts)
    for view in {*base.layouts, *mine.layouts}:
        if mine.layouts.get(view) == base.layouts.get(view):
            continue
        if view in mine.layouts:
            merged[view] = mine.layouts[view]
        else:
            merged.pop(view, None)
    return merged


def _merged_recent(
    base: tuple[ConnectionProfile, ...],
    theirs: tuple[ConnectionProfile, ...],
    mine: tuple[ConnectionProfile, ...],
) -> tuple[ConnectionProfile, ...]:
    if mine == base:
        return theirs
    removed = [known for known in base if not any(_same_place(known, kept) for kept in mine)]
    used_here = [profile for profile in mine if profile not in base or profile == mine[0]]
    merged: list[ConnectionProfile] = []
    for profile in (*used_here, *theirs):
        if not any(_same_place(profile, other) for other in (*merged, *removed)):
            merged.append(profile)
    return tuple(merged[:RECENT_MAXIMUM])


def _merged_moments(
    theirs: Mapping[str, int], mine: Mapping[str, int], recent: tuple[ConnectionProfile, ...]
) -> dict[str, int]:
    keys = [key for key in map(secret_key, recent) if key in theirs or key in mine]
    return {key: max(theirs.get(key, 0), mine.get(key, 0)) for key in keys}


def _merged_updates(base: UpdateSettings, theirs: UpdateSettings, mine: UpdateSettings) -> UpdateSettings:
    changed = theirs if mine == base else mine
    newest = max(theirs, mine, key=lambda each: each.seen_released)  # no app forgets what another one saw
    return replace(
        changed,
        checked=max(theirs.checked, mine.checked),
        seen_version=newest.seen_version,
        seen_released=newest.seen_released,
    )


def _merged_profiles(
    base: tuple[ConnectionProfile, ...],
    theirs: tuple[ConnectionProfile, ...],
    mine: tuple[ConnectionProfile, ...],
) -> tuple[ConnectionProfile, ...]:
    before = {profile.name: profile for profile in base}
    now = {profile.name: profile for profile in mine}
    merged = {
        profile.name: profile
        for profile in theirs
        if not (profile.name in before and profile.name not in now)
    }
    merged.update({name: profile for name, profile in now.items() if before.get(name) != profile})
    return tuple(merged.values())


def _same_place(one: ConnectionProfile, other: ConnectionProfile) -> bool:
    return (one.host, one.port, one.database, one.user) == (
        other.host,
        other.port,
        other.database,
        other.user,
    )


def _free_name(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.broken")
    number = 2
    while kept.exists():
        kept = path.with_name(f"{path.name}.broken-{number}")
        number += 1
    return kept
