"""The small widgets: what they tell, by keyboard and to assistive technology too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QAction, QCursor, QEnterEvent, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from syncsphere_desktop.ui.theme.motion import motion_wanted, set_motion
from syncsphere_desktop.ui.theme.tokens import load_tokens
from syncsphere_desktop.ui.widgets.banner import Banner
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind, follow
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.empty_state import EmptyState, ErrorState
from syncsphere_desktop.ui.widgets.form import FieldGroup, FormField
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.key_hint import KeyHint
from syncsphere_desktop.ui.widgets.password_field import PasswordField
from syncsphere_desktop.ui.widgets.person import PersonBadge, paint_person
from syncsphere_desktop.ui.widgets.search_field import SearchField
from syncsphere_desktop.ui.widgets.skeleton import Skeleton
from syncsphere_desktop.ui.widgets.status_dot import StatusDot, paint_status
from syncsphere_desktop.ui.widgets.toasts import AT_MOST, ToastHost


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    shown = QWidget()
    qtbot.addWidget(shown)
    shown.resize(1100, 700)
    shown.show()
    # Toasts wait under the pointer, so it must not be where they appear.
    QCursor.setPos(shown.mapToGlobal(QPoint(4, 4)))
    return shown


@pytest.fixture
def motion(qapp: QApplication) -> Iterator[None]:
    set_motion(qapp, wanted=True)
    yield
    set_motion(qapp, wanted=False)


def button(parent: QWidget, text: str) -> QPushButton:
    return next(found for found in parent.findChildren(QPushButton) if found.text() == text)


def test_the_search_speaks_once_when_the_typing_pauses(qtbot: QtBot) -> None:
    field = SearchField("Search users")
    qtbot.addWidget(field)
    heard: list[str] = []
    field.search_changed.connect(heard.append)
    with qtbot.waitSignal(field.search_changed):
        QTest.keyClicks(field, "mara")
    assert heard == ["mara"]
    assert field.accessibleName() == "Search users"


def test_escape_clears_the_search_at_once_and_then_belongs_to_others(qtbot: QtBot, window: QWidget) -> None:
    field = SearchField()
    field.setParent(window)
    field.show()
    heard: list[str] = []
    field.search_changed.connect(heard.append)
    field.setText("mara")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert heard == ["mara", ""]
    assert field.text() == ""


def test_a_search_of_white_space_is_no_search(qtbot: QtBot) -> None:
    field = SearchField()
    qtbot.addWidget(field)
    with qtbot.assertNotEmitted(field.search_changed):
        field.setText("   ")
        QTest.keyClick(field, Qt.Key.Key_Return)


def test_an_error_takes_the_hint_s_place_and_is_read_aloud(qtbot: QtBot) -> None:
    field = FormField("Email", QLineEdit(), hint="Where invitations go.")
    qtbot.addWidget(field)
    field.set_error("Somebody else has this address.")
    said = [label.text() for label in field.findChildren(QLabel) if label.isVisibleTo(field)]
    assert "Somebody else has this address." in said
    assert field.editor.accessibleDescription() == "Somebody else has this address."
    assert field.editor.property("invalid") == "true"
    field.set_error(None)
    said = [label.text() for label in field.findChildren(QLabel) if label.isVisibleTo(field)]
    assert "Where invitations go." in said
    assert field.editor.property("invalid") == "false"


def test_what_is_too_long_is_counted_and_not_cut_off(qtbot: QtBot) -> None:
    editor = QLineEdit()
    field = FormField("Username", editor, maximum=100)
    qtbot.addWidget(field)
    editor.setText("x" * 101)
    assert editor.text() == "x" * 101
    assert field.counter == "101/100"


def test_the_cursor_goes_to_the_first_field_with_an_error(qtbot: QtBot, window: QWidget) -> None:
    group = FieldGroup("User", window)
    group.add("username", FormField("Username", QLineEdit()))
    group.add("email", FormField("Email", QLineEdit()))
    group.show()
    left_over = group.show_errors({"email": "Taken.", "room": "Unknown."})
    assert group.field("email").error == "Taken."
    assert window.focusWidget() is group.field("email").editor
    assert left_over == ["Unknown."]
    group.clear_errors()
    assert group.field("email").error is None


def test_a_password_is_judged_while_it_is_typed(qtbot: QtBot) -> None:
    field = PasswordField(username="mara")
    qtbot.addWidget(field)
    assert field.hint == ""
    field.editor.setText("é" * 37)
    assert field.byte_count == "74/72 bytes"
    assert "72 bytes" in field.hint
    field.editor.setText("mara-likes-bass")
    assert field.hint.startswith("Easy to guess")
    field.editor.setText("correct horse battery staple")
    assert field.hint == "Strong."


def test_a_password_is_hidden_until_the_eye_is_clicked_and_after_clearing(qtbot: QtBot) -> None:
    field = PasswordField()
    qtbot.addWidget(field)
    assert field.editor.echoMode() == QLineEdit.EchoMode.Password
    eye = field.editor.actions()[0]
    eye.trigger()
    assert field.editor.echoMode() == QLineEdit.EchoMode.Normal
    assert eye.text() == "Hide the password"
    field.clear()
    assert field.editor.echoMode() == QLineEdit.EchoMode.Password


def test_a_banner_has_its_action_details_and_end(qtbot: QtBot) -> None:
    banner = Banner("It failed.", "danger", action="Retry", details="57014")
    qtbot.addWidget(banner)
    banner.show()
    box = banner.findChild(QPlainTextEdit)
    assert box is not None
    assert not box.isVisible()
    button(banner, "Details").click()
    assert box.isVisible()
    assert box.toPlainText() == "57014"
    with qtbot.waitSignal(banner.action_triggered):
        button(banner, "Retry").click()
    with qtbot.waitSignal(banner.dismissed):
        banner.findChildren(IconButton)[0].click()
    assert banner.isHidden()


def test_an_empty_list_offers_what_fills_it(qtbot: QtBot) -> None:
    state = EmptyState("users", "No users yet", "They appear here.", action="Add a user", keys="Ctrl+N")
    qtbot.addWidget(state)
    assert state.accessibleName() == "No users yet. They appear here."
    assert "Ctrl+N" in state.button.toolTip()
    with qtbot.waitSignal(state.action_triggered):
        state.button.click()
    state.show_state("search", "Nothing found")
    assert state.button.isHidden()


def test_a_failed_list_offers_retry_only_where_it_may_help(qtbot: QtBot) -> None:
    state = ErrorState("The server is gone.", details="08006")
    qtbot.addWidget(state)
    with qtbot.waitSignal(state.retry_requested):
        state.retry_button.click()
    state.show_error("You may not read this.", retryable=False)
    assert state.retry_button.isHidden()


def test_placeholders_stand_still_where_motion_is_not_wanted(qtbot: QtBot, qapp: QApplication) -> None:
    set_motion(qapp, wanted=False)
    skeleton = Skeleton()
    qtbot.addWidget(skeleton)
    skeleton.show()
    assert not skeleton.is_moving
    assert not motion_wanted()


def test_placeholders_breathe_only_while_they_are_seen(qtbot: QtBot, motion: None) -> None:
    skeleton = Skeleton()
    qtbot.addWidget(skeleton)
    skeleton.show()
    assert skeleton.is_moving
    skeleton.hide()
    assert not skeleton.is_moving


def test_toasts_stack_in_the_corner_and_four_at_most(window: QWidget) -> None:
    host = ToastHost(window)
    for number in range(6):
        host.show_message(f"Message {number}")
    assert host.sentences == [f"Message {number}" for number in range(2, 6)]
    assert len(host.sentences) == AT_MOST
    assert host.geometry().right() <= window.width()
    assert host.geometry().bottom() <= window.height() - 28
    window.resize(900, 600)
    assert host.geometry().right() <= 900


def test_an_error_is_not_pushed_out_by_good_news(window: QWidget) -> None:
    host = ToastHost(window)
    host.show_error("It failed.", details="57014")
    for number in range(6):
        host.show_success(f"Done {number}")
    assert host.sentences[0] == "It failed."


def test_the_same_sentence_is_shown_once(window: QWidget) -> None:
    host = ToastHost(window)
    host.show_message("Saved.")
    host.show_message("Saved.")
    assert host.sentences == ["Saved."]


def test_undo_is_called_once_and_closes_the_toast(window: QWidget) -> None:
    host = ToastHost(window)
    undone: list[str] = []
    toast = host.show_success("2 projects deleted.", action="Undo", on_action=lambda: undone.append("undo"))
    button(toast, "Undo").click()
    assert undone == ["undo"]
    assert host.sentences == []
    assert host.isHidden()


def test_a_toast_goes_by_itself(qtbot: QtBot, window: QWidget) -> None:
    host = ToastHost(window)
    host.show_message("Saved.", seconds=0.01)
    qtbot.waitUntil(lambda: host.sentences == [])


def test_a_toast_waits_while_the_pointer_is_on_it(qtbot: QtBot, window: QWidget) -> None:
    host = ToastHost(window)
    toast = host.show_message("Saved.", seconds=0.02)
    point = QPointF(5, 5)
    QApplication.sendEvent(toast, QEnterEvent(point, point, point))
    paused = [toast.is_paused]
    QApplication.sendEvent(toast, QEvent(QEvent.Type.Leave))
    assert [*paused, toast.is_paused] == [True, False]
    qtbot.waitUntil(lambda: host.sentences == [])


def test_a_toast_waits_while_the_keyboard_is_on_it(qtbot: QtBot, window: QWidget) -> None:
    field = QLineEdit(window)
    field.show()
    field.setFocus()
    toast = ToastHost(window).show_message("Saved.", action="Undo")
    button(toast, "Undo").setFocus(Qt.FocusReason.TabFocusReason)
    paused = [toast.is_paused]
    field.setFocus()
    assert [*paused, toast.is_paused] == [True, False]


def test_a_toast_fades_in_and_out_where_motion_is_wanted(qtbot: QtBot, window: QWidget, motion: None) -> None:
    host = ToastHost(window)
    toast = host.show_message("Saved.")
    assert toast.graphicsEffect() is not None
    qtbot.waitUntil(lambda: toast.graphicsEffect() is None)
    toast.close_softly()
    assert host.sentences == ["Saved."]
    qtbot.waitUntil(lambda: host.sentences == [])


def test_a_shortened_text_is_whole_in_the_tooltip_and_on_the_clipboard(qtbot: QtBot) -> None:
    label = ElidedLabel("a" * 300, copyable=True)
    qtbot.addWidget(label)
    label.resize(100, 20)
    label.show()
    assert label.text().endswith("…")
    assert label.toolTip() == "a" * 300
    QTest.keyClick(label, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "a" * 300
    label.set_text("short")
    assert label.text() == "short"
    assert label.toolTip() == ""


def test_a_path_is_shortened_in_its_middle(qtbot: QtBot) -> None:
    label = ElidedLabel("projects/" + "x" * 200 + "/take.wav", Qt.TextElideMode.ElideMiddle)
    qtbot.addWidget(label)
    label.resize(160, 20)
    label.show()
    assert label.text().startswith("proj")
    assert label.text().endswith(".wav")


def test_a_button_follows_its_action(qtbot: QtBot, window: QWidget) -> None:
    action = QAction("Reload", window)
    action.setShortcut("F5")
    followed = IconButton("refresh", "Reload")
    qtbot.addWidget(followed)
    follow(followed, action)
    assert followed.toolTip() == "Reload (F5)"
    assert followed.accessibleName() == "Reload"
    action.setEnabled(False)
    assert not followed.isEnabled()
    action.setEnabled(True)
    with qtbot.waitSignal(action.triggered):
        followed.click()


def test_a_button_s_tooltip_shows_its_keys(qtbot: QtBot) -> None:
    add = Button("Add user", Kind.PRIMARY, keys="Ctrl+N")
    qtbot.addWidget(add)
    assert add.toolTip() == "Add user (Ctrl+N)"


@pytest.mark.parametrize(
    ("keys", "caps"),
    [("Ctrl+K", ["Ctrl", "K"]), ("?", ["?"]), ("Ctrl++", ["Ctrl", "+"]), ("+", ["+"])],
)
def test_a_shortcut_has_one_cap_a_key(qtbot: QtBot, keys: str, caps: list[str]) -> None:
    hint = KeyHint(keys)
    qtbot.addWidget(hint)
    assert hint.caps == caps
    assert hint.accessibleName() == keys


def test_the_inspector_shows_a_person_sections_and_actions_or_what_to_do(qtbot: QtBot) -> None:
    panel = InspectorPanel("users", "Select a user")
    qtbot.addWidget(panel)
    panel.resize(360, 600)
    panel.show()
    empty = [panel.is_empty]
    section = panel.add_section("Owns", QLabel("3 projects"))
    save = Button("Save", Kind.PRIMARY)
    panel.set_footer(save, Button("Delete…"))
    panel.show_person(7, "Maximiliane-Friederike Oberhuber", "mara@studio.example")
    empty.append(panel.is_empty)
    assert section.isVisible()
    assert save.isVisible()
    panel.show_empty("users", "3 users selected")
    assert [*empty, panel.is_empty] == [True, False, True]
    with qtbot.waitSignal(panel.close_requested):
        panel.findChildren(IconButton)[0].click()


def test_people_and_states_are_never_colour_alone(qtbot: QtBot) -> None:
    badge, dot = PersonBadge(3, "Mara Klein"), StatusDot("success", "Connected")
    for widget in (badge, dot):
        qtbot.addWidget(widget)
        widget.show()
        widget.grab()
    assert badge.accessibleName() == "Mara Klein"
    assert dot.accessibleName() == "Connected"


def test_cells_are_painted_inside_their_rectangle(qapp: QApplication) -> None:
    tokens = load_tokens("dark")
    image = QImage(300, 100, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_person(painter, QRect(20, 10, 120, 32), 3, "Maximiliane-Friederike Oberhuber", tokens)
    paint_status(painter, QRect(20, 50, 120, 32), "success", "Connected since yesterday evening", tokens)
    painter.end()
    inked = [(x, y) for x in range(300) for y in range(100) if image.pixelColor(x, y).alpha()]
    assert inked
    assert all(20 <= x < 140 and 10 <= y < 82 for x, y in inked)
