"""The inspector of the selected audio file: sound, editor, facts, actions; or what many of them can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.humane import ago, counted, exact, number, size
from syncsphere_desktop.ui.library.columns import state_tip, use_tip, use_words
from syncsphere_desktop.ui.library.form import audio_form
from syncsphere_desktop.ui.library.listen_panel import ListenPanel
from syncsphere_desktop.ui.library.words import (
    STATE_WORDS,
    channel_words,
    exact_length,
    format_words,
    length_words,
    rate_words,
    state_tone,
)
from syncsphere_desktop.ui.theme.fonts import monospace
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.fact_rows import fact_rows, show_filled
from syncsphere_desktop.ui.widgets.form import FormField
from syncsphere_desktop.ui.widgets.inspector import InspectorPanel
from syncsphere_desktop.ui.widgets.plain_text import plain_tip
from syncsphere_desktop.ui.widgets.status_dot import StatusDot

_SOUND = ("Format", "Sample rate", "Channels", "Length")
_STORED = ("Path", "Size", "SHA-256", "Used by", "Uploader", "Added", "Id")
_HINT = "Select a file to see its waveform and to edit it."


class AudioInspector(InspectorPanel):
    """Emits wishes; the controller fulfils them. Editing goes on in `form`, listening in `listen`."""

    move_requested = Signal()
    download_requested = Signal()
    replace_requested = Signal()
    remove_requested = Signal()
    reprobe_requested = Signal()
    copies_requested = Signal()

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__("audio", "No file selected", _HINT)
        self._now = now
        self._read_only = False
        self.listen = ListenPanel()
        self.form = audio_form()
        self._project = ElidedLabel(copyable=True)
        self._move = Button("Move…", Kind.LINK, tooltip="Move to another project", keys="Ctrl+M")
        self._state = StatusDot()
        self._copies = Button("", Kind.LINK, tooltip="List the files with the same content")
        self._sound = {name: ElidedLabel(copyable=True) for name in _SOUND}
        self._stored = {
            name: ElidedLabel(copyable=True) for name in _STORED if name not in ("Path", "SHA-256")
        }
        for name in ("Path", "SHA-256"):
            self._stored[name] = ElidedLabel("", Qt.TextElideMode.ElideMiddle, copyable=True)
            self._stored[name].setFont(monospace())
        self._sound_rows = fact_rows({"State": self._state_row(), **self._sound})
        self._stored_rows = fact_rows({name: self._stored[name] for name in _STORED})
        self._one = [
            self.add_section("", self.listen),
            self.add_section("File", self._file_section()),
            self.add_section("Sound", self._sound_rows),
            self.add_section("Storage", self._stored_rows),
        ]
        self._many = self.add_section("With all of them", self._many_section())
        self._set_actions()
        self.show_nothing()

    def show_file(self, file: AudioFile) -> None:
        """Show a file; its waveform follows when it is read."""
        self._show_sections(one=True)
        self.show_object("audio", file.filename, self._in_short(file))
        self._project.set_text(file.project_name or "Without a project")
        self._state.show_state(state_tone(file.state).value.replace("_", "-"), STATE_WORDS[file.state])
        self._state.setToolTip(plain_tip(self._state_tip(file)))
        others = file.copies - 1
        self._copies.setText(counted(others, "copy", "copies") if others > 0 else "")
        self._copies.setVisible(others > 0)
        self._show_sound(file)
        self._show_stored(file)

    def show_many(self, count: int, at_hand: Sequence[AudioFile]) -> None:
        """Show that several files are selected, with the sums where all of them are at hand."""
        facts = ""
        if len(at_hand) == count:
            seconds = sum(file.duration or 0.0 for file in at_hand)
            facts = f"{size(sum(file.file_size or 0 for file in at_hand))} · {length_words(seconds)}"
        self._show_sections(one=False)
        self.show_object("audio", f"{number(count)} files selected", facts)

    def show_nothing(self) -> None:
        """Show that no file is selected."""
        self.show_empty("audio", "No file selected", _HINT)

    def set_read_only(self, *, read_only: bool) -> None:
        """Leave out what the connection doesn't allow; listening and downloading stay."""
        self._read_only = read_only
        self.form.set_read_only(read_only=read_only)
        for button in self._changing:
            button.setVisible(not read_only)

    def _set_actions(self) -> None:
        self._download = Button("Download…", tooltip="Copy the file to this machine", keys="Ctrl+D")
        self._replace = Button("Replace…", tooltip="Put another file in its place", keys="Ctrl+R")
        self._remove = Button("Remove…", Kind.SUBTLE, tooltip="Remove the file to quarantine", keys="Del")
        wishes = (
            (self._move, self.move_requested),
            (self._copies, self.copies_requested),
            (self._download, self.download_requested),
            (self._replace, self.replace_requested),
            (self._remove, self.remove_requested),
        )
        for button, wish in wishes:
            button.clicked.connect(wish)
        self._changing: list[QPushButton] = [self._move, self._replace, self._remove, *self._changing_many]
        self.set_footer(self._download, self._replace, self._remove)

    def _file_section(self) -> QWidget:
        section = QWidget()
        project = QWidget()
        row = QHBoxLayout(project)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._project, 1)
        row.addWidget(self._move)
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(FormField("Project", project))
        column.addWidget(self.form)
        return section

    def _state_row(self) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._state)
        row.addStretch(1)
        row.addWidget(self._copies)
        return whole

    def _many_section(self) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._changing_many: list[QPushButton] = []
        for text, keys, wish, changes in (
            ("Download…", "Ctrl+D", self.download_requested, False),
            ("Move to another project…", "Ctrl+M", self.move_requested, True),
            ("Look into the files again", "Ctrl+Shift+R", self.reprobe_requested, True),
            ("Remove…", "Del", self.remove_requested, True),
        ):
            button = Button(text, keys=keys)
            button.clicked.connect(wish)
            column.addWidget(button)
            if changes:
                self._changing_many.append(button)
        return section

    def _show_sections(self, *, one: bool) -> None:
        for section in self._one:
            section.setVisible(one)
        self._many.setVisible(not one)
        self.set_footer_visible(visible=one)

    def _in_short(self, file: AudioFile) -> str:
        facts = (
            None if file.format is None else format_words(file.format),
            None if file.sample_rate is None else rate_words(file.sample_rate),
            None if file.channels is None else channel_words(file.channels),
        )
        return " · ".join(fact for fact in facts if fact)

    def _state_tip(self, file: AudioFile) -> str:
        tip = state_tip(file)
        return tip if file.verified_at is None else f"{tip}\nChecked {exact(file.verified_at)}"

    def _show_sound(self, file: AudioFile) -> None:
        words = {
            "Format": file.codec or ("" if file.format is None else format_words(file.format)),
            "Sample rate": "" if file.sample_rate is None else f"{number(file.sample_rate)} Hz",
            "Channels": "" if file.channels is None else channel_words(file.channels),
            "Length": "" if file.duration is None else length_words(file.duration),
        }
        for name, text in words.items():
            self._sound[name].set_text(text)
        show_filled(self._sound_rows, self._sound)
        if file.duration is not None:
            self._sound["Length"].set_text(words["Length"], tooltip=exact_length(file.duration))

    def _show_stored(self, file: AudioFile) -> None:
        stored = self._stored
        stored["Path"].set_text(file.file_path)
        bytes_exactly = "" if file.file_size is None else f"{number(file.file_size)} bytes"
        stored["Size"].set_text("" if file.file_size is None else size(file.file_size), tooltip=bytes_exactly)
        stored["SHA-256"].set_text(file.sha256 or "")
        used = "" if file.used_by is None else use_words(file.used_by)
        stored["Used by"].set_text(used, tooltip=use_tip(file))
        stored["Uploader"].set_text(file.uploader_name or "")
        added = file.created_at
        told = "" if added is None else ago(added, self._now())
        stored["Added"].set_text(told, tooltip="" if added is None else exact(added))
        stored["Id"].set_text(str(file.id))
        show_filled(self._stored_rows, stored)
