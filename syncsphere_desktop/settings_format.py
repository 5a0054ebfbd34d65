"""How settings look as JSON. Whatever is not as it should be is refused, never guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from syncsphere_desktop.settings import (
    ConnectionProfile,
    Environment,
    Layout,
    Settings,
    SslMode,
    ThemeMode,
    UpdateSettings,
)

FORMAT_VERSION = 1
_LAST_MOMENT = 253_000_000_000  # in the year 9987; Python's dates end soon after

_E = TypeVar("_E", bound=StrEnum)


class NotUnderstoodError(Exception):
    """Raised when a settings file is damaged, of a newer app, or not ours; says why in half a sentence."""


def encoded(settings: Settings) -> bytes:
    """Return the settings as the file holds them."""
    document = {
        "version": FORMAT_VERSION,
        "theme_mode": settings.theme_mode.value,
        "reduced_motion": settings.reduced_motion,
        "last_view": settings.last_view,
        "layouts": {view: dict(layout) for view, layout in settings.layouts.items()},
        "recent": [_encoded_profile(profile) for profile in settings.recent],
        "used": dict(settings.used),
        "profiles": [_encoded_profile(profile) for profile in settings.profiles],
        "updates": asdict(settings.updates),
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def decoded(content: bytes) -> Settings:
    """Return the settings that the file holds; raises NotUnderstoodError."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise NotUnderstoodError("it is not valid JSON") from None
    if not isinstance(document, dict):
        raise NotUnderstoodError("it does not hold a JSON object")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise NotUnderstoodError("it does not name its version")
    if version > FORMAT_VERSION:
        raise NotUnderstoodError(f"a newer app wrote it (version {version})")
    return Settings(
        theme_mode=_choice(document, "theme_mode", ThemeMode, ThemeMode.SYSTEM),
        reduced_motion=_typed(document, "reduced_motion", bool, default=False),
        last_view=_optional_text(document, "last_view"),
        layouts=_layouts(document),
        recent=_profiles(document, "recent"),
        used=_moments(document),
        profiles=_profiles(document, "profiles"),
        updates=_updates(document),
    )


def _layouts(document: Mapping[str, Any]) -> dict[str, Layout]:
    layouts = _typed(document, "layouts", dict, default={})
    if not all(isinstance(layout, dict) for layout in layouts.values()):
        raise NotUnderstoodError("“layouts” does not hold one object a view")
    return dict(layouts)


def _moments(document: Mapping[str, Any]) -> dict[str, int]:
    moments = _typed(document, "used", dict, default={})
    if not all(type(moment) is int and 0 <= moment < _LAST_MOMENT for moment in moments.values()):
        raise NotUnderstoodError("“used” does not hold one moment a connection")
    return dict(moments)


def _updates(document: Mapping[str, Any]) -> UpdateSettings:
    found = _typed(document, "updates", dict, default={})
    moments = [_typed(found, key, int, default=0) for key in ("checked", "seen_released")]
    if not all(0 <= moment < _LAST_MOMENT for moment in moments):
        raise NotUnderstoodError("“updates” does not hold moments")
    weekly = found.get("weekly")
    if weekly is not None and not isinstance(weekly, bool):
        raise NotUnderstoodError("“weekly” is neither true nor false")
    return UpdateSettings(
        weekly=weekly,
        source=_optional_text(found, "source"),
        checked=moments[0],
        seen_version=_optional_text(found, "seen_version"),
        seen_released=moments[1],
        skipped=_optional_text(found, "skipped"),
    )


def _profiles(document: Mapping[str, Any], key: str) -> tuple[ConnectionProfile, ...]:
    entries = _typed(document, key, list, default=[])
    if not all(isinstance(entry, dict) for entry in entries):
        raise NotUnderstoodError(f"“{key}” does not hold connections")
    return tuple(_profile(entry) for entry in entries)


def _encoded_profile(profile: ConnectionProfile) -> dict[str, str | int | bool | None]:
    return {
        "name": profile.name,
        "host": profile.host,
        "port": profile.port,
        "database": profile.database,
        "user": profile.user,
        "sslmode": profile.sslmode.value,
        "sslrootcert": None if profile.sslrootcert is None else str(profile.sslrootcert),
        "environment": profile.environment.value,
        "storage_url": profile.storage_url,
        "feed_url": profile.feed_url,
        "feed_authorities": None if profile.feed_authorities is None else str(profile.feed_authorities),
        "feed_fingerprint": profile.feed_fingerprint,
        "feed_plain": profile.feed_plain,
        "feed_observes": profile.feed_observes,
    }


def _profile(entry: Mapping[str, Any]) -> ConnectionProfile:
    port = _typed(entry, "port", int)
    if not 1 <= port <= 65535:
        raise NotUnderstoodError("“port” is not from 1 to 65535")
    return ConnectionProfile(
        name=_typed(entry, "name", str),
        host=_typed(entry, "host", str),
        port=port,
        database=_typed(entry, "database", str),
        user=_typed(entry, "user", str),
        sslmode=_choice(entry, "sslmode", SslMode),
        sslrootcert=_optional_path(entry, "sslrootcert"),
        environment=_choice(entry, "environment", Environment, Environment.DEVELOPMENT),
        storage_url=_optional_text(entry, "storage_url"),
        feed_url=_optional_text(entry, "feed_url"),
        feed_authorities=_optional_path(entry, "feed_authorities"),
        feed_fingerprint=_optional_text(entry, "feed_fingerprint"),
        feed_plain=_typed(entry, "feed_plain", bool, default=False),
        feed_observes=_typed(entry, "feed_observes", bool, default=True),
    )


_T = TypeVar("_T")


def _typed(values: Mapping[str, Any], key: str, kind: type[_T], *, default: _T | None = None) -> _T:
    value = values.get(key, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise NotUnderstoodError(f"“{key}” is missing or of the wrong kind")
    return value


def _optional_text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise NotUnderstoodError(f"“{key}” is not a text")
    return value


def _optional_path(values: Mapping[str, Any], key: str) -> Path | None:
    text = _optional_text(values, key)
    return None if text is None else Path(text)


def _choice(values: Mapping[str, Any], key: str, kind: type[_E], default: _E | None = None) -> _E:
    value = values.get(key, default)
    if isinstance(value, str):
        for member in kind:
            if member.value == value:
                return member
    raise NotUnderstoodError(f"“{key}” is none of {', '.join(member.value for member in kind)}")
