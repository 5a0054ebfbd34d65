"""Keyrings in memory: one that works, one that fails, one that never answers."""

from __future__ import annotations

import threading

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked
from typing_extensions import override


class MemoryKeyring(KeyringBackend):
    """Keeps passwords as a real keyring does, until the test ends."""

    @properties.classproperty
    @override
    def priority(cls) -> float:  # noqa: N805
        return -1  # never chosen by itself

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    @override
    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    @override
    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class LockedKeyring(MemoryKeyring):
    """Refuses, as when the user dismisses the question for the keyring's password."""

    @override
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("hunter2 must not be told")


class HungKeyring(MemoryKeyring):
    """Answers only when `released` is set, as a daemon that hangs."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    @override
    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait()
        return super().get_password(service, username)
