"""Remembers the window from one start to the next: sizes, columns, sorting, the last view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from syncsphere_desktop.settings import Layout, Settings
from syncsphere_desktop.settings_store import SettingsStore


class WindowMemory:
    """The part of the settings that the window writes; kept in memory until `save`."""

    def __init__(self, store: SettingsStore, settings: Settings) -> None:
        self._store = store
        self._layouts: dict[str, Mapping[str, object]] = dict(settings.layouts)
        self.last_view = settings.last_view
        self.theme_mode = settings.theme_mode

    @property
    def window(self) -> Mapping[str, object]:
        """Return the window's own layout."""
        return self._layouts.get("window", {})

    def view(self, name: str) -> Mapping[str, object]:
        """Return a view's layout, empty at the first time."""
        return self._layouts.get(f"view:{name}", {})

    def remember_window(self, layout: Mapping[str, object]) -> None:
        """Keep the window's layout for the next start."""
        self._layouts["window"] = layout

    def remember_view(self, name: str, layout: Mapping[str, object]) -> None:
        """Keep a view's layout for the next start."""
        self._layouts[f"view:{name}"] = layout

    def save(self) -> None:
        """Write it to the settings file. Raises SettingsError."""
        layouts = cast(Mapping[str, Layout], self._layouts)
        self._store.save(
            replace(
                self._store.settings, layouts=layouts, last_view=self.last_view, theme_mode=self.theme_mode
            )
        )
