"""An embedded server with a project, for the benchmarks of bundles, and psql beside it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.server_programs import programs_folder
from syncsphere_desktop.settings import ConnectionTarget

PROJECT = 1


@dataclass(frozen=True, slots=True)
class BundleStudio:
    """Where the server is, and a folder for files."""

    target: ConnectionTarget
    folder: Path

    @property
    def url(self) -> str:
        """The server's address for libpq, which other processes take too."""
        parameters = connect_parameters(self.target, Timeouts())
        names = ("host", "port", "user", "dbname", "password")
        return " ".join(f"{name}={parameters[name]}" for name in names if parameters.get(name))

    def psql(self, *commands: str) -> None:
        """Run commands by psql, the baseline."""
        arguments = [str(programs_folder() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", self.url]
        for command in commands:
            arguments += ["-c", command]
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        connection = open_connection(connect_parameters(self.target, Timeouts(statement=600.0)))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def forget_versions(self) -> None:
        """Remove every version, and give the room back: what is written next meets the same disk."""
        self.run("TRUNCATE project_bundles")


@contextmanager
def bundle_studio() -> Iterator[BundleStudio]:
    """Run an embedded server with one project; all of it is gone afterwards."""
    from syncsphere_desktop.database.schema.runner import MigrationRunner

    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        server = EmbeddedServer(Path(name) / "studio")
        with server.held():
            target = server.target("postgres")
            parameters = connect_parameters(target, Timeouts())
            MigrationRunner(lambda: open_connection(parameters)).upgrade()
            studio = BundleStudio(target, Path(name))
            studio.run("INSERT INTO projects (name) VALUES ('tape')")
            yield studio
