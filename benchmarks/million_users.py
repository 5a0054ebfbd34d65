"""A million users in the list, as people find, sort and scroll them."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result
from benchmarks.lists import ROWS, measure_on, seeded
from syncsphere_desktop.database.seed import SeedAmounts, Seeder
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.user import User

if TYPE_CHECKING:
    from benchmarks.shown_list import Subject

_NOW = datetime(2030, 1, 1)
_FIELDS = "id, username, email, created_at, updated_at, xmin::text::bigint"


def run() -> list[Result]:
    """Seed an embedded server and measure."""
    with (
        tempfile.TemporaryDirectory(prefix="ss-") as name,
        seeded(Path(name) / "studio", "users", _seed) as target,
    ):
        return measure_on(target, subject)


def subject() -> Subject[User]:
    """The list of users."""
    from benchmarks.shown_list import Subject
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.ui.users.columns import user_columns

    return Subject(
        label="",
        source=lambda database: UserRepository(database, "bench").rows,
        columns=user_columns(lambda: _NOW, editable=True),
        page=f"SELECT {_FIELDS} FROM users WHERE id = ANY(%s)",
        search=(
            f"SELECT {_FIELDS} FROM users WHERE username ILIKE %s OR email ILIKE %s"
            " ORDER BY username, id LIMIT 100"
        ),
        patterns=2,
        row=lambda row: User(*row),
        sort=Sort("username"),
        sorts=(
            Sort("email"),
            Sort("username", descending=True),
            Sort("created_at"),
            Sort("id", descending=True),
            Sort("username"),
        ),
        typed="anna",
        words=("mari", "studio", "99999", "zzz", "example.com"),
    )


def _seed(connection: RawConnection) -> list[str]:
    Seeder(connection, password_hash="x" * 60).run(SeedAmounts(users=ROWS))
    return ["users"]
