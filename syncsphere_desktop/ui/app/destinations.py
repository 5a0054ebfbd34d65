"""The views that work, in the sidebar's order."""

from __future__ import annotations

from syncsphere_desktop.ui.app.navigation import Destination

DESTINATIONS = (
    Destination("users", "Users", "users"),
    Destination("projects", "Projects", "projects"),
    Destination("library", "Library", "audio"),
    Destination("bundles", "Bundles", "bundles"),
    Destination("ownership", "Ownership", "grid"),
    Destination("integrity", "Integrity", "shield"),
)
