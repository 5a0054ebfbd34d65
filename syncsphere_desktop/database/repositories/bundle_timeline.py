"""What a version is told to be beside the version before it: deltas, twins, labels, what checks found.

All of it is asked for the rows of one page at once. The six tables have no index on a bundle's project, so
the versions of a project are gone through, without ever touching their bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    cast,
    false,
    literal,
    literal_column,
    null,
    select,
)

from syncsphere_desktop.database.paging import ListSpec
from syncsphere_desktop.database.repositories.bundle_facts import READER
from syncsphere_desktop.database.side_tables import SideTables, side_tables
from syncsphere_desktop.database.tables import (
    OUR_SCHEMA,
    bundle_checks,
    bundle_facts,
    bundle_marks,
    project_bundles,
)
from syncsphere_desktop.domain.bundle import BundleVersion, has_collapsed
from syncsphere_desktop.domain.bundle_check import CheckState

# Only the versions from the one before the first of the page to its last are put in order.
_NEIGHBOURS = """
WITH page AS MATERIALIZED (
    SELECT project_id, min(coalesce(version, -1)) AS lowest, max(coalesce(version, -1)) AS highest
    FROM project_bundles WHERE id = ANY(%(ids)s) AND project_id IS NOT NULL GROUP BY project_id
), start AS MATERIALIZED (
    SELECT p.project_id, p.highest,
           coalesce(max(coalesce(b.version, -1)) FILTER (WHERE coalesce(b.version, -1) < p.lowest),
                    p.lowest) AS lowest
    FROM page p JOIN project_bundles b ON b.project_id = p.project_id
    GROUP BY p.project_id, p.highest, p.lowest
), placed AS (
    SELECT b.id, b.xmin::text::bigint AS row_version,
           octet_length(b.bundle_data) AS size,
           lag(b.id) OVER w AS before_id,
           lag(b.xmin::text::bigint) OVER w AS before_row_version,
           lag(octet_length(b.bundle_data)) OVER w AS before_size,
           b.version IS NOT NULL AND count(*) OVER (PARTITION BY b.project_id, b.version) > 1 AS twin
    FROM start s JOIN project_bundles b ON b.project_id = s.project_id
     AND coalesce(b.version, -1) BETWEEN s.lowest AND s.highest
    WINDOW w AS (PARTITION BY b.project_id ORDER BY coalesce(b.version, -1), b.id)
)
"""
_BESIDE = (
    _NEIGHBOURS
    + """
SELECT n.id, n.twin, n.size - n.before_size AS size_delta, {columns}
FROM placed n {joins} WHERE n.id = ANY(%(ids)s)
"""
)
_MARKS = f" LEFT JOIN {OUR_SCHEMA}.bundle_marks m ON m.bundle_id = n.id"
_CHECKS = f" LEFT JOIN {OUR_SCHEMA}.bundle_checks c ON c.bundle_id = n.id AND c.row_version = n.row_version"
_FACTS = f"""
 LEFT JOIN {OUR_SCHEMA}.bundle_facts f
        ON f.bundle_id = n.id AND f.row_version = n.row_version AND f.reader = {READER}
 LEFT JOIN {OUR_SCHEMA}.bundle_facts g
        ON g.bundle_id = n.before_id AND g.row_version = n.before_row_version AND g.reader = {READER}
"""
# Of a newer version of the format nothing could be counted.
_BOXES = "CASE WHEN {0}.kind <> 'newer' THEN ({0}.facts ->> 'boxes')::int END"
_LONERS = """
SELECT b.id, {columns} FROM (
    SELECT id, xmin::text::bigint AS row_version, NULL::int AS before_id, NULL::bigint AS before_row_version
    FROM project_bundles WHERE id = ANY(%(ids)s)
) AS n JOIN project_bundles b ON b.id = n.id {joins}
"""

_NEWEST = """
SELECT DISTINCT ON (project_id) project_id, id FROM project_bundles WHERE project_id = ANY(%(projects)s)
ORDER BY project_id, coalesce(version, -1) DESC, created_at DESC NULLS LAST, id DESC
"""


def beside(connection: Connection, rows: tuple[BundleVersion, ...]) -> tuple[BundleVersion, ...]:
    """Return versions with all that is known of them beside their own columns."""
    columns, joins = side_columns(side_tables(connection))
    of_projects = [row.id for row in rows if row.project_id is not None]
    loners = [row.id for row in rows if row.project_id is None]
    found: dict[int, Any] = {}
    for template, ids in ((_BESIDE, of_projects), (_LONERS, loners)):
        if ids:
            sql = template.format(columns=columns, joins=joins)
            found.update((row.id, row) for row in connection.exec_driver_sql(sql, {"ids": ids}))
    return tuple(_told(row, found.get(row.id)) for row in rows)


def timeline_spec(plain: ListSpec[BundleVersion], connection: Connection) -> ListSpec[BundleVersion]:
    """Return the list with what can be sorted, searched and filtered by where our side tables are there."""
    tables = side_tables(connection)
    label: ColumnElement[Any] = cast(null(), Text)
    boxes: ColumnElement[Any] = cast(null(), Integer)
    is_pinned: ColumnElement[bool] = cast(false(), Boolean)  # a bare constant is nothing to sort by
    through: tuple[Any, ...] = ()
    if tables.can_read(bundle_marks):
        of_row = bundle_marks.c.bundle_id == project_bundles.c.id
        label = select(bundle_marks.c.label).where(of_row).scalar_subquery()
        is_pinned = select(literal(1)).where(of_row, bundle_marks.c.pinned).exists()
        through = (_with_label,)
    if tables.can_read(bundle_facts):
        boxes = (
            select(cast(bundle_facts.c.facts["boxes"].astext, Integer))
            .where(
                bundle_facts.c.bundle_id == project_bundles.c.id,
                bundle_facts.c.row_version == literal_column("project_bundles.xmin::text::bigint"),
                bundle_facts.c.reader == READER,
            )
            .scalar_subquery()
        )
    return replace(
        plain,
        sort_keys={**plain.sort_keys, "label": label, "boxes": boxes, "pinned": is_pinned},
        filters={
            **plain.filters,
            "pinned": lambda value: is_pinned if value else ~is_pinned,
            "labelled": lambda value: label.is_not(None) if value else label.is_(None),
        },
        search_through=(*plain.search_through, *through),
    )


def _with_label(pattern: str) -> ColumnElement[bool]:
    return (
        select(literal(1))
        .where(
            and_(
                bundle_marks.c.bundle_id == project_bundles.c.id,
                bundle_marks.c.label.ilike(pattern, escape="\\"),
            )
        )
        .exists()
    )


def newest_ids(connection: Connection, projects: Sequence[int]) -> dict[int, int]:
    """Return the id of the newest version of each project that has one: by number, then time, then id."""
    found = connection.exec_driver_sql(_NEWEST, {"projects": list(projects)})
    return {row.project_id: row.id for row in found}


def side_columns(tables: SideTables) -> tuple[str, str]:
    """Return the columns that our side tables give, empty where they are missing, and the joins for them."""
    marks, facts, checks = map(tables.can_read, (bundle_marks, bundle_facts, bundle_checks))
    columns = (
        "m.label" if marks else "NULL AS label",
        "coalesce(m.pinned, false) AS pinned" if marks else "false AS pinned",
        f"{_BOXES.format('f')} AS boxes" if facts else "NULL::int AS boxes",
        f"{_BOXES.format('g')} AS before_boxes" if facts else "NULL::int AS before_boxes",
        "c.state" if checks else "NULL AS state",
    )
    joins = (_MARKS if marks else "", _FACTS if facts else "", _CHECKS if checks else "")
    return ", ".join(columns), "".join(joins)


def _told(version: BundleVersion, row: Any) -> BundleVersion:
    if row is None:  # removed by another service between the two statements
        return version
    before, boxes = row.before_boxes, row.boxes
    compared = before is not None and boxes is not None
    return replace(
        version,
        size_delta=getattr(row, "size_delta", None),
        boxes=boxes,
        boxes_delta=boxes - before if compared else None,
        collapsed=compared and has_collapsed(before, boxes),
        twin=getattr(row, "twin", False),
        label=row.label,
        pinned=row.pinned,
        check=None if row.state is None else _state(row.state),
    )


def _state(text: str) -> CheckState:
    # A newer version of the app may know more states.
    return CheckState(text) if text in set(CheckState) else CheckState.UNKNOWN
