"""The dump tool, run on a database with a table in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.embedded import SUPERUSER, EmbeddedServer
from syncsphere_desktop.database.server_programs import ServerPrograms, account_for
from syncsphere_desktop.self_test.part import NotPassedError
from syncsphere_desktop.self_test.parts.server import started

_LAST_WORDS = 400


def check(folder: Path) -> str:
    """Write a row, dump the database, and look for the row in the dump."""
    import asyncio

    with started(folder) as server:
        asyncio.run(_fill(server))
        programs = ServerPrograms(account_for(server.cluster), [server.cluster])
        version = programs.run("pg_dump", ["--version"]).stdout.strip()
        profile = server.target(SUPERUSER).profile
        place = ["--host", profile.host, "--port", str(profile.port), "--username", profile.user]
        done = programs.run("pg_dump", [*place, "--no-password", profile.database])
    if done.returncode != 0:
        raise NotPassedError(f"The dump tool failed. {done.stderr.strip()[-_LAST_WORDS:]}")
    if "CREATE TABLE public.kept" not in done.stdout or "a row to keep" not in done.stdout:
        raise NotPassedError("The dump does not hold what was written before.")
    return f"{version}, {len(done.stdout):,} characters dumped"


async def _fill(server: EmbeddedServer) -> None:
    def fill(connection: Any) -> None:
        connection.exec_driver_sql("CREATE TABLE public.kept (words text)")
        connection.exec_driver_sql("INSERT INTO public.kept VALUES ('a row to keep')")

    database = Database(server.target(SUPERUSER), workers=1)
    try:
        await database.write(fill)
    finally:
        await database.shutdown()
