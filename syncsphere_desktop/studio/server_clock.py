"""What time it is on the server, as its columns without a time zone tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from syncsphere_desktop.database.connection import Database


@dataclass(frozen=True, slots=True)
class ServerClock:
    """The server's local time as an offset to this machine's clock.

    `TIMESTAMP` columns hold the server's local time. Comparing them with this machine's clock would be off
    by the zones' difference and by whatever the clocks differ.
    """

    offset: timedelta

    @classmethod
    async def read(cls, database: Database) -> ServerClock:
        """Ask the server. Raises AppError."""
        told: datetime = await database.run(
            lambda connection: connection.exec_driver_sql(
                "SELECT clock_timestamp()::timestamp without time zone"
            ).scalar_one()
        )
        return cls(told - _here())

    def now(self) -> datetime:
        """Return the server's local time now, without a zone."""
        return _here() + self.offset


def _here() -> datetime:
    return datetime.now()  # noqa: DTZ005  # only its distance to the server's clock is used
