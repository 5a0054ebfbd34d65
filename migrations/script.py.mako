"""${message}."""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say what comes to be."""
    ${upgrades if upgrades else "op.execute(\"\")"}


def downgrade() -> None:
    """Say what goes, and refuse to lose rows unless `allow_data_loss` is set."""
    ${downgrades if downgrades else "op.execute(\"\")"}
