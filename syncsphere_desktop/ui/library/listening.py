"""Keeps the inspector's waveform and player with the file that is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.sound import Waveform
from syncsphere_desktop.errors import AppError, StoreUnavailableError
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.library.listen_panel import ListenPanel
from syncsphere_desktop.ui.library.player import FileFetcher, Player
from syncsphere_desktop.ui.library.sound_output import SoundOutput

_KEY = "waveform"
_PAUSE_SECONDS = 0.12
"""How long a file must be selected before it is read: arrow keys go past many."""

WaveformOf = Callable[[AudioFile], Awaitable[Waveform]]


class InspectorSound(QObject):
    """Asks for the waveform of the shown file, and plays the file when that is wished for."""

    def __init__(
        self,
        panel: ListenPanel,
        waveform_of: WaveformOf,
        fetcher: FileFetcher,
        make_output: Callable[[], SoundOutput],
        scope: TaskScope,
    ) -> None:
        super().__init__(panel)
        self._panel = panel
        self._waveform_of = waveform_of
        self._scope = scope
        self._file: AudioFile | None = None
        self.player = Player(fetcher, make_output, scope, self)
        panel.play_requested.connect(self.player.toggle)
        panel.seek_requested.connect(self.player.seek)
        self.player.position_changed.connect(panel.show_position)
        self.player.state_changed.connect(panel.show_state)
        self.player.problem_changed.connect(self._on_player_problem_changed)

    def show_file(self, file: AudioFile | None) -> None:
        """Be about another file, or none; what played stops."""
        before, self._file = self._file, file
        self.player.set_file(file)
        if file is None:
            self._scope.cancel(_KEY)
        elif before is None or _other_content(before, file):
            self._panel.show_file(file.duration)
            self.read_again()

    def read_again(self) -> None:
        """Ask for the waveform of the shown file again, as after the store came back."""
        if self._file is not None and not self._panel.waveform.has_peaks:
            self._panel.waveform.show_waiting()
            self._scope.spawn(self._load(self._file), key=_KEY, on_error=self._on_load_failed)

    async def shutdown(self) -> None:
        """Stop playing and let the file go."""
        self._file = None
        await self.player.shutdown()

    async def _load(self, file: AudioFile) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        waveform = await self._waveform_of(file)
        if self._file is not None and self._file.id == file.id:
            self._panel.show_waveform(waveform)

    def _on_load_failed(self, error: AppError) -> None:
        if self._file is not None:
            away = isinstance(error, StoreUnavailableError)  # which is told above the list
            self._panel.show_unread("No waveform while the audio storage is away." if away else error.message)

    def _on_player_problem_changed(self, problem: str) -> None:
        self._panel.show_problem(problem)
        self._panel.set_playable(playable=self.player.can_play)


def _other_content(before: AudioFile, now: AudioFile) -> bool:
    return (before.id, before.file_path, before.sha256 or now.sha256) != (now.id, now.file_path, now.sha256)
