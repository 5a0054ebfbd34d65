"""The local studio: a real PostgreSQL in the user's data folder, with a sample studio in it."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.embedded_failures import disk_errors
from syncsphere_desktop.database.local_database import DatabaseFacts, LocalDatabase
from syncsphere_desktop.database.seed import Seeder
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Paths
from syncsphere_desktop.studio.local_feed import ActivityWish, LocalFeed
from syncsphere_desktop.studio.sample_audio import ensure_sample_audio

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalStudioStatus:
    """How the local studio is; None stands for what is not known while it does not run.

    `holders` are ids of the processes that use it; `kept` means that it goes on running without any.
    `database_size` in bytes; `database_url` is without a password. `feed_url` is None also where the studio
    runs without its feed; `feed_authorities` are whom its clients trust. `activity` says that sample members
    are at work.
    """

    running: bool
    kept: bool
    holders: tuple[int, ...]
    data_folder: Path
    audio_folder: Path
    database_url: str | None
    server_version: str | None
    users: int | None
    projects: int | None
    database_size: int | None
    feed_url: str | None
    feed_authorities: Path | None
    activity: bool


class LocalStudio:
    """Starts, finds, fills and stops the local studio. Blocking; raises LocalStudioError, AppError."""

    def __init__(self, paths: Paths) -> None:
        self.folder = paths.data / "local-studio"
        self.audio_folder = self.folder / "audio"
        self._audio_made = self.folder / "sample-audio-made"
        self._server = EmbeddedServer(self.folder)
        self._database = LocalDatabase(self._server)
        self._feed = LocalFeed(self.folder)
        self._using = threading.Lock()
        self._uses = 0

    @contextmanager
    def held(self, progress: Progress = silent, *, feed: bool = False) -> Iterator[ConnectionTarget]:
        """Have the local studio running and complete in a `with` block.

        At first its server, database, schema and sample rows are made. The last process to leave stops it.
        With `feed` its feed is started, too, and not waited for.
        """
        with self._server.held(progress):
            self._database.prepare(progress)
            with disk_errors(self.folder):
                self.audio_folder.mkdir(parents=True, exist_ok=True)  # the storage is there, if empty yet
            with self._using:
                self._uses += 1
            try:
                if feed:
                    self._launch_feed()
                yield self.target()
            finally:
                with self._using:  # whoever launches the feed has done so by then, or never will
                    self._uses -= 1
                if not self._server.is_kept and len(self._server.holders()) <= 1:
                    self._end_feed()  # before the database, so that it can tell its clients in order

    def start_feed(self) -> ConnectionTarget | None:
        """Have its feed running while it is held, and wait for it; return what to connect with then.

        None where the feed does not start, or the studio is let go meanwhile.
        """
        if not self._server.is_running:
            return None
        self._launch_feed()
        return None if self._feed.wait_until_ready() is None else self.target()

    @property
    def has_feed(self) -> bool:
        """Whether its feed is there, or will be in a moment."""
        return self._feed.find() is not None

    def start(self, progress: Progress = silent, *, activity: ActivityWish | None = None) -> None:
        """Have it running and complete, sample audio and feed too, and let it run on until `stop`.

        With `activity` sample members work in it until then. Raises LocalStudioError where the feed does not
        start; all the rest runs then.
        """
        with self.held(progress, feed=True):
            progress("Writing the sample studio's audio", None)
            self.make_audio_once()
            self._server.keep()
            if activity is not None:
                self._feed.wish_activity(activity)
            progress("Starting the live feed", None)
            if self._feed.wait_until_ready() is None:
                raise LocalStudioError(
                    "The local studio runs, but its live feed did not start.",
                    details=f"Its log is {self._feed.log}.",
                )

    def stop(self, *, force: bool = False) -> bool:
        """Stop it and return whether it ran.

        Without `force` raises LocalStudioError while processes use it; it stops then with the last of them.
        """
        ran = self._server.is_running
        if force or not self._server.holders():
            self._end_feed()
        self._server.stop(force=force)
        return ran

    def status(self) -> LocalStudioStatus:
        """Return how it is, without starting it."""
        running = self._server.is_running
        facts = self._database.facts() if running else DatabaseFacts(None, None, None, None)
        child = self._feed.find() if running else None
        serves = child is not None and child.is_ready
        return LocalStudioStatus(
            running=running,
            kept=self._server.is_kept,
            holders=self._server.holders(),
            data_folder=self.folder,
            audio_folder=self.audio_folder,
            database_url=_url(self.target().profile, None) if running else None,
            server_version=facts.server_version,
            users=facts.users,
            projects=facts.projects,
            database_size=facts.size,
            feed_url=child.url if child is not None and serves else None,
            feed_authorities=self._feed.authority if serves else None,
            activity=serves and self._feed.activity() is not None,
        )

    def target(self) -> ConnectionTarget:
        """Return what to connect with, storage and feed too. Raises LocalStudioError while it rests."""
        target = self._database.target()
        child = self._feed.find()
        profile = replace(
            target.profile,
            storage_url=self.storage_url,
            feed_url=None if child is None else child.url,
            feed_authorities=None if child is None else self._feed.authority,
        )
        return replace(target, profile=profile)

    @property
    def database_url(self) -> str:
        """The address that psql, psycopg2 and SQLAlchemy take; raises LocalStudioError while it rests.

        Where the server listens on a port instead of a socket, which is on Windows, it holds the password.
        """
        target = self.target()
        return _url(target.profile, target.password)

    @property
    def storage_url(self) -> str:
        """The `file://` address of the folder that the paths of audio files are relative to."""
        return self.audio_folder.as_uri()

    def ensure_audio(self) -> int:
        """Write the sample studio's audio files where they are missing, and return how many were."""
        with disk_errors(self.folder):
            self.audio_folder.mkdir(parents=True, exist_ok=True)
            written = ensure_sample_audio(self.audio_folder)
            self._audio_made.touch()
            return written

    def make_audio_once(self) -> None:
        """Write the sample studio's audio files unless that was done before: some may be gone on purpose."""
        if not self._audio_made.exists():
            self.ensure_audio()

    def reset(self, progress: Progress = silent, *, force: bool = False) -> None:
        """Remove everything in it, rows and audio, and make it anew. It runs on only if it was kept before.

        Without `force` raises LocalStudioError while processes use it.
        """
        progress("Removing the local studio", None)
        had_feed = self._feed.find() is not None
        if force or not self._server.holders():
            self._end_feed()
        self._server.destroy(force=force)
        with disk_errors(self.folder):
            self._audio_made.unlink(missing_ok=True)
            if self.audio_folder.exists():
                shutil.rmtree(self.audio_folder)
        with self.held(progress, feed=had_feed):
            self.ensure_audio()

    @contextmanager
    def seeder(self, *, seed: int = 1, progress: Progress = silent) -> Iterator[Seeder]:
        """Hold the local studio and give what adds rows to it."""
        with ExitStack() as stack:
            stack.enter_context(self.held(progress))
            yield stack.enter_context(self._database.seeder(seed=seed))

    def _launch_feed(self) -> None:
        try:
            with self._using:
                if self._uses:
                    self._feed.launch()
        except LocalStudioError as error:  # the studio is there all the same
            _log.warning("The local studio's feed does not start: %s", error.message)

    def _end_feed(self) -> None:
        self._feed.stop()
        if self._feed.activity() is not None:
            self._feed.wish_activity(None)


def _url(profile: ConnectionProfile, password: str | None) -> str:
    if profile.is_local_socket:
        return f"postgresql://{profile.user}@/{profile.database}?host={quote(profile.host)}"
    secret = "" if password is None else f":{quote(password, safe='')}"
    return f"postgresql://{profile.user}{secret}@{profile.host}:{profile.port}/{profile.database}"
