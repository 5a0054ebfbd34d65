"""The users view: its list, its inspector, and what is done with users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.impact import UserImpact
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.user import User
from syncsphere_desktop.studio.ports import UserStore
from syncsphere_desktop.studio.session import Session
from syncsphere_desktop.ui.app.editing import EditedStore, Editing
from syncsphere_desktop.ui.app.list_controller import ListController
from syncsphere_desktop.ui.app.listing import Listing, ListingWords
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.users.columns import user_columns
from syncsphere_desktop.ui.users.dialogs import NewUserDialog, PasswordDialog
from syncsphere_desktop.ui.users.giving import HandOverDialog, RemoveUsersDialog
from syncsphere_desktop.ui.users.inspector import UserInspector

_WORDS = ListingWords(
    one="user",
    many="users",
    icon="users",
    empty_title="No users yet",
    empty_sentence="Let the first member of the studio in.",
    add_action="New user",
    tables=frozenset({"users"}),
)


class UsersController(ListController[User]):
    """Owns the view's widgets and tasks."""

    def __init__(
        self,
        users: UserStore,
        context: ViewContext,
        now: Callable[[], datetime],
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__(context, "Users", "Search users by name or email", read_only=read_only)
        self._users = users
        self.inspector = UserInspector(now)
        self.inspector.set_read_only(read_only=read_only)
        columns = user_columns(now, editable=not read_only)
        self.listing = Listing(
            self.frame,
            users.rows,
            columns,
            _WORDS,
            context,
            self._scope,
            sort=Sort("username"),
            on_add=None if read_only else self.add,
        )
        store: EditedStore[User] = EditedStore(
            users.get, users.update, lambda user: user.username, {"username": "Username", "email": "Email"}
        )
        self.editing = Editing(self.listing, self.inspector.form, store, context, self._scope)
        self.frame.set_body(self.listing.view, self.inspector)
        self.frame.restore_layout(context.layout)
        self._add_actions()
        self._connect()
        self.listing.count_unseen()

    @classmethod
    def for_session(cls, session: Session, context: ViewContext) -> UsersController:
        """Build the view for an open session."""
        read_only = session.database.read_only_reason is not None
        return cls(session.users, context, session.clock.now, read_only=read_only)

    def _connect(self) -> None:
        view, inspector = self.listing.view, self.inspector
        self.editing.shown_changed.connect(self._on_editing_shown_changed)
        self.editing.row_refreshed.connect(inspector.show_user)
        self.editing.many_selected.connect(inspector.show_many)
        view.delete_requested.connect(self.delete)
        inspector.password_requested.connect(self.set_password)
        inspector.hand_over_requested.connect(self.hand_over)
        inspector.delete_requested.connect(self.delete)
        inspector.close_requested.connect(self.frame.toggle_inspector)
        inspector.projects_requested.connect(self._on_inspector_projects_requested)

    def _add_actions(self) -> None:
        self._add_wishes(
            "New user",
            self.add,
            ("Set password…", self.set_password, "Ctrl+P"),
            ("Hand over what a user owns…", self.hand_over, "Ctrl+H"),
            ("Delete users…", self.delete, "Del"),
        )

    # What is done with users

    def add(self) -> None:
        """Ask for a new user."""
        self._ask(self._add)

    def set_password(self) -> None:
        """Ask for the selected user's new password."""
        self._ask_about_shown(self._set_password)

    def hand_over(self) -> None:
        """Ask who receives what the selected user owns."""
        self._ask_about_shown(self._hand_over)

    def delete(self) -> None:
        """Say what deleting the selected users will touch, and ask."""
        if self.listing.view.selection.count:
            self._ask(self._delete)

    async def _add(self) -> None:
        user = await NewUserDialog(self._context.window, self._scope, self._users).ask()
        if user is not None:
            self._context.toasts.show_success(f"{user.username} was added.")
            self.editing.show_added(user)

    async def _set_password(self, user: User) -> None:
        changed = await PasswordDialog(self._context.window, self._scope, self._users, user).ask()
        if changed is not None:
            self.editing.take(changed)
            self._context.toasts.show_success(f"{changed.username} has a new password.")

    async def _hand_over(self, user: User) -> None:
        impact = await self._users.impact([user.id])
        if impact == UserImpact():
            self._context.toasts.show_message(f"{user.username} has nothing to hand over.")
            return
        sentence = await HandOverDialog(self._context.window, self._scope, self._users, user, impact).ask()
        if sentence is not None:
            self._context.toasts.show_success(sentence)
            self._count_belongings(user)

    async def _delete(self) -> None:
        chosen = await self._chosen("users")
        if not chosen:
            return
        impact = await self._users.impact([user.id for user in chosen])
        dialog = RemoveUsersDialog(self._context.window, self._scope, self._users, chosen, impact)
        if await dialog.ask() is not None:
            self.editing.forget({user.id for user in chosen})
            one = len(chosen) == 1
            told = f"{chosen[0].username} was" if one else f"{counted(len(chosen), 'user')} were"
            self._context.toasts.show_success(f"{told} deleted.")

    # What the inspector shows

    def _on_editing_shown_changed(self, user: User | None) -> None:
        if user is None:
            self.inspector.show_nothing()
            return
        self.inspector.show_user(user)
        self._count_belongings(user)

    def _count_belongings(self, user: User) -> None:
        if self.editing.shown is None or self.editing.shown.id != user.id:
            return
        self.inspector.show_belongings(None)
        self._scope.spawn(self._load_belongings(user), key="belongings")

    async def _load_belongings(self, user: User) -> None:
        impact = await self._users.impact([user.id])
        if self.editing.shown is not None and self.editing.shown.id == user.id:
            self.inspector.show_belongings(impact)

    def _on_inspector_projects_requested(self) -> None:
        if self.editing.shown is not None:
            self._context.open_view("projects", {"user_id": self.editing.shown.id})
