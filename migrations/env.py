"""Alembic's environment. The runner hands over everything in the configuration's attributes.

`connection` is open, under the advisory lock and its time-outs; `on_version_apply` (optional) hears of each
step; `creates_schema` asks for our schema in SQL that is only printed. Logging is left alone.
"""

from __future__ import annotations

from alembic import context

OUR_SCHEMA = "syncsphere_desktop"


def run_offline() -> None:
    """Print SQL instead of running it."""
    context.configure(
        dialect_name="postgresql",
        # Leaves `%` in function bodies as it is.
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
        version_table_schema=OUR_SCHEMA,
        transaction_per_migration=True,
    )
    output = context.get_context().impl.static_output
    output("SET lock_timeout = '3s';\n")
    if context.config.attributes.get("creates_schema"):
        output(f"CREATE SCHEMA IF NOT EXISTS {OUR_SCHEMA};\n")
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Run each migration in a transaction of its own on the connection that was handed over."""
    context.configure(
        connection=context.config.attributes["connection"],
        version_table_schema=OUR_SCHEMA,
        transaction_per_migration=True,
        on_version_apply=context.config.attributes.get("on_version_apply"),
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
