"""What every repository does with the rows of its table, inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, Protocol, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, delete, func, literal_column, select

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.paging import ListSpec
from syncsphere_desktop.database.parameters import Timeouts
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.ids import RowVersion
from syncsphere_desktop.errors import ConflictError, NotFoundError

BULK = Timeouts(statement=600.0, lock=10.0)
"""Time-outs of a change of many rows: the six tables have no index on who uploaded or made a thing."""


class Versioned(Protocol):
    """A domain row: its id and the version it was read in."""

    @property
    def id(self) -> int: ...
    @property
    def row_version(self) -> RowVersion: ...


RowT = TypeVar("RowT", bound=Versioned)


def row_version(table: Table) -> ColumnElement[int]:
    """Return the column that tells one version of a row from the next."""
    return literal_column(f"{table.name}.xmin::text::bigint", BigInteger).label("row_version")


@dataclass(frozen=True, slots=True)
class Records(Generic[RowT]):
    """The rows of one table. `fields` are the columns that make a conflict when others changed them.

    `described` names a row for people, such as `The user “ada”`.
    """

    spec: ListSpec[RowT]
    entity: Entity
    fields: Sequence[str]
    described: Callable[[RowT], str]

    @property
    def table(self) -> Table:
        """Return the table."""
        return self.spec.table

    def read(self, connection: Connection, row_id: int) -> RowT | None:
        """Return the row, or None."""
        found = connection.execute(
            select(*self.spec.columns).select_from(self.spec.source).where(self.table.c.id == row_id)
        ).one_or_none()
        return None if found is None else self.spec.rows(connection, [found])[0]

    def locked(self, connection: Connection, row_id: int) -> RowT | None:
        """Lock the row against changes until the transaction ends, then return it, or None."""
        self.lock(connection, [row_id])
        return self.read(connection, row_id)

    def lock(self, connection: Connection, ids: Sequence[int], *, against_references: bool = False) -> None:
        """Lock rows in the order of their ids, `against_references` also against new rows that name them."""
        connection.execute(
            select(self.table.c.id)
            .where(self.table.c.id == func.any(list(ids)))
            .order_by(self.table.c.id)
            .with_for_update(key_share=not against_references)
        ).all()

    def insert(self, connection: Connection, actor: str, values: Mapping[str, object]) -> RowT:
        """Add a row with its audit entry and return it."""
        row_id = connection.execute(
            self.table.insert().values(**values).returning(self.table.c.id)
        ).scalar_one()
        row = self.read(connection, row_id)
        assert row is not None
        audit.record(
            connection, actor, self.entity, row_id, Action.ADD, before=None, after=self.values_of(row)
        )
        return row

    def change(
        self,
        connection: Connection,
        actor: str,
        base: RowT,
        changes: Mapping[str, object],
        *,
        action: Action = Action.UPDATE,
        undoes: int | None = None,
    ) -> RowT:
        """Write the columns that differ from what is stored, with an audit entry, and return the row.

        Nothing is written where all are equal. Raises NotFoundError when the row is gone, ConflictError when
        others changed one of `fields` since `base` was read and the row does not hold `changes` already.
        """
        current = self.locked(connection, base.id)
        if current is None:
            self.gone(base)
        self.refuse_conflict(connection, base, current, changes)
        stored = {name: getattr(current, name) for name in changes}
        written = {name: value for name, value in changes.items() if stored[name] != value}
        if not written:
            return current
        values: dict[str, Any] = dict(written)
        if "updated_at" in self.table.c:
            values["updated_at"] = func.now()
        connection.execute(self.table.update().where(self.table.c.id == base.id).values(**values))
        audit.record(
            connection,
            actor,
            self.entity,
            base.id,
            action,
            before={name: stored[name] for name in written},
            after=written,
            undoes=undoes,
        )
        changed = self.read(connection, base.id)
        assert changed is not None
        return changed

    def refuse_conflict(
        self, connection: Connection, base: RowT, current: RowT, changes: Mapping[str, object]
    ) -> None:
        """Raise ConflictError when others changed the row since `base`; a changed password is no conflict."""
        if current.row_version == base.row_version:
            return
        before, theirs = self.values_of(base), self.values_of(current)
        if before == theirs or all(getattr(current, name) == value for name, value in changes.items()):
            return
        who = audit.author(connection, self.entity, current.id, current.row_version)
        raise ConflictError(
            f"{self.described(base)} was changed by {who[0] if who else 'another service'} meanwhile.",
            base=before,
            theirs=theirs,
            mine={**before, **changes},
            their_version=current.row_version,
            who=who[0] if who else None,
            when=who[1] if who else None,
        )

    def delete(
        self, connection: Connection, actor: str, ids: Sequence[int], *, action: Action = Action.REMOVE
    ) -> int:
        """Remove rows, each with an audit entry; return how many there were."""
        columns = [self.table.c[name] for name in ("id", *self.fields)]
        return audit.record_each(
            connection,
            actor,
            self.entity,
            action,
            delete(self.table).where(self.table.c.id == func.any(list(ids))).returning(*columns),
            before=lambda gone: audit.document(**{name: gone.c[name] for name in self.fields}),
        )

    def values_of(self, row: RowT) -> dict[str, object]:
        """Return the row's `fields` by name."""
        return {name: getattr(row, name) for name in self.fields}

    def gone(self, row: RowT) -> NoReturn:
        """Raise NotFoundError for a row that was there when it was read."""
        raise NotFoundError(f"{self.described(row)} was deleted meanwhile.")


def id_in(text: str) -> int | None:
    """Return the id that a text such as `42` or `id:42` names, or None."""
    digits = text.removeprefix("id:")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
