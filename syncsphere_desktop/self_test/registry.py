"""The parts of the self-test, in the order they are told."""

from __future__ import annotations

from syncsphere_desktop.self_test.part import Part

_PARTS = "syncsphere_desktop.self_test.parts"

PARTS: tuple[Part, ...] = (
    Part("window", "Window", f"{_PARTS}.window"),
    Part("tls", "TLS", f"{_PARTS}.tls"),
    Part("keyring", "Keyring", f"{_PARTS}.keyring"),
    Part("audio", "Audio formats", f"{_PARTS}.audio"),
    Part("database", "Database server", f"{_PARTS}.database", 180.0),
    Part("migrations", "Migrations", f"{_PARTS}.migrations", 180.0),
    Part("dump", "Dump tool", f"{_PARTS}.dump", 180.0),
    Part("feed", "Live feed", f"{_PARTS}.feed"),
    Part("storage", "Audio storage", f"{_PARTS}.storage"),
    Part("bundles", "Bundle reader", f"{_PARTS}.bundles"),
)
