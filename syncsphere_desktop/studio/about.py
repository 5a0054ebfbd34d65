"""What the app, its libraries and the server it works on are, for people who report something."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from syncsphere_desktop import __version__
from syncsphere_desktop.database.server_version import server_version
from syncsphere_desktop.errors import AppError
from syncsphere_desktop.settings import Paths
from syncsphere_desktop.studio.session import Session

LICENCE = "GNU General Public License, version 3 or later"
NO_SERVER = "Not connected"


@dataclass(frozen=True, slots=True)
class About:
    """Versions and places by what they are called; nothing in it is secret, no address of a server either."""

    versions: Mapping[str, str]
    places: Mapping[str, str]
    server: Mapping[str, str] = field(default_factory=dict)

    def as_text(self) -> str:
        """Return all of it, a line each, to be sent to somebody."""
        facts = {**self.versions, **self.server, **self.places}
        return "\n".join(f"{name}: {value}" for name, value in facts.items()) + "\n"


def about_app(paths: Paths, toolkit: Mapping[str, str]) -> About:
    """Return what is known without a server; `toolkit` has the versions of what draws the window."""
    packaged = ", packaged" if getattr(sys, "frozen", False) else ""
    versions = {
        "SyncSphere Desktop": f"{__version__}{packaged}",
        "Python": platform.python_version(),
        **toolkit,
        "System": f"{platform.system()} {platform.release()}, {platform.machine()}",
    }
    places = {"Logs": str(paths.logs), "Settings": str(paths.config), "Data": str(paths.data)}
    return About(versions, places, {"PostgreSQL": NO_SERVER})


async def with_server(about: About, session: Session) -> About:
    """Return it with the server's version and the schema's revision; what can't be asked is said."""
    try:
        version = await server_version(session.database)
    except AppError:  # its sentence may name the server
        version = "did not answer"
    schema = session.schema
    told = f"revision {schema.current or 'none'} ({schema.state}); this app brings {schema.head}"
    return replace(about, server={"PostgreSQL": version, "Schema": told})
