"""Which version of the app brought a schema to its revision: a comment that whoever may connect can read."""

from __future__ import annotations

from sqlalchemy import Connection

from syncsphere_desktop import __version__
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.domain.versions import AppVersion
from syncsphere_desktop.errors import InputError

_SIGNER = "SyncSphere Desktop"
SIGNING = f"COMMENT ON TABLE {OUR_SCHEMA}.alembic_version IS '{_SIGNER} {__version__}'"


def sign(connection: Connection) -> None:
    """Say in the database which app brought the schema to its revision: one that is newer needs it."""
    # Who may only add rows to the table may still apply a revision.
    owns = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(%(name)s)"
    if connection.exec_driver_sql(owns, {"name": f"{OUR_SCHEMA}.alembic_version"}).scalar():
        connection.exec_driver_sql(SIGNING)


def signed_version(signature: str | None) -> AppVersion | None:
    """Return the version that a signature names, or None where there is none to understand."""
    name, _, version = (signature or "").rpartition(" ")
    if name != _SIGNER:
        return None
    try:
        return AppVersion.parse(version)
    except InputError:
        return None
