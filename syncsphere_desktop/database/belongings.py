"""What users own, made or hold, across the six tables: counted, given to another, left without an owner."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.tables import (
    audio_files,
    box_ownership,
    project_bundles,
    project_collaborators,
    projects,
)
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.hand_over import HandOverCounts, Part
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.impact import UserImpact
from syncsphere_desktop.errors import InUseError


@dataclass(frozen=True, slots=True)
class _Reference:
    """A column without ON DELETE CASCADE that names a user."""

    table: Table
    column: str
    entity: Entity


_AUDIO = _Reference(audio_files, "uploaded_by", Entity.AUDIO_FILE)
_BUNDLES = _Reference(project_bundles, "created_by", Entity.BUNDLE)
_BOXES = _Reference(box_ownership, "owner_id", Entity.BOX)
_PROJECTS = _Reference(projects, "owner_id", Entity.PROJECT)


def count_belongings(connection: Connection, ids: Sequence[UserId]) -> UserImpact:
    """Count the rows that refer to these users, in one statement."""

    def rows_of(table: Table, column: str) -> ColumnElement[int]:
        counting = select(func.count()).select_from(table).where(table.c[column] == func.any(list(ids)))
        return counting.scalar_subquery()

    if not ids:
        return UserImpact()
    row = connection.execute(
        select(
            rows_of(projects, "owner_id").label("projects_owned"),
            rows_of(project_collaborators, "user_id").label("collaborations"),
            rows_of(audio_files, "uploaded_by").label("audio_files"),
            rows_of(project_bundles, "created_by").label("bundles"),
            rows_of(box_ownership, "owner_id").label("boxes"),
        )
    ).one()
    return UserImpact(**row._mapping)


def give(
    connection: Connection, actor: str, source: UserId, receiver: UserId, parts: Collection[Part]
) -> HandOverCounts:
    """Make `receiver` the owner of the chosen parts of what `source` has; one audit entry a row."""
    counts: dict[Part, int] = dict.fromkeys(Part, 0)
    _lock_projects_of(connection, source)
    if Part.PROJECTS in parts:
        counts[Part.PROJECTS] = _give_projects(connection, actor, source, receiver)
    if Part.MEMBERSHIPS in parts:
        counts[Part.MEMBERSHIPS] = _give_memberships(connection, actor, source, receiver)
    for part, reference in ((Part.AUDIO, _AUDIO), (Part.BUNDLES, _BUNDLES), (Part.BOXES, _BOXES)):
        if part in parts:
            counts[part] = _refer(connection, actor, reference, [source], receiver)
    return HandOverCounts(
        projects=counts[Part.PROJECTS],
        audio_files=counts[Part.AUDIO],
        bundles=counts[Part.BUNDLES],
        boxes=counts[Part.BOXES],
        memberships=counts[Part.MEMBERSHIPS],
    )


def release(connection: Connection, actor: str, sources: Sequence[UserId]) -> None:
    """Leave audio files, bundle versions and tracks of these users without an owner."""
    for reference in (_AUDIO, _BUNDLES, _BOXES):
        _refer(connection, actor, reference, sources, None)


def refuse_last_owners(connection: Connection, ids: Sequence[UserId]) -> None:
    """Raise InUseError where a project, which names no owner, would lose the last one by role with them."""
    table = project_collaborators

    def owned_by(who: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists().where(table.c.project_id == projects.c.id, table.c.role == Role.OWNER.value, who)

    leaving = table.c.user_id == func.any(list(ids))
    found = connection.execute(
        select(projects.c.id, projects.c.name)
        .where(projects.c.owner_id.is_(None), owned_by(leaving), ~owned_by(~leaving))
        .order_by(projects.c.id)
        .limit(1)
    ).one_or_none()
    if found is not None:
        raise InUseError(
            f"The project “{found.name}” (id {found.id}) would be left without an owner: transfer it first."
        )


def make_owner(connection: Connection, actor: str, project_ids: Sequence[int], user_id: UserId) -> None:
    """See that a user works on these projects with the role owner."""
    table = project_collaborators
    present = (
        select(table.c.id, table.c.role)
        .where(table.c.project_id == func.any(list(project_ids)), table.c.user_id == user_id)
        .where(table.c.role.is_distinct_from(Role.OWNER.value))
        .with_for_update(key_share=True)
        .subquery("present")
    )
    _set_roles(connection, actor, present, Role.OWNER.value)
    missing = select(projects.c.id, literal(user_id), literal(Role.OWNER.value)).where(
        projects.c.id == func.any(list(project_ids)),
        ~exists().where(table.c.project_id == projects.c.id, table.c.user_id == user_id),
    )
    adding = insert(table).from_select(["project_id", "user_id", "role"], missing)
    audit.record_each(
        connection,
        actor,
        Entity.COLLABORATOR,
        Action.ADD,
        # Another service may add the same person at this moment.
        adding.on_conflict_do_update(
            index_elements=[table.c.project_id, table.c.user_id], set_={"role": Role.OWNER.value}
        ).returning(table.c.id, table.c.project_id, table.c.user_id, table.c.role),
        after=_membership,
    )


def make_editor(connection: Connection, actor: str, project_ids: Sequence[int], user_id: UserId) -> None:
    """Turn a former owner of these projects into an editor, where there is a row of theirs."""
    table = project_collaborators
    owning = (
        select(table.c.id, table.c.role)
        .where(table.c.project_id == func.any(list(project_ids)), table.c.user_id == user_id)
        .where(table.c.role == Role.OWNER.value)
        .with_for_update(key_share=True)
        .subquery("owning")
    )
    _set_roles(connection, actor, owning, Role.EDITOR.value)


def _lock_projects_of(connection: Connection, user_id: UserId) -> None:
    member = select(project_collaborators.c.project_id).where(project_collaborators.c.user_id == user_id)
    connection.execute(
        select(projects.c.id)
        .where(or_(projects.c.owner_id == user_id, projects.c.id.in_(member)))
        .order_by(projects.c.id)
        .with_for_update(key_share=True)
    ).all()


def _give_projects(connection: Connection, actor: str, source: UserId, receiver: UserId) -> int:
    owned = list(connection.execute(select(projects.c.id).where(projects.c.owner_id == source)).scalars())
    if not owned:
        return 0
    given = _refer(connection, actor, _PROJECTS, [source], receiver)
    make_owner(connection, actor, owned, receiver)
    make_editor(connection, actor, owned, source)
    return given


def _give_memberships(connection: Connection, actor: str, source: UserId, receiver: UserId) -> int:
    """Move memberships; where both work on a project the stronger role stays.

    Whoever still owns a project stays on it.
    """
    table, theirs = project_collaborators, project_collaborators.alias("theirs")
    shared = and_(theirs.c.user_id == receiver, theirs.c.project_id == table.c.project_id)
    kept = exists().where(projects.c.id == table.c.project_id, projects.c.owner_id == source)
    weaker = (
        select(theirs.c.id, theirs.c.role, table.c.role.label("stronger"))
        .join(table, and_(shared, table.c.user_id == source))
        .where(~kept, _rank(table) > _rank(theirs))
        .subquery("weaker")
    )
    _set_roles(connection, actor, weaker, weaker.c.stronger)
    both = exists().where(shared)
    merged = audit.record_each(
        connection,
        actor,
        Entity.COLLABORATOR,
        Action.REMOVE,
        table.delete()
        .where(table.c.user_id == source, ~kept, both)
        .returning(table.c.id, table.c.project_id, table.c.user_id, table.c.role),
        before=_membership,
    )
    moved = audit.record_each(
        connection,
        actor,
        Entity.COLLABORATOR,
        Action.HAND_OVER,
        table.update().where(table.c.user_id == source, ~kept).values(user_id=receiver).returning(table.c.id),
        before=lambda _: audit.document(user_id=source),
        after=lambda _: audit.document(user_id=receiver),
    )
    return merged + moved


def _refer(
    connection: Connection,
    actor: str,
    reference: _Reference,
    sources: Sequence[UserId],
    receiver: UserId | None,
) -> int:
    """Point a column from some users to another, or to nobody; return how many rows changed."""
    table, column = reference.table, reference.table.c[reference.column]
    old = (
        select(table.c.id, column.label("old"))
        .where(column == func.any(list(sources)))
        .order_by(table.c.id)
        .with_for_update(key_share=True)
        .subquery("old")
    )
    values: dict[str, Any] = {reference.column: receiver}
    if "updated_at" in table.c:
        values["updated_at"] = func.now()
    return audit.record_each(
        connection,
        actor,
        reference.entity,
        Action.RELEASE if receiver is None else Action.HAND_OVER,
        table.update().where(table.c.id == old.c.id).values(**values).returning(table.c.id, old.c.old),
        before=lambda changed: audit.document(**{reference.column: changed.c.old}),
        after=lambda _: audit.document(**{reference.column: receiver}),
    )


def _set_roles(connection: Connection, actor: str, rows: Any, role: str | ColumnElement[Any]) -> None:
    table = project_collaborators
    audit.record_each(
        connection,
        actor,
        Entity.COLLABORATOR,
        Action.HAND_OVER,
        table.update()
        .where(table.c.id == rows.c.id)
        .values(role=role)
        .returning(table.c.id, rows.c.role.label("old"), table.c.role.label("new")),
        before=lambda changed: audit.document(role=changed.c.old),
        after=lambda changed: audit.document(role=changed.c.new),
    )


def _membership(changed: Any) -> ColumnElement[Any]:
    return audit.document(project_id=changed.c.project_id, user_id=changed.c.user_id, role=changed.c.role)


def _rank(table: FromClause) -> ColumnElement[int]:
    return case(
        (table.c.role == Role.OWNER.value, 3),
        (table.c.role == Role.EDITOR.value, 2),
        (table.c.role == Role.VIEWER.value, 1),
        else_=0,
    )
