"""The one place where errors of psycopg2 and SQLAlchemy become the app's own."""

from __future__ import annotations

import re

import psycopg2
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.errors import (
    AccessDeniedError,
    AppError,
    CancelledByServerError,
    ConnectionFailedError,
    ConnectionLostError,
    DuplicateError,
    InputError,
    InUseError,
    QueryError,
    ReadOnlyError,
    SchemaError,
    ServerLimitError,
    TimedOutError,
)

# SQLSTATE -> error and sentence. A five-character key wins over its two-character class.
_TABLE: dict[str, tuple[type[AppError], str]] = {
    "08": (ConnectionLostError, "The connection to the server broke."),
    "0A": (QueryError, "The server can't do this."),
    "21": (InputError, "The database refused a value."),
    "22": (InputError, "The database refused a value."),
    "22001": (InputError, "A text is longer than its column."),
    "22003": (InputError, "A number is out of its column's range."),
    "22021": (InputError, "A text holds characters that the database can't store."),
    "23": (InputError, "The database refused the change because of one of its rules."),
    "23001": (InUseError, "Other rows still refer to this one."),
    "23502": (InputError, "A value that the database requires is missing."),
    "23503": (InUseError, "Other rows still refer to this one, or the row it refers to is gone."),
    "23505": (DuplicateError, "Another row has this value already."),
    "23514": (InputError, "The database refused the value because of one of its rules."),
    "25006": (ReadOnlyError, "The server, or this session, allows reading only."),
    "25P03": (ConnectionLostError, "The server closed a transaction that stood idle for too long."),
    "25P04": (TimedOutError, "The transaction took longer than the server allows."),
    "28": (ConnectionFailedError, "The server refused the user or the password."),
    "2BP01": (InUseError, "Other things in the database still depend on this one."),
    "3D": (ConnectionFailedError, "There is no such database on the server."),
    "3F": (SchemaError, "A schema that the app needs is not there."),
    "40": (TimedOutError, "Two changes met; please try again."),
    "40P01": (TimedOutError, "Two changes waited for each other; please try again."),
    "42501": (AccessDeniedError, "The database role has no right to do this."),
    "42P01": (SchemaError, "A table that the app needs is not there."),
    "42703": (SchemaError, "A column that the app needs is not there."),
    "42883": (SchemaError, "A function that the app needs is not there."),
    "44": (InputError, "The database refused the value because of one of its rules."),
    "53": (ServerLimitError, "The server is out of resources."),
    "53100": (ServerLimitError, "The server's disk is full; nothing was changed."),
    "53200": (ServerLimitError, "The server is out of memory."),
    "53300": (ServerLimitError, "The server has too many connections."),
    "54": (InputError, "A value is larger than the server can hold."),
    "55006": (TimedOutError, "Somebody else is using this; please try again in a moment."),
    "55P03": (TimedOutError, "Somebody else holds a lock on what this needs; please try again in a moment."),
    "57": (CancelledByServerError, "The server's administrator ended the statement."),
    "57014": (TimedOutError, "The server ended the statement because it took too long."),
    "57P01": (ConnectionLostError, "The server is shutting down."),
    "57P02": (ConnectionLostError, "The server crashed and is recovering."),
    "57P03": (ConnectionLostError, "The server is starting up."),
    "57P04": (ConnectionFailedError, "The database was dropped."),
    "57P05": (ConnectionLostError, "The server closed the connection because it stood idle for too long."),
    "58": (ServerLimitError, "The server met an error of its own system."),
    "72": (TimedOutError, "The data changed too much while it was read; please try again."),
    "F0": (QueryError, "The server's configuration is damaged."),
    "P0": (QueryError, "A rule of the database refused the change."),
    "XX": (QueryError, "The server met an error of its own."),
    "XX001": (QueryError, "The server found damaged data; look at its disks and at the backups."),
    "XX002": (QueryError, "The server found a damaged index; it has to be built anew."),
}

_REFUSED = "The database refused the statement."
_DUPLICATE_KEY = re.compile(r"Key \((?P<columns>[^)]*)\)=")
# 25P04 ends it too, but trying again would only take as long again.
_STATES_THAT_END_A_CONNECTION = frozenset({"25P03", "57P01", "57P02", "57P03", "57P05"})


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE of a psycopg2 error, or of the SQLAlchemy error around it."""
    original = error.orig if isinstance(error, sqlalchemy_errors.DBAPIError) else error
    code = original.pgcode if isinstance(original, psycopg2.Error) else None
    return code if isinstance(code, str) else None


def is_connection_loss(error: BaseException) -> bool:
    """Whether the error says that the connection is gone, rather than that a statement failed."""
    if isinstance(error, sqlalchemy_errors.DBAPIError):
        if error.connection_invalidated:
            return True
        return error.orig is not None and is_connection_loss(error.orig)
    state = sqlstate(error)
    if state is not None:
        return state.startswith("08") or state in _STATES_THAT_END_A_CONNECTION
    # libpq reports a broken socket without a SQLSTATE, psycopg2 a closed connection as an interface error,
    # and both of them an answer that never came as a bare database error.
    if isinstance(error, psycopg2.InterfaceError):
        return "connection" in str(error)
    return isinstance(error, psycopg2.OperationalError) or type(error) is psycopg2.DatabaseError


def translate(error: BaseException) -> AppError:
    """Return the app's error for one of psycopg2 or SQLAlchemy.

    Anything else than those two is a bug and is raised again as it is.
    """
    if isinstance(error, AppError):
        return error
    if isinstance(error, sqlalchemy_errors.TimeoutError):
        return ServerLimitError("All of the app's connections are busy; please try again in a moment.")
    original = error.orig if isinstance(error, sqlalchemy_errors.DBAPIError) else error
    if isinstance(original, ValueError) and "NUL" in str(original):
        return InputError("A text can't hold a NUL character.")
    if not isinstance(original, psycopg2.Error):
        raise error
    state = sqlstate(original)
    details = _details(original, state)
    if state is None:
        if is_connection_loss(original):
            return ConnectionLostError("The connection to the server broke.", details=details)
        return QueryError(_REFUSED, details=details)
    kind, sentence = _TABLE.get(state) or _TABLE.get(state[:2]) or (QueryError, _REFUSED)
    return _built(kind, sentence, original, details)


def _built(kind: type[AppError], sentence: str, original: psycopg2.Error, details: str) -> AppError:
    if issubclass(kind, DuplicateError):
        return _duplicate(original, details)
    if issubclass(kind, InputError):
        return kind(sentence, field=original.diag.column_name, details=details)
    if issubclass(kind, ConnectionFailedError):
        step = "authenticate" if str(original.pgcode).startswith("28") else "database"
        return kind(sentence, step=step, details=details)
    if kind is TimedOutError and "user request" in str(original):
        return CancelledByServerError("The statement was cancelled on the server.", details=details)
    return kind(sentence, details=details)


def _duplicate(original: psycopg2.Error, details: str) -> DuplicateError:
    match = _DUPLICATE_KEY.search(original.diag.message_detail or "")
    columns = match["columns"].split(", ") if match else []
    field = columns[0] if len(columns) == 1 else None
    label = {"username": "username", "email": "email address", "room_id": "room id"}.get(field or "")
    if columns == ["project_id", "user_id"]:
        return DuplicateError("This person works on the project already.", field="user_id", details=details)
    sentence = f"This {label} is taken already." if label else "Another row has this value already."
    return DuplicateError(sentence, field=field, details=details)


def _details(error: psycopg2.Error, state: str | None) -> str:
    """Return the server's primary message. Its DETAIL may quote a row's values, so it is left out."""
    message = error.diag.message_primary or str(error).strip() or type(error).__name__
    return f"SQLSTATE {state}: {message}" if state else message
