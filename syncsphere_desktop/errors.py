"""Everything that can go wrong and is not a bug of ours.

::

    AppError                      a sentence for the user, `code` for scripts, `retryable`
    ├── InputError                a given value is not acceptable; `field` names it
    │   └── DuplicateError        the value is taken by another row
    ├── NotFoundError             the row is gone, or never was
    ├── ConflictError             somebody else changed the row meanwhile; carries base, theirs and mine
    ├── InUseError                the row can't go while others refer to it
    ├── UsageError                a command or call was put wrongly (exit code 2)
    ├── ConnectionFailedError     no connection could be made; `step` says where it ended
    ├── ConnectionLostError       the connection broke; nothing was changed
    ├── OutcomeUnknownError       the connection broke at commit and the server can't tell the outcome
    ├── TimedOutError             the server gave up: statement, lock or idle time-out
    ├── CancelledByServerError    an administrator or a shutdown ended the statement
    ├── AccessDeniedError         the role lacks a right
    ├── ReadOnlyError             the server, session or schema state allows reading only
    ├── ServerLimitError          disk full, too many connections, out of memory on the server
    ├── SchemaError               the schema is missing, older, newer, or not ours
    ├── QueryError                the server refused a statement for any other reason
    ├── SettingsError             a settings file or secret store can't be used
    ├── LocalStudioError          the embedded server or its data folder can't be used
    ├── BundleError               a project bundle is damaged, too new, hostile, or none at all
    ├── StorageError              the audio storage, or a file in it, can't be used
    │   ├── StoreUnavailableError the storage is not there: not mounted, not reached, or another one's
    │   │   └── StoreReadOnlyError it can be read but not written to
    │   ├── StoreFullError        the storage has no room for the file
    │   ├── PathOutsideStoreError a path leads out of the storage, or is no path
    │   ├── StoredFileMissingError  the storage has no such file
    │   ├── StoredFileExistsError the storage has a file of that name already
    │   ├── NotAudioError         the file is no audio we take, or is damaged; `reason` says how
    │   │   ├── AudioFormatError  it is audio, in a format that the library doesn't take
    │   │   └── DamagedAudioError it is audio that is cut off or damaged
    │   └── ProbeLimitError       looking at the file took too long, too much memory, or crashed the reader
    ├── FeedError                 the live feed can't be followed or served; `step` says where it ended
    │   ├── FeedUnavailableError  its server is not reached, closed, does not answer, or is no feed
    │   ├── FeedTrustError        its certificate is not the one to trust
    │   └── FeedRefusedError      its server refuses: a wrong or missing token, a limit, a rule
    ├── UpdateError               the manifest of newer versions can't be had, or is not to be believed
    └── FileError                 a file can't be read or written

Whatever is not an `AppError` is a bug: it is logged and offered as a crash report.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import datetime


class AppError(Exception):
    """Raised for every failure that is the environment's or the user's, never for a bug.

    `message` is a whole sentence for the user; `details` (optional) is technical and free of secrets.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, details: str | None = None, retryable: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.retryable = self.default_retryable if retryable is None else retryable

    default_retryable: ClassVar[bool] = False


class InputError(AppError):
    """Raised when a value that was given can't be accepted."""

    code = "invalid_input"

    def __init__(self, message: str, *, field: str | None = None, details: str | None = None) -> None:
        super().__init__(message, details=details)
        self.field = field


class DuplicateError(InputError):
    """Raised when a value must be unique and another row has it."""

    code = "duplicate"


class NotFoundError(AppError):
    """Raised when a row is gone, or never was."""

    code = "not_found"


class ConflictError(AppError):
    """Raised when somebody else changed the row since it was read.

    `base`, `theirs` and `mine` map field names to values; `who` and `when` come from the audit log and are
    None where the change was made by another service.
    """

    code = "conflict"

    def __init__(
        self,
        message: str,
        *,
        base: Mapping[str, object],
        theirs: Mapping[str, object],
        mine: Mapping[str, object],
        their_version: int,
        who: str | None = None,
        when: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.base = base
        self.theirs = theirs
        self.mine = mine
        self.their_version = their_version
        self.who = who
        self.when = when


class InUseError(AppError):
    """Raised when a row can't be removed while other rows refer to it.

    `impact` (optional) says how many rows of which kind do.
    """

    code = "in_use"

    def __init__(
        self, message: str, *, impact: Mapping[str, int] | None = None, details: str | None = None
    ) -> None:
        super().__init__(message, details=details)
        self.impact = impact


class UsageError(AppError):
    """Raised when a command is put together wrongly."""

    code = "usage"
    exit_code = 2


class ConnectionFailedError(AppError):
    """Raised when no connection could be made.

    `step` is one of: resolve, reach, tls, authenticate, database, version, schema.
    """

    code = "connection_failed"

    def __init__(
        self, message: str, *, step: str, details: str | None = None, retryable: bool | None = None
    ) -> None:
        super().__init__(message, details=details, retryable=retryable)
        self.step = step


class ConnectionLostError(AppError):
    """Raised when the connection broke and it is certain that nothing was changed."""

    code = "connection_lost"
    default_retryable = True


class OutcomeUnknownError(AppError):
    """Raised when the connection broke at commit and the server can't tell whether it happened."""

    code = "outcome_unknown"


class TimedOutError(AppError):
    """Raised when the server ended a statement for a time-out."""

    code = "timed_out"
    default_retryable = True


class CancelledByServerError(AppError):
    """Raised when the server's administrator, or its shutdown, ended the statement."""

    code = "cancelled_by_server"
    default_retryable = True


class AccessDeniedError(AppError):
    """Raised when the database role lacks a right."""

    code = "access_denied"


class ReadOnlyError(AppError):
    """Raised when a change meets a server, session or schema state that allows reading only."""

    code = "read_only"


class ServerLimitError(AppError):
    """Raised when the server is out of disk, memory or connections."""

    code = "server_limit"
    default_retryable = True


class SchemaError(AppError):
    """Raised when the schema is missing, older, newer, or not a SyncSphere schema."""

    code = "schema"


class QueryError(AppError):
    """Raised when the server refused a statement for a reason that has no error of its own."""

    code = "query"


class SettingsError(AppError):
    """Raised when the settings file or the secret store can't be used."""

    code = "settings"


class LocalStudioError(AppError):
    """Raised when the embedded server or its data folder can't be used."""

    code = "local_studio"


class FileError(AppError):
    """Raised when a file can't be read or written."""

    code = "file"


class BundleError(AppError):
    """Raised when a project bundle, or a part of it, is damaged, too new to read, or beyond the limits."""

    code = "bundle"


class StorageError(AppError):
    """Raised when the audio storage, or a file in it, can't be used."""

    code = "storage"


class StoreUnavailableError(StorageError):
    """Raised when the audio storage is not there: not mounted, not reached, refused, or another studio's."""

    code = "store_unavailable"
    default_retryable = True


class StoreReadOnlyError(StoreUnavailableError):
    """Raised when the audio storage can be read but not written to, and something was to be written."""

    code = "store_read_only"
    default_retryable = False


class StoreFullError(StorageError):
    """Raised when the audio storage has no room for a file; trying again does not help."""

    code = "store_full"


class PathOutsideStoreError(StorageError):
    """Raised when a path leads out of the audio storage, by a link too, or can't be a path in it."""

    code = "path_outside_store"


class StoredFileMissingError(StorageError):
    """Raised when the audio storage has no file of that name."""

    code = "stored_file_missing"


class StoredFileExistsError(StorageError):
    """Raised when the audio storage has a file of that name already; nothing is ever overwritten."""

    code = "stored_file_exists"


class NotAudioError(StorageError):
    """Raised when a file is no audio that the library takes, or is damaged.

    `reason` is a sentence that names no file, for a list of files: "It's empty."
    """

    code = "not_audio"

    def __init__(self, reason: str, *, details: str | None = None) -> None:
        super().__init__(reason, details=details)
        self.reason = reason


class AudioFormatError(NotAudioError):
    """Raised when a file is audio in a format that the library doesn't take."""

    code = "audio_format"


class DamagedAudioError(NotAudioError):
    """Raised when a file is audio that is cut off, damaged, or without sound."""

    code = "damaged_audio"


class ProbeLimitError(StorageError):
    """Raised when looking at a file exceeded the limits on time or memory, or crashed the reading process.

    `reason` is a sentence that names no file, for a list of files.
    """

    code = "probe_limit"

    def __init__(self, reason: str, *, details: str | None = None) -> None:
        super().__init__(reason, details=details)
        self.reason = reason


class FeedError(AppError):
    """Raised when the live feed can't be followed or served.

    `step` is where a client's attempt ended: address, resolve, reach, tls, admit, answer.
    """

    code = "feed"

    def __init__(
        self,
        message: str,
        *,
        step: str = "answer",
        details: str | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message, details=details, retryable=retryable)
        self.step = step


class FeedUnavailableError(FeedError):
    """Raised when the feed's server is not reached, is closed, does not answer, or is no feed."""

    code = "feed_unavailable"
    default_retryable = True


class FeedTrustError(FeedError):
    """Raised when the feed's server shows a certificate that is not to be trusted."""

    code = "feed_trust"


class FeedRefusedError(FeedError):
    """Raised when the feed's server refuses: a wrong or missing token, a limit, a rule of its own."""

    code = "feed_refused"


class UpdateError(AppError):
    """Raised when the manifest of newer versions can't be had (retryable), or is not to be believed."""

    code = "update"
