"""Hashing passwords, off the event loop's thread: bcrypt takes a quarter of a second."""

from __future__ import annotations

import asyncio

from syncsphere_desktop.domain.password import BCRYPT_COST, checked_password
from syncsphere_desktop.domain.user import User, UserDraft, checked_email, checked_username
from syncsphere_desktop.studio.ports import UserStore


async def hash_password(password: str) -> str:
    """Return the bcrypt hash; raises InputError (field `password`) for one that can't be used."""
    return await asyncio.to_thread(_hash, checked_password(password))


async def add_user(users: UserStore, *, username: str, email: str, password: str) -> User:
    """Add a user with a password; raises InputError, naming the field, before anything is hashed."""
    name, address = checked_username(username), checked_email(email)
    return await users.add(UserDraft(name, address, await hash_password(password)))


async def set_password(users: UserStore, user: User, password: str) -> User:
    """Give a user a new password; raises InputError (field `password`), NotFoundError."""
    return await users.set_password_hash(user, await hash_password(password))


def _hash(password: str) -> str:
    import bcrypt

    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(BCRYPT_COST)).decode("ascii")
