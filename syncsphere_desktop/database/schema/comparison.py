"""Compares the six tables as a server has them with the document, and puts each difference into a sentence.

A difference hinders where what the app reads or writes would be affected: a database with one is foreign.
Others are told and tolerated, such as a name, a missing index or an extra column that fills itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table, UniqueConstraint, make_url
from sqlalchemy.schema import DefaultClause

from syncsphere_desktop.database.schema.catalogue import LiveColumn, LiveIndex, LiveKey, LiveTable
from syncsphere_desktop.database.tables import studio_metadata

_POSTGRESQL = make_url("postgresql+psycopg2://").get_dialect()()
_TYPE_NAMES = {"VARCHAR": "character varying", "FLOAT": "double precision"}
_NOW = re.compile(r"(now\(\)|transaction_timestamp\(\)|current_timestamp|localtimestamp)", re.IGNORECASE)
_CAST = re.compile(r"::[\w ]+(\(\d+\))?$")
_DELETE_RULES = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference as a whole sentence; one that `hinders` makes the database foreign."""

    sentence: str
    hinders: bool


def compare(tables: Mapping[str, LiveTable], referring: tuple[str, ...] = ()) -> tuple[Difference, ...]:
    """Return every difference, those that hinder first.

    `referring` names other tables with foreign keys to the six.
    """
    found: list[Difference] = []
    for expected in studio_metadata.sorted_tables:
        live = tables.get(expected.name)
        if live is None:
            found.append(Difference(f"The table {expected.name} is missing.", hinders=True))
        elif live.kind not in {"r", "p"}:
            found.append(Difference(f"{expected.name} is not a table.", hinders=True))
        else:
            found += _table_differences(expected, live)
    found += (
        Difference(f"The table {name} refers to the shared tables.", hinders=False) for name in referring
    )
    return tuple(sorted(found, key=lambda difference: not difference.hinders))


def _table_differences(expected: Table, live: LiveTable) -> Iterator[Difference]:
    for column in expected.columns:
        found = live.columns.get(column.name)
        if found is None:
            yield Difference(f"The column {expected.name}.{column.name} is missing.", hinders=True)
        else:
            yield from _column_differences(column, found)
    yield from _extra_columns(expected, live)
    yield from _key_differences(expected, live)
    yield from _foreign_key_differences(expected, live)
    yield from _index_differences(expected, live)
    if live.row_security:
        yield Difference(f"Row security on {live.name} may hide rows.", hinders=False)


def type_name(column: Column[object]) -> str:
    """Return a column's type as PostgreSQL writes it."""
    written = column.type.compile(dialect=_POSTGRESQL)
    name, bracket, rest = written.partition("(")
    return _TYPE_NAMES.get(name, name.lower()) + bracket + rest


def _column_differences(expected: Column[object], live: LiveColumn) -> Iterator[Difference]:
    name = f"{expected.table.name}.{expected.name}"
    wanted = type_name(expected)
    if live.type != wanted:
        yield Difference(f"{name} is {live.type}, not {wanted}.", hinders=True)
    elif not _same_default(expected, live):
        yield Difference(_default_sentence(name, expected, live), hinders=True)
    if live.nullable and not expected.nullable:
        yield Difference(f"{name} may be empty.", hinders=True)
    elif expected.nullable and not live.nullable:
        # A column that fills itself is never left empty by the app.
        yield Difference(f"{name} may not be empty.", hinders=live.default is None)


def _same_default(expected: Column[object], live: LiveColumn) -> bool:
    if expected.primary_key:
        return live.fills_itself or (live.default or "").startswith("nextval(")
    return _plain_default(_written_default(expected)) == _plain_default(live.default)


def _written_default(column: Column[object]) -> str | None:
    default = column.server_default
    if not isinstance(default, DefaultClause):
        return None
    return default.arg if isinstance(default.arg, str) else str(default.arg)


def _plain_default(written: str | None) -> str | None:
    if written is None:
        return None
    plain = written.strip().strip("()") if written.startswith("(") else written
    plain = _CAST.sub("", plain)
    return "now()" if _NOW.fullmatch(plain) else plain


def _default_sentence(name: str, expected: Column[object], live: LiveColumn) -> str:
    if expected.primary_key:
        return f"{name} does not number itself."
    wanted = _written_default(expected)
    if wanted is None:
        return f"{name} has the default {live.default}, which is not expected."
    return f"{name} has {f'the default {live.default}' if live.default else 'no default'}, not {wanted}."


def _extra_columns(expected: Table, live: LiveTable) -> Iterator[Difference]:
    for column in live.columns.values():
        if column.name in expected.columns:
            continue
        needed = not column.nullable and column.default is None and not column.fills_itself
        sentence = f"{live.name} has a column {column.name} ({column.type}) that SyncSphere does not know"
        yield Difference(
            f"{sentence} and that has to be filled." if needed else f"{sentence}.", hinders=needed
        )


def _key_differences(expected: Table, live: LiveTable) -> Iterator[Difference]:
    primary = [key for key in live.keys if key.kind == "p"]
    if [key.columns for key in primary] != [("id",)]:
        yield Difference(f"{live.name}.id is not the primary key.", hinders=True)
    elif primary[0].name != f"{live.name}_pkey":
        yield _named(f"The primary key of {live.name}", primary[0].name, f"{live.name}_pkey")
    for constraint in expected.constraints:
        if isinstance(constraint, UniqueConstraint):
            columns = tuple(column.name for column in constraint.columns)
            yield from _unique_differences(live, columns, str(constraint.name))
    yield from _extra_keys(expected, live)


def _unique_differences(live: LiveTable, columns: tuple[str, ...], name: str) -> Iterator[Difference]:
    what = f"{live.name} ({', '.join(columns)})"
    index = _unique_index(live, columns)
    if index is None:
        yield Difference(f"{what} is not unique.", hinders=True)
    elif index.name != name:
        yield _named(f"What keeps {what} unique", index.name, name)


def _unique_index(live: LiveTable, columns: tuple[str, ...]) -> LiveIndex | None:
    fitting = [
        index
        for index in live.indexes
        if index.unique and index.plain and sorted(index.columns) == sorted(columns)
    ]
    return next((index for index in fitting if index.of_constraint), fitting[0] if fitting else None)


def _foreign_key_differences(expected: Table, live: LiveTable) -> Iterator[Difference]:
    for constraint in expected.constraints:
        if not isinstance(constraint, ForeignKeyConstraint):
            continue
        [column] = constraint.columns
        target = constraint.referred_table.name
        found = [
            key
            for key in live.keys
            if key.kind == "f" and key.columns == (column.name,) and key.target == target
        ]
        if not found or found[0].target_columns != ("id",):
            yield Difference(f"{live.name}.{column.name} does not refer to {target}.id.", hinders=True)
            continue
        wanted = constraint.ondelete or "NO ACTION"
        rule = _DELETE_RULES[found[0].on_delete]
        if rule != wanted:
            sentence = f"{live.name}.{column.name} has ON DELETE {rule}, not {wanted}."
            yield Difference(sentence, hinders=True)
        if found[0].name != constraint.name:
            what = f"The foreign key of {live.name}.{column.name}"
            yield _named(what, found[0].name, str(constraint.name))


def _index_differences(expected: Table, live: LiveTable) -> Iterator[Difference]:
    for index in sorted(expected.indexes, key=lambda index: str(index.name)):
        columns = tuple(column.name for column in index.columns)
        if index.unique:
            yield from _unique_differences(live, columns, str(index.name))
            continue
        fitting = [found for found in live.indexes if found.plain and found.columns == columns]
        if not fitting:
            sentence = f"The index {index.name} on {live.name} ({', '.join(columns)}) is missing."
            yield Difference(sentence, hinders=False)
        elif index.name not in {found.name for found in fitting}:
            yield _named(f"The index on {live.name} ({', '.join(columns)})", fitting[0].name, str(index.name))


def _extra_keys(expected: Table, live: LiveTable) -> Iterator[Difference]:
    rules: list[UniqueConstraint | Index] = [
        *(rule for rule in expected.constraints if isinstance(rule, UniqueConstraint)),
        *(index for index in expected.indexes if index.unique),
    ]
    unique = {tuple(sorted(column.name for column in rule.columns)) for rule in rules}
    references = {
        (column.name, rule.referred_table.name)
        for rule in expected.constraints
        if isinstance(rule, ForeignKeyConstraint)
        for column in rule.columns
    }
    for key in live.keys:
        if not _is_expected(key, unique, references):
            sentence = f"{live.name} has a rule {key.name} that SyncSphere does not know: {key.definition}."
            yield Difference(sentence, hinders=False)


def _is_expected(key: LiveKey, unique: set[tuple[str, ...]], references: set[tuple[str, str]]) -> bool:
    if key.kind == "f":
        return len(key.columns) == 1 and (key.columns[0], key.target or "") in references
    return key.kind == "p" or (key.kind == "u" and tuple(sorted(key.columns)) in unique)


def _named(what: str, found: str, wanted: str) -> Difference:
    return Difference(f"{what} is named {found}, not {wanted}.", hinders=False)
