"""The dialog of a connection: its form at the left, the test of each step at the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.errors import AppError, FeedError
from syncsphere_desktop.feed.endpoint import FeedEndpoint
from syncsphere_desktop.secret_store import SecretStore
from syncsphere_desktop.settings import ConnectionTarget
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.connecting.connection_form import ConnectionForm
from syncsphere_desktop.ui.connecting.probing import probe_feed_steps
from syncsphere_desktop.ui.connecting.steps import (
    FEED_STEP_TITLES,
    StepList,
    StepListener,
    StepState,
)
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.dialog import AwaitableDialog
from syncsphere_desktop.ui.widgets.fitted_scroll import FittedScroll
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel, plain_tip

Prober = Callable[[ConnectionTarget, StepListener], Awaitable[AppError | None]]
"""Tries a connection, tells each step, and returns what failed, or None where a session can be opened."""

FeedProber = Callable[[FeedEndpoint, StepListener], Awaitable[AppError | None]]
"""Tries a live feed in the same way; what it finds never keeps from connecting."""

_USUAL_HEIGHT, _LEAST_ROOM = 900, 240
_AROUND = 176
"""Pixels of the dialog's title and foot, and of the window that stays to be seen around it."""

_TEST = "connection-test"
_KEYRING = "keyring"


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """The connection to open, and whether its password is to be remembered."""

    target: ConnectionTarget
    remember: bool


class ConnectDialog(AwaitableDialog[ConnectRequest]):
    """Gives a connection that passed its test. `failure` is what made the last attempt end."""

    test_ended = Signal()

    def __init__(
        self,
        parent: QWidget | None,
        *,
        scope: TaskScope,
        prober: Prober,
        feed_prober: FeedProber = probe_feed_steps,
        secrets: SecretStore,
        target: ConnectionTarget | None = None,
        failure: AppError | None = None,
    ) -> None:
        super().__init__(parent, "Connect to a server" if target is None else "Edit connection", width=960)
        self._scope = scope
        self._prober = prober
        self._feed_prober = feed_prober
        self._secrets = secrets
        self._failed_step: str | None = None
        self._is_testing = False
        self._is_left = False
        self.form = ConnectionForm()
        self.steps = StepList()
        self.feed_steps = StepList(FEED_STEP_TITLES)
        self._feed_heading = PlainLabel("Test of the live feed")
        self._feed_heading.setProperty("role", "heading")
        self.banner = Banner(dismissible=False)
        self.banner.hide()
        self.test_button = Button("Test connection")
        self.connect_button = Button("Connect", Kind.PRIMARY)
        self.cancel_button = Button("Cancel")
        self._scroll = FittedScroll(self.form, most=_room(parent))
        self._build()
        if target is not None:
            self.form.show_target(target)
        self._show_feed_steps()
        self.form.changed.connect(self._on_form_changed)
        self.form.feed.unfolded.connect(self._on_feed_unfolded)
        if failure is not None:
            self.show_failure(failure)
        elif target is None:
            self.form.host.setFocus(Qt.FocusReason.OtherFocusReason)
        scope.spawn(self._look_for_keyring(), key=_KEYRING)

    def _build(self) -> None:
        line = QFrame()
        line.setProperty("hairline", "true")
        line.setFixedWidth(1)
        heading = PlainLabel("Test")
        heading.setProperty("role", "heading")
        test = QVBoxLayout()
        test.setSpacing(12)
        test.addWidget(heading)
        test.addWidget(self.steps)
        test.addSpacing(8)
        test.addWidget(self._feed_heading)
        test.addWidget(self.feed_steps)
        test.addStretch(1)
        side = QWidget()
        side.setFixedWidth(272)
        side.setLayout(test)
        test.setContentsMargins(0, 0, 0, 0)
        panes = QHBoxLayout()
        panes.setSpacing(24)
        panes.addWidget(self._scroll, 1)
        panes.addWidget(line)
        panes.addWidget(side)
        self.body.addWidget(self.banner)
        self.body.addLayout(panes, 1)
        self.test_button.clicked.connect(self._on_test_button_clicked)
        self.connect_button.clicked.connect(self._on_connect_button_clicked)
        self.cancel_button.clicked.connect(self.reject)
        self.add_button(self.test_button, left=True)
        self.add_button(self.cancel_button)
        self.add_button(self.connect_button)
        self.connect_button.setDefault(True)

    @property
    def is_testing(self) -> bool:
        """Whether a test runs."""
        return self._is_testing

    def show_failure(self, error: AppError) -> None:
        """Show why the last attempt ended, with the focus where it can be mended."""
        self.banner.show_message(error.message, "danger", details=error.details)
        self.banner.show()
        step = getattr(error, "step", None)
        if isinstance(step, str):
            self.form.point_at(step)

    def start_test(self, *, then_connect: bool = False) -> None:
        """Try the connection step by step; with `then_connect` take it when it passes."""
        draft = self.form.draft()
        errors = draft.errors()
        self.form.show_errors(errors)
        if errors:
            return
        self.banner.hide()
        work = self._test(draft.target(), then_connect=then_connect)
        self._scope.spawn(work, key=_TEST, on_error=self.show_failure)

    def stop_test(self) -> None:
        """End the test that runs."""
        self._scope.cancel(_TEST)

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        # Also when whoever awaits the dialog is cancelled, which no other signal tells.
        super().hideEvent(event)
        self._is_left = True
        self.stop_test()
        self._scope.cancel(_KEYRING)

    async def _test(self, target: ConnectionTarget, *, then_connect: bool) -> None:
        self._show_begin()
        try:
            error = await self._prober(target, self._show_step)
            if not then_connect:
                await self._test_feed(target)
        finally:
            self._show_end()
        if error is None:
            if then_connect:
                self.accept_with(ConnectRequest(target, self.form.wants_remembering))
        elif self._failed_step is None:
            self.show_failure(error)
        else:
            self.steps.line(self._failed_step).setToolTip(plain_tip(error.details or ""))
            self.form.point_at(self._failed_step)

    async def _test_feed(self, target: ConnectionTarget) -> None:
        """Try the live feed, where there is one, whatever became of the database."""
        endpoint = FeedEndpoint.of(target)
        if endpoint is None:
            return
        error = await self._feed_prober(endpoint, self.feed_steps.show_step)
        if isinstance(error, FeedError) and error.step in FEED_STEP_TITLES:
            self.feed_steps.line(error.step).setToolTip(plain_tip(error.details or ""))

    def _show_feed_steps(self) -> None:
        named = bool(self.form.feed.address.text().strip())
        self._feed_heading.setVisible(named)
        self.feed_steps.setVisible(named)

    def _show_begin(self) -> None:
        self._failed_step = None
        self.steps.clear()
        self.feed_steps.clear()
        self._show_testing(testing=True)

    def _show_end(self) -> None:
        if self._is_left:
            return  # and perhaps deleted
        self.steps.end_running()
        self.feed_steps.end_running()
        self._show_testing(testing=False)
        self.test_ended.emit()

    def _show_step(self, name: str, state: StepState, sentence: str) -> None:
        self.steps.show_step(name, state, sentence)
        if state is StepState.FAILED and self._failed_step is None:
            self._failed_step = name

    def _show_testing(self, *, testing: bool) -> None:
        self._is_testing = testing
        self.test_button.setText("Stop the test" if testing else "Test connection")
        self.connect_button.setEnabled(not testing)

    async def _look_for_keyring(self) -> None:
        self.form.show_keyring(await self._secrets.examine_async())

    def _on_form_changed(self) -> None:
        # What was tested is not what stands there now.
        self.stop_test()
        self.banner.hide()
        self.steps.clear()
        self.feed_steps.clear()
        self._show_feed_steps()

    def _on_feed_unfolded(self) -> None:
        # After the layout knows how high the fields are.
        QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(self.form.feed, 0, 0))

    def _on_test_button_clicked(self) -> None:
        if self._is_testing:
            self.stop_test()
        else:
            self.start_test()

    def _on_connect_button_clicked(self) -> None:
        if not self._is_testing:
            self.start_test(then_connect=True)


def _room(parent: QWidget | None) -> int:
    """Return how high the form may be in a dialog over that window."""
    height = _USUAL_HEIGHT if parent is None else parent.window().height()
    return max(_LEAST_ROOM, height - _AROUND)
