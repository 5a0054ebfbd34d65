"""The dialogs that make users and set their passwords. What was typed stays until the database said yes."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from syncsphere_desktop.domain.password import checked_password
from syncsphere_desktop.domain.user import (
    EMAIL_MAX,
    USERNAME_MAX,
    User,
    UserDraft,
    checked_email,
    checked_username,
)
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.passwords import hash_password
from syncsphere_desktop.studio.ports import UserStore
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.form_dialog import FormDialog
from syncsphere_desktop.ui.widgets.password_field import PasswordField


class NewUserDialog(FormDialog[User]):
    """Asks for a new user's name, email and password, and adds the user."""

    def __init__(self, parent: QWidget, scope: TaskScope, users: UserStore) -> None:
        super().__init__(parent, "New user", scope, confirm="Add user")
        self._users = users
        self._username = QLineEdit()
        self._email = QLineEdit()
        self._email.setPlaceholderText("name@studio.example")
        self._password = PasswordField()
        self._repeat = PasswordField(meter=False)
        self._username.textChanged.connect(self._password.set_username)
        self.fields.add("username", FormField("Username", self._username, maximum=USERNAME_MAX))
        self.fields.add("email", FormField("Email", self._email, maximum=EMAIL_MAX))
        self.fields.add("password", FormField("Password", self._password))
        self.fields.add("repeat", FormField("Password again", self._repeat))

    @override
    async def submit(self) -> User:
        username = checked_username(self._username.text())
        email = checked_email(self._email.text())
        password = _agreed(self._password, self._repeat)
        password_hash = await hash_password(password)
        return await self._users.add(UserDraft(username, email, password_hash))


class PasswordDialog(FormDialog[User]):
    """Asks for a user's new password and stores its hash."""

    def __init__(self, parent: QWidget, scope: TaskScope, users: UserStore, user: User) -> None:
        super().__init__(parent, f"New password for {user.username}", scope, confirm="Set password")
        self._users = users
        self._user = user
        self._password = PasswordField(username=user.username)
        self._repeat = PasswordField(meter=False)
        self.fields.add("password", FormField("Password", self._password))
        self.fields.add("repeat", FormField("Password again", self._repeat))

    @override
    async def submit(self) -> User:
        password_hash = await hash_password(_agreed(self._password, self._repeat))
        return await self._users.set_password_hash(self._user, password_hash)


def _agreed(password: PasswordField, repeat: PasswordField) -> str:
    """Return the password; raises InputError when it can't be one, or was typed in two ways."""
    text = checked_password(password.text())
    if repeat.text() != text:
        raise InputError("The two passwords are not the same.", field="repeat")
    return text
