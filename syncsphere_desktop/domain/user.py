"""A member of the studio, and what a valid username and email are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncsphere_desktop.domain.ids import RowVersion, UserId
from syncsphere_desktop.domain.text import checked_text
from syncsphere_desktop.errors import InputError

USERNAME_MAX = 100
EMAIL_MAX = 255

# Deliberately loose: one @, no blanks, a dot-free host is fine inside a studio's own network.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class User:
    """A row of `users` without its password hash. Times are naive, in the server's time zone."""

    id: UserId
    username: str
    email: str
    created_at: datetime | None
    updated_at: datetime | None
    row_version: RowVersion


@dataclass(frozen=True, slots=True)
class UserDraft:
    """What a new user is made of, before the database gives it an id."""

    username: str
    email: str
    password_hash: str


def checked_username(value: str) -> str:
    """Return the username as it will be stored; raises InputError (field `username`) when it can't be."""
    return checked_text(value, field="username", label="A username", maximum=USERNAME_MAX)


def checked_email(value: str) -> str:
    """Return the email as it will be stored; raises InputError (field `email`) when it can't be."""
    text = checked_text(value, field="email", label="An email address", maximum=EMAIL_MAX)
    if not _EMAIL.fullmatch(text):
        raise InputError("An email address has a name, an @ and a host.", field="email")
    return text


USER_FIELDS = ("username", "email")
"""The columns that an edit may change."""


def checked_user_changes(changes: Mapping[str, object]) -> dict[str, object]:
    """Return the changed columns as they will be stored; raises InputError naming the field.

    A name that is no editable column is a bug of the caller: ValueError.
    """
    checked: dict[str, object] = {}
    for name, value in changes.items():
        if name == "username":
            checked[name] = checked_username(str(value))
        elif name == "email":
            checked[name] = checked_email(str(value))
        else:
            raise ValueError(f"users have no editable column {name!r}")
    return checked
