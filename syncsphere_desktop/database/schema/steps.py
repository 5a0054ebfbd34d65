"""Runs Alembic's steps on a connection, or prints them; nothing here decides whether they should be run."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection
from sqlalchemy import exc as sqlalchemy_errors

from syncsphere_desktop.assets import MIGRATIONS
from syncsphere_desktop.database.failures import sqlstate
from syncsphere_desktop.database.schema.revisions import BASE
from syncsphere_desktop.database.schema.signature import SIGNING, sign
from syncsphere_desktop.database.schema.status import Revision
from syncsphere_desktop.database.tables import OUR_SCHEMA
from syncsphere_desktop.domain.progress import Progress

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic's `op` and `context` are global to a process, so two runners in one process take turns.
_turn = threading.Lock()

_BUSY = frozenset({"55P03", "40P01"})
_ATTEMPTS = 5
"""How often a step is begun while others use its tables, as no lock is waited for longer than 3 seconds."""
_PAUSE_SECONDS = 0.5

_ATTACHING = (("attach_change_notices", "tell_change"), ("attach_ownership_history", "record_ownership"))
"""What creates triggers that are missing, and the functions that those call."""


def run_steps(
    connection: Connection,
    revisions: tuple[Revision, ...],
    first: int,
    last: int,
    tell: Progress,
    *,
    allow_data_loss: bool = False,
) -> None:
    """Bring the database from `first` applied revisions to `last`, each in a transaction of its own."""
    steps = revisions[first:last] if last > first else revisions[last:first][::-1]
    done = 0

    def on_version_apply(**_step: object) -> None:
        nonlocal done
        done += 1
        if last > first:
            sign(connection)
        tell(steps[done - 1].title, done / len(steps))

    from alembic import command

    tell(steps[0].title, 0.0)
    config = _config(io.StringIO())
    config.attributes.update(
        connection=connection, on_version_apply=on_version_apply, allow_data_loss=allow_data_loss
    )
    run = command.upgrade if last > first else command.downgrade
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with _turn, in_transactions(connection):
                run(config, _name(revisions, last))
        except sqlalchemy_errors.DBAPIError as error:
            if sqlstate(error) not in _BUSY or attempt == _ATTEMPTS:
                raise
            tell("Others are using the tables; trying again", done / len(steps))
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def print_steps(revisions: tuple[Revision, ...], first: int, last: int, *, adopts: bool) -> str:
    """Return the SQL that brings a database from `first` applied revisions to `last`."""
    from alembic import command

    printed = io.StringIO()
    config = _config(printed)
    config.attributes.update(creates_schema=first == 0, adopts=adopts)
    run = command.upgrade if last > first else command.downgrade
    with _turn:
        run(config, f"{_name(revisions, first)}:{_name(revisions, last)}", sql=True)
    if last > first:
        printed.write(f"BEGIN;\n\n{SIGNING};\n\nCOMMIT;\n")
    if last == 0:
        printed.write(f"DROP TABLE {OUR_SCHEMA}.alembic_version;\n\nDROP SCHEMA {OUR_SCHEMA};\n")
    return printed.getvalue()


def create_schema(connection: Connection) -> None:
    """Create our schema where it is missing."""
    # `IF NOT EXISTS` would ask for the right to create it also where it is there.
    query = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %(name)s)"
    if not connection.exec_driver_sql(query, {"name": OUR_SCHEMA}).scalar_one():
        connection.exec_driver_sql(f"CREATE SCHEMA {OUR_SCHEMA}")
    connection.commit()


def attach_notices(connection: Connection) -> int:
    """Create the triggers that are missing, as far as the role may; return how many that were.

    Who owns a trigger's function can make it do anything with the rights of whoever writes to the table, so
    the function of a role that is neither us, nor the database's owner, nor a superuser is not trusted.
    """
    query = (
        "SELECT coalesce(bool_and(r.rolname = current_user OR r.rolsuper OR r.oid = d.datdba), false)"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles r ON r.oid = p.proowner"
        " JOIN pg_database d ON d.datname = current_database()"
        " WHERE n.nspname = %(name)s AND p.proname = ANY(%(functions)s)"
    )
    attached = 0
    for functions in _ATTACHING:
        wanted = {"name": OUR_SCHEMA, "functions": list(functions)}
        if connection.exec_driver_sql(query, wanted).scalar_one():
            attached += connection.exec_driver_sql(f"SELECT {OUR_SCHEMA}.{functions[0]}()").scalar_one()
    connection.commit()
    return attached


def drop_schema(connection: Connection) -> None:
    """Drop our schema once nothing is in it but Alembic's empty table; else leave it."""
    query = (
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %(name)s AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
    )
    left = set(connection.exec_driver_sql(query, {"name": OUR_SCHEMA}).scalars())
    connection.commit()
    if left == {"alembic_version"}:
        with in_transactions(connection), connection.begin():
            connection.exec_driver_sql(f"DROP TABLE {OUR_SCHEMA}.alembic_version")
            connection.exec_driver_sql(f"DROP SCHEMA {OUR_SCHEMA}")


@contextmanager
def in_transactions(connection: Connection) -> Iterator[None]:
    """Have an autocommitting connection begin and commit transactions in a `with` block."""
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.execution_options(isolation_level="AUTOCOMMIT")


def count_losses(connection: Connection, tables: Mapping[str, str]) -> dict[str, int]:
    """Return how many rows each of these tables holds, as far as it is there and holds any.

    `tables` has what they are called for people -> their names in SQL.
    """
    exists = "SELECT to_regclass(%(name)s) IS NOT NULL"
    counts = {
        label: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
        for label, name in tables.items()
        if connection.exec_driver_sql(exists, {"name": name}).scalar_one()
    }
    connection.commit()
    return {label: count for label, count in counts.items() if count}


def _config(output: io.StringIO) -> Config:
    from alembic.config import Config

    config = Config(output_buffer=output, stdout=output)
    # The settings' own syntax takes a percent sign for the beginning of a name.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _name(revisions: tuple[Revision, ...], applied: int) -> str:
    return revisions[applied - 1].revision if applied else BASE
