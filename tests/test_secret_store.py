"""Passwords go to a keyring that the system guards, or nowhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from keyring.backends import SecretService, chainer, fail, null

from syncsphere_desktop.secret_store import SecretStore, secret_key, secure_part, system_keyring
from syncsphere_desktop.settings import APP_NAME, ConnectionProfile, SslMode
from tests.fakes.keyrings import HungKeyring, LockedKeyring, MemoryKeyring

PROFILE = ConnectionProfile("studio", "db", 5432, "syncsphere", "ada", SslMode.VERIFY_FULL)


@pytest.fixture
def hung() -> Iterator[HungKeyring]:
    keyring = HungKeyring()
    yield keyring
    keyring.released.set()
    for thread in threading.enumerate():
        if thread.name == "keyring":
            thread.join()


def test_a_password_outlives_the_session_in_a_secure_keyring() -> None:
    keyring = MemoryKeyring()
    store = SecretStore(choose=lambda: keyring)
    assert store.remember(PROFILE, "hunter2")
    assert store.explanation is None
    assert keyring.kept == {(APP_NAME, secret_key(PROFILE)): "hunter2"}
    assert SecretStore(choose=lambda: keyring).password(PROFILE) == "hunter2"


def test_a_renamed_profile_keeps_its_password_and_another_server_has_its_own() -> None:
    store = SecretStore(choose=MemoryKeyring)
    store.remember(PROFILE, "hunter2")
    assert store.password(replace(PROFILE, name="renamed")) == "hunter2"
    assert store.password(replace(PROFILE, host="other")) is None


def test_what_is_forgotten_is_gone_everywhere() -> None:
    keyring = MemoryKeyring()
    store = SecretStore(choose=lambda: keyring)
    store.remember(PROFILE, "hunter2")
    store.forget(PROFILE)
    store.forget(PROFILE)
    assert store.password(PROFILE) is None
    assert keyring.kept == {}


def test_without_a_secure_keyring_a_password_lives_for_the_session_and_the_reason_is_told() -> None:
    store = SecretStore(choose=lambda: None)
    assert not store.remember(PROFILE, "hunter2")
    assert store.password(PROFILE) == "hunter2"
    assert store.explanation is not None
    assert "no secure keyring" in store.explanation
    assert SecretStore(choose=lambda: None).password(PROFILE) is None


def test_a_locked_keyring_is_told_without_its_words() -> None:
    store = SecretStore(choose=LockedKeyring)
    assert not store.remember(PROFILE, "hunter2")
    assert store.explanation is not None
    assert "locked" in store.explanation
    assert "hunter2" not in store.explanation
    assert store.password(PROFILE) == "hunter2"


def test_a_keyring_that_can_not_be_loaded_is_told() -> None:
    def broken() -> None:
        raise ImportError("no library")

    store = SecretStore(choose=broken)
    assert store.password(PROFILE) is None
    assert store.examine() is not None


def test_a_keyring_that_hangs_is_given_up_and_not_asked_again(hung: HungKeyring) -> None:
    store = SecretStore(seconds=0.05, choose=lambda: hung)
    assert store.password(PROFILE) is None
    assert store.explanation is not None
    assert "did not answer" in store.explanation
    assert not store.remember(PROFILE, "hunter2")
    assert store.password(PROFILE) == "hunter2"
    assert sum(thread.name == "keyring" for thread in threading.enumerate()) == 1


async def test_the_loop_goes_on_while_a_keyring_hangs(hung: HungKeyring) -> None:
    store = SecretStore(seconds=0.2, choose=lambda: hung)
    asking = asyncio.create_task(store.password_async(PROFILE))
    await asyncio.sleep(0)
    assert not asking.done()
    assert await asking is None
    assert "did not answer" in (store.explanation or "")


async def test_a_call_that_is_cancelled_leaves_nothing_to_complain(hung: HungKeyring) -> None:
    store = SecretStore(choose=lambda: hung)
    asking = asyncio.create_task(store.password_async(PROFILE))
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    hung.released.set()


async def test_every_call_has_an_awaitable_form() -> None:
    keyring = MemoryKeyring()
    store = SecretStore(choose=lambda: keyring)
    assert await store.examine_async() is None
    assert await store.remember_async(PROFILE, "hunter2")
    assert await store.password_async(PROFILE) == "hunter2"
    assert await SecretStore(choose=lambda: keyring).password_async(PROFILE) == "hunter2"
    await store.forget_async(PROFILE)
    assert keyring.kept == {}


def test_plain_text_null_and_missing_backends_are_refused() -> None:
    assert secure_part(fail.Keyring()) is None  # type: ignore[no-untyped-call]
    assert secure_part(null.Keyring()) is None  # type: ignore[no-untyped-call]
    assert secure_part(MemoryKeyring()) is None  # unknown to us, so it might write anywhere


def test_the_system_s_own_backends_are_accepted_also_in_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    service = SecretService.Keyring()  # type: ignore[no-untyped-call]
    assert secure_part(service) is service
    chain = chainer.ChainerBackend()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(type(chain), "backends", [MemoryKeyring(), service])
    assert secure_part(chain) is service
    monkeypatch.setattr(type(chain), "backends", [MemoryKeyring()])
    assert secure_part(chain) is None


def test_the_environment_can_not_talk_the_app_into_a_null_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]
    try:
        assert system_keyring() is None
    finally:
        keyring.set_keyring(before)
