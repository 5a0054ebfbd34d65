"""The studio's users."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, or_, select

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.belongings import count_belongings, give, refuse_last_owners, release
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.records import (
    BULK,
    Records,
    id_in,
    row_version,
)
from syncsphere_desktop.database.tables import project_collaborators, users
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.hand_over import EVERYTHING, HandOverCounts, Part, check_hand_over
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.impact import Leavings, UserImpact, refuse_removal
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.domain.user import (
    USER_FIELDS,
    User,
    UserDraft,
    checked_email,
    checked_user_changes,
    checked_username,
)
from syncsphere_desktop.errors import InputError, NotFoundError


def _user(row: Any) -> User:
    return User(**row._mapping)


def _described(user: User) -> str:
    return f"The user “{user.username}”"


USERS: Records[User] = Records(
    spec=ListSpec(
        table=users,
        columns=(
            users.c.id,
            users.c.username,
            users.c.email,
            users.c.created_at,
            users.c.updated_at,
            row_version(users),
        ),
        source=users,
        row=_user,
        sort_keys={name: users.c[name] for name in ("username", "email", "id", "created_at", "updated_at")},
        search=(users.c.username, users.c.email),
    ),
    entity=Entity.USER,
    fields=USER_FIELDS,
    described=_described,
)


class UserRepository:
    """Reads and changes users. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[User] = ListReader(database, USERS.spec)

    async def get(self, user_id: UserId) -> User:
        """Return a user; raises NotFoundError."""
        user = await self._database.run(lambda connection: USERS.read(connection, user_id))
        if user is None:
            raise NotFoundError(f"There is no user with the id {user_id}.")
        return user

    async def find(self, text: str) -> User | None:
        """Return the user with this id (`42` or `id:42`), username or email; None where there is none.

        Raises InputError where the text names several, as an id and another user's username.
        """
        if not can_be_stored(text):
            return None
        names = [users.c.username == text, users.c.email == text]
        if (user_id := id_in(text)) is not None:
            names.append(users.c.id == user_id)
        if text.startswith("id:") and user_id is not None:
            names = [users.c.id == user_id]
        statement = select(*USERS.spec.columns).where(or_(*names)).order_by(users.c.id)
        found = await self._database.run(lambda connection: connection.execute(statement).all())
        if len(found) > 1:
            several = ", ".join(f"id:{row.id} ({row.username})" for row in found)
            raise InputError(f"“{text}” names several users: {several}.", field="user")
        return _user(found[0]) if found else None

    async def add(self, draft: UserDraft) -> User:
        """Add a user; raises InputError, DuplicateError (field `username` or `email`)."""
        values = {
            "username": checked_username(draft.username),
            "email": checked_email(draft.email),
            "password_hash": draft.password_hash,
        }
        return await self._database.write(lambda connection: USERS.insert(connection, self._actor, values))

    async def update(self, base: User, changes: Mapping[str, object], *, undoes: int | None = None) -> User:
        """Write the changed columns and return the row; nothing is written where all are equal.

        Raises InputError, DuplicateError, NotFoundError, and ConflictError when others changed the row since
        `base` was read. `undoes` is the audit entry that this change takes back.
        """
        checked = checked_user_changes(changes)
        return await self._database.write(
            lambda connection: USERS.change(connection, self._actor, base, checked, undoes=undoes)
        )

    async def set_password_hash(self, user: User, password_hash: str) -> User:
        """Store a bcrypt hash and return the row. The newest password wins: it is nothing to merge."""

        def work(connection: Connection) -> User:
            if USERS.locked(connection, user.id) is None:
                USERS.gone(user)
            connection.execute(
                users.update()
                .where(users.c.id == user.id)
                .values(password_hash=password_hash, updated_at=func.now())
            )
            audit.record(
                connection,
                self._actor,
                Entity.USER,
                user.id,
                Action.SET_PASSWORD,
                before=None,
                after={"password": "changed"},
            )
            changed = USERS.read(connection, user.id)
            assert changed is not None
            return changed

        return await self._database.write(work)

    async def impact(self, ids: Sequence[UserId]) -> UserImpact:
        """Count what hangs on these users."""
        return await self._database.run(lambda connection: count_belongings(connection, ids), timeouts=BULK)

    async def hand_over(
        self, source: UserId, receiver: UserId, parts: Collection[Part] = EVERYTHING
    ) -> HandOverCounts:
        """Give what `source` owns, made or holds to `receiver`, in one transaction; return the counts.

        A former project owner stays a collaborator as editor, unless memberships go too. Raises
        NotFoundError, InputError.
        """
        check_hand_over(source, receiver, parts)

        def work(connection: Connection) -> HandOverCounts:
            self._lock_present(connection, [source, receiver], removing=False)
            return give(connection, self._actor, source, receiver, parts)

        return await self._database.write(work, timeouts=BULK)

    async def remove(self, ids: Sequence[UserId], leavings: Leavings | None = None) -> UserImpact:
        """Remove users, with their memberships, in one transaction; return what hung on them.

        Raises InUseError while they own, made or hold anything, unless `leavings` says what becomes of it:
        handed over, or left without an owner (projects never are). Raises NotFoundError when one is gone.
        """
        leavings = leavings or Leavings()
        receiver = leavings.hand_over_to
        for user_id in ids:
            if receiver is not None:
                check_hand_over(user_id, receiver, EVERYTHING)

        def work(connection: Connection) -> UserImpact:
            if receiver is not None:
                self._lock_present(connection, [receiver], removing=False)
            self._lock_present(connection, ids, removing=True)
            impact = count_belongings(connection, ids)
            refuse_removal(impact, leavings)
            if receiver is not None:
                for user_id in ids:
                    give(connection, self._actor, user_id, receiver, EVERYTHING)
            elif leavings.release:
                release(connection, self._actor, ids)
            refuse_last_owners(connection, ids)
            self._remove_memberships(connection, ids)
            USERS.delete(connection, self._actor, ids)
            return impact

        return await self._database.write(work, timeouts=BULK)

    def _remove_memberships(self, connection: Connection, ids: Sequence[UserId]) -> None:
        # ON DELETE CASCADE would take them too, but without a word in the audit log.
        table = project_collaborators
        change = table.delete().where(table.c.user_id == func.any(list(ids)))
        audit.record_each(
            connection,
            self._actor,
            Entity.COLLABORATOR,
            Action.REMOVE,
            change.returning(table.c.id, table.c.project_id, table.c.user_id, table.c.role),
            before=lambda gone: audit.document(
                project_id=gone.c.project_id, user_id=gone.c.user_id, role=gone.c.role
            ),
        )

    @staticmethod
    def _lock_present(connection: Connection, ids: Sequence[UserId], *, removing: bool) -> None:
        USERS.lock(connection, ids, against_references=removing)
        present = set(
            connection.execute(select(users.c.id).where(users.c.id == func.any(list(ids)))).scalars()
        )
        if missing := [user_id for user_id in ids if user_id not in present]:
            raise NotFoundError(
                f"There is no user with the id {', '.join(map(str, missing))}; nothing was changed."
            )
