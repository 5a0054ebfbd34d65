"""Who makes a change, as the audit log names them."""

from __future__ import annotations

import getpass
import socket


def current_actor() -> str:
    """Return `login@host` of this machine's user; the database role is recorded beside it by the server."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError):
        # A user id without a name, as in a container.
        login = "unknown"
    return f"{login}@{socket.gethostname()}"
