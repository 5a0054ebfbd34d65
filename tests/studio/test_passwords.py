"""Passwords are checked, then hashed off the loop's thread at bcrypt's cost 12."""

from __future__ import annotations

import threading

import bcrypt
import pytest

from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio import passwords
from syncsphere_desktop.studio.passwords import add_user, hash_password, set_password
from tests.fakes.users import InMemoryUsers


async def test_a_hash_has_cost_12_and_fits_its_password() -> None:
    hashed = await hash_password("é" * 36)
    assert hashed.startswith("$2b$12$")
    assert bcrypt.checkpw(("é" * 36).encode(), hashed.encode())


@pytest.mark.parametrize("password", ["", "short", "x" * 73, "é" * 37, "null\0null", "broken\udcff!"])
async def test_a_password_that_bcrypt_would_cut_or_refuse_is_told_beside_the_field(password: str) -> None:
    with pytest.raises(InputError) as caught:
        await hash_password(password)
    assert caught.value.field == "password"
    assert password == "" or password not in caught.value.message


async def test_hashing_leaves_the_loop_s_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []
    original = bcrypt.hashpw

    def noting(password: bytes, salt: bytes) -> bytes:
        threads.append(threading.current_thread())
        return original(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", noting)
    monkeypatch.setattr(passwords, "BCRYPT_COST", 4)
    await hash_password("long enough")
    assert threads[0] is not threading.main_thread()


async def test_a_user_is_added_with_a_hash_and_gets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "BCRYPT_COST", 4)
    users = InMemoryUsers()
    ada = await add_user(users, username="ada", email="a@x", password="first password")
    first = users.studio.password_hashes[ada.id]
    await set_password(users, ada, "second password")
    second = users.studio.password_hashes[ada.id]
    assert bcrypt.checkpw(b"first password", first.encode())
    assert bcrypt.checkpw(b"second password", second.encode())


async def test_a_bad_name_is_told_before_anything_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(bcrypt, "hashpw")
    with pytest.raises(InputError) as caught:
        await add_user(InMemoryUsers(), username="", email="a@x", password="long enough")
    assert caught.value.field == "username"
