"""What a password must keep to: bcrypt reads 72 bytes of UTF-8 and no more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from syncsphere_desktop.errors import InputError

BCRYPT_MAX_BYTES = 72
BCRYPT_COST = 12
MINIMUM_LENGTH = 8


class Strength(IntEnum):
    """How well a password stands against guessing, as far as its text alone tells."""

    REFUSED = 0
    WEAK = 1
    FAIR = 2
    GOOD = 3
    STRONG = 4


@dataclass(frozen=True, slots=True)
class PasswordReport:
    """What the set-password form says beside the field: `hint` is a whole sentence."""

    strength: Strength
    byte_length: int
    hint: str


_COMMON = frozenset(
    {
        "password",
        "passw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "qwertyui",
        "qwertyuiop",
        "iloveyou",
        "princess",
        "sunshine",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "letmein1",
        "welcome1",
        "changeme",
        "postgres",
        "syncsphere",
        "opendaw",
    }
)


def checked_password(value: str) -> str:
    """Return the password; raises InputError (field `password`) when bcrypt or PostgreSQL can't take it."""
    if not value:
        raise InputError("A password can't be empty.", field="password")
    if "\0" in value:
        raise InputError("A password can't hold a NUL character.", field="password")
    try:
        length = len(value.encode())
    except UnicodeEncodeError:
        raise InputError("The password holds a broken character.", field="password") from None
    if length > BCRYPT_MAX_BYTES:
        raise InputError(
            f"bcrypt reads {BCRYPT_MAX_BYTES} bytes of a password; this has {length}. "
            "The rest would not be checked at log-in, so it is refused.",
            field="password",
        )
    if len(value) < MINIMUM_LENGTH:
        raise InputError(f"A password has at least {MINIMUM_LENGTH} characters.", field="password")
    return value


def report(value: str, *, username: str = "") -> PasswordReport:
    """Judge a password while it is typed; never raises."""
    byte_length = len(value.encode(errors="surrogatepass"))
    try:
        checked_password(value)
    except InputError as error:
        return PasswordReport(Strength.REFUSED, byte_length, error.message)
    lowered = value.lower()
    if lowered in _COMMON or (username and username.lower() in lowered):
        return PasswordReport(
            Strength.WEAK, byte_length, "Easy to guess: a common word, or the user's own name."
        )
    return _judged(value, byte_length)


def _judged(value: str, byte_length: int) -> PasswordReport:
    kinds = sum(
        any(test(character) for character in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    variety = len(set(value))
    points = min(len(value), 24) + 3 * (kinds - 1) + min(variety, 16) - 8
    if variety <= 3 or points < 10:
        return PasswordReport(Strength.WEAK, byte_length, "Weak: make it longer.")
    if points < 16:
        return PasswordReport(Strength.FAIR, byte_length, "Fair: a few more words would make it good.")
    if points < 24:
        return PasswordReport(Strength.GOOD, byte_length, "Good.")
    return PasswordReport(Strength.STRONG, byte_length, "Strong.")
